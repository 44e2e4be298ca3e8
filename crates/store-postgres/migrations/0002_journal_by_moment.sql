-- Expands: statements of programs from before find what they look for as they did. What a reader looks through no longer grows
-- with the ledger.
--
-- Every new entry dirties a page, and pages dirtied are what a payment costs. So an index ends in what rises with time
-- (its newest entries share a page), or it is partial and as small as the backlog.

-- On a large ledger build it beforehand with CREATE INDEX CONCURRENTLY under this name: the step then finds it and is over
-- at once. Otherwise it reads the journal while nobody can write to it. A step of its own, as the next one is, so that it
-- never waits for one table while it holds another: batches that run beside it take both.

-- A location's entries of a day. Moments rise, so a location appends to one page of its own. By merchant and moment there
-- would be fewer of these pages for merchants with many locations, but each location's day would then read all of them.
CREATE INDEX IF NOT EXISTS journal_by_moment ON journal (merchant_id, location_id, at_ms);
