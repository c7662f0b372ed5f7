-- What a member of a provider has typed into the editor and not saved (F7.1.1): nothing typed is lost.
CREATE TABLE working_copy (
    -- Whose it is; each member has their own.
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    -- The offer that is changed. A new one that is not saved yet has the nil id.
    offer_id UUID NOT NULL,
    -- How it is edited: 'form' or 'document'.
    way TEXT NOT NULL CHECK (way IN ('form', 'document')),
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    -- The version it was made of. Null: a new offer.
    made_of BIGINT,
    -- The fields as they were typed.
    fields TEXT NOT NULL,
    kept_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, offer_id, way)
);
-- The latest needs, for what demand tells providers.
CREATE INDEX requirement_by_change ON requirement (updated_at, id);
