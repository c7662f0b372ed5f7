-- Earlier readings, bounded by number and age, and where each is pushed to.
CREATE TABLE readings (
    allocation_id   TEXT NOT NULL REFERENCES allocations (id),
    at              BIGINT NOT NULL,
    -- JSON, as the last one is in `monitoring`.
    readings        TEXT NOT NULL,
    PRIMARY KEY (allocation_id, at)
);

CREATE INDEX readings_by_age ON readings (at);

-- Null: readings are pushed nowhere.
ALTER TABLE monitoring ADD COLUMN otlp_url TEXT;
ALTER TABLE monitoring ADD COLUMN otlp_token TEXT;
-- The last reading that was taken there.
ALTER TABLE monitoring ADD COLUMN otlp_pushed_at BIGINT;
ALTER TABLE monitoring ADD COLUMN otlp_failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE monitoring ADD COLUMN otlp_next_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE monitoring ADD COLUMN otlp_suspended BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE monitoring ADD COLUMN otlp_error TEXT;
