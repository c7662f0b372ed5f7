-- The life of an offer: reviews, pauses, notices, and who did what when and why (docs/adr/0014).

-- SQLite cannot alter the check of a column, and other tables refer to offers with cascades, so the table is
-- not built anew: a new column takes the old one's place and name.
DROP INDEX offer_by_state;
DROP INDEX offer_published_by_provider;
ALTER TABLE offer ADD COLUMN next_state TEXT NOT NULL DEFAULT 'draft'
    CHECK (next_state IN ('draft', 'published', 'paused', 'withdrawing', 'withdrawn'));
UPDATE offer SET next_state = state;
ALTER TABLE offer DROP COLUMN state;
ALTER TABLE offer RENAME COLUMN next_state TO state;
-- When it leaves the market; set while it is withdrawing.
ALTER TABLE offer ADD COLUMN ends_at BIGINT;
-- What everybody sees, in the order of lists. An index over all states would be taken for it and sorted.
CREATE INDEX offer_on_market ON offer (id) WHERE state IN ('published', 'withdrawing');
CREATE INDEX offer_on_market_by_provider ON offer (provider_id)
    WHERE state IN ('published', 'withdrawing');
CREATE INDEX offer_ending ON offer (ends_at) WHERE state = 'withdrawing';

-- One version that its provider wants published, and what was decided about it.
CREATE TABLE offer_review (
    id UUID PRIMARY KEY NOT NULL,
    offer_id UUID NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('submitted', 'in_review', 'approved', 'published', 'refused', 'taken_back')),
    -- A user id, or `system`, and the name at that time.
    submitted_by TEXT NOT NULL,
    submitted_by_name TEXT NOT NULL,
    submitted_at BIGINT NOT NULL,
    -- What the provider tells whoever looks at it.
    note TEXT NOT NULL,
    -- From when it is to be published. Null: as soon as it is approved.
    publish_at BIGINT,
    -- JSON: the rules, what they looked at and what each said.
    evaluation TEXT NOT NULL,
    -- Who looks at it or decided. Null: nobody, or the rules.
    reviewer TEXT,
    reviewer_name TEXT,
    decided_at BIGINT,
    -- Why it was refused, as its provider reads it.
    reason TEXT,
    published_at BIGINT
);
-- One at a time.
CREATE UNIQUE INDEX offer_review_open ON offer_review (offer_id)
    WHERE state IN ('submitted', 'in_review', 'approved');
CREATE INDEX offer_review_by_offer ON offer_review (offer_id, id);
CREATE INDEX offer_review_waiting ON offer_review (submitted_at, id)
    WHERE state IN ('submitted', 'in_review');
CREATE INDEX offer_review_due ON offer_review (publish_at) WHERE state = 'approved';
CREATE INDEX offer_review_decided ON offer_review (decided_at, id) WHERE decided_at IS NOT NULL;

-- Each step of a life; rows are added and never changed.
CREATE TABLE offer_step (
    id UUID PRIMARY KEY NOT NULL,
    offer_id UUID NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    -- A user id, `system` or `rules`, and the name at that time.
    actor TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    -- A word the program knows.
    step TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- The moment it is about, such as that of publication or of the end.
    moment BIGINT,
    -- Why, in the words of whoever did it.
    reason TEXT NOT NULL
);
CREATE INDEX offer_step_by_offer ON offer_step (offer_id, at, id);

-- What is said about single places of a version, and the answers.
CREATE TABLE offer_comment (
    id UUID PRIMARY KEY NOT NULL,
    review_id UUID NOT NULL REFERENCES offer_review (id) ON DELETE CASCADE,
    -- Null: a comment; otherwise what it answers.
    answers UUID REFERENCES offer_comment (id) ON DELETE CASCADE,
    -- JSON pointer into the document; empty: the whole of it.
    pointer TEXT NOT NULL,
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    author_name TEXT NOT NULL,
    -- The role in which it was said.
    author_role TEXT NOT NULL,
    at BIGINT NOT NULL,
    settled_at BIGINT,
    settled_by_name TEXT
);
CREATE INDEX offer_comment_by_review ON offer_comment (review_id, at, id);
CREATE INDEX offer_comment_by_answered ON offer_comment (answers);

-- The rules that approve without a person; the newest row holds, and none is changed.
CREATE TABLE review_rules (
    version BIGINT PRIMARY KEY NOT NULL,
    rules TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_by_name TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
