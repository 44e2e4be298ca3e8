//! Named maxima of the ledger. Full means a clear refusal, never more memory.

/// Lines of one order.
pub const LINES_PER_ORDER_MAX: usize = 1_000;
/// Payments of one order, failed and voided ones included. Reading an order reads them all.
pub const PAYMENTS_PER_ORDER_MAX: u32 = 20_000;
/// Webhook endpoints told about one order.
pub const WATCHERS_PER_ORDER_MAX: usize = 64;
/// Free labels of one order.
pub const LABELS_PER_ORDER_MAX: usize = 32;
/// Tasks leased by one claim.
pub const TASKS_PER_CLAIM_MAX: u32 = 100;
/// Size of a payment's attributes as compact JSON (spec om L13).
pub const ATTRIBUTES_BYTES_MAX: usize = 16 * 1024;
