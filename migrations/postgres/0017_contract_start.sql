-- When a service that was signed before is to begin, in microseconds UTC. Null: it began with its signature.
ALTER TABLE contract ADD COLUMN starts_at BIGINT;
-- Nothing was asked of any cloud yet: the contract is `scheduled`, whatever stands in `state`.
ALTER TABLE contract ADD COLUMN waits BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX contract_by_start ON contract (starts_at) WHERE waits;
