//! Orders: creating, reading, listing, updating. Deleting is the till's.

mod create;
mod decode;
mod encode;
mod filter;
pub(crate) mod labels;
mod list;
mod status;
mod update;
mod value;

use axum::response::Response;
use tender_engine::{LocationId, OrderId, alias_hash};
use tender_service::OrderView;
use tender_wire::JsonWriter;

use crate::answer;
use crate::errors::ApiError;
use crate::exchange::Exchange;

pub(crate) use create::{create, line_id_taken};
pub(crate) use encode::order as encode_order;
pub(crate) use list::list;
pub(crate) use update::update;

/// Kind of the alias under which the engine keeps the client's own number of an order.
const SALE_NUMBER_ALIAS: &str = "external";

/// `GET /companies/{co}/orders/{o}`
pub(crate) async fn read(exchange: &Exchange, order: OrderId) -> Result<Response, ApiError> {
    let view = exchange.order(order).await?;
    Ok(answer::ok(body(exchange, &view)))
}

/// `GET /companies/{co}/orders/saleid/{saleid}`
pub(crate) async fn read_by_sale_id(exchange: &Exchange, sale_id: &str) -> Result<Response, ApiError> {
    let view = find_by_sale_id(exchange, sale_id).await?;
    Ok(answer::ok(body(exchange, &view)))
}

/// The newest order with this sale number.
///
/// # Errors
/// 404, or the storage is away.
pub(crate) async fn find_by_sale_id(exchange: &Exchange, sale_id: &str) -> Result<OrderView, ApiError> {
    // Sale numbers belong to the company, so the alias names no site.
    let alias = alias_hash(SALE_NUMBER_ALIAS, LocationId(0), sale_id);
    let order = exchange.tender.find_order(exchange.company(), alias).await?;
    exchange.order(order.ok_or_else(ApiError::not_found)?).await
}

fn body(exchange: &Exchange, view: &OrderView) -> JsonWriter {
    JsonWriter::object(|object| encode::order(object, view, &exchange.directory))
}

/// The path of an order below its company.
fn path(order: OrderId) -> String {
    format!("/orders/{}", order.0)
}
