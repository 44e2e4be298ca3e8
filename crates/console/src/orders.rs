//! Orders: the list, and one order with everything on it.

use axum::response::Response;
use futures_util::future::try_join_all;
use maud::{Markup, html};
use tender_engine::{
    Direction, JournalEntry, Line, LocationId, Order, OrderId, OrderState, Payment, PaymentId,
};
use tender_service::{Field, Op, OrderFilter, OrderView, Page};
use tender_wire::ids_text;

use crate::desk::{Desk, Fault, Segment};
use crate::overview::location_select;
use crate::page::{self, Place};
use crate::{show, words};

/// Orders on one page.
const ORDERS_AT_ONCE: u32 = 50;
/// Locations whose orders are merged into one list.
const LOCATIONS_MERGED_MAX: usize = 50;
/// Lines shown of one order.
const LINES_SHOWN_MAX: usize = 200;
/// Payments shown of one order, newest first when there are more.
const PAYMENTS_SHOWN_MAX: usize = 200;
/// Journal entries shown of one order, the newest when there are more.
const ENTRIES_SHOWN_MAX: usize = 200;
/// Journal entries whose hashes are computed for one page; the audit checks longer chains.
const ENTRIES_CHECKED_MAX: usize = 2_000;

/// Which orders are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Open,
    Closed,
    All,
}

impl Shown {
    const EACH: [(Self, &'static str, &'static str); 3] = [
        (Self::Open, "open", "Open"),
        (Self::Closed, "closed", "Closed"),
        (Self::All, "all", "All"),
    ];

    fn read(text: Option<&str>) -> Result<Self, Fault> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(Self::Open);
        };
        let found = Self::EACH.iter().find(|(_, name, _)| *name == text);
        found.map(|(shown, _, _)| *shown).ok_or(Fault::NotFound)
    }

    fn name(self) -> &'static str {
        let found = Self::EACH.iter().find(|(shown, _, _)| *shown == self);
        found.map_or("all", |(_, name, _)| name)
    }

    fn filter(self) -> OrderFilter {
        let filter = OrderFilter::default();
        match self {
            Self::Open => filter.with(Field::State, Op::Eq, OrderState::Open.number()),
            Self::Closed => filter.with(Field::State, Op::Eq, OrderState::Closed.number()),
            Self::All => filter,
        }
    }
}

pub(crate) async fn list(desk: Desk) -> Result<Response, Fault> {
    let shown = Shown::read(desk.query.get("state"))?;
    let chosen = desk.chosen_location()?.map(|location| location.id);
    let before = match desk.query.get("before") {
        None => None,
        Some(text) => Some(ids_text::read(ids_text::ORDER, text).ok_or(Fault::NotFound)?),
    };
    let mut filter = shown.filter();
    if let Some(before) = before {
        filter = filter.with(Field::Id, Op::Lt, OrderId(before).to_i64());
    }
    let orders = read(&desk, &filter, chosen).await?;
    let all = desk.locations();
    let location = chosen.map(|id| id.to_string()).unwrap_or_default();
    let next = orders.items.last().filter(|_| orders.more).map(|last| {
        let state = shown.name();
        format!(
            "/console/orders?state={state}&location={location}&before={}",
            show::order_text(last.id)
        )
    });
    let body = html! {
        h1 { "Orders" }
        form.line.filters method="get" action="/console/orders" {
            div.field {
                label for="state" { "State" }
                select id="state" name="state" data-submit {
                    @for (each, name, words) in Shown::EACH {
                        option value=(name) selected[each == shown] { (words) }
                    }
                }
            }
            div.field {
                label for="location" { "Location" }
                (location_select(&all, chosen, "All"))
            }
            button type="submit" { "Show" }
        }
        div id="orders" data-live {
            @if orders.items.is_empty() { p.soft { "There are no such orders." } }
            @else { (heads_table(&desk, &orders.items)) }
        }
        @if let Some(next) = next { p.more { a href=(next) rel="next" { "Older orders" } } }
    };
    Ok(page::whole(&desk, Place::Orders, "Orders", &body))
}

