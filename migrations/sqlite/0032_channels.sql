-- On which channels an organisation gets its notices beside the inbox, and what is still to be delivered.

-- The language in which a person is written to. Null: the installation's.
ALTER TABLE app_user ADD COLUMN language TEXT CHECK (language IN ('en', 'ja'));

-- No row: the inbox only.
CREATE TABLE channel_setting (
    organisation_id BLOB PRIMARY KEY NOT NULL REFERENCES organisation (id),
    -- Whether everybody of the organisation gets mail.
    mail BOOLEAN NOT NULL,
    -- Whether events are posted to the address, signed with the secret, which is sealed with the installation's key.
    webhook BOOLEAN NOT NULL,
    webhook_url TEXT,
    webhook_secret_sealed BLOB,
    updated_at BIGINT NOT NULL,
    CHECK (NOT webhook OR (webhook_url IS NOT NULL AND webhook_secret_sealed IS NOT NULL))
);

-- Written together with the notice, for each channel and recipient.
CREATE TABLE delivery (
    notice_id BLOB NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
    -- The person for mail, the organisation for its webhook.
    recipient BLOB NOT NULL,
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
    -- Tries begun since it was last asked for.
    attempts BIGINT NOT NULL,
    -- Not before this moment; while one process tries, the moment at which another may.
    due_at BIGINT NOT NULL,
    -- Why the last try did not succeed.
    fault TEXT,
    ended_at BIGINT,
    PRIMARY KEY (notice_id, channel, recipient)
);
CREATE INDEX delivery_due ON delivery (due_at) WHERE state = 'waiting';
CREATE INDEX delivery_by_organisation ON delivery (organisation_id, notice_id);
