//! Money, moments and names as people read them.
//!
//! Owns: the exact text of an amount, a moment in a location's zone, links to orders and payments. Must not know: why
//! anything is shown.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use tender_engine::{LocationId, OrderId, PaymentId, Timestamp};
use tender_money::{Amount, Currency, Decimal};
use tender_service::{Directory, Location};
use tender_wire::ids_text;

/// A moment to the second, in a zone: `2026-03-29 14:05:09 CEST`. In UTC where the zone is unknown.
pub(crate) fn moment(at: Timestamp, zone: &str) -> String {
    zoned(at, zone).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// A moment without its zone, for tables of one location.
pub(crate) fn short_moment(at: Timestamp, zone: &str) -> String {
    zoned(at, zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn zoned(at: Timestamp, zone: &str) -> jiff::Zoned {
    let limit = if at.0 < 0 {
        jiff::Timestamp::UNIX_EPOCH
    } else {
        jiff::Timestamp::MAX
    };
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or(limit);
    instant.to_zoned(TimeZone::get(zone).unwrap_or(TimeZone::UTC))
}

/// An exact amount with its currency: `20.06 EUR`.
pub(crate) fn money(minor: i64, currency: Currency) -> String {
    Amount { minor, currency }.to_string()
}

/// A sum that may be wider than one amount. No real till comes near the limit; beyond it the text says so.
pub(crate) fn wide_money(minor: i128, currency: Currency) -> String {
    match i64::try_from(minor) {
        Ok(minor) => money(minor, currency),
        Err(_) => format!(
            "more than {}",
            money(if minor < 0 { i64::MIN } else { i64::MAX }, currency)
        ),
    }
}

/// A quantity without needless zeros.
pub(crate) fn quantity(value: Decimal) -> String {
    let text = value.to_string();
    match text.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        },
        None => text,
    }
}

/// A location's zone; UTC where it is unknown.
pub(crate) fn zone_of(directory: &Directory, location: LocationId) -> &str {
    let location = directory.locations.get(&location.0);
    location.map_or("UTC", |location| location.time_zone.as_str())
}

/// A location's name.
pub(crate) fn name_of(directory: &Directory, location: LocationId) -> String {
    let known = directory.locations.get(&location.0);
    known.map_or_else(|| format!("Location {}", location.0), name)
}

/// A location's name, or its number where it has none.
pub(crate) fn name(location: &Location) -> String {
    match location.name.as_str() {
        "" => format!("Location {}", location.id),
        name => name.to_owned(),
    }
}

pub(crate) fn order_text(order: OrderId) -> String {
    ids_text::write(ids_text::ORDER, order.0)
}

pub(crate) fn payment_text(payment: PaymentId) -> String {
    ids_text::write_payment(payment.order.0, payment.number)
}

pub(crate) fn order_address(order: OrderId) -> String {
    format!("/console/orders/{}", order_text(order))
}

pub(crate) fn payment_address(payment: PaymentId) -> String {
    format!("/console/payments/{}", payment_text(payment))
}

/// A state in colour.
pub(crate) fn tag((words, tone): (&str, Tone)) -> Markup {
    html! { span class=(format!("tag {}", tone.class())) { (words) } }
}

/// How something stands, at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Wait,
    Plain,
}

impl Tone {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Wait => "wait",
            Self::Plain => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use tender_engine::Timestamp;
    use tender_money::{Currency, Decimal};

    use super::{moment, money, quantity, wide_money};

    #[test]
    fn amounts_are_exact() {
        let of = |code| Currency::from_code(code).unwrap();
        for (minor, code, text) in [
            (2_006, "EUR", "20.06 EUR"),
            (-1, "EUR", "-0.01 EUR"),
            (805, "JPY", "805 JPY"),
            (1_005, "KWD", "1.005 KWD"),
            (i64::MAX, "EUR", "92233720368547758.07 EUR"),
        ] {
            assert_eq!(money(minor, of(code)), text);
            assert_eq!(wide_money(i128::from(minor), of(code)), text);
        }
        assert_eq!(
            wide_money(i128::MAX, of("EUR")),
            "more than 92233720368547758.07 EUR"
        );
    }

    #[test]
    fn moments_are_in_the_zone() {
        let at = Timestamp(1_774_746_000_000);
        assert_eq!(moment(at, "Europe/Berlin"), "2026-03-29 03:00:00 CEST");
        assert_eq!(moment(at, "Asia/Tokyo"), "2026-03-29 10:00:00 JST");
        assert_eq!(moment(at, "No/Where"), "2026-03-29 01:00:00 UTC");
    }

    #[test]
    fn quantities_lose_needless_zeros() {
        for (given, text) in [
            ("1", "1"),
            ("1.500", "1.5"),
            ("2.000", "2"),
            ("0.125", "0.125"),
            ("10", "10"),
        ] {
            assert_eq!(quantity(Decimal::parse(given).unwrap()), text);
        }
    }
}