/// A page of orders, newest first. Who sees some locations only gets the merged lists of those.
async fn read(desk: &Desk, filter: &OrderFilter, chosen: Option<u64>) -> Result<Page<Order>, Fault> {
    let tender = desk.tender();
    let merchant = desk.merchant();
    let places: Vec<u64> = match chosen {
        Some(location) => vec![location],
        None if desk.sees_all() => {
            return Ok(tender.order_heads(merchant, filter, 0, ORDERS_AT_ONCE).await?);
        }
        None => desk.locations().iter().map(|location| location.id).collect(),
    };
    if places.len() > LOCATIONS_MERGED_MAX {
        return Err(Fault::Unusable(
            "There are too many locations to list together. Please choose one.",
        ));
    }
    let lists = places.iter().map(|place| {
        let filter = filter
            .clone()
            .with(Field::Location, Op::Eq, LocationId(*place).to_i64());
        async move { tender.order_heads(merchant, &filter, 0, ORDERS_AT_ONCE).await }
    });
    let lists = try_join_all(lists).await?;
    let mut more = lists.iter().any(|list| list.more);
    let mut items: Vec<Order> = lists.into_iter().flat_map(|list| list.items).collect();
    items.sort_by_key(|order| std::cmp::Reverse(order.id));
    let wanted = usize::try_from(ORDERS_AT_ONCE).unwrap_or(usize::MAX);
    more |= items.len() > wanted;
    items.truncate(wanted);
    Ok(Page { items, more })
}

/// A table of orders.
pub(crate) fn heads_table(desk: &Desk, orders: &[Order]) -> Markup {
    html! {
        div.scroll {
            table.stack {
                thead {
                    tr {
                        th { "Order" } th { "State" } th { "Opened" } th { "Location" }
                        th.num { "Total" } th.num { "Paid" } th.num { "Due" }
                    }
                }
                tbody {
                    @for order in orders {
                        tr {
                            td {
                                a href=(show::order_address(order.id)) { (title_of(order)) }
                                small.mono { (order.account) }
                            }
                            td data-label="State" {
                                (show::tag(words::order_state(order.state)))
                                @if order.pending_count > 0 { small { (order.pending_count) " pending" } }
                            }
                            td.nowrap data-label="Opened" { (show::short_moment(order.opened_at, show::zone_of(&desk.directory, order.location))) }
                            td data-label="Location" { (show::name_of(&desk.directory, order.location)) }
                            td.num data-label="Total" { (show::money(order.total_minor(), order.currency)) }
                            td.num data-label="Paid" { (show::money(order.paid_minor(), order.currency)) }
                            td.num data-label="Due" { (show::money(order.due_minor(), order.currency)) }
                        }
                    }
                }
            }
        }
    }
}

/// What people call an order.
pub(crate) fn title_of(order: &Order) -> String {
    let name = order.name.as_deref().filter(|name| !name.trim().is_empty());
    match (name, order.table_number) {
        (Some(name), _) => name.to_owned(),
        (None, Some(table)) => format!("Table {table}"),
        (None, None) => format!("Check {}", order.account),
    }
}

pub(crate) async fn show(desk: Desk, Segment(id): Segment) -> Result<Response, Fault> {
    let id = ids_text::read(ids_text::ORDER, &id)
        .map(OrderId)
        .ok_or(Fault::NotFound)?;
    let tender = desk.tender();
    let view = tender.order(desk.merchant(), id).await?;
    let view = view
        .filter(|view| desk.covers(view.order.location))
        .ok_or(Fault::NotFound)?;
    let chain = tender.chain(desk.merchant(), id).await?;
    let order = &view.order;
    let zone = show::zone_of(&desk.directory, order.location);
    let title = title_of(order);
    let body = html! {
        h1 { (title) }
        div id="order" data-live {
            (answer(order))
            (head(&desk, order, zone))
            h2 { "Payments" }
            (payments(&view, zone))
            h2 { "Lines" }
            (lines(&view))
            h2 { "Journal" }
            (journal(&chain, order, zone))
        }
    };
    Ok(page::whole(&desk, Place::Orders, &title, &body))
}

fn answer(order: &Order) -> Markup {
    let (answer, tone, why) = words::order_verdict(order);
    html! {
        div class=(format!("answer {}", tone.class())) {
            strong { (answer) }
            @if let Some(why) = why { p { (why) } }
        }
    }
}

