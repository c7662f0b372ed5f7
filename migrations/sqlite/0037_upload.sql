-- Files of offers that providers sent (F7.1.1): what became of each, and what has to be known to undo it.
CREATE TABLE offer_upload (
    id BLOB PRIMARY KEY NOT NULL,
    provider_id BLOB NOT NULL REFERENCES provider (id),
    -- As its sender's machine calls it; empty: it came without a name.
    file_name TEXT NOT NULL,
    -- Lower-case hex SHA-256 of the text.
    file_hash TEXT NOT NULL,
    -- The file itself. Null: it is not needed any more.
    text TEXT,
    -- JSON: how it is read.
    reading TEXT NOT NULL,
    publish BOOLEAN NOT NULL,
    dry_run BOOLEAN NOT NULL,
    valid_rows_only BOOLEAN NOT NULL,
    -- A user id or `system`, and the name at that time.
    made_by TEXT NOT NULL,
    made_by_name TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('waiting', 'running', 'tried', 'refused', 'saved', 'cancelled', 'failed', 'undone')),
    -- How often a process took it, and until when the last one is expected to be done.
    attempts BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    -- What was found; all 0 until it was looked at.
    row_count BIGINT NOT NULL,
    created BIGINT NOT NULL,
    revised BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    published BIGINT NOT NULL,
    submitted BIGINT NOT NULL,
    fault_count BIGINT NOT NULL,
    -- JSON: the first faults.
    faults TEXT NOT NULL,
    -- Why it failed, as a stable code; empty: it did not.
    failure TEXT NOT NULL,
    finished_at BIGINT,
    undone_at BIGINT,
    undone_by_name TEXT,
    CHECK (state NOT IN ('waiting', 'running') OR text IS NOT NULL)
);
CREATE INDEX offer_upload_by_provider ON offer_upload (provider_id, id);
CREATE INDEX offer_upload_under_way ON offer_upload (id) WHERE state IN ('waiting', 'running');
CREATE INDEX offer_upload_by_age ON offer_upload (made_at);

-- What became of each offer of an upload. Offers that were drafts only are deleted when it is undone, so the
-- offer may be gone.
CREATE TABLE offer_upload_row (
    upload_id BLOB NOT NULL REFERENCES offer_upload (id) ON DELETE CASCADE,
    -- As a spreadsheet counts, or the number of the document.
    row_number BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- Of a file that was only tried, new offers have no lasting id.
    offer_id BLOB NOT NULL,
    version BIGINT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('created', 'revised', 'unchanged')),
    -- Whether the upload published this version, or submitted it.
    entered TEXT NOT NULL CHECK (entered IN ('', 'published', 'submitted')),
    -- How the offer was before; null: it was not there.
    before_version BIGINT,
    before_state TEXT,
    before_published BIGINT,
    -- What undoing did with it; null: nothing was undone.
    undone TEXT CHECK (undone IN ('deleted', 'withdrawn', 'restored', 'kept')),
    PRIMARY KEY (upload_id, row_number)
);
