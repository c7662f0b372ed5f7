-- A service is drained: newcomers are turned away until what is in flight has finished or this moment has come.
-- Null when it is not.
ALTER TABLE allocations ADD COLUMN drain_until BIGINT;