fn head(desk: &Desk, order: &Order, zone: &str) -> Markup {
    html! {
        div.card.more {
            dl.facts {
                div { dt { "State" } dd { (show::tag(words::order_state(order.state))) } }
                div { dt { "Total" } dd.big { (show::money(order.total_minor(), order.currency)) } }
                div { dt { "Paid" } dd.big { (show::money(order.paid_minor(), order.currency)) } }
                div { dt { "Reserved" } dd { (show::money(order.reserved_minor, order.currency)) } }
                div { dt { "Due" } dd.big { (show::money(order.due_minor(), order.currency)) } }
                div { dt { "Tips" } dd { (show::money(order.tips_minor, order.currency)) } }
                div { dt { "Location" } dd { (show::name_of(&desk.directory, order.location)) } }
                div { dt { "Opened" } dd { (show::moment(order.opened_at, zone)) } }
                @if let Some(closed_at) = order.closed_at {
                    div { dt { "Ended" } dd { (show::moment(closed_at, zone)) } }
                }
                div { dt { "Opened through" } dd { (words::channel(order.opened_via)) } }
                div { dt { "Native and om id" } dd.mono { (show::order_text(order.id)) } }
                div { dt { "Kounta and K-Series number" } dd.mono { (order.id.0) } }
                div { dt { "K-Series account" } dd.mono { (order.account) } }
                @if let Some(reference) = &order.external_reference {
                    div { dt { "External reference" } dd.mono { (reference) } }
                }
                @if let Some(covers) = order.covers { div { dt { "Guests" } dd { (covers) } } }
                @if let Some(notes) = order.notes.as_deref().filter(|notes| !notes.is_empty()) {
                    div { dt { "Notes" } dd { (notes) } }
                }
            }
        }
    }
}

fn payments(view: &OrderView, zone: &str) -> Markup {
    let currency = view.order.currency;
    let shown = view.payments.iter().rev().take(PAYMENTS_SHOWN_MAX);
    html! {
        @if view.payments.is_empty() { p.soft { "There are no payments." } }
        @else {
            div.scroll {
                table.stack {
                    thead {
                        tr {
                            th { "Payment" } th { "State" } th { "When" } th { "Method" } th { "Through" }
                            th.num { "Amount" } th.num { "Tip" } th.num { "Surcharge" }
                        }
                    }
                    tbody {
                        @for payment in shown { (payment_row(payment, currency, zone)) }
                    }
                }
            }
            @if view.payments.len() > PAYMENTS_SHOWN_MAX {
                p.soft { "Only the newest " (PAYMENTS_SHOWN_MAX) " of " (view.payments.len()) " payments are shown." }
            }
        }
    }
}

fn payment_row(payment: &Payment, currency: tender_money::Currency, zone: &str) -> Markup {
    html! {
        tr {
            td {
                a.mono href=(show::payment_address(payment.id)) {
                    (payment.reference.clone().unwrap_or_else(|| show::payment_text(payment.id)))
                }
                @if payment.direction == Direction::Refund { small { "Refund" } }
                @if payment.deleted { small { "Deleted: hidden from apps" } }
                @if payment.reference.is_some() { small.mono.nowrap { (show::payment_text(payment.id)) } }
            }
            td data-label="State" { (show::tag(words::payment_state(payment.state))) }
            td.nowrap data-label="When" { (show::short_moment(payment.created_at, zone)) }
            td data-label="Method" { (payment.method.as_ref().map_or("–", |method| method.name.as_str())) }
            td data-label="Through" { (words::channel(payment.created_via)) }
            td.num data-label="Amount" { (show::money(payment.amount_minor, currency)) }
            td.num data-label="Tip" { (show::money(payment.tip_minor, currency)) }
            td.num data-label="Surcharge" { (show::money(payment.surcharge_minor, currency)) }
        }
    }
}

