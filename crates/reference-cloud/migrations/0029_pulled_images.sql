-- An image can come through a link instead of an upload.
ALTER TABLE images ADD COLUMN link_id TEXT;
