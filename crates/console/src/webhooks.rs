//! Webhooks: endpoints and how they do, deliveries with every try, sending one again.
//!
//! Neither secrets nor a dialect's settings are ever shown, nor the query of an address, where clients keep tokens. An
//! order's own callback is an endpoint that the dialect hides; here it is only counted, and its messages say so.

use axum::extract::Request;
use axum::response::Response;
use futures_util::future::try_join_all;
use maud::{Markup, html};
use tender_engine::{Delivery, DeliveryId, DeliveryState, EndpointId};
use tender_service::{Endpoint, Failure};
use tender_wire::ids_text;
use url::Url;

use crate::desk::{Desk, Fault, Segment, back};
use crate::page::{self, Place};
use crate::show::{self, Tone};
use crate::timeline::{self, Tried};
use crate::words;

/// Endpoints shown.
const ENDPOINTS_SHOWN_MAX: usize = 200;
/// Deliveries on one page.
const DELIVERIES_AT_ONCE: u32 = 25;
/// Tries shown of one delivery, the newest when there are more.
const ATTEMPTS_SHOWN_MAX: usize = 20;

pub(crate) async fn list(desk: Desk) -> Result<Response, Fault> {
    let known = known(&desk);
    let endpoint = match desk.query.get("endpoint").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => {
            let id = ids_text::read(ids_text::ENDPOINT, text).ok_or(Fault::NotFound)?;
            let endpoint = known
                .iter()
                .find(|endpoint| endpoint.id == id)
                .ok_or(Fault::NotFound)?;
            Some(EndpointId(endpoint.id))
        }
    };
    let before = match desk.query.get("before") {
        None => None,
        Some(text) => Some(DeliveryId(
            ids_text::read(ids_text::DELIVERY, text).ok_or(Fault::NotFound)?,
        )),
    };
    let page = desk
        .tender()
        .deliveries(desk.merchant(), endpoint, before, DELIVERIES_AT_ONCE)
        .await?;
    let next = page.items.last().filter(|_| page.more).map(|last| {
        let endpoint = endpoint
            .map(|id| ids_text::write(ids_text::ENDPOINT, id.0))
            .unwrap_or_default();
        format!(
            "/console/webhooks?endpoint={endpoint}&before={}",
            delivery_text(last)
        )
    });
    let deliveries = within_reach(&desk, page.items).await?;
    let tried = with_attempts(&desk, deliveries).await?;
    let callback_count = desk
        .directory
        .endpoints
        .values()
        .filter(|endpoint| is_callback(endpoint))
        .count();
    let body = html! {
        h1 { "Webhooks" }
        p.soft { "Messages that tell apps what became of payments and orders. Whether a message was received changes nothing about the money." }
        div id="webhooks" data-live {
            h2 { "Endpoints" }
            (endpoints_table(&desk, &known))
            @if callback_count > 0 { p.soft.more { "Besides, " (callback_count) " address(es) that orders brought along are called." } }
            h2 {
                @match endpoint {
                    Some(id) => { "Messages to " (show::endpoint_name(&desk.directory, id)) }
                    None => "Messages",
                }
            }
            @if endpoint.is_some() { p { a href="/console/webhooks" { "Show those to all endpoints" } } }
            @if tried.is_empty() { p.soft { "There are none on this page." } }
            @else { (deliveries_list(&desk, &tried)) }
        }
        @if let Some(next) = next { p.more { a href=(next) rel="next" { "Older messages" } } }
    };
    Ok(page::whole(&desk, Place::Webhooks, "Webhooks", &body))
}

/// The endpoints that are shown. They are the merchant's, not a location's.
pub(crate) fn known(desk: &Desk) -> Vec<&Endpoint> {
    let endpoints = desk.directory.endpoints.values();
    endpoints.filter(|endpoint| !is_callback(endpoint)).collect()
}

/// Whether an endpoint stands for the address that an order brought along.
pub(crate) fn is_callback(endpoint: &Endpoint) -> bool {
    endpoint
        .settings
        .get("callback")
        .and_then(serde_json::Value::as_bool)
        == Some(true)
}

