//! `POST /api/v1/orders`: opens an order.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{
    Command, LineSpec, LocationFacts, LocationId, MoneyField, OpenOrder, Outcome, Rejection, ServiceCharge,
    Stage,
};
use tender_http::Problem;
use tender_service::{Directory, Principal};

use super::lines::{check_digits, read_lines};
use super::render::answer_order;
use crate::access::{self, Client};
use crate::body::{BodyBytes, Fields, LONG_TEXT_CHARS_MAX, SHORT_TEXT_CHARS_MAX};
use crate::ids::OnTheWire;
use crate::keys::{Canonical, IdempotencyKey, repeatable};
use crate::named::Named;
use crate::query::QueryText;
use crate::{Native, lookup, refusal};

const MEMBERS: [&str; 10] = [
    "location_id",
    "table_number",
    "name",
    "covers",
    "lines",
    "service_charge",
    "close_when_paid",
    "external_reference",
    "staff_id",
    "notes",
];

/// A service charge has at most this rate: the whole bill once more.
const RATE_MAX: i64 = 1;

pub(crate) async fn create(
    State(native): State<Native>,
    Client(principal): Client,
    query: QueryText,
    key: IdempotencyKey,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let directory = lookup::directory(&native, &principal).await?;
    let json = body.json()?;
    let fields = Fields::of(&json, &MEMBERS)?;
    let named = Named::read(&fields)?;
    let open = read_open(&fields, &principal, &directory, named, &key)?;
    named
        .check(&native, &principal, &directory, open.location, &open.keys)
        .await?;
    let repeatable = repeatable(&open.keys);
    let command = Command::OpenOrder(Box::new(open));
    let done = native
        .tender()
        .execute(&access::caller(&principal), command)
        .await;
    let done = done.map_err(|failure| refusal::of_failure(&failure, repeatable))?;
    let view = match done.outcome {
        Some(Outcome::Opened(opened)) => (*opened).into(),
        // A key that was used before first answers were kept: the order as it is now.
        Some(Outcome::Repeated(id)) => lookup::order(&native, &principal, id).await?,
        _ => return Err(refusal::internal(repeatable)),
    };
    Ok(answer_order(StatusCode::CREATED, &view))
}

fn read_open(
    fields: &Fields<'_, '_>,
    principal: &Principal,
    directory: &Directory,
    named: Named,
    key: &IdempotencyKey,
) -> Result<OpenOrder, Problem> {
    let facts = read_location(fields, principal, directory)?;
    let lines = read_lines(fields, 0, facts.id, facts.currency, directory)?;
    let service_charge = read_service_charge(fields, &facts)?;
    let table_number = fields.count("table_number")?;
    let name = fields.text("name", SHORT_TEXT_CHARS_MAX)?;
    let covers = fields.count("covers")?;
    let close_when_paid = fields.flag("close_when_paid")?.unwrap_or(true);
    let external_reference = fields.text("external_reference", SHORT_TEXT_CHARS_MAX)?;
    let notes = fields.text("notes", LONG_TEXT_CHARS_MAX)?;
    let keys = Canonical::default()
        .with("location_id", facts.id.wire())
        .maybe("table_number", table_number)
        .maybe("name", name)
        .maybe("covers", covers)
        .hashed("lines", &canonical_lines(&lines))
        .maybe("service_charge", canonical_charge(service_charge))
        .with("close_when_paid", close_when_paid)
        .maybe("external_reference", external_reference)
        .maybe("staff_id", named.staff.map(OnTheWire::wire))
        .maybe("notes", notes)
        .with("operation", "open-order")
        .claims(key, None);
    Ok(OpenOrder {
        location: facts.id,
        lines,
        service_charge,
        close_when_paid,
        payments_locked: false,
        stage: Stage::Pending,
        table_number,
        name: name.map(str::to_owned),
        covers,
        staff: named.staff,
        external_reference: external_reference.map(str::to_owned),
        notes: notes.map(str::to_owned),
        labels: Vec::new(),
        keys,
        payments: Vec::new(),
        settle: None,
        delivery: None,
        maker: None,
        refusal: None,
    })
}

fn read_location(
    fields: &Fields<'_, '_>,
    principal: &Principal,
    directory: &Directory,
) -> Result<LocationFacts, Problem> {
    let id = fields.require("location_id", fields.plain_id("location_id")?)?;
    let facts = id.map(|id| lookup::location(directory, principal, LocationId(id)));
    let facts = facts.unwrap_or_else(|| Err(refusal::location_not_found()));
    facts.map_err(|problem| problem.field("location_id"))
}

fn read_service_charge(fields: &Fields<'_, '_>, facts: &LocationFacts) -> Result<ServiceCharge, Problem> {
    let Some(charge) = fields.object("service_charge", &["rate", "amount"])? else {
        return Ok(ServiceCharge::None);
    };
    match (charge.decimal("rate")?, charge.decimal("amount")?) {
        (Some(rate), None) => {
            let most = tender_money::Decimal::from_integer(RATE_MAX);
            if rate.is_negative() || rate > most {
                let title = "The rate must be from 0 to 1.";
                return Err(refusal::meaningless(
                    Rejection::OutOfRange(MoneyField::Service),
                    title,
                    charge.path("rate"),
                )
                .detail("A rate is a fraction: ten percent is \"0.1\"."));
            }
            Ok(ServiceCharge::Rate(rate))
        }
        (None, Some(amount)) if amount.is_negative() => {
            Err(refusal::of_rejection(&Rejection::Negative(MoneyField::Service)))
        }
        (None, Some(amount)) => {
            let minor = check_digits(&charge, "amount", amount, facts.currency)?;
            Ok(ServiceCharge::Amount(minor))
        }
        _ => Err(refusal::invalid_field(
            fields.path("service_charge"),
            "It has either `rate` or `amount`.",
        )),
    }
}

fn canonical_charge(charge: ServiceCharge) -> Option<String> {
    match charge {
        ServiceCharge::None => None,
        ServiceCharge::Rate(rate) => Some(format!("rate {rate}")),
        ServiceCharge::Amount(minor) => Some(format!("amount {minor}")),
    }
}

/// Every value of every line, each with its length before it, so that no two different lists have one text.
pub(super) fn canonical_lines(lines: &[LineSpec]) -> String {
    let mut text = String::new();
    for line in lines {
        let quantity = line.quantity.to_string();
        let unit_price = line.unit_price.to_string();
        let sku = line.sku.as_deref().unwrap_or_default();
        let notes = line.notes.as_deref().unwrap_or_default();
        for value in [&line.name, sku, &quantity, &unit_price, notes] {
            let _ = write!(text, "{}:{value};", value.len());
        }
    }
    text
}
