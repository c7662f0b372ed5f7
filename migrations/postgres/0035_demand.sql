-- The latest needs of everybody, for what demand tells providers (F7.1.1, S6).
CREATE INDEX requirement_by_change ON requirement (updated_at, id);
