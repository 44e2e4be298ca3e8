//! The routes that read checks.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use tender_engine::{LocationId, Order, OrderId, OrderState, alias_hash};
use tender_service::{Field, Location, Op, OrderFilter, OrderView};
use tender_wire::JsonWriter;

use super::snapshot::{Shape, write_snapshot};
use crate::errors::{Fault, Refusal, json, of_trouble};
use crate::request::{Query, captured, number};
use crate::visit::Visit;

/// The table calls list checks created within this time (spec 8).
const DAY_MS: i64 = 15 * 60 * 60 * 1_000;
/// Checks of one location that a call looks at.
const CHECKS_MAX: u32 = 2_000;

/// Lists the open checks at tables.
pub(crate) async fn open_checks(visit: Visit, uri: Uri) -> Response {
    let result = list(&visit, &uri).await;
    visit.answer(result)
}

async fn list(visit: &Visit, uri: &Uri) -> Result<Response, Refusal> {
    let location = visit.location(Query::of(uri)?.location()?)?;
    let heads = checks_of_the_day(visit, location).await?;
    let views = views(visit, heads.iter().map(|order| order.id).collect()).await?;
    let as_numbers = visit.tender().settings().kseries_money_as_numbers;
    let body = JsonWriter::array(|list| {
        for view in &views {
            list.object(|o| write_snapshot(o, view, &visit.directory, as_numbers, Shape::CHECK));
        }
    });
    Ok(json(StatusCode::OK, body))
}

/// Reads the oldest open check at a table.
pub(crate) async fn by_table(visit: Visit, table: Result<Path<String>, PathRejection>, uri: Uri) -> Response {
    let result = find_by_table(&visit, table, &uri).await;
    visit.answer(result)
}

async fn find_by_table(
    visit: &Visit,
    table: Result<Path<String>, PathRejection>,
    uri: &Uri,
) -> Result<Response, Refusal> {
    let table = number("tableNumber", &captured(table)?)?;
    let location = visit.location(Query::of(uri)?.location()?)?;
    let heads = checks_of_the_day(visit, location).await?;
    // Oldest first, so the first one found is the oldest.
    let found = heads
        .iter()
        .find(|order| order.table_number.map(i64::from) == Some(table));
    let id = found.ok_or_else(|| account_unknown(location))?.id;
    let views = views(visit, vec![id]).await?;
    let view = views.first().ok_or_else(|| account_unknown(location))?;
    Ok(one(visit, view))
}

fn account_unknown(location: &Location) -> Refusal {
    Fault::AccountUnknown {
        location: location.id,
    }
    .into()
}

/// Reads a check by its account identifier, closed ones too.
pub(crate) async fn by_account(
    visit: Visit,
    identifier: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Response {
    let result = find_by_account(&visit, identifier, &uri).await;
    visit.answer(result)
}

async fn find_by_account(
    visit: &Visit,
    identifier: Result<Path<String>, PathRejection>,
    uri: &Uri,
) -> Result<Response, Refusal> {
    let identifier = captured(identifier)?;
    let location = visit.location(Query::of(uri)?.location()?)?;
    if !is_identifier(&identifier) {
        return Err(Fault::AccountIdentifierInvalid.into());
    }
    let alias = alias_hash("account", LocationId(location.id), &identifier);
    let tender = visit.tender();
    let found = tender
        .find_order(visit.merchant(), alias)
        .await
        .map_err(|failure| of_trouble(&failure))?;
    let view = match found {
        Some(order) => tender
            .order(visit.merchant(), order)
            .await
            .map_err(|failure| of_trouble(&failure))?,
        None => None,
    };
    // A proposal is no check yet, and one that came to nothing or was cancelled is none any more.
    let view = view.filter(|view| matches!(view.order.state, OrderState::Open | OrderState::Closed));
    let view = view.ok_or_else(|| account_unknown(location))?;
    Ok(one(visit, &view))
}

fn one(visit: &Visit, view: &OrderView) -> Response {
    let as_numbers = visit.tender().settings().kseries_money_as_numbers;
    let body = JsonWriter::object(|o| {
        write_snapshot(o, view, &visit.directory, as_numbers, Shape::CHECK);
    });
    json(StatusCode::OK, body)
}

/// Open checks at tables that were created within the last 15 hours, oldest first.
async fn checks_of_the_day(visit: &Visit, location: &Location) -> Result<Vec<Order>, Refusal> {
    let since = visit.now().plus_ms(DAY_MS.saturating_neg());
    let filter = OrderFilter {
        oldest_first: true,
        ..OrderFilter::default()
    };
    let filter = filter
        .with(Field::Location, Op::Eq, LocationId(location.id).to_i64())
        .with(Field::State, Op::Eq, OrderState::Open.number())
        .with(Field::OpenedAt, Op::Ge, since.0);
    let heads = visit
        .tender()
        .order_heads(visit.merchant(), &filter, 0, CHECKS_MAX)
        .await;
    let mut heads = heads.map_err(|failure| of_trouble(&failure))?.items;
    heads.retain(|order| order.table_number.is_some());
    Ok(heads)
}

/// The checks with lines and payments, in this order, without those that have been closed meanwhile.
async fn views(visit: &Visit, orders: Vec<OrderId>) -> Result<Vec<OrderView>, Refusal> {
    let views = visit.tender().order_views(visit.merchant(), orders).await;
    let mut views = views.map_err(|failure| of_trouble(&failure))?;
    views.retain(|view| view.order.state == OrderState::Open);
    Ok(views)
}

/// `A<station>.<number>`
fn is_identifier(text: &str) -> bool {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.strip_prefix('A').and_then(|rest| rest.split_once('.'));
    parts.is_some_and(|(station, number)| are_digits(station) && are_digits(number))
}

#[cfg(test)]
mod tests {
    use super::is_identifier;

    #[test]
    fn identifiers_have_two_numbers() {
        for text in ["A1234.56", "A0.0"] {
            assert!(is_identifier(text), "{text}");
        }
        for text in [
            "-1", "", "A", "A1", "A1.", "A.1", "R1.2", "a1.2", "A1.2.3", "A1.2 ", "A+1.2",
        ] {
            assert!(!is_identifier(text), "{text}");
        }
    }
}
