-- What happened can be read again: one row for every change of an allocation's state, written together with the change.
CREATE TABLE events (
    -- Grows without gaps that fill later: changes are written one after the other.
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    allocation_id   TEXT NOT NULL REFERENCES allocations (id),
    label           TEXT NOT NULL,
    -- Null: the allocation is new.
    before          TEXT,
    state           TEXT NOT NULL,
    generation      BIGINT NOT NULL,
    epoch           BIGINT NOT NULL,
    at              BIGINT NOT NULL
);

CREATE INDEX events_by_label ON events (label, seq);
