-- A provider ends a contract with the notice that it signed (UC5.3, exit.termination_notice).
CREATE TABLE termination (
    contract_id UUID NOT NULL REFERENCES contract (id),
    -- From 1, in the order of giving.
    number BIGINT NOT NULL,
    -- Who ends it; a contract that has another provider by then is not ended.
    provider_id UUID NOT NULL REFERENCES provider (id),
    -- As the provider says it to its customer.
    reason TEXT NOT NULL,
    -- The least notice of the version that was signed, in microseconds.
    notice_us BIGINT NOT NULL,
    -- The user id of whoever gave it.
    given_by TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'withdrawn', 'ended', 'overtaken')),
    closed_at BIGINT,
    PRIMARY KEY (contract_id, number)
);
CREATE UNIQUE INDEX termination_pending ON termination (contract_id) WHERE state = 'pending';
CREATE INDEX termination_due ON termination (ends_at) WHERE state = 'pending';
