//! Find: one box for whatever somebody has in hand: a table, a reference, a check's number, an
//! order's or a payment's id.
//!
//! Owns: where a text may lead. Must not know: how what is found is shown. A reference is unique per application and
//! location, and whoever asks knows neither: so every place within reach is looked at, up to a limit.

use std::collections::BTreeSet;

use axum::response::Response;
use futures_util::future::try_join_all;
use maud::{Markup, html};
use tender_engine::{
    ApplicationId, KeyOutcome, KeySpace, LocationId, OrderId, OrderState, PaymentId, alias_hash, key_hash,
};
use tender_service::{Failure, Field, Op, OrderFilter};
use tender_wire::ids_text;

use crate::desk::{Desk, Fault};
use crate::overview::location_select;
use crate::page::{self, Place};
use crate::{orders, show, words};

/// The longest text that is looked for.
const TEXT_CHARS_MAX: usize = 200;
/// Pairs of application and location that one search looks at.
const PLACES_MAX: usize = 1_024;
/// Looks that are under way at a time.
const LOOKS_AT_ONCE: usize = 16;
/// Locations whose open checks one search for a table looks through.
const TABLE_LOCATIONS_MAX: usize = 16;
/// Open orders of a location that a search for a table looks through.
const OPEN_ORDERS_MAX: u32 = 500;
/// Digits of a table's number; longer numbers are ids.
const TABLE_DIGITS_MAX: usize = 5;
/// Finds shown.
const FOUND_MAX: usize = 50;

/// Something that a text leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Order(OrderId),
    Payment(PaymentId),
    /// A reference under which nothing landed and nothing will.
    Spent(LocationId, &'static str),
}

/// What a search led to.
#[derive(Debug, Default)]
struct Finds {
    found: BTreeSet<Found>,
    /// Not every place was looked at.
    is_cut: bool,
}

pub(crate) async fn show(desk: Desk) -> Result<Response, Fault> {
    let text = desk.query.get("q").unwrap_or_default().trim().to_owned();
    let chosen = desk.chosen_location()?.map(|location| location.id);
    let is_usable = text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(char::is_control);
    let finds = if text.is_empty() || !is_usable {
        Finds::default()
    } else {
        find(&desk, &text, chosen).await?
    };
    if let (1, Some(only), false) = (finds.found.len(), finds.found.first(), finds.is_cut) {
        match only {
            Found::Order(order) => return Ok(page::see_other(&show::order_address(*order))),
            Found::Payment(payment) => return Ok(page::see_other(&show::payment_address(*payment))),
            Found::Spent(..) => {}
        }
    }
    let results = results(&desk, &finds).await?;
    let locations = desk.locations();
    let body = html! {
        h1 { (words::QUESTION) }
        form.line.filters method="get" action="/console/find" role="search" {
            (box_for(&text, true))
            @if locations.len() > 1 {
                div.field {
                    label for="location" { "Location" }
                    (location_select(&locations, chosen, "All"))
                }
            }
            button.main type="submit" { "Find" }
        }
        @if text.is_empty() {
            p.soft { "Look for what the guest, the waiter or the app has in hand: a table with an open check, the reference of a payment, the number of a check such as A1234.5, or an id." }
        }
        @if !is_usable { p.problem role="alert" { "Nothing has so long a name, or one with such characters." } }
        @else if !text.is_empty() {
            @if finds.is_cut {
                p.note { "There are too many applications and locations to look at all of them. Please choose a location." }
            }
            @if finds.found.is_empty() {
                p { "Nothing is known as " b.mono { (text) } "." }
                p.soft {
                    "If it is a payment's reference, nothing has arrived under it within your reach. It may still be on its way: "
                    "the app can ask for it to be fenced, and then it can never land."
                }
            } @else { (results) }
        }
    };
    Ok(page::whole(&desk, Place::Find, "Find", &body))
}

/// The box to type into.
pub(crate) fn box_for(text: &str, is_focused: bool) -> Markup {
    html! {
        div.field.grow {
            label for="q" { "Table, reference, check, order or payment" }
            input id="q" name="q" type="search" value=(text) maxlength=(TEXT_CHARS_MAX) autofocus[is_focused]
                autocapitalize="none" spellcheck="false" placeholder="table 5, demo-1, A1234.5, ord_…, pay_…";
        }
    }
}

