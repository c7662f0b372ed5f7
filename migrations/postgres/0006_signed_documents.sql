-- Providers sign their documents; their keys are registered here, replaced and revoked, never changed.

CREATE TABLE provider_key (
    provider_id UUID NOT NULL REFERENCES provider (id) ON DELETE CASCADE,
    -- The key's thumbprint (RFC 7638): a name means one key for ever.
    kid TEXT NOT NULL,
    -- Ed25519, 32 bytes.
    public_key BYTEA NOT NULL,
    -- Documents signed with it are taken from then on.
    valid_from BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- Null: in use. What was signed before stays, and its page says that the key was revoked.
    revoked_at BIGINT,
    PRIMARY KEY (provider_id, kid)
);

-- A version without a row here is not signed.
CREATE TABLE offer_signature (
    offer_id UUID NOT NULL,
    version BIGINT NOT NULL,
    kid TEXT NOT NULL,
    -- Detached JWS over offer_version.document.
    value TEXT NOT NULL,
    PRIMARY KEY (offer_id, version),
    FOREIGN KEY (offer_id, version) REFERENCES offer_version (offer_id, version) ON DELETE CASCADE
);
