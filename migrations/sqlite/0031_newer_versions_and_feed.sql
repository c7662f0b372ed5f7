-- What a newer version of an offer means for each contract that was made from an older one, and the public feed of changes.

-- Each newer version once for each contract: found, told, and decided by the holder.
CREATE TABLE newer_version (
    contract_id BLOB NOT NULL REFERENCES contract (id),
    offer_id BLOB NOT NULL REFERENCES offer (id),
    version BIGINT NOT NULL,
    -- The version that was the contract's when this one was found.
    signed_version BIGINT NOT NULL,
    -- better, neutral, worse or incomparable: all changes taken together.
    verdict TEXT NOT NULL,
    -- Item by item, as JSON.
    changes TEXT NOT NULL,
    -- Whether it still contains the need that was signed, and the must items that it does not meet, as JSON.
    fits BOOLEAN NOT NULL,
    missed TEXT NOT NULL,
    found_at BIGINT NOT NULL,
    -- Until when the holder may leave because of it. Null: nothing became worse.
    leave_until BIGINT,
    -- Null: the holder has not decided; the contract stays as it was signed.
    decision TEXT CHECK (decision IN ('accepted', 'kept')),
    decided_at BIGINT,
    decided_by TEXT,
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    PRIMARY KEY (contract_id, offer_id, version)
);

-- One row. Whoever tells holders or writes events holds it, so that processes take turns and numbers have no gap.
CREATE TABLE feed_head (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    -- The number of the latest event.
    number BIGINT NOT NULL,
    -- Events up to this one were removed because of their age.
    removed BIGINT NOT NULL
);
INSERT INTO feed_head (id, number, removed) VALUES (1, 0, 0);

-- Events of the public market in the order in which they became known; never changed.
CREATE TABLE feed_event (
    number BIGINT PRIMARY KEY NOT NULL,
    id BLOB NOT NULL CONSTRAINT feed_event_id UNIQUE,
    -- offer.published, sla.version.published, offer.withdrawn or provider.changed.
    kind TEXT NOT NULL,
    provider_id BLOB NOT NULL REFERENCES provider (id),
    -- Null: it is about the provider itself.
    offer_id BLOB REFERENCES offer (id),
    -- The version that it is about, and the one that the public saw before.
    version BIGINT,
    version_before BIGINT,
    -- Of a new version: all changes taken together, and item by item as JSON.
    verdict TEXT,
    changes TEXT,
    at BIGINT NOT NULL
);
CREATE INDEX feed_event_by_age ON feed_event (at);
CREATE INDEX feed_event_by_offer ON feed_event (offer_id, number);

-- What the latest event said of each offer and provider.
CREATE TABLE feed_offer (
    offer_id BLOB PRIMARY KEY NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    -- Null: it was not on the market.
    version BIGINT
);
CREATE TABLE feed_provider (
    provider_id BLOB PRIMARY KEY NOT NULL REFERENCES provider (id) ON DELETE CASCADE,
    -- SHA-256 of what the public sees of it, lower-case hex.
    hash TEXT NOT NULL
);