async fn results(desk: &Desk, finds: &Finds) -> Result<Markup, Failure> {
    let mut rows: Vec<Markup> = Vec::new();
    for found in finds.found.iter().take(FOUND_MAX) {
        rows.push(match found {
            Found::Order(id) => {
                let order = desk.tender().order_head(desk.merchant(), *id).await?;
                html! {
                    a href=(show::order_address(*id)) {
                        @match &order {
                            Some(order) => (orders::title_of(order)),
                            None => (show::order_text(*id)),
                        }
                    }
                    @if let Some(order) = order {
                        " " (show::tag(words::order_state(order.state)))
                        small { (words::order_verdict(&order).0) ". " (show::name_of(&desk.directory, order.location)) }
                        small.mono { (show::order_text(*id)) }
                    }
                }
            }
            Found::Payment(id) => {
                let payment = desk.tender().payment(desk.merchant(), *id).await?;
                html! {
                    "Payment " a.mono href=(show::payment_address(*id)) { (show::payment_text(*id)) }
                    @if let Some(payment) = payment {
                        " " (show::tag(words::payment_state(payment.state)))
                        small { (show::name_of(&desk.directory, payment.location)) }
                    }
                }
            }
            Found::Spent(location, why) => {
                html! { b { (words::NOTHING_TAKEN) ". " } (why) small { (show::name_of(&desk.directory, *location)) } }
            }
        });
    }
    Ok(html! {
        div.card { ul.plain { @for row in rows { li { (row) } } } }
        @if finds.found.len() > FOUND_MAX { p.soft { "Only the first " (FOUND_MAX) " are shown." } }
    })
}

async fn find(desk: &Desk, text: &str, chosen: Option<u64>) -> Result<Finds, Failure> {
    let mut finds = Finds::default();
    by_id(desk, text, &mut finds).await?;
    let reach: Vec<LocationId> = match chosen {
        Some(location) => vec![LocationId(location)],
        None => desk
            .locations()
            .iter()
            .map(|location| LocationId(location.id))
            .collect(),
    };
    by_alias(desk, text, &reach, &mut finds).await?;
    by_table(desk, text, &reach, &mut finds).await?;
    by_reference(desk, text, &reach, &mut finds).await?;
    Ok(finds)
}

/// Ids in every form: prefixed, and the plain number that two dialects show.
async fn by_id(desk: &Desk, text: &str, finds: &mut Finds) -> Result<(), Failure> {
    let plain = format!("{}_{text}", ids_text::ORDER);
    let order = ids_text::read(ids_text::ORDER, text).or_else(|| ids_text::read(ids_text::ORDER, &plain));
    if let Some(order) = order {
        add_order(desk, OrderId(order), finds).await?;
    }
    if let Some((order, number)) = ids_text::read_payment(text) {
        let id = PaymentId {
            order: OrderId(order),
            number,
        };
        add_payment(desk, id, finds).await?;
    }
    Ok(())
}

/// The number of a table, with or without the word before it.
fn table_number(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let number = lower.strip_prefix("table").unwrap_or(&lower).trim_start();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number
        .parse()
        .ok()
        .filter(|_| is_number && number.len() <= TABLE_DIGITS_MAX)
}

/// The open checks at a table. There is no index of orders by table: the newest open ones of each location are looked through.
async fn by_table(desk: &Desk, text: &str, reach: &[LocationId], finds: &mut Finds) -> Result<(), Failure> {
    let Some(number) = table_number(text) else {
        return Ok(());
    };
    finds.is_cut |= reach.len() > TABLE_LOCATIONS_MAX;
    let looks = reach.iter().take(TABLE_LOCATIONS_MAX).map(|location| async move {
        let filter = OrderFilter::default()
            .with(Field::Location, Op::Eq, location.to_i64())
            .with(Field::State, Op::Eq, OrderState::Open.number());
        desk.tender()
            .order_heads(desk.merchant(), &filter, 0, OPEN_ORDERS_MAX)
            .await
    });
    for open in try_join_all(looks).await? {
        let here = open
            .items
            .iter()
            .filter(|order| order.table_number == Some(number));
        finds.found.extend(here.map(|order| Found::Order(order.id)));
    }
    Ok(())
}

