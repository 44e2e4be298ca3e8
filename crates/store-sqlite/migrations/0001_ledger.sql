-- The ledger's tables, exactly as tender_store::Table describes them (a test compares the two).
--
-- What a durable payment costs is the number of distinct pages it dirties: each is written to the WAL at the
-- commit and to the database at the checkpoint. Two layouts are used, chosen per table by that count.
--
-- * Rowid tables with the key as a separate unique index, where rows carry documents. New rows are appended to the
--   table's last page whatever their key is, so a batch for many orders and merchants fills a few shared pages;
--   the index entries are a few dozen bytes, so neighbours share leaves. A WITHOUT ROWID tree would keep the
--   documents inside its index cells: beyond about 1000 bytes they spill to an overflow page each, interior pages
--   hold whole rows, and inserts between others split pages all over the tree.
-- * WITHOUT ROWID (the rows clustered in their key's tree), where rows are small and have no document of weight:
--   one tree to search and one leaf to dirty instead of two.
--
-- Counted over a mix of new orders, payments and confirmations with documents of 0.5 to 1.5 KB, for 1 to 1000
-- merchants: clustering any one of the rowid tables below dirties 3 to 30 % more pages per payment (payments the
-- most), clustering all of them 37 to 79 % more.
--
-- Partial indexes hold only the rows that still need work, so they stay as small as the backlog and cost nothing
-- for the years of finished rows. All tables are STRICT: a column that is not what it must be is refused at the
-- write, not found at the read.

-- Read once into a cache and changed rarely; catalogue and merchant documents can be several kilobytes.
CREATE TABLE directory (
    merchant_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    id INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (merchant_id, kind, id)
) STRICT;
CREATE INDEX directory_by_kind ON directory (kind, id);

-- Looked up by hash on every uncached request; short documents.
CREATE TABLE credentials (
    hash_high INTEGER NOT NULL,
    hash_low INTEGER NOT NULL,
    application_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (hash_high, hash_low)
) STRICT, WITHOUT ROWID;
CREATE INDEX credentials_by_application ON credentials (application_id);

-- Replaced by every payment of the order. With the key in an index of its own, a replacement dirties the row's
-- page alone, because neither the key nor (while the order stays open) the location index changes.
CREATE TABLE orders (
    merchant_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    location_id INTEGER NOT NULL,
    state INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    staff_id INTEGER NOT NULL,
    register_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    total_minor INTEGER NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (merchant_id, order_id)
) STRICT;
CREATE INDEX orders_by_location ON orders (merchant_id, location_id, state, order_id);

-- The largest documents, apart from the heads so that a payment does not rewrite them.
CREATE TABLE order_lines (
    merchant_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (merchant_id, order_id)
) STRICT;

-- Payments of orders opened long ago arrive together with those of new ones. Appended, they share pages with
-- each other; clustered by order, each would dirty the leaf of its own order.
CREATE TABLE payments (
    merchant_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    state INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (merchant_id, order_id, number)
) STRICT;

-- Random by nature: a hash has its leaf anywhere in the tree. A row is looked for at every payment and found only
-- when something is repeated, so what has to stay in memory is a tree without the documents.
CREATE TABLE keys (
    merchant_id INTEGER NOT NULL,
    hash_high INTEGER NOT NULL,
    hash_low INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (merchant_id, hash_high, hash_low)
) STRICT;

-- Random, too, but nothing beside the key.
CREATE TABLE aliases (
    merchant_id INTEGER NOT NULL,
    hash_high INTEGER NOT NULL,
    hash_low INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, hash_high, hash_low)
) STRICT, WITHOUT ROWID;

-- A task is written when it is made, claimed and resolved, all within minutes; appended, tasks of all merchants
-- made at one time share the pages that all three writes dirty.
CREATE TABLE tasks (
    merchant_id INTEGER NOT NULL,
    task_id INTEGER NOT NULL,
    location_id INTEGER NOT NULL,
    open INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    available_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (merchant_id, task_id)
) STRICT;
CREATE INDEX tasks_open ON tasks (merchant_id, location_id, task_id) WHERE open = 1;
CREATE INDEX tasks_expiry ON tasks (expires_at_ms) WHERE open = 1;

-- Append-only. `position` is the rowid, so entries lie in commit order (there is one writer, and it numbers them
-- as it commits) and every batch ends on the last page. The unique index finds an order's entries and refuses a
-- second entry of one number; the other index is the feed of one merchant: the rowid ends every index entry, so
-- it reads in position order without a sort.
CREATE TABLE journal (
    position INTEGER PRIMARY KEY,
    merchant_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    location_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    doc TEXT NOT NULL,
    UNIQUE (merchant_id, order_id, seq)
) STRICT;
CREATE INDEX journal_feed ON journal (merchant_id);

-- Made in bursts (one per endpoint and event), tried once or twice soon after, then never changed. Documents hold
-- the message body.
CREATE TABLE deliveries (
    merchant_id INTEGER NOT NULL,
    delivery_id INTEGER NOT NULL,
    endpoint_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    next_at_ms INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (merchant_id, delivery_id)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (next_at_ms) WHERE pending = 1;
CREATE INDEX deliveries_chain ON deliveries (endpoint_id, order_id, delivery_id) WHERE pending = 1;
CREATE INDEX deliveries_by_endpoint ON deliveries (merchant_id, endpoint_id, delivery_id);

-- One per HTTP try, never changed.
CREATE TABLE attempts (
    merchant_id INTEGER NOT NULL,
    delivery_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (merchant_id, delivery_id, number)
) STRICT;

-- Rare.
CREATE TABLE cases (
    merchant_id INTEGER NOT NULL,
    case_id INTEGER NOT NULL,
    location_id INTEGER NOT NULL,
    open INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (merchant_id, case_id)
) STRICT;
CREATE INDEX cases_open ON cases (merchant_id, location_id, case_id) WHERE open = 1;

-- A few dozen bytes each and replaced all the time: whole locations share one leaf.
CREATE TABLE counters (
    merchant_id INTEGER NOT NULL,
    name INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, name, owner_id)
) STRICT, WITHOUT ROWID;
