-- Data move between two clouds through a link: what this side shares, 'volume' or the id of a backup; null when nothing.
ALTER TABLE links ADD COLUMN shared TEXT;
-- Work that takes data through a link is a restore of what it has taken. Null in all other work.
ALTER TABLE long_operations ADD COLUMN link_id TEXT;
