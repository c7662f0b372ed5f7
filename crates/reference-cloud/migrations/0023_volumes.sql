-- A volume may be booked by itself and lent to a service: which one a service has, and which service has it.
ALTER TABLE allocations ADD COLUMN volume_id TEXT;
ALTER TABLE allocations ADD COLUMN attached_to TEXT;
