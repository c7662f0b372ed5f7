-- Before something that runs is adopted, whose it is already is looked up by the provider's own id.
CREATE INDEX resource_by_native_id ON resource (native_id);
