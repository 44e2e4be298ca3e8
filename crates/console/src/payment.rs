//! One payment: did its money move, what happened to it, what to do next.

use axum::response::Response;
use maud::{Markup, html};
use tender_engine::{Delivery, Direction, OrderId, Payment, PaymentId};
use tender_money::Currency;
use tender_service::Failure;
use tender_wire::ids_text;

use crate::desk::{Desk, Fault, Segment};
use crate::page::{self, Place};
use crate::timeline::{self, Records, Step};
use crate::words::{self, Circumstances};
use crate::{orders, show, webhooks};

/// Newest deliveries about the order that are looked at.
const DELIVERIES_MAX: u32 = 1_000;
/// Deliveries that are shown.
const DELIVERIES_SHOWN_MAX: usize = 50;
/// Steps shown, the newest when there are more.
const STEPS_SHOWN_MAX: usize = 300;

pub(crate) async fn show(desk: Desk, Segment(id): Segment) -> Result<Response, Fault> {
    let (order, number) = ids_text::read_payment(&id).ok_or(Fault::NotFound)?;
    let id = PaymentId {
        order: OrderId(order),
        number,
    };
    let tender = desk.tender();
    let payment = tender.payment(desk.merchant(), id).await?;
    let payment = payment
        .filter(|payment| desk.covers(payment.location))
        .ok_or(Fault::NotFound)?;
    let currency = desk
        .directory
        .currency(payment.location)
        .ok_or(Fault::Failure(Failure::Internal))?;
    let order = tender.order_head(desk.merchant(), id.order).await?;
    let chain = tender.chain(desk.merchant(), id.order).await?;
    let task = match payment.task {
        Some(task) => tender.task(desk.merchant(), task).await?,
        None => None,
    };
    let (deliveries, is_complete) = told(&desk, &payment).await?;
    let tried = webhooks::with_attempts(&desk, deliveries).await?;
    let circumstances = Circumstances {
        is_at_till: task.as_ref().is_some_and(words::is_at_till),
        has_open_case: timeline::has_open_case(&chain, &payment),
    };
    let zone = show::zone_of(&desk.directory, payment.location);
    let steps = timeline::steps(&Records {
        payment: &payment,
        currency,
        zone,
        chain: &chain,
        task: task.as_ref(),
        deliveries: &tried,
        directory: &desk.directory,
        now: tender.now(),
    });
    let title = match payment.direction {
        Direction::Receipt => "Payment",
        Direction::Refund => "Refund",
    };
    let body = html! {
        h1 { (title) " of " (show::money(payment.moved_minor(), currency)) }
        div id="payment" data-live {
            (answer(&payment, circumstances))
            h2 { "What happened" }
            (steps_list(&steps, zone))
            @if !is_complete { p.soft.more { "There are more webhook messages than are shown here." } }
            h2 { "Details" }
            (details(&desk, &payment, currency, zone))
            @if !tried.is_empty() {
                h2 { "Webhooks about it" }
                (webhooks::deliveries_list(&desk, &tried))
            }
            @if let Some(order) = order {
                h2 { "Its order" }
                (orders::heads_table(&desk, &[order]))
            }
        }
    };
    Ok(page::whole(&desk, Place::Orders, title, &body))
}

fn answer(payment: &Payment, circumstances: Circumstances) -> Markup {
    let verdict = words::verdict(payment, circumstances);
    html! {
        div class=(format!("answer {}", verdict.tone.class())) {
            p.soft { (words::QUESTION) }
            strong { (verdict.answer) }
            p {
                (verdict.why)
                @if let Some(failure) = &payment.failure {
                    " The reason: " (words::failure(failure.code))
                    @if let Some(message) = &failure.message { ", “" (message) "”" }
                    "."
                }
            }
            p { b { "What to do next: " } (verdict.next)
                @if circumstances.has_open_case { " " a href="/console/cases" { "To the cases" } }
            }
        }
    }
}

