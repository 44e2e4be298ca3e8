//! Lines of an order: adding, changing and removing one, named by its number.
//!
//! Lines are read inside their order; there is no GET. They change only until staff accept the order, which the engine
//! sees to.

mod decode;
mod encode;

use axum::response::Response;
use tender_engine::{
    AddLines, ChangeLine, Command, Line, LineChange, LineSpec, MoneyField, OnRefusal, OrderId, OrderSelector,
    Outcome, RemoveLine,
};
use tender_money::Decimal;
use tender_service::{Failure, OrderView};
use tender_wire::{JsonWriter, Presence, Reader};

use crate::answer;
use crate::catalogue::{combined_variation, fitting_price, modifier, order_variation};
use crate::errors::ApiError;
use crate::exchange::{Exchange, parse};

pub(crate) use decode::LineFields;
pub(crate) use encode::line as encode_line;

/// `POST …/orders/{o}/lines`
pub(crate) async fn add(exchange: &Exchange, id: OrderId, request: &[u8]) -> Result<Response, ApiError> {
    let view = exchange.order(id).await?;
    let json = parse(request)?;
    let reader = Reader::root(&json)?;
    let fields = LineFields::read(&reader)?;
    let spec = fields.spec(
        exchange,
        view.order.location,
        order_variation(&view.order),
        &reader,
    )?;
    let is_taken = spec.client_line_id.is_some()
        && view
            .lines
            .iter()
            .any(|line| line.client_line_id == spec.client_line_id);
    if is_taken {
        return Err(crate::orders::line_id_taken("line_id".to_owned()));
    }
    let command = AddLines {
        order: OrderSelector::Id(id),
        location: None,
        lines: vec![spec],
        position: fields.number,
        keys: Vec::new(),
        payments: Vec::new(),
        delivery: None,
        maker: None,
        refusal: None,
        on_refusal: OnRefusal::Reject,
    };
    let done = exchange.execute(Command::AddLines(command)).await;
    let done = done.map_err(|failure| refusal(failure, &fields))?;
    let Some(Outcome::Order(order)) = done.outcome else {
        return Err(Failure::Internal.into());
    };
    let number = fields.number.unwrap_or(order.line_count).min(order.line_count);
    let view = exchange.changed(id).await?;
    let line = find(&view, number).ok_or(ApiError::from(Failure::Internal))?;
    let url = exchange.url(&format!("/orders/{}/lines/{number}", id.0));
    Ok(answer::created(&url, body(exchange, &view, line)))
}

/// `PUT …/lines/{n}`
pub(crate) async fn change(
    exchange: &Exchange,
    id: OrderId,
    number: u32,
    request: &[u8],
) -> Result<Response, ApiError> {
    let view = exchange.order(id).await?;
    let line = find(&view, number).ok_or_else(ApiError::not_found)?;
    let json = parse(request)?;
    let reader = Reader::root(&json)?;
    let fields = LineFields::read(&reader)?;
    if fields.line_id.is_some() && fields.line_id != line.client_line_id {
        return Err(ApiError::fixed("line_id"));
    }
    let change = changes(exchange, &view, line, &fields, &reader)?;
    let line_id = line.id;
    let command = ChangeLine {
        order: id,
        number,
        change,
    };
    let done = exchange.execute(Command::ChangeLine(Box::new(command))).await;
    done.map_err(|failure| refusal(failure, &fields))?;
    let view = exchange.changed(id).await?;
    // By its id, because its number may be another now.
    let line = view
        .lines
        .iter()
        .find(|line| line.id == line_id)
        .ok_or_else(ApiError::not_found)?;
    Ok(answer::ok(body(exchange, &view, line)))
}

/// `DELETE …/lines/{n}`
pub(crate) async fn remove(exchange: &Exchange, id: OrderId, number: u32) -> Result<Response, ApiError> {
    exchange.order_head(id).await?;
    exchange
        .execute(Command::RemoveLine(RemoveLine { order: id, number }))
        .await?;
    Ok(answer::no_content())
}

/// What the ledger refused. A line that comes to too much has a price or a number of pieces that is too large.
fn refusal(failure: Failure, fields: &LineFields) -> ApiError {
    let is_about_line = match &failure {
        Failure::Rejected(rejection) => rejection.money_field() == Some(MoneyField::Line),
        Failure::Busy { .. } | Failure::OutcomeUnknown | Failure::Internal => false,
    };
    let error = ApiError::from(failure);
    match fields.unit_price {
        Some(_) if is_about_line => error.at("unit_price"),
        None if is_about_line => error.at("quantity"),
        _ => error,
    }
}

fn find(view: &OrderView, number: u32) -> Option<&Line> {
    view.lines.iter().find(|line| line.number == number)
}

fn body(exchange: &Exchange, view: &OrderView, line: &Line) -> JsonWriter {
    JsonWriter::object(|object| encode_line(object, line, &view.order, &exchange.directory))
}

/// What changes about a line. Naming the product that it has already changes nothing, its own price above all.
fn changes(
    exchange: &Exchange,
    view: &OrderView,
    line: &Line,
    fields: &LineFields,
    reader: &Reader<'_, '_>,
) -> Result<LineChange, ApiError> {
    let item = match fields.product_id {
        Some(product) if Some(product) != line.product_id => {
            let item = fields.item(exchange, view.order.location, product, reader)?;
            // Another product on the same line: the client's own name of the line stays.
            Some(LineSpec {
                client_line_id: line.client_line_id.clone(),
                ..item
            })
        }
        _ => None,
    };
    let own = fields.price_variation;
    let variation = own.map(|own| combined_variation(own, order_variation(&view.order)));
    let after = |variation: Option<Decimal>| variation.unwrap_or(line.price_variation);
    let quantity = fields.quantity.unwrap_or(line.quantity);
    let fit = |price: Decimal| fitting_price(price, quantity, after(variation));
    let kept = item
        .as_ref()
        .map_or((line.unit_price, line.price_includes_tax), price_of);
    let (price, includes_tax) = fields.unit_price.map_or(kept, |price| (price, false));
    let is_new = fields.unit_price.is_some() || fit(price) != price;
    Ok(LineChange {
        // A line that becomes another product keeps its multiplier.
        price_variation: variation.or(item.is_some().then_some(line.price_variation)),
        item,
        quantity: fields.quantity,
        unit_price: is_new.then(|| (fit(price), includes_tax)),
        notes: match &fields.notes {
            Presence::Absent => None,
            Presence::Null => Some(None),
            Presence::Value(notes) => Some(Some(notes.clone())),
        },
        modifiers: fields
            .modifiers
            .as_ref()
            .map(|ids| ids.iter().map(|id| modifier(&exchange.directory, *id)).collect()),
        number: fields.number,
    })
}

fn price_of(item: &LineSpec) -> (Decimal, bool) {
    (item.unit_price, item.price_includes_tax)
}
