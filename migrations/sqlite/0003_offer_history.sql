-- An offer's page sums what was measured over its contracts, and withdrawal counts live ones.

CREATE INDEX contract_by_offer ON contract (offer_id, state);
