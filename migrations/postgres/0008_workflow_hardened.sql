-- The engine shared by several programs: turns between tenants and priority classes, groups of
-- steps that wait one by one, signals, cancellation, children, and the words of those who steer.

-- Whose work it is; tenants take turns.
ALTER TABLE workflow ADD COLUMN owner_key TEXT NOT NULL DEFAULT '';
-- 0 background, 1 normal, 2 urgent, 3 lifeline; a higher class is always served first.
ALTER TABLE workflow ADD COLUMN priority BIGINT NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 3);
-- Why it is to be undone although nothing failed, as JSON; null unless somebody asked for it.
ALTER TABLE workflow ADD COLUMN cancel TEXT;
-- The instance whose step started this one and waits for its end.
ALTER TABLE workflow ADD COLUMN parent_id UUID REFERENCES workflow (id) ON DELETE CASCADE;
ALTER TABLE workflow ADD COLUMN parent_step TEXT;
CREATE UNIQUE INDEX workflow_child ON workflow (parent_id, parent_step);

-- Not before this moment is the step called again; null: at once.
ALTER TABLE workflow_step ADD COLUMN wake_at BIGINT;
-- The signal that wakes it before that moment.
ALTER TABLE workflow_step ADD COLUMN signal TEXT;
-- Why a person said that it is done or undone.
ALTER TABLE workflow_step ADD COLUMN note TEXT;

-- What an instance was told; the first word under a name counts.
CREATE TABLE workflow_signal (
    workflow_id UUID NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- JSON.
    payload TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (workflow_id, name)
);
