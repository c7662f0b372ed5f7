-- When a service ends by itself, in microseconds UTC. Null: it runs until its customer releases it.
ALTER TABLE contract ADD COLUMN ends_at BIGINT;
CREATE INDEX contract_by_end ON contract (ends_at) WHERE ends_at IS NOT NULL AND state = 'active';
