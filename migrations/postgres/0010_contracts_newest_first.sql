-- Lists of contracts begin with the newest; ids are made of signatures and say nothing of time.

DROP INDEX contract_by_organisation;
DROP INDEX contract_by_state;
DROP INDEX contract_by_provider;
CREATE INDEX contract_by_organisation ON contract (organisation_id, signed_at, id);
CREATE INDEX contract_by_state ON contract (state, signed_at, id);
CREATE INDEX contract_by_provider ON contract (provider_id, signed_at, id);
