-- The desk lists which steps wait for a word from outside, the most urgent first.
CREATE INDEX workflow_step_waiting ON workflow_step (wake_at)
    WHERE status = 'waiting' AND signal IS NOT NULL;

-- What the cloud said of itself when it was examined, as a hash: when it says something else, it is examined
-- again. Null: not asked since.
ALTER TABLE cloud_report ADD COLUMN capabilities TEXT;
