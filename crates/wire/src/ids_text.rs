//! Ids as text: `ord_281474976710656`, `pay_281474976710656_1`. One form for the native API and the om dialect.
//!
//! Reading is strict, so that every id has exactly one text: decimal digits without leading zeros, below 2^53.

/// Ids are below this, so that JavaScript clients of dialects that show numbers read them exactly.
pub const ID_END: u64 = 1 << 53;

/// Prefix of orders.
pub const ORDER: &str = "ord";
/// Prefix of payments.
pub const PAYMENT: &str = "pay";
/// Prefix of payment methods.
pub const METHOD: &str = "mth";
/// Prefix of merchants.
pub const MERCHANT: &str = "org";
/// Prefix of till tasks.
pub const TASK: &str = "tsk";
/// Prefix of webhook endpoints.
pub const ENDPOINT: &str = "whe";
/// Prefix of deliveries.
pub const DELIVERY: &str = "dlv";
/// Prefix of cases.
pub const CASE: &str = "case";
/// Prefix of applications.
pub const APPLICATION: &str = "app";

/// Writes an id.
#[must_use]
pub fn write(prefix: &str, id: u64) -> String {
    format!("{prefix}_{id}")
}

/// Reads an id written by [`write`]; anything else is `None`.
#[must_use]
pub fn read(prefix: &str, text: &str) -> Option<u64> {
    read_number(text.strip_prefix(prefix)?.strip_prefix('_')?)
}

/// Writes a payment's id: its order and its number there.
#[must_use]
pub fn write_payment(order: u64, number: u32) -> String {
    format!("{PAYMENT}_{order}_{number}")
}

/// Reads a payment's id written by [`write_payment`]; anything else is `None`.
#[must_use]
pub fn read_payment(text: &str) -> Option<(u64, u32)> {
    let (order, number) = text.strip_prefix(PAYMENT)?.strip_prefix('_')?.split_once('_')?;
    Some((read_number(order)?, u32::try_from(read_number(number)?).ok()?))
}

fn read_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = digits && (text == "0" || !text.starts_with('0'));
    let number: u64 = if canonical {
        text.parse().ok()?
    } else {
        return None;
    };
    (number < ID_END).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::{ORDER, read, read_payment, write, write_payment};

    #[test]
    fn every_id_has_one_text() {
        assert_eq!(read(ORDER, &write(ORDER, 42)), Some(42));
        assert_eq!(read_payment(&write_payment(42, 7)), Some((42, 7)));
        for text in [
            "ord_",
            "ord_042",
            "ord_+1",
            "ord_1 ",
            "pay_1",
            "ord42",
            "ord_9007199254740992",
            "ord_٣",
        ] {
            assert_eq!(read(ORDER, text), None, "{text}");
        }
        for text in [
            "pay_1",
            "pay_1_",
            "pay_1_01",
            "pay_1_4294967296",
            "pay_1_2_3",
            "ord_1_2",
        ] {
            assert_eq!(read_payment(text), None, "{text}");
        }
    }
}
