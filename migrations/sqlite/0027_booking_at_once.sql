-- Clouds that hold nothing book at once; cancelling before the start may cost (F7.4.3, F7.4.4).

-- JSON of what the connected cloud says of booking without a hold; 'null': it holds first. Null: it has not answered yet.
ALTER TABLE provider ADD COLUMN cloud_reserve TEXT;
-- What was booked for a contract without a hold, what cancelling was said to cost and what it did cost.
CREATE TABLE booking_at_once (
    contract_id BLOB NOT NULL REFERENCES contract (id),
    -- The cloud's id.
    native_id TEXT NOT NULL,
    booked_at BIGINT NOT NULL,
    -- As it was declared when it was booked; both null: nothing.
    declared_minor BIGINT,
    declared_currency TEXT,
    -- Null: it was kept.
    cancelled_at BIGINT,
    -- As the cloud's meter told it after cancelling; both null: nothing.
    owed_minor BIGINT,
    owed_currency TEXT,
    PRIMARY KEY (contract_id, native_id)
);