fn lines(view: &OrderView) -> Markup {
    let order = &view.order;
    html! {
        div.scroll {
            table {
                thead { tr { th { "Item" } th.num { "Quantity" } th.num { "Price" } th.num { "Total" } } }
                tbody {
                    @for line in view.lines.iter().take(LINES_SHOWN_MAX) { (line_row(line, order)) }
                }
                tfoot {
                    tr { td colspan="3" { "Goods" } td.num { (show::money(order.goods_minor, order.currency)) } }
                    tr { td colspan="3" { "of which tax" } td.num { (show::money(order.tax_minor, order.currency)) } }
                    tr { td colspan="3" { "Service charge" } td.num { (show::money(order.service_minor, order.currency)) } }
                    tr.strong { td colspan="3" { "Total" } td.num { (show::money(order.total_minor(), order.currency)) } }
                }
            }
        }
        @if view.lines.len() > LINES_SHOWN_MAX {
            p.soft { "Only the first " (LINES_SHOWN_MAX) " of " (view.lines.len()) " lines are shown; the sums are of all." }
        }
    }
}

fn line_row(line: &Line, order: &Order) -> Markup {
    html! {
        tr {
            td {
                (line.name)
                @for modifier in &line.modifiers { small { (modifier.quantity) " × " (modifier.name) } }
                @if line.discount_minor != 0 { small { "Discount " (show::money(line.discount_minor, order.currency)) } }
                @if let Some(notes) = line.notes.as_deref().filter(|notes| !notes.is_empty()) { small { (notes) } }
            }
            td.num { (show::quantity(line.quantity)) }
            td.num { (show::price(line.unit_price, order.currency)) }
            td.num { (show::money(line.total_minor, order.currency)) }
        }
    }
}

/// Whether every entry follows the one before it and none was changed, up to the head that the order keeps.
fn is_intact(chain: &[JournalEntry], order: &Order) -> bool {
    let mut previous = [0; 32];
    for (entry, seq) in chain.iter().zip(1_u64..) {
        if entry.seq != seq
            || entry.previous != previous
            || entry.computed_hash() != entry.hash
            || entry.imbalance() != 0
        {
            return false;
        }
        previous = entry.hash;
    }
    // A commit between the two readings may have made the chain longer than the head that was read.
    let head = chain.iter().find(|entry| entry.seq == order.journal_seq);
    head.is_some_and(|entry| entry.hash == order.journal_hash)
}

fn journal(chain: &[JournalEntry], order: &Order, zone: &str) -> Markup {
    let state = if chain.len() > ENTRIES_CHECKED_MAX {
        ("Chain too long to be checked here", show::Tone::Plain)
    } else if is_intact(chain, order) {
        ("Chain intact", show::Tone::Good)
    } else {
        ("Chain broken: run the audit", show::Tone::Bad)
    };
    let hidden = chain.len().saturating_sub(ENTRIES_SHOWN_MAX);
    html! {
        p { (show::tag(state)) }
        div.scroll {
            table.stack {
                thead { tr { th { "No." } th { "When" } th { "What" } th { "Through" } th { "Postings" } th { "Hash" } } }
                tbody {
                    @for entry in chain.iter().skip(hidden) {
                        tr {
                            td { (entry.seq) }
                            td.nowrap data-label="When" { (show::short_moment(entry.at, zone)) }
                            td data-label="What" {
                                (show::tag(words::entry(entry.kind)))
                                @if let Some(number) = entry.payment {
                                    @let payment = PaymentId { order: entry.order, number };
                                    small.mono.nowrap { a href=(show::payment_address(payment)) { (show::payment_text(payment)) } }
                                }
                                @if let Some(reason) = entry.fact("reason") { small { (words::case_by_code(reason).unwrap_or(reason)) } }
                            }
                            td data-label="Through" { (words::channel(entry.via)) }
                            td data-label="Postings" {
                                @for posting in &entry.postings {
                                    small.nowrap { (posting.ledger) " " (show::money(posting.amount_minor, entry.currency)) }
                                }
                            }
                            td.mono data-label="Hash" title=(hex(&entry.hash, 32)) { (hex(&entry.hash, 4)) "…" }
                        }
                    }
                }
            }
        }
        @if hidden > 0 { p.soft { "The oldest " (hidden) " entries are not shown." } }
    }
}

fn hex(bytes: &[u8], count: usize) -> String {
    bytes
        .iter()
        .take(count)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
