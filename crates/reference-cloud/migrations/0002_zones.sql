-- A cloud has several zones, and each allocation stays in the one it was held in, also when the configuration changes.
-- Rows of a time with one zone get it when the cloud starts.
ALTER TABLE allocations ADD COLUMN zone_id TEXT;
ALTER TABLE allocations ADD COLUMN region TEXT;
ALTER TABLE allocations ADD COLUMN country TEXT;
ALTER TABLE allocations ADD COLUMN hazard_zone TEXT;
