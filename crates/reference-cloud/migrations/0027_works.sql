-- Long work of every kind in one table: on allocations, on backups of them, on images, and drains.
CREATE TABLE works (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    kind            TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed')),
    -- Whose work it is: an allocation's, or an image's. What belongs to neither is none.
    allocation_id   TEXT REFERENCES allocations (id),
    backup_id       TEXT REFERENCES backups (id),
    image_id        TEXT REFERENCES images (id),
    -- What an image is made of.
    source_id       TEXT REFERENCES images (id),
    -- What is taken through a link.
    link_id         TEXT,
    key             TEXT NOT NULL UNIQUE,
    -- How often it was begun; it is given up when it keeps being cut off.
    runs            BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    -- Why it failed, as JSON.
    problem         TEXT,
    CHECK ((allocation_id IS NULL) <> (image_id IS NULL))
);

-- A pull was written down as a restore through a link.
INSERT INTO works (seq, id, kind, state, allocation_id, backup_id, link_id, key, runs, created_at, ended_at, problem)
SELECT seq, id, CASE WHEN link_id IS NULL THEN kind ELSE 'pull' END, state, allocation_id, backup_id, link_id, key, runs,
       created_at, ended_at, problem
FROM long_operations ORDER BY seq;
INSERT INTO works (id, kind, state, image_id, source_id, key, runs, created_at, ended_at, problem)
SELECT id, 'convert', state, image_id, source_id, key, runs, created_at, ended_at, problem FROM image_work ORDER BY seq;

DROP TABLE long_operations;
DROP TABLE image_work;
ALTER TABLE works RENAME TO long_operations;

CREATE INDEX long_operations_by_allocation ON long_operations (allocation_id, seq);
-- One at a time works on the volume of an allocation, and one drain at a time is under way.
CREATE UNIQUE INDEX long_operations_running ON long_operations (allocation_id)
WHERE state = 'running' AND kind <> 'drain';
CREATE UNIQUE INDEX long_operations_draining ON long_operations (allocation_id)
WHERE state = 'running' AND kind = 'drain';

-- Work on images was always a conversion; now it says what it is.
ALTER TABLE image_events ADD COLUMN operation_kind TEXT;
UPDATE image_events SET operation_kind = 'convert' WHERE operation_id IS NOT NULL;
