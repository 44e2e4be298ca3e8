//! From the filters of a path and a query to scans of the store.
//!
//! Conditions of a scan are all ANDed. Where a list needs an OR (several sites within reach of a credential, bounds that
//! mean different minor units in different currencies) it is several scans, one per site, whose rows are merged.

use std::collections::BTreeSet;

use tender_engine::{LocationId, OrderState, Stage};
use tender_service::{Field, Op, OrderFilter};
use tender_wire::Form;

use super::value::ValueBounds;
use crate::errors::{ApiError, Fault};
use crate::exchange::Exchange;
use crate::route::{OrderPart, StaffRef};
use crate::time::{Span, Zone};

/// Scans that one list is merged from.
const SCANS_MAX: usize = 64;

/// The created filters, as names in the query.
const CREATED: [&str; 5] = [
    "created",
    "created_lt",
    "created_lte",
    "created_gt",
    "created_gte",
];

/// Which orders a list holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListQuery {
    /// Scans whose rows together are the list; none when nothing can match.
    pub(super) scans: Vec<OrderFilter>,
    /// Only orders with a price reduction, which no scan can tell.
    pub(super) only_reduced: bool,
}

impl ListQuery {
    /// Reads path and query.
    ///
    /// # Errors
    /// 404 for a site, register or employee that is not there, 400 for a query that cannot be read or that would need
    /// too many scans.
    pub(super) fn of(exchange: &Exchange, parts: &[OrderPart], query: &Form<'_>) -> Result<Self, ApiError> {
        exchange.check_parts(parts)?;
        let mut filter = with_states(OrderFilter::default(), parts);
        for part in parts {
            filter = with_part(filter, *part);
        }
        filter = with_created(filter, exchange, query)?;
        let values = ValueBounds::of(query)?;
        let only_reduced = parts.contains(&OrderPart::Discounted);
        let scans = match sites(exchange, parts, &values) {
            None => {
                let digits = exchange
                    .sites()
                    .find_map(|site| digits_of(exchange, LocationId(site.id)));
                values
                    .narrow(filter, digits.unwrap_or_default())
                    .into_iter()
                    .collect()
            }
            Some(sites) if sites.len() > SCANS_MAX => {
                return Err(ApiError::of(Fault::TooManySites).at("site_id"));
            }
            Some(sites) => {
                let scan = |site: LocationId| {
                    let filter = filter.clone().with(Field::Location, Op::Eq, site.to_i64());
                    values.narrow(filter, digits_of(exchange, site)?)
                };
                sites.into_iter().filter_map(scan).collect()
            }
        };
        Ok(Self { scans, only_reduced })
    }
}

fn digits_of(exchange: &Exchange, site: LocationId) -> Option<u32> {
    exchange
        .directory
        .currency(site)
        .map(tender_money::Currency::digits)
}

/// The sites that have to be scanned one by one; `None` for the whole company at once.
fn sites(exchange: &Exchange, parts: &[OrderPart], values: &ValueBounds) -> Option<BTreeSet<LocationId>> {
    let named: Vec<LocationId> = parts
        .iter()
        .filter_map(|part| {
            if let OrderPart::Site(site) = part {
                Some(*site)
            } else {
                None
            }
        })
        .collect();
    if let Some(first) = named.first() {
        // Two different sites at once are the sites of no order.
        let is_one = named.iter().all(|site| site == first);
        return Some(if is_one {
            BTreeSet::from([*first])
        } else {
            BTreeSet::new()
        });
    }
    let all: BTreeSet<LocationId> = exchange.sites().map(|site| LocationId(site.id)).collect();
    if exchange.principal.locations.is_some() {
        return Some(all);
    }
    let digits: BTreeSet<u32> = all.iter().filter_map(|site| digits_of(exchange, *site)).collect();
    (!values.is_empty() && digits.len() > 1).then_some(all)
}

/// Without a status part every status but the deleted ones is listed. Cancelled orders of other dialects are deleted
/// ones here.
fn with_states(filter: OrderFilter, parts: &[OrderPart]) -> OrderFilter {
    let (cancelled, rejected) = (OrderState::Cancelled.number(), OrderState::Rejected.number());
    let deleted = OrderState::Deleted.number();
    if parts.contains(&OrderPart::Deleted) {
        // The two states that count as deleted have rejection between them.
        return filter
            .with(Field::State, Op::Ge, cancelled)
            .with(Field::State, Op::Ne, rejected)
            .with(Field::State, Op::Le, deleted);
    }
    filter
        .with(Field::State, Op::Ne, cancelled)
        .with(Field::State, Op::Ne, deleted)
}

fn with_part(filter: OrderFilter, part: OrderPart) -> OrderFilter {
    let open = |filter: OrderFilter, stage: Stage| {
        filter.with(Field::State, Op::Eq, OrderState::Open.number()).with(
            Field::Stage,
            Op::Eq,
            stage.number(),
        )
    };
    let number = |id: u64| i64::try_from(id).unwrap_or(i64::MAX);
    match part {
        OrderPart::Complete => filter.with(Field::State, Op::Eq, OrderState::Closed.number()),
        OrderPart::Rejected => filter.with(Field::State, Op::Eq, OrderState::Rejected.number()),
        OrderPart::Pending => open(filter, Stage::Pending),
        OrderPart::OnHold => open(filter, Stage::OnHold),
        OrderPart::Submitted => open(filter, Stage::Submitted),
        OrderPart::Accepted => open(filter, Stage::Accepted),
        // An account sale is one that waits for a known customer to settle it.
        OrderPart::PendingAccounts => open(filter, Stage::Pending).with(Field::Customer, Op::Ne, 0),
        OrderPart::LinkedCustomer => filter.with(Field::Customer, Op::Ne, 0),
        OrderPart::Customer(id) => filter.with(Field::Customer, Op::Eq, number(id)),
        OrderPart::Register(id) => filter.with(Field::Register, Op::Eq, number(id)),
        OrderPart::Staff(StaffRef::Id(id)) => filter.with(Field::Staff, Op::Eq, number(id)),
        // States, sites and reductions are looked at elsewhere.
        OrderPart::Staff(StaffRef::Me) | OrderPart::Deleted | OrderPart::Discounted | OrderPart::Site(_) => {
            filter
        }
    }
}

fn with_created(
    mut filter: OrderFilter,
    exchange: &Exchange,
    query: &Form<'_>,
) -> Result<OrderFilter, ApiError> {
    let zone = Zone::of_company(&exchange.directory);
    for name in CREATED {
        let Some(text) = query.get(name) else { continue };
        let Span { from_ms, until_ms } = zone
            .parse_span(text)
            .ok_or_else(|| ApiError::of(Fault::FilterTime).at(name))?;
        let on = |filter: OrderFilter, op, at_ms| filter.with(Field::OpenedAt, op, at_ms);
        filter = match name {
            "created_lt" => on(filter, Op::Lt, from_ms),
            "created_lte" => on(filter, Op::Lt, until_ms),
            "created_gt" => on(filter, Op::Ge, until_ms),
            "created_gte" => on(filter, Op::Ge, from_ms),
            _ => on(on(filter, Op::Ge, from_ms), Op::Lt, until_ms),
        };
    }
    Ok(filter)
}
