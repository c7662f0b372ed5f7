-- Firm lists: the best places for a need, held for a short time so that each can be booked as shown (F7.4.4).
CREATE TABLE firm_list (
    id BLOB PRIMARY KEY NOT NULL,
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    -- Null: the need is not saved.
    requirement_id BLOB REFERENCES requirement (id),
    -- The need's exact text.
    document TEXT NOT NULL,
    title_en TEXT NOT NULL,
    title_ja TEXT NOT NULL,
    -- What decides the order of holding.
    strategy TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asking', 'open', 'empty', 'taken', 'dropped', 'expired', 'failed')),
    -- JSON: every place that was asked, what it answered and what is held there.
    places TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- Until when what is held can be booked. Null: nothing is held yet.
    closes_at BIGINT,
    ended_at BIGINT,
    -- The contract that took one of the holds over.
    contract_id BLOB REFERENCES contract (id),
    workflow_id BLOB
);
CREATE INDEX firm_list_by_organisation ON firm_list (organisation_id, created_at);
-- Lists that ended lately are asked about, for what a late call may have left.
CREATE INDEX firm_list_ended ON firm_list (ended_at) WHERE ended_at IS NOT NULL;
