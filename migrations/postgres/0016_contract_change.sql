-- What the holder of a contract asked to have changed: one row for each request, numbered in the order of asking.
CREATE TABLE contract_change (
    contract_id UUID NOT NULL REFERENCES contract (id),
    number BIGINT NOT NULL,
    -- Repeating a request with its key makes no second one.
    idempotency_key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('scale', 'renew', 'move')),
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'running', 'done', 'failed', 'called_off')),
    -- Why it came to nothing, a stable code.
    failure TEXT,
    -- Quantities, price, offer and end as they were and as they are to be, as JSON.
    terms_before TEXT NOT NULL,
    terms_after TEXT NOT NULL,
    -- The exact texts that were signed, with their SHA-256, where the change is to another version or another offer.
    offer_before TEXT,
    offer_before_hash TEXT,
    offer_after TEXT,
    offer_after_hash TEXT,
    -- The user id of whoever asked.
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    -- When it is to begin. Null: at once.
    from_at BIGINT,
    ended_at BIGINT,
    revision BIGINT NOT NULL,
    PRIMARY KEY (contract_id, number),
    UNIQUE (contract_id, idempotency_key)
);
-- A contract has one change at a time.
CREATE UNIQUE INDEX contract_change_open ON contract_change (contract_id) WHERE state IN ('scheduled', 'running');
CREATE INDEX contract_change_due ON contract_change (from_at) WHERE state = 'scheduled';
