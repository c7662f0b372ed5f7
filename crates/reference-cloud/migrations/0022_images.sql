-- What services can be started from. The bytes stand in a file of their own; here is what was declared and how far it is.
CREATE TABLE images (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    -- Whose it is.
    tenant          TEXT NOT NULL,
    name            TEXT NOT NULL,
    format          TEXT NOT NULL,
    architecture    TEXT NOT NULL,
    -- deleting: its file may still be there. Read as deleted.
    state           TEXT NOT NULL CHECK (state IN ('uploading', 'converting', 'ready', 'failed', 'deleting', 'deleted')),
    generation      BIGINT NOT NULL,
    epoch           BIGINT NOT NULL,
    -- The room that it takes: what was declared, or while it is made what it may come to at most.
    bytes           BIGINT NOT NULL,
    -- Null while it is made of another.
    sha256          TEXT,
    received        BIGINT NOT NULL,
    -- The size of the archive without compression, and of what is put onto a volume. Null until it is ready.
    tar_bytes       BIGINT,
    content_bytes   BIGINT,
    application     TEXT,
    settings        TEXT,
    source_id       TEXT,
    problem         TEXT,
    created_at      BIGINT NOT NULL,
    ready_at        BIGINT,
    deleted_at      BIGINT
);

CREATE INDEX images_by_name ON images (tenant, name, seq);

-- Keys of calls on images that had their effect; those on allocations are in `operations`.
CREATE TABLE image_keys (
    key             TEXT PRIMARY KEY,
    operation       TEXT NOT NULL,
    image_id        TEXT NOT NULL REFERENCES images (id),
    fingerprint     TEXT NOT NULL,
    done_at         BIGINT NOT NULL
);

-- Long work on images.
CREATE TABLE image_work (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    state           TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed')),
    image_id        TEXT NOT NULL REFERENCES images (id),
    source_id       TEXT NOT NULL REFERENCES images (id),
    key             TEXT NOT NULL UNIQUE,
    runs            BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    problem         TEXT
);

-- What happened to images. Its numbers are those of `events`, so that both are one feed.
CREATE TABLE image_events (
    seq             INTEGER PRIMARY KEY,
    image_id        TEXT NOT NULL REFERENCES images (id),
    name            TEXT NOT NULL,
    -- Null: the image is new.
    before          TEXT,
    state           TEXT NOT NULL,
    generation      BIGINT NOT NULL,
    epoch           BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    -- Null in events of the image itself.
    operation_id    TEXT,
    operation_state TEXT
);

CREATE INDEX image_events_by_name ON image_events (name, seq);

-- What the data of an allocation came from, and whether they were put onto its volume.
ALTER TABLE allocations ADD COLUMN image_id TEXT;
ALTER TABLE allocations ADD COLUMN image_placed BOOLEAN NOT NULL DEFAULT FALSE;
