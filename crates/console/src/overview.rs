//! The overview: how each location stands today, and what happened last.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use futures_util::future::try_join_all;
use maud::{Markup, html};
use tender_engine::{Case, LocationId, Order, OrderId, OrderState};
use tender_money::Currency;
use tender_service::{Endpoint, Failure, Field, Location, Op, OrderFilter, Page};

use crate::book::{Event, Glance, Sums};
use crate::desk::{Desk, Fault};
use crate::page::{self, Place};
use crate::show::{self, Tone};
use crate::{find, orders, webhooks, words};

/// Locations on one page.
const LOCATIONS_SHOWN_MAX: usize = 24;
/// Open orders counted per location.
const OPEN_ORDERS_MAX: u32 = 500;
/// Open cases counted.
const CASES_MAX: u32 = 500;
/// Events shown.
const EVENTS_SHOWN_MAX: usize = 20;

pub(crate) async fn show(desk: Desk) -> Result<Response, Fault> {
    let chosen = desk.chosen_location()?;
    let all = desk.locations();
    let locations = match chosen {
        Some(location) => vec![location],
        None => all.iter().copied().take(LOCATIONS_SHOWN_MAX).collect(),
    };
    let tender = desk.tender();
    let merchant = desk.merchant();
    let glance = desk
        .console
        .books
        .look(tender, &desk.directory, &locations)
        .await?;
    let cases = tender.cases(merchant, true, None, CASES_MAX).await?;
    let open = locations.iter().map(|location| {
        let filter = OrderFilter::default()
            .with(Field::Location, Op::Eq, LocationId(location.id).to_i64())
            .with(Field::State, Op::Eq, OrderState::Open.number());
        async move { tender.order_heads(merchant, &filter, 0, OPEN_ORDERS_MAX).await }
    });
    let open = try_join_all(open).await?;
    let open_case_count = cases
        .items
        .iter()
        .filter(|case| desk.covers(case.location))
        .count();
    let failing: Vec<&Endpoint> = webhooks::known(&desk)
        .into_iter()
        .filter(|endpoint| webhooks::is_failing(endpoint))
        .collect();
    let events: Vec<&Event> = glance
        .recent
        .iter()
        .filter(|event| desk.covers(event.location))
        .filter(|event| chosen.is_none_or(|location| location.id == event.location.0))
        .take(EVENTS_SHOWN_MAX)
        .collect();
    let titles = titles(&desk, &events).await?;
    let body = html! {
        form.line.filters method="get" action="/console/find" role="search" aria-label=(words::QUESTION) {
            (find::box_for("", false))
            button.main type="submit" { (words::QUESTION) }
        }
        h1 { "Today" }
        @if all.len() > LOCATIONS_SHOWN_MAX { (choose(&all, chosen)) }
        div id="state" data-live {
            @if !glance.is_complete {
                p.note { "The journal is long and is still being read. Today's sums are not complete yet; load the page again." }
            }
            @if open_case_count > 0 {
                p.problem {
                    @if open_case_count == 1 { "One payment needs a person: " } @else { (open_case_count) @if cases.more { "+" } " payments need a person: " }
                    "money may have moved that was not recorded, or twice. " a href="/console/cases" { "To the cases" }
                }
            }
            @if !failing.is_empty() {
                p.problem {
                    (failing.len()) " webhook endpoint(s) fail or are disabled. " a href="/console/webhooks" { "Look at them" }
                }
            }
            div.cards {
                @for (location, open) in locations.iter().zip(&open) {
                    (card(&desk, location, open, &glance, &cases))
                }
            }
            h2 { "Latest events" }
            (events_table(&desk, &events, &titles))
        }
    };
    Ok(page::whole(&desk, Place::Overview, "Overview", &body))
}

fn choose(all: &[&Location], chosen: Option<&Location>) -> Markup {
    html! {
        form.line.filters method="get" action="/console" {
            div.field {
                label for="location" { "Location" }
                (location_select(all, chosen.map(|location| location.id), "The first ones"))
            }
            button type="submit" { "Show" }
        }
    }
}

/// A choice of locations.
pub(crate) fn location_select(all: &[&Location], chosen: Option<u64>, none: &str) -> Markup {
    html! {
        select id="location" name="location" {
            option value="" { (none) }
            @for location in all {
                option value=(location.id) selected[chosen == Some(location.id)] { (show::name(location)) }
            }
        }
    }
}

