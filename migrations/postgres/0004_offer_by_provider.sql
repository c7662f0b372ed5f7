-- A provider's page and desk list its offers newest first without walking the whole market.

CREATE INDEX offer_by_provider ON offer (provider_id, id);
