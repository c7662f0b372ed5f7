-- How the broker looks after a contract's service; no row: as is usual.
CREATE TABLE contract_care (
    contract_id UUID PRIMARY KEY NOT NULL REFERENCES contract (id),
    -- What is done when a cloud has something else than was ordered: wait to be asked, or repair at once.
    repair TEXT NOT NULL CHECK (repair IN ('ask', 'automatic')),
    updated_at BIGINT NOT NULL
);
