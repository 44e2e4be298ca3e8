//! The scans of work and of history that must not grow with what a table holds, for the tests of each backend's query plans.

use crate::{Direction, Lock, Op, Scan, Table};

/// Each scan and the index that a backend has to follow for it.
#[must_use]
pub fn indexed_scans() -> Vec<(Scan, &'static str)> {
    vec![
        (
            Scan::new(Table::Deliveries, 10)
                .equals("pending", 1)
                .equals("endpoint_id", 1)
                .order_by("next_at_ms", Direction::Ascending)
                .order_by("sequence", Direction::Ascending)
                .lock(Lock::Skip),
            "deliveries_next",
        ),
        (
            Scan::new(Table::Deliveries, 10)
                .equals("pending", 1)
                .filter("endpoint_id", Op::Gt, 5)
                .order_by("endpoint_id", Direction::Ascending)
                .order_by("next_at_ms", Direction::Ascending)
                .order_by("sequence", Direction::Ascending),
            "deliveries_next",
        ),
        (
            Scan::new(Table::Deliveries, 10)
                .equals("endpoint_id", 1)
                .equals("order_id", 2)
                .equals("pending", 1)
                .order_by("sequence", Direction::Ascending)
                .lock(Lock::Wait),
            "deliveries_in_order",
        ),
        (
            Scan::new(Table::Deliveries, 10)
                .equals("merchant_id", 1)
                .equals("order_id", 2)
                .order_by("delivery_id", Direction::Descending),
            "deliveries_by_order",
        ),
        (
            Scan::new(Table::Deliveries, 10)
                .equals("merchant_id", 1)
                .equals("endpoint_id", 2)
                .filter("delivery_id", Op::Ge, 5)
                .filter("delivery_id", Op::Le, 9)
                .order_by("delivery_id", Direction::Ascending),
            "deliveries_by_endpoint",
        ),
        (
            Scan::new(Table::Journal, 10)
                .equals("merchant_id", 1)
                .equals("location_id", 2)
                .filter("at_ms", Op::Ge, 5)
                .filter("at_ms", Op::Lt, 9)
                .order_by("at_ms", Direction::Ascending),
            "journal_by_moment",
        ),
        (
            Scan::new(Table::Tasks, 10)
                .equals("open", 1)
                .equals("merchant_id", 1)
                .equals("location_id", 1)
                .order_by("task_id", Direction::Ascending),
            "tasks_open",
        ),
        (
            Scan::new(Table::Tasks, 10)
                .equals("open", 1)
                .filter("expires_at_ms", Op::Le, 5)
                .order_by("expires_at_ms", Direction::Ascending),
            "tasks_expiry",
        ),
        (
            Scan::new(Table::Cases, 10)
                .equals("merchant_id", 1)
                .equals("location_id", 1)
                .equals("open", 1)
                .order_by("case_id", Direction::Descending),
            "cases_open",
        ),
        (
            Scan::new(Table::Orders, 10)
                .equals("merchant_id", 1)
                .filter("state", Op::Ne, 0)
                .equals("location_id", 1)
                .equals("state", 1)
                .order_by("order_id", Direction::Descending),
            "orders_by_location",
        ),
    ]
}
