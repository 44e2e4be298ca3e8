//! The tables: names, columns, keys and indexes, the one description that both backends are held against.
//!
//! Keys begin with the merchant, so that a distributed engine can shard by it. The two exceptions, `credentials`
//! and `nodes`, are small and looked up before a merchant is known. Indexes are few and small on purpose: every
//! random key dirties a page per payment, and pages dirtied are what a durable payment costs.

/// A table of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Configuration: merchants, locations, methods, devices, applications, webhook endpoints, catalogue.
    Directory,
    /// Hashed secrets: API keys, access and refresh tokens, authorization codes.
    Credentials,
    /// Order heads: running sums and state.
    Orders,
    /// The lines of an order, written only when they change.
    OrderLines,
    /// Payments, clustered by their order.
    Payments,
    /// Unique references and idempotency keys, by 128-bit hash.
    Keys,
    /// Other names of an order (account identifier, sale number, external reference), by 128-bit hash.
    Aliases,
    /// Work for tills.
    Tasks,
    /// The append-only journal.
    Journal,
    /// One message to one webhook endpoint.
    Deliveries,
    /// One HTTP try of a delivery.
    Attempts,
    /// Money that needs a person.
    Cases,
    /// Small counters: check numbers per location, sequence numbers per webhook endpoint, quotas.
    Counters,
}

/// A secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexSpec {
    /// Its name in the schema.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
    /// Only rows where this column has this value are in the index.
    pub only: Option<(&'static str, i64)>,
}

/// The description of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name in the schema.
    pub name: &'static str,
    /// All `i64` columns, key columns first.
    pub columns: &'static [&'static str],
    /// How many leading columns are the primary key.
    pub key_len: usize,
    /// Whether rows carry a JSON document in a column `doc`.
    pub has_doc: bool,
    /// Rows are never replaced: an existing key is a duplicate.
    pub insert_only: bool,
    /// Rows only say where something else is. Nothing is decided on one, so a batch that reads one need not keep others
    /// from replacing it.
    pub leads: bool,
    /// Secondary indexes.
    pub indexes: &'static [IndexSpec],
}

