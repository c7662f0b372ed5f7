-- Links from allocations to other clouds. Whether a tunnel stands now is not written down; what both sides agreed on is.
CREATE TABLE links (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    allocation_id   TEXT NOT NULL REFERENCES allocations (id),
    -- asked: the other side calls here; accepted: this side calls.
    side            TEXT NOT NULL CHECK (side IN ('asked', 'accepted')),
    state           TEXT NOT NULL CHECK (state IN ('requested', 'accepted', 'down')),
    peer_address    TEXT NOT NULL,
    peer_key        TEXT NOT NULL,
    -- Null until the other side has accepted.
    peer_link_id    TEXT,
    mbps            BIGINT NOT NULL,
    isolation       TEXT NOT NULL,
    -- Proves at every call that the other side has the consent of this one.
    activation      TEXT NOT NULL,
    -- The key of the call that made it.
    key             TEXT NOT NULL UNIQUE,
    created_at      BIGINT NOT NULL,
    waits_until     BIGINT NOT NULL,
    down_at         BIGINT,
    reason          TEXT,
    -- Of tunnels that have ended.
    sent_bytes      BIGINT NOT NULL DEFAULT 0,
    received_bytes  BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX links_by_allocation ON links (allocation_id, seq);

-- What is held and booked, with the bandwidth of its links, whose waiting for the other side has an end too.
CREATE VIEW booked AS
SELECT a.*, (SELECT COALESCE(SUM(l.mbps), 0) FROM links l WHERE l.allocation_id = a.id AND l.state <> 'down') AS linked
FROM allocations a;

-- Null in events of anything else.
ALTER TABLE events ADD COLUMN link_id TEXT;
ALTER TABLE events ADD COLUMN link_state TEXT;
