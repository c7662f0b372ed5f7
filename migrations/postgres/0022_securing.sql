-- More room for a running service, at its own cloud first and then at others (F7.4.1, F7.4.2, P6.1.b1 to b3).
CREATE TABLE securing (
    id UUID PRIMARY KEY NOT NULL,
    -- The service that needs it.
    contract_id UUID NOT NULL REFERENCES contract (id),
    instances BIGINT NOT NULL,
    strategy TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('searching', 'secured', 'failed')),
    -- Why it came to nothing, as a stable code.
    failure TEXT,
    -- JSON: every place that was asked, what it had and what was taken of it.
    places TEXT NOT NULL,
    -- The user id of whoever asked for it.
    asked_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX securing_by_contract ON securing (contract_id, created_at);
-- What was secured: a contract at each cloud.
CREATE TABLE securing_part (
    securing_id UUID NOT NULL REFERENCES securing (id),
    seat BIGINT NOT NULL,
    contract_id UUID NOT NULL REFERENCES contract (id),
    PRIMARY KEY (securing_id, seat)
);
CREATE UNIQUE INDEX securing_part_by_contract ON securing_part (contract_id);
