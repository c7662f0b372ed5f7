-- What callers asked to have measured of an allocation, and what was read last; no row where nobody asked.
CREATE TABLE monitoring (
    allocation_id       TEXT PRIMARY KEY REFERENCES allocations (id),
    running             BOOLEAN NOT NULL,
    -- Names of the catalogue as JSON.
    metrics             TEXT NOT NULL,
    interval_seconds    BIGINT NOT NULL,
    set_at              BIGINT NOT NULL,
    -- Null before the first reading; then its values as JSON.
    read_at             BIGINT,
    readings            TEXT
);
