-- Several offers that are ordered together (UC5.4): chosen by the market or by one provider.
CREATE TABLE bundle (
    id UUID PRIMARY KEY NOT NULL,
    -- Whose it is; null: the market's own.
    provider_id UUID REFERENCES provider (id),
    -- One of the two titles may be empty: then the other is shown.
    title_en TEXT NOT NULL,
    title_ja TEXT NOT NULL,
    text_en TEXT NOT NULL,
    text_ja TEXT NOT NULL,
    -- Whether everybody sees it.
    shown BOOLEAN NOT NULL,
    -- Counts the changes from 1.
    revision BIGINT NOT NULL,
    -- The user id of whoever made it.
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    -- Null: as it was made.
    changed_at BIGINT,
    CHECK (title_en <> '' OR title_ja <> '')
);
CREATE INDEX bundle_by_provider ON bundle (provider_id, id);
CREATE INDEX bundle_shown ON bundle (id) WHERE shown;

CREATE TABLE bundle_member (
    bundle_id UUID NOT NULL REFERENCES bundle (id) ON DELETE CASCADE,
    -- From 1, in the order in which they are shown and signed.
    place BIGINT NOT NULL,
    offer_id UUID NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    PRIMARY KEY (bundle_id, place),
    UNIQUE (bundle_id, offer_id)
);
CREATE INDEX bundle_member_by_offer ON bundle_member (offer_id);
