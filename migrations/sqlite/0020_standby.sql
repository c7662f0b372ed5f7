-- Where each running service and each watched need could be secured next (F7.4.1); written anew when the market changes.
CREATE TABLE standby_list (
    -- The contract or the requirement.
    subject BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('contract', 'requirement')),
    -- What the candidates are kept for.
    role TEXT NOT NULL,
    -- Whether the cloud that the service runs at comes first; a list of another order than the wanted one is old.
    own_first BOOLEAN NOT NULL,
    -- The newest change of the market that is in it.
    market_until BIGINT NOT NULL,
    computed_at BIGINT NOT NULL,
    -- JSON; titles and names are those of the market when it is read.
    candidates TEXT NOT NULL,
    PRIMARY KEY (subject, role)
);
-- How a service wants to be secured; without a row: its own cloud first.
CREATE TABLE securing_policy (
    contract_id BLOB PRIMARY KEY NOT NULL REFERENCES contract (id),
    own_first BOOLEAN NOT NULL,
    updated_at BIGINT NOT NULL
);
-- The round that looks for old lists walks over what runs.
CREATE INDEX contract_active ON contract (id) WHERE state = 'active';
