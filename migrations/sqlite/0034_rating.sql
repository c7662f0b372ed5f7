-- What customers say of a provider after delivery (S6, G10): the service and the ordering apart.
CREATE TABLE rating (
    contract_id BLOB NOT NULL REFERENCES contract (id),
    -- Who delivered; a contract that moves can be rated once for each of its providers.
    provider_id BLOB NOT NULL REFERENCES provider (id),
    -- What was delivered then.
    offer_id BLOB NOT NULL,
    offer_version BIGINT NOT NULL,
    service BIGINT NOT NULL CHECK (service BETWEEN 1 AND 5),
    ordering BIGINT NOT NULL CHECK (ordering BETWEEN 1 AND 5),
    -- Everybody reads it; empty: stars alone.
    comment TEXT NOT NULL,
    -- The user id of whoever gave it.
    given_by TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    -- Null: as it was given.
    changed_at BIGINT,
    -- The provider's words. Null: none.
    answer TEXT,
    answered_by TEXT,
    answered_at BIGINT,
    PRIMARY KEY (contract_id, provider_id),
    FOREIGN KEY (offer_id, offer_version) REFERENCES offer_version (offer_id, version),
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX rating_by_provider ON rating (provider_id, given_at, contract_id);
