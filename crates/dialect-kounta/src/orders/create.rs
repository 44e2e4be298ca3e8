//! `POST /companies/{co}/orders`: the order, its lines and its payments in one commit, all or nothing.

use axum::response::Response;
use tender_engine::{
    Command, Failure as OrderFailure, KeyClaim, LineSpec, LocationId, Lookup, OpenOrder, OrderChange,
    Outcome, Rejection, ServiceCharge, Stage,
};
use tender_http::{MoneyMoved, Retry, advise};
use tender_money::{Currency, Decimal};
use tender_service::{Failure, OrderView};
use tender_wire::{Presence, Reader};

use super::decode::OrderFields;
use super::status::Status;
use super::{body, labels, path};
use crate::answer;
use crate::errors::{ApiError, Fault};
use crate::exchange::{Exchange, parse};
use crate::idempotency::{self, Canon};
use crate::lines::LineFields;
use crate::payments::PaymentFields;
use crate::webhooks::{self, Callback};

/// Payments that one order may be made with.
const EMBEDDED_PAYMENTS_MAX: usize = 100;

/// Makes an order.
pub(crate) async fn create(exchange: &Exchange, request: &[u8]) -> Result<Response, ApiError> {
    let json = parse(request)?;
    let order = NewOrder::read(&Reader::root(&json)?, exchange)?;
    let key = idempotency::key(&exchange.headers)?;
    let command = order.command(exchange, key);
    let callback = order.callback(exchange, &command.keys).await?;
    let done = exchange.execute(Command::OpenOrder(Box::new(command))).await;
    callback.settle(exchange, &done).await;
    let done = match done {
        Ok(done) => done,
        Err(failure) => return Err(order.refusal(failure, exchange)),
    };
    let view: OrderView = match done.outcome {
        Some(Outcome::Opened(opened)) => (*opened).into(),
        // A key that was used before first answers were kept: the order as it is now.
        Some(Outcome::Repeated(id)) => exchange.changed(id).await?,
        _ => return Err(Failure::Internal.into()),
    };
    let mut response = answer::created(&exchange.url(&path(view.order.id)), body(exchange, &view));
    let moved = if order.payments.is_empty() {
        MoneyMoved::No
    } else {
        MoneyMoved::Yes
    };
    advise(response.headers_mut(), moved, Retry::Never);
    Ok(response)
}

/// A decoded request.
struct NewOrder {
    site: LocationId,
    fields: OrderFields,
    lines: Vec<LineSpec>,
    payments: Vec<PaymentFields>,
    canon: Canon,
}

impl NewOrder {
    fn read(reader: &Reader<'_, '_>, exchange: &Exchange) -> Result<Self, ApiError> {
        let fields = OrderFields::read(reader, exchange.settings().private_webhooks)?;
        if fields.status == Some(Status::Deleted) {
            return Err(ApiError::of(Fault::StatusOfTill).at("status"));
        }
        let (site, currency) = place(&fields, exchange)?;
        let mut canon = Canon::of("new order");
        fields.describe(site.0, &mut canon);
        let lines = read_lines(reader, exchange, site, &fields, &mut canon)?;
        let payments = read_payments(reader, exchange, currency, &mut canon)?;
        Ok(Self {
            site,
            fields,
            lines,
            payments,
            canon,
        })
    }

    /// What the order's URL needs. A repeat has its answer already, so it is not refused for want of room.
    async fn callback(&self, exchange: &Exchange, keys: &[KeyClaim]) -> Result<Callback, ApiError> {
        let Presence::Value(uri) = &self.fields.callback_uri else {
            return Ok(Callback::default());
        };
        match webhooks::ensure_callback(exchange, uri).await {
            Err(_) if exchange.are_used(self.site, keys).await? => Ok(Callback::default()),
            other => other,
        }
    }

    fn command(&self, exchange: &Exchange, key: Option<String>) -> OpenOrder {
        let fields = &self.fields;
        let (stage, settle) = match fields.status {
            None | Some(Status::Deleted) => (Stage::Pending, None),
            Some(Status::Open(stage)) => (stage, None),
            Some(Status::Complete) => (Stage::Pending, Some(OrderChange::Close)),
            Some(Status::Rejected) => (Stage::Pending, Some(OrderChange::Reject)),
        };
        let mut labels: Vec<(String, String)> = fields
            .labels()
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        if let Some(variation) = fields
            .price_variation
            .filter(|variation| *variation != Decimal::ONE)
        {
            labels.push((labels::PRICE_VARIATION.to_owned(), variation.to_string()));
        }
        OpenOrder {
            location: self.site,
            lines: self.lines.clone(),
            // The dialect shows a service charge and has no field to set one.
            service_charge: ServiceCharge::None,
            close_when_paid: fields.complete_when_paid.unwrap_or(false),
            payments_locked: fields.payments_locked.unwrap_or(false),
            stage,
            table_number: None,
            name: None,
            covers: fields.guests.value(),
            staff: None,
            external_reference: fields
                .sale_number
                .clone()
                .value()
                .filter(|number| !number.is_empty()),
            notes: fields.notes.clone().value(),
            labels,
            keys: self.canon.clone().claim(key),
            payments: self
                .payments
                .iter()
                .map(|payment| payment.embedded(exchange))
                .collect(),
            settle,
            delivery: None,
            maker: None,
            refusal: None::<OrderFailure>,
        }
    }

