-- Where the events of the feed are posted. One row at most: the cloud has one token. It stays when the subscription is
-- taken away, since the highest epoch seen must not be forgotten.
CREATE TABLE webhook (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    epoch           BIGINT NOT NULL,
    -- Null: nothing is posted.
    url             TEXT,
    secret          TEXT,
    set_at          BIGINT,
    -- The place in the feed up to which everything was taken.
    delivered       BIGINT,
    failures        BIGINT NOT NULL DEFAULT 0,
    -- Not before this moment.
    next_at         BIGINT NOT NULL DEFAULT 0,
    last_error      TEXT,
    suspended       BOOLEAN NOT NULL DEFAULT FALSE
);

-- Keys of calls on the subscription that had their effect; those on allocations are in `operations`.
CREATE TABLE webhook_keys (
    key             TEXT PRIMARY KEY,
    operation       TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    done_at         BIGINT NOT NULL
);