/// Whether an endpoint needs somebody.
pub(crate) fn is_failing(endpoint: &Endpoint) -> bool {
    endpoint.disabled || endpoint.failing_since_ms.is_some()
}

/// Where messages go, without what may be secret in an address. Who sees some locations only sees the host.
fn address_of(desk: &Desk, endpoint: &Endpoint) -> String {
    let Ok(url) = Url::parse(&endpoint.url) else {
        return "–".to_owned();
    };
    let origin = url.origin().ascii_serialization();
    if desk.sees_all() {
        format!("{origin}{}", url.path())
    } else {
        origin
    }
}

fn endpoints_table(desk: &Desk, endpoints: &[&Endpoint]) -> Markup {
    html! {
        @if endpoints.is_empty() { p.soft { "There are no endpoints." } }
        @else {
            div.scroll {
                table.stack {
                    thead { tr { th { "Endpoint" } th { "State" } th { "API" } th { "Address" } th { "Application" } } }
                    tbody {
                        @for endpoint in endpoints.iter().take(ENDPOINTS_SHOWN_MAX) {
                            @let id = ids_text::write(ids_text::ENDPOINT, endpoint.id);
                            tr {
                                td {
                                    a href=(format!("/console/webhooks?endpoint={id}")) {
                                        @if endpoint.name.is_empty() { (id) } @else { (endpoint.name) }
                                    }
                                    small.mono { (id) }
                                }
                                td data-label="State" { (state(desk, endpoint)) }
                                td data-label="API" { (words::dialect(&endpoint.dialect)) }
                                td.mono data-label="Address" { (address_of(desk, endpoint)) }
                                td data-label="Application" { (application(desk, endpoint)) }
                            }
                        }
                    }
                }
            }
            @if endpoints.len() > ENDPOINTS_SHOWN_MAX {
                p.soft { "Only " (ENDPOINTS_SHOWN_MAX) " of " (endpoints.len()) " endpoints are shown." }
            }
        }
    }
}

fn state(desk: &Desk, endpoint: &Endpoint) -> Markup {
    let tag = match (endpoint.disabled, endpoint.failing_since_ms) {
        (true, _) => ("Disabled", Tone::Bad),
        (false, Some(_)) => ("Failing", Tone::Bad),
        (false, None) => ("Switched on", Tone::Plain),
    };
    html! {
        (show::tag(tag))
        @if let Some(since) = endpoint.failing_since_ms {
            small { "since " (show::moment(tender_engine::Timestamp(since), merchant_zone(desk))) }
        }
    }
}

fn application(desk: &Desk, endpoint: &Endpoint) -> String {
    let application = desk.directory.applications.get(&endpoint.application);
    let name = application.map(|application| application.name.clone());
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| "–".to_owned())
}

/// The zone for what belongs to no location: the books' zone, else the first location's.
fn merchant_zone(desk: &Desk) -> &str {
    match desk.directory.merchant.time_zone.as_str() {
        "" => desk
            .directory
            .locations
            .values()
            .next()
            .map_or("UTC", |location| location.time_zone.as_str()),
        zone => zone,
    }
}

/// Deliveries, each with a way to send it again.
pub(crate) fn deliveries_list(desk: &Desk, deliveries: &[Tried]) -> Markup {
    let zone = merchant_zone(desk);
    html! {
        div.scroll {
            table.stack {
                thead { tr { th { "Message" } th { "State" } th { "Endpoint" } th { "Made" } th { "Tries" } th { "Again" } } }
                tbody {
                    @for tried in deliveries {
                        @let delivery = &tried.delivery;
                        tr {
                            td {
                                (delivery.event)
                                small.mono { (delivery_text(delivery)) }
                                @if let Some(order) = delivery.order {
                                    small { a.mono href=(show::order_address(order)) { (show::order_text(order)) } }
                                }
                            }
                            td data-label="State" { (delivery_state(desk, tried, zone)) }
                            td data-label="Endpoint" { (show::endpoint_name(&desk.directory, delivery.endpoint)) }
                            td.nowrap data-label="Made" { (show::moment(delivery.created_at, zone)) }
                            td data-label="Tries" { (attempts(tried, zone)) }
                            td data-label="Again" { (replay_button(desk, delivery)) }
                        }
                    }
                }
            }
        }
    }
}

