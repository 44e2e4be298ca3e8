//! Money, moments and names as people read them.
//!
//! Owns: the exact text of an amount, a moment in a location's zone, links to orders and payments. Must not know: why
//! anything is shown.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use tender_engine::{DeviceId, EndpointId, LocationId, OrderId, PaymentId, Timestamp};
use tender_money::{Amount, Currency, Decimal};
use tender_service::{Directory, Location};
use tender_wire::ids_text;

use crate::webhooks;

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

/// A price of one, with at least the digits of the currency: prices may be finer than amounts.
pub(crate) fn price(value: Decimal, currency: Currency) -> String {
    let text = quantity(value);
    let digits = usize::try_from(currency.digits()).unwrap_or(0);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if fraction.is_empty() && digits == 0 {
        return whole.to_owned();
    }
    format!("{whole}.{fraction:0<digits$}")
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

/// What a till is called, as the subject of a sentence.
pub(crate) fn till_name(directory: &Directory, device: DeviceId) -> String {
    let known = directory.devices.get(&device.0);
    let name = known
        .map(|device| device.name.as_str())
        .filter(|name| !name.is_empty());
    name.map_or_else(|| format!("Device {}", device.0), str::to_owned)
}

/// What a webhook endpoint is called. One that the dialect hides stands for the address that an order brought along.
pub(crate) fn endpoint_name(directory: &Directory, endpoint: EndpointId) -> String {
    match directory.endpoints.get(&endpoint.0) {
        None => "a deleted endpoint".to_owned(),
        Some(known) if webhooks::is_callback(known) => "the order's own address".to_owned(),
        Some(known) if known.name.is_empty() => ids_text::write(ids_text::ENDPOINT, known.id),
        Some(known) => known.name.clone(),
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

    use super::{moment, money, price, quantity, wide_money};

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
    fn prices_have_the_digits_of_the_currency() {
        for (given, code, text) in [
            ("5.5", "EUR", "5.50"),
            ("5", "EUR", "5.00"),
            ("1.2345", "EUR", "1.2345"),
            ("-0.1", "EUR", "-0.10"),
            ("450", "JPY", "450"),
            ("0.5", "JPY", "0.5"),
            ("1.25", "KWD", "1.250"),
        ] {
            let currency = Currency::from_code(code).unwrap();
            assert_eq!(price(Decimal::parse(given).unwrap(), currency), text);
        }
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
