-- A connected cloud says which regions it has; an offer can be ordered only there.

-- JSON list of {"id", "country"}. Null: no cloud is connected, or it has not answered yet.
ALTER TABLE provider ADD COLUMN cloud_regions TEXT;
