-- Categories of offers with typed attributes (F7.1.3), and the proposals by which they come to be.
CREATE TABLE category (
    -- Documents name it; it never changes and is never given anew.
    category_key TEXT PRIMARY KEY,
    -- Counts the accepted proposals from 1.
    version BIGINT NOT NULL,
    -- Retired: new offers cannot name it, those that do keep it.
    state TEXT NOT NULL CHECK (state IN ('active', 'retired')),
    -- Names, help and attributes as JSON; read whole.
    body TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
-- The accepted ones are the history of a category.
CREATE TABLE category_proposal (
    id UUID PRIMARY KEY,
    category_key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('define', 'retire', 'restore')),
    -- What the category would be, as JSON.
    body TEXT NOT NULL,
    -- The version it was made of; 0: the category is new.
    made_of BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'accepted', 'refused', 'taken_back')),
    note TEXT NOT NULL,
    -- The user id of whoever proposes it, or `system`, and the name at that time.
    proposed_by TEXT NOT NULL,
    proposed_by_name TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    -- Null while it waits.
    decided_by TEXT,
    decided_by_name TEXT,
    decided_at BIGINT,
    -- Why it was refused.
    reason TEXT,
    -- The version that it made; null unless accepted.
    version BIGINT,
    CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CHECK ((state = 'accepted') = (version IS NOT NULL))
);
-- One change of a category at a time.
CREATE UNIQUE INDEX category_proposal_waiting ON category_proposal (category_key)
    WHERE state = 'waiting';
CREATE INDEX category_proposal_by_key ON category_proposal (category_key, proposed_at);
CREATE INDEX category_proposal_by_time ON category_proposal (proposed_at);
