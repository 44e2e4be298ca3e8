-- What is there before the first payment: open orders, and the identifiers that payment apps know them by.

INSERT INTO orders (merchant_id, order_id, location_id, state, stage, staff_id, register_id, customer_id, total_minor,
                    opened_at_ms, doc)
SELECT :merchant_id, :first_id + number, :location_id, 0, 0, 42, 0, 0, 8700, :now_ms, :'order_doc'
FROM generate_series(0, :orders - 1) AS number;

INSERT INTO aliases (merchant_id, hash_high, hash_low, order_id)
SELECT :merchant_id, number * 2654435761 % 4294967291, number, :first_id + number
FROM generate_series(0::bigint, :orders - 1) AS number;

-- The tables that only grow are left as they were created: of one that was empty when it was analysed, the planner
-- would believe that it still is.
VACUUM (ANALYZE) orders, aliases;
CHECKPOINT;