fn card(desk: &Desk, location: &Location, open: &Page<Order>, glance: &Glance, cases: &Page<Case>) -> Markup {
    let id = LocationId(location.id);
    let more = if open.more { "+" } else { "" };
    let pending = open
        .items
        .iter()
        .map(|order| u64::from(order.pending_count))
        .sum::<u64>();
    let reserved = open
        .items
        .iter()
        .map(|order| i128::from(order.reserved_minor))
        .sum::<i128>();
    let sums = glance.today.get(&id).copied().unwrap_or_default();
    let case_count = cases.items.iter().filter(|case| case.location == id).count();
    let more_cases = if cases.more { "+" } else { "" };
    let till_count = desk
        .directory
        .devices
        .values()
        .filter(|device| device.location == location.id)
        .count();
    let is_online = desk.tender().device_online(id);
    let money = |minor: i128| match Currency::from_code(&location.currency) {
        Some(currency) => show::wide_money(minor, currency),
        None => "–".to_owned(),
    };
    let Sums {
        paid_minor,
        tips_minor,
        payment_count,
    } = sums;
    let tills = match (till_count, is_online) {
        (0, false) => ("No tills", Tone::Plain),
        (_, true) => ("Tills online", Tone::Good),
        (_, false) => ("Tills offline", Tone::Bad),
    };
    html! {
        section.card aria-label=(show::name(location)) {
            div.card-head {
                h3 { (show::name(location)) }
                a href="/console/tills" { (show::tag(tills)) }
            }
            dl.facts {
                div { dt { "Paid today" } dd.big { (money(paid_minor)) } small { (payment_count) @if payment_count == 1 { " payment" } @else { " payments" } } }
                div { dt { "Tips today" } dd.big { (money(tips_minor)) } }
                div {
                    dt { "Open checks" }
                    dd { a href=(format!("/console/orders?state=open&location={}", location.id)) { (open.items.len()) (more) } }
                }
                div {
                    dt { "Pending now" }
                    dd { (pending) (more) @if reserved > 0 { small { (money(reserved)) } } }
                }
                div {
                    dt { "Open cases" }
                    dd {
                        @if case_count > 0 { a href="/console/cases" { (show::tag((&format!("{case_count}{more_cases}"), Tone::Bad))) } }
                        @else { "0" }
                    }
                }
            }
            p.soft.more { "Local time " (show::moment(desk.tender().now(), &location.time_zone)) }
        }
    }
}

/// What people call the orders of some events.
async fn titles(desk: &Desk, events: &[&Event]) -> Result<BTreeMap<OrderId, String>, Failure> {
    let orders: BTreeSet<OrderId> = events.iter().map(|event| event.order).collect();
    let reads = orders.into_iter().map(|id| async move {
        let order = desk.tender().order_head(desk.merchant(), id).await?;
        Ok::<_, Failure>(order.map(|order| (id, orders::title_of(&order))))
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

fn events_table(desk: &Desk, events: &[&Event], titles: &BTreeMap<OrderId, String>) -> Markup {
    html! {
        @if events.is_empty() { p.soft { "Nothing has happened yet." } }
        @else {
            div.scroll {
                table.stack {
                    thead { tr { th { "What" } th { "Check" } th.num { "Money" } th { "When" } th { "Where" } th { "Through" } } }
                    tbody {
                        @for event in events {
                            tr {
                                td { (show::tag(words::entry(event.kind))) }
                                td data-label="Check" { (which(event, titles)) }
                                td.num data-label="Money" { @if event.moved_minor != 0 { (show::wide_money(event.moved_minor, event.currency)) } }
                                td.nowrap data-label="When" { (show::moment(event.at, show::zone_of(&desk.directory, event.location))) }
                                td data-label="Where" { (show::name_of(&desk.directory, event.location)) }
                                td data-label="Through" { (words::channel(event.via)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn which(event: &Event, titles: &BTreeMap<OrderId, String>) -> Markup {
    let (address, id) = match event.payment {
        Some(payment) => (show::payment_address(payment), show::payment_text(payment)),
        None => (show::order_address(event.order), show::order_text(event.order)),
    };
    html! {
        @match titles.get(&event.order) {
            Some(title) => { a href=(address) { (title) } small.mono.nowrap { (id) } },
            None => a.mono href=(address) { (id) },
        }
    }
}
