-- Expands: statements of programs from before find what they look for as they did. None of them names an index, and each
-- index that goes has a better one in its place.
--
-- Every new entry dirties a page, and pages dirtied are what a payment costs. So an index ends in what rises with time
-- (its newest entries share a page), or it is partial and as small as the backlog.

-- On a large ledger build these beforehand with CREATE INDEX CONCURRENTLY under these names.
--
-- Dropping an index takes this lock in the end. Taken after the weaker one of building, it could wait for a batch that
-- waits for that one.
LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE;

-- What is due at one endpoint, earliest first, read from the front. The index by `next_at_ms` alone mixed all endpoints:
-- whoever looked for one had to read the others' backlogs, or all of its own and sort.
CREATE INDEX IF NOT EXISTS deliveries_next ON deliveries (endpoint_id, next_at_ms, sequence) WHERE pending = 1;
DROP INDEX IF EXISTS deliveries_due;

-- The first message of an order at an endpoint. Order is by `sequence`, so an index by `delivery_id` meant reading and
-- sorting all that wait, once per message.
CREATE INDEX IF NOT EXISTS deliveries_in_order ON deliveries (endpoint_id, order_id, sequence) WHERE pending = 1;
DROP INDEX IF EXISTS deliveries_chain;

-- The messages about one order, for its timeline. Without it only the newest few thousand messages of a merchant could
-- be looked through: minutes of history on a busy day. Order ids rise with time, so new entries meet on the pages of the
-- orders that are open now.
CREATE INDEX IF NOT EXISTS deliveries_by_order ON deliveries (merchant_id, order_id, delivery_id);
