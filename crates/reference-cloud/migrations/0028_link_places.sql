-- Room for links that is held and booked with a group: as it was told, and what it takes in all.
ALTER TABLE allocations ADD COLUMN link_places TEXT;
ALTER TABLE allocations ADD COLUMN places_mbps BIGINT NOT NULL DEFAULT 0;
-- Which of these places a link stands in, counted from 0; null for a link that was booked by itself.
ALTER TABLE links ADD COLUMN place BIGINT;

-- What is held and booked, with the bandwidth of its links; those that stand in a place take no more than the place.
DROP VIEW booked;
CREATE VIEW booked AS
SELECT a.*, a.places_mbps + (SELECT COALESCE(SUM(l.mbps), 0) FROM links l
                             WHERE l.allocation_id = a.id AND l.state <> 'down' AND l.place IS NULL) AS linked
FROM allocations a;
