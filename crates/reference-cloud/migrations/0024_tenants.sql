-- A cloud has several tenants, each with allocations, keys and a subscription of its own. What was there before belongs to
-- the first tenant, whose name rows get when the cloud starts.
ALTER TABLE allocations ADD COLUMN tenant TEXT NOT NULL DEFAULT '';

CREATE INDEX allocations_by_tenant ON allocations (tenant, seq);

-- Where the events of a tenant's feed are posted. A row stays when the subscription is taken away, since the highest epoch
-- seen must not be forgotten.
CREATE TABLE subscriptions (
    tenant          TEXT PRIMARY KEY,
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

INSERT INTO subscriptions (tenant, epoch, url, secret, set_at, delivered, failures, next_at, last_error, suspended)
SELECT '', epoch, url, secret, set_at, delivered, failures, next_at, last_error, suspended FROM webhook;

DROP TABLE webhook;
