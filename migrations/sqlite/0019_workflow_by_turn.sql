-- A claim takes whose turn it is: the highest class, in it the next owner, of that owner the instance
-- that waits longest. In this order it is the first entry it meets and not the first of all sorted.
CREATE INDEX workflow_by_turn ON workflow (priority, owner_key, wake_at, id)
    WHERE state IN ('running', 'undoing');
