-- What is watched of a contract's service since when, noted before users are let in (P6.1.i5).
CREATE TABLE contract_watch (
    contract_id UUID NOT NULL REFERENCES contract (id),
    kind TEXT NOT NULL CHECK (kind IN ('liveness', 'service', 'resources')),
    -- When the first sample had arrived. Null: the cloud does not measure it.
    first_at BIGINT,
    PRIMARY KEY (contract_id, kind)
);
