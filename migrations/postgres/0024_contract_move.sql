-- What is particular to a change that leads a contract to another offer: until when it has to be done, whether the data
-- come along, and what proves the end at the cloud that was left.
CREATE TABLE contract_move (
    contract_id UUID NOT NULL,
    number BIGINT NOT NULL,
    provider_before UUID NOT NULL REFERENCES provider (id),
    provider_after UUID NOT NULL REFERENCES provider (id),
    -- Users are let in at the new cloud until then, or everything stays where it was.
    finish_by BIGINT NOT NULL,
    carries_data BOOLEAN NOT NULL,
    -- From when on the contract stands on the new terms. Null: it does not, or not yet.
    switched_at BIGINT,
    -- The allocation that was left, as its cloud calls it.
    allocation TEXT,
    -- The signed erasure statement of the cloud that was left, exactly as received, and the key that verified it.
    statement TEXT,
    verified_with TEXT,
    stated_at BIGINT,
    -- The final meter there, with its SHA-256.
    meter TEXT,
    meter_hash TEXT,
    metered_at BIGINT,
    PRIMARY KEY (contract_id, number),
    FOREIGN KEY (contract_id, number) REFERENCES contract_change (contract_id, number)
);
