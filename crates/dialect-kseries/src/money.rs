//! Money and ids as the dialect writes them.

use tender_engine::{Hash128, LocationId, OrderId, alias_hash};
use tender_money::{Amount, Currency};
use tender_wire::ObjectWriter;
use uuid::Uuid;

/// Writes amounts of one currency in the form that the server is set to (spec, section 2).
#[derive(Debug, Clone, Copy)]
pub(crate) struct MoneyForm {
    pub(crate) currency: Currency,
    /// JSON numbers instead of strings with all digits.
    pub(crate) as_numbers: bool,
}

impl MoneyForm {
    pub(crate) fn write(self, o: &mut ObjectWriter<'_>, name: &str, minor: i64) {
        let amount = Amount {
            minor,
            currency: self.currency,
        };
        if self.as_numbers {
            o.money_number(name, amount);
        } else {
            o.money_string(name, amount);
        }
    }
}

/// The UUID of an order, for clients that take it for the check's id. Made from the id, so that it needs no storing and
/// every dialect's order has one.
pub(crate) fn order_uuid(order: OrderId) -> Uuid {
    uuid_of("uuid-order", order.0)
}

/// The UUID of a line.
pub(crate) fn line_uuid(line: u64) -> Uuid {
    uuid_of("uuid-line", line)
}

fn uuid_of(kind: &str, id: u64) -> Uuid {
    let Hash128 { high, low } = alias_hash(kind, LocationId(0), &id.to_string());
    let bytes = (u128::from(high.cast_unsigned()) << 64 | u128::from(low.cast_unsigned())).to_be_bytes();
    // A hash is as good as random bits, and version 4 is what clients have seen so far.
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Consonants that are easy to tell apart, so that no code becomes a word.
const CODE_LETTERS: [char; 20] = [
    'B', 'C', 'D', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Z',
];
/// Letters of a code.
const CODE_LENGTH: usize = 4;

/// Four letters for people to call an order by, such as `NZVV`. Made from an id; not unique.
pub(crate) fn short_code(id: u64) -> String {
    let Hash128 { mut low, .. } = alias_hash("short-code", LocationId(0), &id.to_string());
    let mut code = String::with_capacity(CODE_LENGTH);
    let letters = i64::try_from(CODE_LETTERS.len()).unwrap_or(1);
    for _ in 0..CODE_LENGTH {
        let at = usize::try_from(low.rem_euclid(letters)).unwrap_or_default();
        code.push(CODE_LETTERS.get(at).copied().unwrap_or('X'));
        low = low.div_euclid(letters);
    }
    code
}

#[cfg(test)]
mod tests {
    use tender_engine::OrderId;

    use super::{line_uuid, order_uuid, short_code};

    #[test]
    fn uuids_are_stable_of_version_4_and_differ() {
        let one = order_uuid(OrderId(1));
        assert_eq!(one, order_uuid(OrderId(1)));
        assert_eq!(one.get_version_num(), 4);
        assert_ne!(one, order_uuid(OrderId(2)));
        assert_ne!(one, line_uuid(1));
    }

    #[test]
    fn codes_have_four_letters() {
        for id in [0, 1, 2, u64::MAX] {
            let code = short_code(id);
            assert_eq!(code.len(), 4, "{code}");
            assert!(code.chars().all(|letter| letter.is_ascii_uppercase()), "{code}");
        }
        assert_ne!(short_code(1), short_code(2));
    }
}
