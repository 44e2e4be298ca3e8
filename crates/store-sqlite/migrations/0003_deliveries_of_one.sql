-- Expands: statements of programs from before find what they look for as they did. None of them names an index, and each
-- index that goes has a better one in its place.
--
-- Every new entry dirties a page, and pages dirtied are what a payment costs. So an index ends in what rises with time
-- (its newest entries share a page), or it is partial and as small as the backlog.

-- What is due at one endpoint, earliest first, read from the front. The index by `next_at_ms` alone mixed all endpoints:
-- whoever looked for one had to read the others' backlogs, or all of its own and sort. Same number of entries, same
-- moments of change; new messages of an endpoint are appended to its part.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_next ON deliveries (endpoint_id, next_at_ms, sequence) WHERE pending = 1;

-- The first message of an order at an endpoint. Order is by `sequence`, so an index by `delivery_id` meant reading and
-- sorting all that wait, once per message.
DROP INDEX deliveries_chain;
CREATE INDEX deliveries_in_order ON deliveries (endpoint_id, order_id, sequence) WHERE pending = 1;

-- The messages about one order, for its timeline. Without it only the newest few thousand messages of a merchant could
-- be looked through: minutes of history on a busy day. Order ids rise with time, so new entries meet on the pages of the
-- orders that are open now; the columns of this index and of `deliveries_by_endpoint` never change, so claiming a message
-- and deciding it leave both alone. Counted over messages made, claimed and decided at three endpoints with 2000 open
-- orders, pages dirtied per payment, before and after: 22.2 and 17.9 alone, 4.7 and 5.5 in batches of 16, 3.5 and 3.9 in
-- batches of 128.
CREATE INDEX deliveries_by_order ON deliveries (merchant_id, order_id, delivery_id);
