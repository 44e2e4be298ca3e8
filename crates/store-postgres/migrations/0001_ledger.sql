-- The ledger's tables, as tender_store::Table describes them (a test compares the two), and what this backend needs
-- beside them.
--
-- Every table's primary key is the key of its description; there are no foreign keys, because rows are written in
-- one order by one program and each constraint would cost a lookup per row.
--
-- Rows that are replaced soon and often get room on their page (fillfactor below 100): PostgreSQL can then put the
-- new version beside the old one and leave every index alone, as long as no indexed column changes. Most
-- replacements change none: a payment changes its order's sums, a claim its task's device. Orders opened together share
-- a page, and their payments come together too, so each of them gets room for one more version.
--
-- Partial indexes hold only the rows that still need work, so they stay as small as the backlog.

CREATE TABLE directory (
    merchant_id bigint NOT NULL,
    kind bigint NOT NULL,
    id bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (merchant_id, kind, id)
);
CREATE INDEX directory_by_kind ON directory (kind, id);

CREATE TABLE credentials (
    hash_high bigint NOT NULL,
    hash_low bigint NOT NULL,
    application_id bigint NOT NULL,
    kind bigint NOT NULL,
    expires_at_ms bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (hash_high, hash_low)
);
CREATE INDEX credentials_by_application ON credentials (application_id);

CREATE TABLE orders (
    merchant_id bigint NOT NULL,
    order_id bigint NOT NULL,
    location_id bigint NOT NULL,
    state bigint NOT NULL,
    stage bigint NOT NULL,
    staff_id bigint NOT NULL,
    register_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    total_minor bigint NOT NULL,
    opened_at_ms bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (merchant_id, order_id)
) WITH (fillfactor = 50);
CREATE INDEX orders_by_location ON orders (merchant_id, location_id, state, order_id);

-- Apart from the heads, so that a payment does not rewrite the largest documents.
CREATE TABLE order_lines (
    merchant_id bigint NOT NULL,
    order_id bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (merchant_id, order_id)
) WITH (fillfactor = 85);

CREATE TABLE payments (
    merchant_id bigint NOT NULL,
    order_id bigint NOT NULL,
    number bigint NOT NULL,
    state bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (merchant_id, order_id, number)
) WITH (fillfactor = 70);

CREATE TABLE keys (
    merchant_id bigint NOT NULL,
    hash_high bigint NOT NULL,
    hash_low bigint NOT NULL,
    order_id bigint NOT NULL,
    number bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (merchant_id, hash_high, hash_low)
);

CREATE TABLE aliases (
    merchant_id bigint NOT NULL,
    hash_high bigint NOT NULL,
    hash_low bigint NOT NULL,
    order_id bigint NOT NULL,
    PRIMARY KEY (merchant_id, hash_high, hash_low)
);

CREATE TABLE tasks (
    merchant_id bigint NOT NULL,
    task_id bigint NOT NULL,
    location_id bigint NOT NULL,
    open bigint NOT NULL,
    device_id bigint NOT NULL,
    available_at_ms bigint NOT NULL,
    expires_at_ms bigint NOT NULL,
    order_id bigint NOT NULL,
    number bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (merchant_id, task_id)
) WITH (fillfactor = 60);
CREATE INDEX tasks_open ON tasks (merchant_id, location_id, task_id) WHERE open = 1;
CREATE INDEX tasks_expiry ON tasks (expires_at_ms) WHERE open = 1;

-- Append-only. `position` is the order of the feed, numbered by a sequence at the moment of the insert.
--
-- A sequence alone does not make a gap-free feed: a transaction may commit position 8 while the one that holds 7
-- is still open, and a reader that went on to 8 would never see 7. So every transaction that is about to insert
-- entries first takes a shared advisory lock whose number is the sequence's last value, its floor: all its
-- positions will be greater. A reader takes, in this order, (1) the sequence's last value, (2) the lowest floor
-- that is locked, (3) a snapshot of the entries up to the smaller of the two. Whoever took its floor after (2)
-- inserts above (1), and whoever released it before (2) had committed by then and is visible in (3). A floor is
-- held for the last statements of a transaction only, so readers are hardly ever held back.
--
-- Ordering by transaction id instead would need no lock, but two things go wrong: a transaction gets its id with
-- its first row lock, and may then wait for a later one, so that its entry of an order would come before the
-- entry it follows; and ids are not those of another server after a dump and restore, while positions travel.
CREATE TABLE journal (
    merchant_id bigint NOT NULL,
    order_id bigint NOT NULL,
    seq bigint NOT NULL,
    location_id bigint NOT NULL,
    kind bigint NOT NULL,
    at_ms bigint NOT NULL,
    doc text NOT NULL,
    position bigint NOT NULL GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME journal_position),
    PRIMARY KEY (merchant_id, order_id, seq)
);
CREATE UNIQUE INDEX journal_feed ON journal (merchant_id, position);

CREATE TABLE deliveries (
    merchant_id bigint NOT NULL,
    delivery_id bigint NOT NULL,
    endpoint_id bigint NOT NULL,
    order_id bigint NOT NULL,
    pending bigint NOT NULL,
    next_at_ms bigint NOT NULL,
    sequence bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (merchant_id, delivery_id)
) WITH (fillfactor = 85);
CREATE INDEX deliveries_due ON deliveries (next_at_ms) WHERE pending = 1;
CREATE INDEX deliveries_chain ON deliveries (endpoint_id, order_id, delivery_id) WHERE pending = 1;
CREATE INDEX deliveries_by_endpoint ON deliveries (merchant_id, endpoint_id, delivery_id);

CREATE TABLE attempts (
    merchant_id bigint NOT NULL,
    delivery_id bigint NOT NULL,
    number bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (merchant_id, delivery_id, number)
);

CREATE TABLE cases (
    merchant_id bigint NOT NULL,
    case_id bigint NOT NULL,
    location_id bigint NOT NULL,
    open bigint NOT NULL,
    order_id bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (merchant_id, case_id)
);
CREATE INDEX cases_open ON cases (merchant_id, location_id, case_id) WHERE open = 1;

-- The hottest rows of all, and the smallest.
CREATE TABLE counters (
    merchant_id bigint NOT NULL,
    name bigint NOT NULL,
    owner_id bigint NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (merchant_id, name, owner_id)
) WITH (fillfactor = 50);

-- Which running program uses which node number, the part of new ids that keeps two programs from making the same
-- one. A row is a lease: its owner proves itself by the token and renews `expires_at`; all times are the server's.
CREATE TABLE nodes (
    node bigint PRIMARY KEY CHECK (node BETWEEN 0 AND 63),
    token bigint NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);
