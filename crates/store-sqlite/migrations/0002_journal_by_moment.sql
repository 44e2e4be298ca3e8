-- Expands: statements of programs from before find what they look for as they did. What a reader looks through no longer grows
-- with the ledger.
--
-- Every new entry dirties a page, and pages dirtied are what a payment costs. So an index ends in what rises with time
-- (its newest entries share a page), or it is partial and as small as the backlog.

-- A location's entries of a day. Moments rise, so a location appends to one page of its own: counted, 0.05 pages more per
-- payment at one location in batches of 128, 0.3 at 20 locations, 1 to 1.3 for payments that come alone. By merchant and
-- moment it would be less for merchants with many locations, but each location's day would then read all of them.
CREATE INDEX journal_by_moment ON journal (merchant_id, location_id, at_ms);
