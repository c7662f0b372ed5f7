-- Pre-emption (F7.4.6): what customers agreed to beforehand, and what was taken, owed and given back.
CREATE TABLE preemption_consent (
    contract_id UUID PRIMARY KEY NOT NULL REFERENCES contract (id),
    -- How long before anything changes the customer is told, microseconds.
    notice_us BIGINT NOT NULL,
    -- Machines that stay. 0: the service may stand still.
    keep_instances BIGINT NOT NULL,
    -- What is owed, percent of the price of what was taken.
    percent BIGINT NOT NULL,
    -- The user id of whoever agreed.
    agreed_by TEXT NOT NULL,
    agreed_at BIGINT NOT NULL,
    -- From when on it holds no longer; what was noticed before does. Null: it holds.
    withdrawn_at BIGINT
);
CREATE TABLE preemption (
    contract_id UUID NOT NULL REFERENCES contract (id),
    -- From 1, in the order of the notices.
    number BIGINT NOT NULL,
    -- The lifeline that gets the room.
    for_contract UUID NOT NULL REFERENCES contract (id),
    state TEXT NOT NULL CHECK (state IN ('noticed', 'taking', 'taken', 'returning', 'returned', 'called_off', 'failed', 'ended')),
    -- Machines before, and machines that stay.
    instances BIGINT NOT NULL,
    keep_instances BIGINT NOT NULL,
    percent BIGINT NOT NULL,
    -- The monthly price that the compensation is part of.
    price_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    noticed_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    -- From when on, and until when, the service had less than was ordered.
    begun_at BIGINT,
    ended_at BIGINT,
    -- In minor units of the currency; null until it is known.
    owed_minor BIGINT,
    -- When it is next tried to give the room back, and how often that was tried.
    try_at BIGINT,
    tries BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (contract_id, number)
);
-- A service is taken from for one lifeline at a time.
CREATE UNIQUE INDEX preemption_open ON preemption (contract_id) WHERE state IN ('noticed', 'taking', 'taken', 'returning');
CREATE INDEX preemption_for ON preemption (for_contract);
CREATE INDEX preemption_noticed ON preemption (due_at) WHERE state = 'noticed';
CREATE INDEX preemption_at_work ON preemption (begun_at) WHERE state IN ('taking', 'returning');
CREATE INDEX preemption_back ON preemption (try_at) WHERE state = 'taken';
