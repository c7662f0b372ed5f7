-- What a contract consists of at a cloud, from one change to the next; rows are only added (F7.5.4).
CREATE TABLE inventory_snapshot (
    id UUID PRIMARY KEY NOT NULL,
    contract_id UUID NOT NULL REFERENCES contract (id),
    -- The cloud's id of the allocation.
    allocation TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- The cloud's count of changes; tells which is newer when two fall on the same moment.
    generation BIGINT NOT NULL,
    -- `kind/step` of a workflow, or `look`.
    cause TEXT NOT NULL,
    -- All parts with their states, as JSON.
    parts TEXT NOT NULL
);
CREATE INDEX inventory_snapshot_by_contract ON inventory_snapshot (contract_id, at, generation, id);
-- Contracts that ended lately are asked about, for what a late call may have left.
CREATE INDEX contract_ended ON contract (updated_at) WHERE state IN ('failed', 'released');
