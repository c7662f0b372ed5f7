-- What the market and its providers announce: news, maintenance windows, incidents (S6, G10).
CREATE TABLE announcement (
    id BLOB PRIMARY KEY,
    -- Who speaks; null: the market itself.
    provider_id BLOB REFERENCES provider (id),
    kind TEXT NOT NULL CHECK (kind IN ('notice', 'maintenance', 'incident')),
    -- One of the two titles may be empty: then the other is shown.
    title_en TEXT NOT NULL,
    title_ja TEXT NOT NULL,
    text_en TEXT NOT NULL,
    text_ja TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    -- Null: nobody knows yet.
    ends_at BIGINT,
    -- Counts the changes from 1.
    revision BIGINT NOT NULL,
    -- The user id of whoever wrote it.
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    -- Null: as it was made.
    changed_at BIGINT,
    CHECK (ends_at IS NULL OR ends_at >= starts_at),
    CHECK (title_en <> '' OR title_ja <> '')
);
CREATE INDEX announcement_by_provider ON announcement (provider_id, starts_at, id);
CREATE INDEX announcement_by_start ON announcement (starts_at, id);
-- What is shown on every page is found without reading what is over.
CREATE INDEX announcement_of_market ON announcement (ends_at) WHERE provider_id IS NULL;
