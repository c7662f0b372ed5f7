-- Other markets whose catalogue is mirrored here, and which evidence its provider was reminded of.

-- One row for each market that is followed.
CREATE TABLE mirror (
    -- Scheme and host of the other market.
    origin TEXT PRIMARY KEY NOT NULL,
    -- Its feed was followed up to this event. Null: its catalogue was not compared yet.
    cursor BIGINT,
    -- When the whole catalogue was last compared.
    compared_at BIGINT,
    -- Why the last look did not succeed.
    fault TEXT,
    updated_at BIGINT NOT NULL
);

-- Providers that are here because another market shows them; their offers are catalogue only.
CREATE TABLE mirrored_provider (
    provider_id BLOB PRIMARY KEY NOT NULL REFERENCES provider (id) ON DELETE CASCADE,
    origin TEXT NOT NULL REFERENCES mirror (origin)
);
CREATE INDEX mirrored_provider_by_origin ON mirrored_provider (origin);

-- Each reminder once: before a piece of evidence of a published offer ends, and when it has.
CREATE TABLE evidence_reminder (
    offer_id BLOB NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    item TEXT NOT NULL,
    -- Kind, scheme and number of the evidence.
    evidence TEXT NOT NULL,
    -- Its last day, counted from 1970.
    last_day BIGINT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('before', 'ended')),
    told_at BIGINT NOT NULL,
    PRIMARY KEY (offer_id, item, evidence, last_day, stage)
);
