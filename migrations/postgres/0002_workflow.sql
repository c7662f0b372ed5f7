-- The durable workflow engine: instances with a lease and a fence, and their intent log.

CREATE TABLE workflow (
    id UUID PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- The prefixed id of what it works on; one run of a kind at a time for a subject.
    subject TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('running', 'undoing', 'done', 'undone', 'needs_attention', 'abandoned', 'parked')),
    -- Which way it goes, also while it needs attention or is parked.
    direction TEXT NOT NULL CHECK (direction IN ('forward', 'undo')),
    input TEXT NOT NULL,
    -- Why it is being undone, as JSON; null while going forward.
    failure TEXT,
    -- Why a person is needed, or why it was abandoned, as JSON.
    attention TEXT,
    lease_owner TEXT,
    lease_until BIGINT,
    -- Grows with every claim; each write of a runner carries the value it claimed with.
    fence BIGINT NOT NULL,
    -- Not before this moment is it claimed.
    wake_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX workflow_by_wake ON workflow (state, wake_at);
CREATE INDEX workflow_by_subject ON workflow (subject, created_at);
CREATE INDEX workflow_by_time ON workflow (created_at, id);
CREATE UNIQUE INDEX workflow_unfinished ON workflow (kind, subject) WHERE finished_at IS NULL;

CREATE TABLE workflow_step (
    workflow_id UUID NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('forward', 'undo')),
    name TEXT NOT NULL,
    -- waiting: asked to be called again later; retrying: an attempt did not succeed.
    status TEXT NOT NULL CHECK (status IN
        ('started', 'waiting', 'retrying', 'done', 'failed', 'skipped')),
    -- Attempts begun; a wake-up from waiting is not counted.
    attempt BIGINT NOT NULL,
    -- Sent to the other side with every attempt, so that it acts once.
    effect_key TEXT NOT NULL,
    -- The first attempt.
    started_at BIGINT NOT NULL,
    -- The latest attempt.
    attempt_at BIGINT NOT NULL,
    finished_at BIGINT,
    -- JSON; null until done.
    output TEXT,
    -- Why the latest unsuccessful attempt did not succeed, as JSON; kept after a success.
    error TEXT,
    PRIMARY KEY (workflow_id, seq, phase)
);
