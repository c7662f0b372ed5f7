-- Copies of volumes and the long work that makes, reads and restores them. What a copy holds, and the names in it, stand
-- beside the copy and go with it; here is only what remains true when the data are gone.
CREATE TABLE backups (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    allocation_id   TEXT NOT NULL REFERENCES allocations (id),
    -- deleting: on order of the caller; erasing: with the data of the allocation. Both are read as deleted.
    state           TEXT NOT NULL CHECK (state IN ('making', 'ready', 'damaged', 'failed', 'deleting', 'erasing',
                                                   'deleted')),
    created_at      BIGINT NOT NULL,
    -- Null until the copy is whole and after it is deleted.
    restore_point   TEXT,
    taken_at        BIGINT,
    files           BIGINT,
    bytes           BIGINT,
    sha256          TEXT,
    verified_at     BIGINT,
    -- JSON; names of files, so it goes with the data.
    damage          TEXT,
    -- What the erasure statement tells of it.
    erasing_bytes   BIGINT,
    erasing_items   BIGINT,
    deleted_at      BIGINT
);

CREATE INDEX backups_by_allocation ON backups (allocation_id, seq);

CREATE TABLE long_operations (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    kind            TEXT NOT NULL CHECK (kind IN ('backup', 'verify', 'restore')),
    state           TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed')),
    allocation_id   TEXT NOT NULL REFERENCES allocations (id),
    backup_id       TEXT NOT NULL REFERENCES backups (id),
    key             TEXT NOT NULL UNIQUE,
    -- How often it was begun; it is given up when it keeps being cut off.
    runs            BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    -- Why it failed, as JSON.
    problem         TEXT
);

CREATE INDEX long_operations_by_allocation ON long_operations (allocation_id, seq);
-- One at a time works on an allocation.
CREATE UNIQUE INDEX long_operations_running ON long_operations (allocation_id) WHERE state = 'running';

-- Null in events of the allocation itself.
ALTER TABLE events ADD COLUMN operation_id TEXT;
ALTER TABLE events ADD COLUMN operation_kind TEXT;
ALTER TABLE events ADD COLUMN operation_state TEXT;
ALTER TABLE events ADD COLUMN backup_id TEXT;
