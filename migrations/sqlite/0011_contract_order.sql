-- Contracts that were signed together: all of them are set up, or none.

CREATE TABLE contract_order (
    id BLOB PRIMARY KEY NOT NULL,
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    signed_at BIGINT NOT NULL
);
-- Null: signed alone.
ALTER TABLE contract ADD COLUMN order_id BLOB REFERENCES contract_order (id);
-- The place within the order, from 1.
ALTER TABLE contract ADD COLUMN order_seat BIGINT;
CREATE UNIQUE INDEX contract_by_order ON contract (order_id, order_seat) WHERE order_id IS NOT NULL;
