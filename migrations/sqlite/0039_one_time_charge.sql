-- What an offer charges once, at the beginning: agreed with the signature or with a move, charged when the service begins there.
CREATE TABLE one_time_charge (
    contract_id BLOB NOT NULL REFERENCES contract (id),
    -- 0: the signature; otherwise the number of the change that moved the service to another provider.
    number BIGINT NOT NULL,
    -- Whose charge it is, and by which version of which offer.
    provider_id BLOB NOT NULL REFERENCES provider (id),
    offer_id BLOB NOT NULL REFERENCES offer (id),
    offer_version BIGINT NOT NULL,
    price_minor BIGINT NOT NULL CHECK (price_minor >= 0),
    currency TEXT NOT NULL,
    agreed_at BIGINT NOT NULL,
    -- Null: the service has not begun there.
    charged_at BIGINT,
    PRIMARY KEY (contract_id, number)
);
