-- An allocation becomes larger or smaller: from which size to which, as JSON, until it has that size. Meanwhile the row
-- takes the larger of both. Null when it does not.
ALTER TABLE allocations ADD COLUMN resizing TEXT;
-- The sizes before and after, as JSON. Null in all other events.
ALTER TABLE events ADD COLUMN resized TEXT;
-- Every size an allocation has had since it was booked, for its meter; nothing of one that was never resized.
CREATE TABLE sizes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    allocation_id TEXT NOT NULL REFERENCES allocations (id),
    from_at BIGINT NOT NULL,
    instances BIGINT NOT NULL,
    vcpu_each BIGINT NOT NULL,
    storage_gb BIGINT NOT NULL
);
CREATE INDEX sizes_by_allocation ON sizes (allocation_id, id);
