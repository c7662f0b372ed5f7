-- Saved needs are watched: what was last seen of each offer, what news it made, and who was told.

-- Since when its organisation is told about new matches. Null: it is not.
ALTER TABLE requirement ADD COLUMN watched_since BIGINT;
-- Needs that people saved are watched from now on; a need that only a signature kept is not.
UPDATE requirement SET watched_since = updated_at
WHERE NOT EXISTS (SELECT 1 FROM contract WHERE contract.requirement_id = requirement.id);
CREATE INDEX requirement_watched ON requirement (id) WHERE watched_since IS NOT NULL;

-- One row. Whoever saves a need or writes notices holds it, so that they take turns.
CREATE TABLE market_look (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    -- The latest change of an offer that was looked at.
    seen_until BIGINT NOT NULL,
    -- The day, counted from 1970, on which evidence was last judged. Null: not yet.
    judged_day BIGINT,
    -- Grows with every look; guards against a second process that planned the same.
    revision BIGINT NOT NULL
);
INSERT INTO market_look (id, seen_until, judged_day, revision) VALUES (1, 0, NULL, 1);

-- The state of an offer that the watched needs were held against last.
CREATE TABLE offer_look (
    offer_id BLOB PRIMARY KEY NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    -- The version the public saw. Null: it was not on the market.
    version BIGINT
);
-- What is on the market already is no news.
INSERT INTO offer_look (offer_id, revision, version)
SELECT id, revision, CASE WHEN state = 'published' THEN published_version END FROM offer;

-- A need knows the market of the moment it was saved, also where nobody has looked yet.
CREATE TABLE requirement_known (
    requirement_id BLOB NOT NULL REFERENCES requirement (id) ON DELETE CASCADE,
    offer_id BLOB NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    -- Null: not on the market.
    version BIGINT,
    PRIMARY KEY (requirement_id, offer_id)
);

CREATE TABLE notice (
    id BLOB PRIMARY KEY NOT NULL,
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    -- A word the program knows; it decides what payload holds. Readers' words are made when shown.
    kind TEXT NOT NULL,
    -- What it is about; other kinds are about other things.
    requirement_id BLOB,
    requirement_version BIGINT,
    -- How many offers it speaks of.
    offers BIGINT NOT NULL,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    unread BOOLEAN NOT NULL,
    -- Everything that was marked at once has the same moment, so that it can be taken back at once.
    read_at BIGINT,
    read_by TEXT,
    CHECK (unread = (read_at IS NULL)),
    FOREIGN KEY (requirement_id, requirement_version)
        REFERENCES requirement_version (requirement_id, version) ON DELETE CASCADE
);
CREATE INDEX notice_by_organisation ON notice (organisation_id, unread, id);
CREATE INDEX notice_by_requirement ON notice (requirement_id, unread, id);
CREATE INDEX notice_by_age ON notice (created_at);

-- Each piece of news once: this state of this offer did this to this version of the need.
CREATE TABLE notice_offer (
    requirement_id BLOB NOT NULL,
    requirement_version BIGINT NOT NULL,
    offer_id BLOB NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    offer_revision BIGINT NOT NULL,
    kind TEXT NOT NULL,
    notice_id BLOB NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    PRIMARY KEY (requirement_id, requirement_version, offer_id, offer_revision, kind)
);
CREATE INDEX notice_offer_by_notice ON notice_offer (notice_id);
