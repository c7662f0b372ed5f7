-- Offers that only invited organisations may know of, and offers kept at hand (S1, docs/adr/0018).

-- Those who may know of some offers of a provider: one organisation, or a community that several offers share.
CREATE TABLE audience (
    id UUID PRIMARY KEY NOT NULL,
    provider_id UUID NOT NULL REFERENCES provider (id),
    kind TEXT NOT NULL CHECK (kind IN ('private', 'community')),
    -- As its provider calls it; whoever is invited reads it.
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX audience_by_provider ON audience (provider_id, id);

-- An organisation's way into an audience.
CREATE TABLE invitation (
    id UUID PRIMARY KEY NOT NULL,
    audience_id UUID NOT NULL REFERENCES audience (id),
    -- The provider's own note of whom it is for; nobody else reads it.
    note TEXT NOT NULL,
    -- Null: whoever brings the code first.
    organisation_id UUID REFERENCES organisation (id),
    -- SHA-256 of the code, which is never stored. Null: the organisation is named.
    code_hash BYTEA,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'left', 'taken_back')),
    -- A user id.
    invited_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- Until when it can be accepted.
    expires_at BIGINT NOT NULL,
    answered_at BIGINT,
    CHECK (organisation_id IS NOT NULL OR code_hash IS NOT NULL),
    CHECK (state <> 'accepted' OR organisation_id IS NOT NULL)
);
CREATE UNIQUE INDEX invitation_by_code ON invitation (code_hash);
CREATE INDEX invitation_by_audience ON invitation (audience_id, id);
CREATE INDEX invitation_by_organisation ON invitation (organisation_id, id);
-- An organisation is in an audience once, and is invited to it once at a time.
CREATE UNIQUE INDEX invitation_once ON invitation (audience_id, organisation_id)
    WHERE state IN ('open', 'accepted');

-- Whoever is invited may be named.
CREATE INDEX organisation_by_name ON organisation (name);

-- Null: the offer is public.
ALTER TABLE offer ADD COLUMN audience_id UUID REFERENCES audience (id);
CREATE INDEX offer_by_audience ON offer (audience_id) WHERE audience_id IS NOT NULL;

-- JSON list of the organisations that could know of it at the last look. Null: everybody.
ALTER TABLE offer_look ADD COLUMN members TEXT;

-- Offers that an organisation keeps at hand.
CREATE TABLE favourite (
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    offer_id UUID NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    -- A user id.
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, offer_id)
);
CREATE INDEX favourite_by_offer ON favourite (offer_id);
