-- Counts what each provider has on the market without reading its offers.
CREATE INDEX offer_published_by_provider ON offer (provider_id) WHERE state = 'published';