fn steps_list(steps: &[Step], zone: &str) -> Markup {
    let hidden = steps.len().saturating_sub(STEPS_SHOWN_MAX);
    html! {
        @if hidden > 0 { p.soft { "The oldest " (hidden) " steps are not shown." } }
        ol.steps {
            @for step in steps.iter().skip(hidden) {
                li class=(step.tone.class()) {
                    time { (show::moment(step.at, zone)) }
                    p { (step.text) }
                    @if let Some(cause) = &step.cause { p.soft { (cause) } }
                }
            }
        }
    }
}

fn details(desk: &Desk, payment: &Payment, currency: Currency, zone: &str) -> Markup {
    html! {
        div.card {
            dl.facts {
                div { dt { "State" } dd { (show::tag(words::payment_state(payment.state))) } }
                div { dt { "Amount" } dd { (show::money(payment.amount_minor, currency)) } }
                div { dt { "Tip" } dd { (show::money(payment.tip_minor, currency)) } }
                @if payment.service_tip_minor != 0 {
                    div { dt { "of which pays service charge" } dd { (show::money(payment.service_tip_minor, currency)) } }
                }
                div { dt { "Surcharge" } dd { (show::money(payment.surcharge_minor, currency)) } }
                @if payment.refunds_minor != 0 {
                    div { dt { "Given back" } dd { (show::money(payment.refunds_minor, currency)) } }
                }
                div { dt { "Method" } dd { (payment.method.as_ref().map_or("–", |method| method.name.as_str())) } }
                @if let Some(reference) = &payment.reference { div { dt { "Reference" } dd.mono { (reference) } } }
                @if let Some(label) = &payment.transaction_ref { div { dt { "Transaction" } dd.mono { (label) } } }
                div { dt { "Payment id" } dd.mono { (show::payment_text(payment.id)) } }
                @if let Some(source) = payment.source {
                    div { dt { "Gives back" } dd { a.mono href=(show::payment_address(source)) { (show::payment_text(source)) } } }
                }
                div { dt { "Location" } dd { (show::name_of(&desk.directory, payment.location)) } }
                div { dt { "Made" } dd { (show::moment(payment.created_at, zone)) } }
                div { dt { "Made by" } dd { (application(desk, payment)) } }
                @if let Some(staff) = payment.staff { div { dt { "Employee" } dd { (employee(desk, staff.0)) } } }
                @if let Some(expires_at) = payment.expires_at.filter(|_| payment.state.is_open()) {
                    div { dt { "Ends by itself" } dd { (show::moment(expires_at, zone)) } }
                }
                @if payment.deleted { div { dt { "Deleted" } dd { "Hidden from apps; the journal keeps it" } } }
                @if let Some(note) = &payment.note { div { dt { "Note" } dd { (note) } } }
            }
        }
    }
}

fn application(desk: &Desk, payment: &Payment) -> String {
    let application = desk.directory.applications.get(&payment.created_by.0);
    let name = application
        .map(|application| application.name.as_str())
        .filter(|name| !name.is_empty());
    let channel = words::channel(payment.created_via);
    name.map_or_else(|| channel.to_owned(), |name| format!("{name}, {channel}"))
}

fn employee(desk: &Desk, id: u64) -> String {
    let staff = desk.directory.staff.get(&id);
    staff.map_or_else(
        || id.to_string(),
        |staff| {
            format!("{} {}", staff.first_name, staff.last_name)
                .trim()
                .to_owned()
        },
    )
}

/// Messages about a payment's order since the payment came to be, oldest first, and whether these are all.
async fn told(desk: &Desk, payment: &Payment) -> Result<(Vec<Delivery>, bool), Failure> {
    let about = desk
        .tender()
        .deliveries_about(desk.merchant(), payment.id.order, DELIVERIES_MAX)
        .await?;
    let is_since = |delivery: &Delivery| delivery.created_at >= payment.created_at;
    let is_whole = !about.more || !about.items.iter().all(is_since);
    let mut found: Vec<Delivery> = about.items.into_iter().filter(is_since).collect();
    let is_complete = is_whole && found.len() <= DELIVERIES_SHOWN_MAX;
    found.reverse();
    found.truncate(DELIVERIES_SHOWN_MAX);
    Ok((found, is_complete))
}
