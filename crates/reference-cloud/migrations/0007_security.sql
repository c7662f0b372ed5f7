-- What was noticed at the addresses of services, and which sources are kept out of them. Sources are addresses of people:
-- they go with the data of the allocation.
CREATE TABLE security_events (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    allocation_id   TEXT NOT NULL REFERENCES allocations (id),
    kind            TEXT NOT NULL,
    source          TEXT,
    count           BIGINT NOT NULL,
    at              BIGINT NOT NULL
);

CREATE INDEX security_events_by_allocation ON security_events (allocation_id, seq);

CREATE TABLE blocks (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    allocation_id   TEXT NOT NULL REFERENCES allocations (id),
    state           TEXT NOT NULL CHECK (state IN ('active', 'lifted')),
    -- A prefix in its one form.
    source          TEXT,
    reason          TEXT,
    -- The key of the call that made it.
    key             TEXT NOT NULL UNIQUE,
    refused         BIGINT NOT NULL DEFAULT 0,
    created_at      BIGINT NOT NULL,
    lifted_at       BIGINT
);

CREATE INDEX blocks_by_allocation ON blocks (allocation_id, seq);
-- A source is kept out once.
CREATE UNIQUE INDEX blocks_active ON blocks (allocation_id, source) WHERE state = 'active';

-- Null in events of the allocation itself and of long work.
ALTER TABLE events ADD COLUMN security_id TEXT;
ALTER TABLE events ADD COLUMN block_id TEXT;
ALTER TABLE events ADD COLUMN block_state TEXT;
