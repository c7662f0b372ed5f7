-- The market's first tables. Portable types only: BIGINT holds integers, microseconds UTC and
-- minor units of money; documents are TEXT because their hash is over the exact text.

CREATE TABLE organisation (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('customer', 'provider', 'broker')),
    created_at BIGINT NOT NULL
);

CREATE TABLE app_user (
    id BLOB PRIMARY KEY NOT NULL,
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    -- Lower case; the form people typed is not kept.
    email TEXT NOT NULL CONSTRAINT app_user_email_unique UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Only the SHA-256 of the session id is stored: a stolen table opens no session.
CREATE TABLE session (
    id_hash BLOB PRIMARY KEY NOT NULL,
    user_id BLOB REFERENCES app_user (id) ON DELETE CASCADE,
    data TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_by_expiry ON session (expires_at);
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE api_token (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL CONSTRAINT api_token_secret_unique UNIQUE,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_token_by_user ON api_token (user_id);

CREATE TABLE provider (
    id BLOB PRIMARY KEY NOT NULL,
    -- Null for catalogue-only providers that have no account here.
    organisation_id BLOB REFERENCES organisation (id),
    slug TEXT NOT NULL CONSTRAINT provider_slug_unique UNIQUE,
    did TEXT NOT NULL CONSTRAINT provider_did_unique UNIQUE,
    name_en TEXT NOT NULL,
    name_ja TEXT NOT NULL,
    description_en TEXT NOT NULL,
    description_ja TEXT NOT NULL,
    country TEXT NOT NULL,
    homepage TEXT,
    -- Null: catalogue only. The token is sealed with the key ring of the installation.
    cloud_url TEXT,
    cloud_token_sealed BLOB,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX provider_by_organisation ON provider (organisation_id);

CREATE TABLE offer (
    id BLOB PRIMARY KEY NOT NULL,
    provider_id BLOB NOT NULL REFERENCES provider (id),
    -- metadata.name of the document.
    slug TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'withdrawn')),
    -- The newest version; the public sees published_version.
    current_version BIGINT NOT NULL,
    published_version BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    CONSTRAINT offer_slug_unique UNIQUE (provider_id, slug)
);
CREATE INDEX offer_by_update ON offer (updated_at, id);
CREATE INDEX offer_by_state ON offer (state, id);

-- Immutable: rows are inserted and never changed.
CREATE TABLE offer_version (
    offer_id BLOB NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    -- Canonical JSON; hash is the lower-case hex SHA-256 of exactly this text.
    document TEXT NOT NULL,
    hash TEXT NOT NULL,
    title_en TEXT NOT NULL,
    title_ja TEXT NOT NULL,
    service_model TEXT NOT NULL,
    deployment_model TEXT NOT NULL,
    -- Null: no price is published.
    price_minor BIGINT,
    currency TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (offer_id, version)
);

CREATE TABLE requirement (
    id BLOB PRIMARY KEY NOT NULL,
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    current_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX requirement_by_organisation ON requirement (organisation_id, id);

CREATE TABLE requirement_version (
    requirement_id BLOB NOT NULL REFERENCES requirement (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    document TEXT NOT NULL,
    hash TEXT NOT NULL,
    title_en TEXT NOT NULL,
    title_ja TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (requirement_id, version)
);

CREATE TABLE contract (
    id BLOB PRIMARY KEY NOT NULL,
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    provider_id BLOB NOT NULL REFERENCES provider (id),
    offer_id BLOB NOT NULL REFERENCES offer (id),
    offer_version BIGINT NOT NULL,
    -- The exact texts that were signed, and their hashes (UC5.4).
    offer_document TEXT NOT NULL,
    offer_hash TEXT NOT NULL,
    requirement_id BLOB NOT NULL REFERENCES requirement (id),
    requirement_version BIGINT NOT NULL,
    requirement_document TEXT NOT NULL,
    requirement_hash TEXT NOT NULL,
    service_name TEXT NOT NULL,
    -- Bill of quantities as JSON.
    plan TEXT NOT NULL,
    price_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('activating', 'active', 'failed', 'releasing', 'released')),
    -- Why activation failed, as a stable code; null otherwise.
    failure TEXT,
    -- Null until the provider confirms the reservation.
    address TEXT,
    signed_by TEXT NOT NULL,
    signed_at BIGINT NOT NULL,
    activated_at BIGINT,
    released_at BIGINT,
    updated_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX contract_by_organisation ON contract (organisation_id, id);
CREATE INDEX contract_by_state ON contract (state, id);
CREATE INDEX contract_by_provider ON contract (provider_id, id);

-- What exists at the provider for a contract.
CREATE TABLE resource (
    id BLOB PRIMARY KEY NOT NULL,
    contract_id BLOB NOT NULL REFERENCES contract (id),
    kind TEXT NOT NULL,
    -- The provider's own id.
    native_id TEXT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT resource_native_unique UNIQUE (contract_id, kind, native_id)
);

CREATE TABLE erasure_statement (
    id BLOB PRIMARY KEY NOT NULL,
    contract_id BLOB NOT NULL CONSTRAINT erasure_statement_contract_unique UNIQUE REFERENCES contract (id),
    -- The signed statement exactly as received, as JSON.
    statement TEXT NOT NULL,
    -- The provider's key that verified it, base64.
    verified_with TEXT NOT NULL,
    received_at BIGINT NOT NULL
);

CREATE TABLE usage_record (
    contract_id BLOB PRIMARY KEY NOT NULL REFERENCES contract (id),
    -- The provider's final meter as JSON, and its hash.
    meter TEXT NOT NULL,
    hash TEXT NOT NULL,
    read_at BIGINT NOT NULL
);

-- One sample. No row means "no data", which is not the same as bad.
CREATE TABLE observation (
    contract_id BLOB NOT NULL REFERENCES contract (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('liveness', 'response')),
    at BIGINT NOT NULL,
    ok BOOLEAN NOT NULL,
    -- Response time in microseconds; null when there was no answer.
    value_us BIGINT,
    PRIMARY KEY (contract_id, kind, at)
);

CREATE TABLE audit (
    id BLOB PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    -- A user id, 'system' or 'stranger'.
    actor TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    -- The prefixed id of the thing acted upon.
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_by_subject ON audit (subject, at);

-- Answers of POST requests, kept a day so that a repeated key gets the same answer.
CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    -- Null while the first request is still being worked on.
    status BIGINT,
    body TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (scope, idempotency_key)
);
CREATE INDEX idempotency_by_time ON idempotency (created_at);