    /// What the ledger refused, with the place in the request where that is known.
    fn refusal(&self, failure: Failure, exchange: &Exchange) -> ApiError {
        let Failure::Rejected(rejection) = &failure else {
            return failure.into();
        };
        let error = ApiError::from(rejection);
        let is_unknown = |payment: &PaymentFields| payment.method(exchange) == Lookup::Unknown;
        let index = match rejection {
            Rejection::MethodNotFound => self.payments.iter().position(is_unknown),
            _ if self.payments.len() == 1 => Some(0),
            _ => None,
        };
        match rejection {
            Rejection::MethodNotFound | Rejection::MethodIsTerminal => error.at(index.map_or_else(
                || "payments".to_owned(),
                |index| format!("payments[{index}].method_id"),
            )),
            Rejection::ExceedsDue | Rejection::ExceedsRefundable | Rejection::NothingToPay => error.at(index
                .map_or_else(
                    || "payments".to_owned(),
                    |index| format!("payments[{index}].amount"),
                )),
            _ => error,
        }
    }
}

/// Where the order is made. A company with one site needs no `site_id`: a client in the field cannot send it.
fn place(fields: &OrderFields, exchange: &Exchange) -> Result<(LocationId, Currency), ApiError> {
    let site = match fields.site_id.value() {
        Some(id) => exchange
            .site(LocationId(id))
            .map_err(|_| ApiError::unknown("site_id"))?,
        None => {
            let mut sites = exchange.sites();
            match (sites.next(), sites.next()) {
                (Some(only), None) => only,
                _ => return Err(ApiError::required("site_id")),
            }
        }
    };
    if let Some(register) = fields.register_id.value()
        && !site.registers.iter().any(|known| known.id == register)
    {
        return Err(ApiError::unknown("register_id"));
    }
    let id = LocationId(site.id);
    let currency = exchange
        .directory
        .currency(id)
        .ok_or(ApiError::from(Failure::Internal))?;
    Ok((id, currency))
}

fn read_lines(
    reader: &Reader<'_, '_>,
    exchange: &Exchange,
    site: LocationId,
    fields: &OrderFields,
    canon: &mut Canon,
) -> Result<Vec<LineSpec>, ApiError> {
    let mut lines: Vec<LineSpec> = Vec::new();
    let Some(items) = reader.array("lines")?.value() else {
        return Ok(lines);
    };
    let variation = fields.price_variation.unwrap_or(Decimal::ONE);
    for (item, index) in items.iter().zip(0_usize..) {
        let reader = item.object()?;
        let line = LineFields::read(&reader)?;
        line.describe(&format!("lines[{index}]."), canon);
        let spec = line.spec(exchange, site, variation, &reader)?;
        let is_taken = spec.client_line_id.is_some()
            && lines
                .iter()
                .any(|other| other.client_line_id == spec.client_line_id);
        if is_taken {
            return Err(line_id_taken(reader.path_of("line_id")));
        }
        // A position pushes the others down, one line after another.
        let at = line.position().unwrap_or(lines.len()).min(lines.len());
        lines.insert(at, spec);
    }
    Ok(lines)
}

/// 400: two lines of an order with one `line_id`.
pub(crate) fn line_id_taken(path: String) -> ApiError {
    ApiError::of(Fault::LineIdTaken).at(path)
}

fn read_payments(
    reader: &Reader<'_, '_>,
    exchange: &Exchange,
    currency: Currency,
    canon: &mut Canon,
) -> Result<Vec<PaymentFields>, ApiError> {
    let mut payments = Vec::new();
    let Some(items) = reader.array("payments")?.value() else {
        return Ok(payments);
    };
    if items.len() > EMBEDDED_PAYMENTS_MAX {
        return Err(ApiError::of(Fault::TooMany).at("payments"));
    }
    for (item, index) in items.iter().zip(0_usize..) {
        let payment = PaymentFields::read(&item.object()?, exchange.own_method(), Some(currency))?;
        payment.describe(&format!("payments[{index}]."), canon);
        payments.push(payment);
    }
    Ok(payments)
}