/// Where a delivery stands, and for one that was not received why, and when it is tried again.
fn delivery_state(desk: &Desk, tried: &Tried, zone: &str) -> Markup {
    let delivery = &tried.delivery;
    let is_open = delivery.state == DeliveryState::Pending && delivery.attempts > 0;
    html! {
        (show::tag(words::delivery_state(delivery.state, delivery.attempts)))
        @if delivery.state != DeliveryState::Delivered {
            @if let Some(last) = tried.attempts.last() { small { (timeline::outcome(last).0) } }
        }
        @if is_open {
            small { "next try " (show::short_moment(delivery.next_at.max(desk.tender().now()), zone)) }
        }
    }
}

fn attempts(tried: &Tried, zone: &str) -> Markup {
    let hidden = tried.attempts.len().saturating_sub(ATTEMPTS_SHOWN_MAX);
    html! {
        @if tried.attempts.is_empty() { "0" }
        @else {
            details id=(format!("tries-{}", delivery_text(&tried.delivery))) {
                summary { (tried.attempts.len()) }
                @if hidden > 0 { small { "The oldest " (hidden) " are not shown." } }
                @for attempt in tried.attempts.iter().skip(hidden) {
                    @let (outcome, _) = timeline::outcome(attempt);
                    small { (show::moment(attempt.at, zone)) ": " (outcome) ", " (attempt.duration_ms) " ms" }
                }
            }
        }
    }
}

fn replay_button(desk: &Desk, delivery: &Delivery) -> Markup {
    html! {
        form method="post" action=(format!("/console/deliveries/{}/replay", delivery_text(delivery))) {
            (page::csrf_field(desk))
            input type="hidden" name="back" value=(desk.here);
            button.small type="submit" { "Send again" }
        }
    }
}

fn delivery_text(delivery: &Delivery) -> String {
    ids_text::write(ids_text::DELIVERY, delivery.id.0)
}

/// Sends a message again.
pub(crate) async fn replay(desk: Desk, Segment(id): Segment, request: Request) -> Result<Response, Fault> {
    let form = desk.form(request).await?;
    let id = ids_text::read(ids_text::DELIVERY, &id)
        .map(DeliveryId)
        .ok_or(Fault::NotFound)?;
    let delivery = desk
        .tender()
        .delivery(desk.merchant(), id)
        .await?
        .ok_or(Fault::NotFound)?;
    if within_reach(&desk, vec![delivery]).await?.is_empty() {
        return Err(Fault::NotFound);
    }
    let replayed = desk.tender().replay_delivery(desk.merchant(), id).await?;
    replayed.ok_or(Fault::NotFound)?;
    Ok(page::see_other(back(form.get("back"))))
}

/// Those about orders that the person may see. What is about no order concerns the whole merchant.
async fn within_reach(desk: &Desk, deliveries: Vec<Delivery>) -> Result<Vec<Delivery>, Failure> {
    if desk.sees_all() {
        return Ok(deliveries);
    }
    let looks = deliveries.into_iter().map(|delivery| async move {
        let Some(order) = delivery.order else {
            return Ok::<_, Failure>(None);
        };
        let order = desk.tender().order_head(desk.merchant(), order).await?;
        Ok(order
            .filter(|order| desk.covers(order.location))
            .map(|_| delivery))
    });
    Ok(try_join_all(looks).await?.into_iter().flatten().collect())
}

/// Brings every delivery's tries.
pub(crate) async fn with_attempts(desk: &Desk, deliveries: Vec<Delivery>) -> Result<Vec<Tried>, Failure> {
    let tender = desk.tender();
    let reads = deliveries.into_iter().map(|delivery| async move {
        let attempts = tender.attempts(delivery.merchant, delivery.id).await?;
        Ok(Tried { delivery, attempts })
    });
    try_join_all(reads).await
}
