-- One payment as an ordinary program makes it, in the product's own tables: one transaction, one statement after the
-- other, each waiting for its answer. Like the product's clients, neighbours pay different orders.
--
-- Nothing is decided here: what is read is thrown away, and the documents are as long as the product's.

\set number :number + 1
\set payment :number * :clients + :client_id
\set order_at :payment % :orders
\set of_order :payment / :orders + 1
\set task_id :first_id + :payment
\set alias_high :order_at * 2654435761 % 4294967291
\set key_high hash_murmur2(:payment, 1)
\set key_low hash_murmur2(:payment, 2)

BEGIN;

SELECT order_id FROM aliases
WHERE merchant_id = :merchant_id AND hash_high = :alias_high AND hash_low = :order_at
\gset

SELECT location_id, state, stage, staff_id, register_id, customer_id, total_minor, opened_at_ms, doc FROM orders
WHERE merchant_id = :merchant_id AND order_id = :order_id
FOR NO KEY UPDATE;

SELECT order_id, number, doc FROM keys
WHERE merchant_id = :merchant_id AND hash_high = :key_high AND hash_low = :key_low;

UPDATE orders SET doc = :order_doc
WHERE merchant_id = :merchant_id AND order_id = :order_id;

INSERT INTO payments (merchant_id, order_id, number, state, doc)
VALUES (:merchant_id, :order_id, :of_order, 0, :payment_doc);

INSERT INTO keys (merchant_id, hash_high, hash_low, order_id, number, doc)
VALUES (:merchant_id, :key_high, :key_low, :order_id, :of_order, :key_doc);

INSERT INTO tasks (merchant_id, task_id, location_id, open, device_id, available_at_ms, expires_at_ms, order_id, number, doc)
VALUES (:merchant_id, :task_id, :location_id, 1, 1, :now_ms, :now_ms, :order_id, :of_order, :task_doc);

INSERT INTO journal (merchant_id, order_id, seq, location_id, kind, at_ms, doc)
VALUES (:merchant_id, :order_id, :of_order, :location_id, 1, :now_ms, :journal_doc);

COMMIT;
