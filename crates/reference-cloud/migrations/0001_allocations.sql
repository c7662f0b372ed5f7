-- A cloud remembers what it lent out: allocations, the keys of calls that had their effect, and intervals of use.
CREATE TABLE allocations (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    label           TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('held', 'reserved', 'provisioning', 'ready', 'active', 'draining',
                                                   'released', 'erased', 'failed', 'expired')),
    generation      BIGINT NOT NULL,
    epoch           BIGINT NOT NULL,
    instances       BIGINT NOT NULL,
    vcpu_each       BIGINT NOT NULL,
    ram_mb_each     BIGINT NOT NULL,
    storage_gb      BIGINT NOT NULL,
    mbps            BIGINT NOT NULL,
    -- Null when none was asked for or it was given back.
    address         TEXT,
    port            BIGINT,
    has_endpoint    BOOLEAN NOT NULL,
    -- Shared with the children of this allocation, so that only they and the cloud talk to each other.
    secret          TEXT NOT NULL,
    quota_bytes     BIGINT,
    application     TEXT,
    service_name    TEXT,
    settings        TEXT,
    -- Intents, written before the deed, so that a restart can go on.
    running_wanted  BOOLEAN NOT NULL DEFAULT FALSE,
    access_wanted   BOOLEAN NOT NULL DEFAULT FALSE,
    erasing_bytes   BIGINT,
    erasing_items   BIGINT,
    -- Times are microseconds UTC.
    created_at      BIGINT NOT NULL,
    held_until      BIGINT NOT NULL,
    reserved_at     BIGINT,
    started_at      BIGINT,
    stopped_at      BIGINT,
    released_at     BIGINT,
    -- The signed statement as JSON.
    erasure         TEXT,
    failure         TEXT,
    -- Last measured.
    storage_bytes   BIGINT,
    requests        BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX allocations_by_label ON allocations (label, seq);
-- No address is lent twice.
CREATE UNIQUE INDEX allocations_address ON allocations (address, port) WHERE address IS NOT NULL;

CREATE TABLE operations (
    key             TEXT PRIMARY KEY,
    operation       TEXT NOT NULL,
    allocation_id   TEXT NOT NULL REFERENCES allocations (id),
    -- Hash of operation, target and body: the same key for something else is refused.
    fingerprint     TEXT NOT NULL,
    done_at         BIGINT NOT NULL
);

CREATE TABLE intervals (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    allocation_id   TEXT NOT NULL REFERENCES allocations (id),
    started_at      BIGINT NOT NULL,
    -- Null while running.
    stopped_at      BIGINT
);

CREATE UNIQUE INDEX intervals_open ON intervals (allocation_id) WHERE stopped_at IS NULL;
