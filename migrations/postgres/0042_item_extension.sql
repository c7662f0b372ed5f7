-- Items that the market adds to the registry of quality items, and the proposals by which they come to be.
CREATE TABLE item_extension (
    -- x-<vendor>.<name>: documents name it; it never changes and is never given anew.
    item_key TEXT PRIMARY KEY,
    -- Counts the accepted proposals from 1.
    version BIGINT NOT NULL,
    -- Retired: new documents cannot name it, those that do keep it.
    state TEXT NOT NULL CHECK (state IN ('active', 'retired')),
    -- Titles, help, kind and scale as JSON; read whole.
    body TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
-- The accepted ones are the history of an item.
CREATE TABLE item_extension_proposal (
    id UUID PRIMARY KEY,
    item_key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('define', 'retire', 'restore')),
    -- What the item would be, as JSON.
    body TEXT NOT NULL,
    -- The version it was made of; 0: the item is new.
    made_of BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'accepted', 'refused', 'taken_back')),
    note TEXT NOT NULL,
    -- The user id of whoever proposes it, and the name at that time.
    proposed_by TEXT NOT NULL,
    proposed_by_name TEXT NOT NULL,
    -- Whose inbox is told what was decided, and who else may read it.
    organisation_id UUID NOT NULL REFERENCES organisation (id),
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
-- One change of an item at a time.
CREATE UNIQUE INDEX item_extension_proposal_waiting ON item_extension_proposal (item_key)
    WHERE state = 'waiting';
CREATE INDEX item_extension_proposal_by_key ON item_extension_proposal (item_key, proposed_at);
CREATE INDEX item_extension_proposal_by_time ON item_extension_proposal (proposed_at);
CREATE INDEX item_extension_proposal_by_organisation
    ON item_extension_proposal (organisation_id, proposed_at);