/// A check's account identifier, and the client's own number of an order.
async fn by_alias(desk: &Desk, text: &str, reach: &[LocationId], finds: &mut Finds) -> Result<(), Failure> {
    let account = text.to_ascii_uppercase();
    let mut hashes = vec![alias_hash("external", LocationId(0), text)];
    let accounts = reach
        .iter()
        .take(PLACES_MAX)
        .map(|location| alias_hash("account", *location, &account));
    hashes.extend(accounts);
    finds.is_cut |= reach.len() > PLACES_MAX;
    for some in hashes.chunks(LOOKS_AT_ONCE) {
        let looks = some
            .iter()
            .map(|hash| desk.tender().find_order(desk.merchant(), *hash));
        for order in try_join_all(looks).await?.into_iter().flatten() {
            add_order(desk, order, finds).await?;
        }
    }
    Ok(())
}

/// References of payments and orders, in every place.
async fn by_reference(
    desk: &Desk,
    text: &str,
    reach: &[LocationId],
    finds: &mut Finds,
) -> Result<(), Failure> {
    let own = std::iter::once(0).chain(desk.directory.applications.keys().copied());
    let applications: BTreeSet<ApplicationId> = own.map(ApplicationId).collect();
    let pairs = reach.iter().flat_map(|location| {
        applications
            .iter()
            .map(move |application| (*application, *location))
    });
    let places: Vec<(ApplicationId, LocationId)> = pairs.take(PLACES_MAX).collect();
    finds.is_cut |= reach.len().saturating_mul(applications.len()) > PLACES_MAX;
    let spaces = [KeySpace::PaymentReference, KeySpace::OrderReference];
    for some in places.chunks(LOOKS_AT_ONCE) {
        let looks = some.iter().flat_map(|(application, location)| {
            spaces.map(|space| async move {
                let hash = key_hash(space, *application, *location, text);
                let record = desk.tender().key(desk.merchant(), hash).await?;
                Ok::<_, Failure>(record.map(|record| (*location, record.outcome)))
            })
        });
        for (location, outcome) in try_join_all(looks).await?.into_iter().flatten() {
            match outcome {
                KeyOutcome::Payment(id, _) => add_payment(desk, id, finds).await?,
                KeyOutcome::Order(order, _) => add_order(desk, order, finds).await?,
                KeyOutcome::Refused(_) => {
                    let why = "The request under this reference was refused, and a repeat will be.";
                    finds.found.insert(Found::Spent(location, why));
                }
                KeyOutcome::Burned => {
                    let why = "The reference was fenced before anything arrived: nothing can land under it.";
                    finds.found.insert(Found::Spent(location, why));
                }
            }
        }
    }
    Ok(())
}

async fn add_order(desk: &Desk, id: OrderId, finds: &mut Finds) -> Result<(), Failure> {
    let order = desk.tender().order_head(desk.merchant(), id).await?;
    if order.is_some_and(|order| desk.covers(order.location)) {
        finds.found.insert(Found::Order(id));
    }
    Ok(())
}

async fn add_payment(desk: &Desk, id: PaymentId, finds: &mut Finds) -> Result<(), Failure> {
    let payment = desk.tender().payment(desk.merchant(), id).await?;
    if payment.is_some_and(|payment| desk.covers(payment.location)) {
        finds.found.insert(Found::Payment(id));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::table_number;

    #[test]
    fn tables_are_numbers_with_or_without_the_word() {
        for (text, number) in [
            ("5", Some(5)),
            ("table 12", Some(12)),
            ("Table12", Some(12)),
            ("table", None),
            ("-5", None),
            ("+5", None),
            ("5.0", None),
            ("tables 5", None),
            ("488111906119680", None),
        ] {
            assert_eq!(table_number(text), number, "{text}");
        }
    }
}