const fn index(name: &'static str, columns: &'static [&'static str]) -> IndexSpec {
    IndexSpec {
        name,
        columns,
        only: None,
    }
}

const fn partial(name: &'static str, columns: &'static [&'static str], flag: &'static str) -> IndexSpec {
    IndexSpec {
        name,
        columns,
        only: Some((flag, 1)),
    }
}

impl Table {
    /// Every table, in the order in which batches write them.
    pub const ALL: [Self; 13] = [
        Self::Directory,
        Self::Credentials,
        Self::Orders,
        Self::OrderLines,
        Self::Payments,
        Self::Keys,
        Self::Aliases,
        Self::Tasks,
        Self::Journal,
        Self::Deliveries,
        Self::Attempts,
        Self::Cases,
        Self::Counters,
    ];

    /// The table's description.
    #[must_use]
    pub const fn spec(self) -> &'static TableSpec {
        match self {
            Self::Directory => {
                const {
                    &TableSpec {
                        name: "directory",
                        columns: &["merchant_id", "kind", "id"],
                        key_len: 3,
                        has_doc: true,
                        insert_only: false,
                        leads: false,
                        indexes: &[index("directory_by_kind", &["kind", "id"])],
                    }
                }
            }
            Self::Credentials => {
                const {
                    &TableSpec {
                        name: "credentials",
                        columns: &["hash_high", "hash_low", "application_id", "kind", "expires_at_ms"],
                        key_len: 2,
                        has_doc: true,
                        insert_only: false,
                        leads: false,
                        indexes: &[index("credentials_by_application", &["application_id"])],
                    }
                }
            }
            Self::Orders => {
                const {
                    &TableSpec {
                        name: "orders",
                        columns: &[
                            "merchant_id",
                            "order_id",
                            "location_id",
                            "state",
                            "stage",
                            "staff_id",
                            "register_id",
                            "customer_id",
                            "total_minor",
                            "opened_at_ms",
                        ],
                        key_len: 2,
                        has_doc: true,
                        insert_only: false,
                        leads: false,
                        indexes: &[index(
                            "orders_by_location",
                            &["merchant_id", "location_id", "state", "order_id"],
                        )],
                    }
                }
            }
            Self::OrderLines => {
                const {
                    &TableSpec {
                        name: "order_lines",
                        columns: &["merchant_id", "order_id"],
                        key_len: 2,
                        has_doc: true,
                        insert_only: false,
                        leads: false,
                        indexes: &[],
                    }
                }
            }
            Self::Payments => {
                const {
                    &TableSpec {
                        name: "payments",
                        columns: &["merchant_id", "order_id", "number", "state"],
                        key_len: 3,
                        has_doc: true,
                        insert_only: false,
                        leads: false,
                        indexes: &[],
                    }
                }
            }
            Self::Keys => {
                const {
                    &TableSpec {
                        name: "keys",
                        columns: &["merchant_id", "hash_high", "hash_low", "order_id", "number"],
                        key_len: 3,
                        has_doc: true,
                        insert_only: true,
                        leads: false,
                        indexes: &[],
                    }
                }
            }
            Self::Aliases => {
                const {
                    &TableSpec {
                        name: "aliases",
                        columns: &["merchant_id", "hash_high", "hash_low", "order_id"],
                        key_len: 3,
                        has_doc: false,
                        insert_only: false,
                        leads: true,
                        indexes: &[],
                    }
                }
            }
            Self::Tasks => {
                const {
                    &TableSpec {
                        name: "tasks",
                        columns: &[
                            "merchant_id",
                            "task_id",
                            "location_id",
                            "open",
                            "device_id",
                            "available_at_ms",
                            "expires_at_ms",
                            "order_id",
                            "number",
                        ],
                        key_len: 2,
                        has_doc: true,
                        insert_only: false,
                        leads: false,
                        indexes: &[
                            partial("tasks_open", &["merchant_id", "location_id", "task_id"], "open"),
                            partial("tasks_expiry", &["expires_at_ms"], "open"),
                        ],
                    }
                }
            }
            Self::Journal => {
                const {
                    &TableSpec {
                        name: "journal",
                        columns: &["merchant_id", "order_id", "seq", "location_id", "kind", "at_ms"],
                        key_len: 3,
                        has_doc: true,
                        insert_only: true,
                        leads: false,
                        indexes: &[index(
                            "journal_by_moment",
                            &["merchant_id", "location_id", "at_ms"],
                        )],
                    }
                }
            }
            Self::Deliveries => {
                const {
                    &TableSpec {
                        name: "deliveries",
                        columns: &[
                            "merchant_id",
                            "delivery_id",
                            "endpoint_id",
                            "order_id",
                            "pending",
                            "next_at_ms",
                            "sequence",
                        ],
                        key_len: 2,
                        has_doc: true,
                        insert_only: false,
                        leads: false,
                        indexes: &[
                            partial(
                                "deliveries_next",
                                &["endpoint_id", "next_at_ms", "sequence"],
                                "pending",
                            ),
                            partial(
                                "deliveries_in_order",
                                &["endpoint_id", "order_id", "sequence"],
                                "pending",
                            ),
                            index(
                                "deliveries_by_endpoint",
                                &["merchant_id", "endpoint_id", "delivery_id"],
                            ),
                            index("deliveries_by_order", &["merchant_id", "order_id", "delivery_id"]),
                        ],
                    }
                }
            }
            Self::Attempts => {
                const {
                    &TableSpec {
                        name: "attempts",
                        columns: &["merchant_id", "delivery_id", "number"],
                        key_len: 3,
                        has_doc: true,
                        insert_only: true,
                        leads: false,
                        indexes: &[],
                    }
                }
            }
            Self::Cases => {
                const {
                    &TableSpec {
                        name: "cases",
                        columns: &["merchant_id", "case_id", "location_id", "open", "order_id"],
                        key_len: 2,
                        has_doc: true,
                        insert_only: false,
                        leads: false,
                        indexes: &[partial(
                            "cases_open",
                            &["merchant_id", "location_id", "case_id"],
                            "open",
                        )],
                    }
                }
            }
            Self::Counters => {
                const {
                    &TableSpec {
                        name: "counters",
                        columns: &["merchant_id", "name", "owner_id", "value"],
                        key_len: 3,
                        has_doc: false,
                        insert_only: false,
                        leads: false,
                        indexes: &[],
                    }
                }
            }
        }
    }
}

impl TableSpec {
    /// Whether a batch keeps others from changing the rows it has read by key until it is over. A lock dirties the row's
    /// page, so where nothing depends on it there is none.
    #[must_use]
    pub const fn is_locked_by_reads(&self) -> bool {
        !self.insert_only && !self.leads
    }

    /// The position of a column.
    ///
    /// # Panics
    /// When there is no such column: a mistake in this program, never in its input.
    #[must_use]
    pub fn column_index(&self, name: &str) -> usize {
        match self.columns.iter().position(|column| *column == name) {
            Some(at) => at,
            None => panic!("table {} has no column {name}", self.name),
        }
    }
}
