-- Whether a provider's cloud keeps the contract of the provider API, as the last examination found it.

CREATE TABLE cloud_report (
    provider_id BLOB NOT NULL PRIMARY KEY REFERENCES provider (id) ON DELETE CASCADE,
    -- Null: nobody waits for an examination.
    requested_at BIGINT,
    -- Who examines now took it at this moment; one that was cut off is taken again later.
    claimed_at BIGINT,
    -- The address that was examined: a report says nothing about another cloud. Null: not examined yet.
    cloud_url TEXT,
    verdict TEXT CHECK (verdict IN ('conforms', 'deviates', 'not_run')),
    -- JSON, as `kumoichi conform --json` prints it, without what was sent and came.
    report TEXT,
    examined_at BIGINT
);
