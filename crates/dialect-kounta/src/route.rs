//! Paths: from the text that a client sent to the thing that it means.
//!
//! Owns: the grammar of the dialect's paths, their suffixes, and which methods each takes. Must not know: whether what
//! a path names exists.
//!
//! The hard thing here is that the filters of order lists may stand in any order, before `orders` or after it, so
//! these paths are read part by part where all others have one form.

use std::borrow::Cow;

use axum::http::Method;
use percent_encoding::percent_decode_str;
use tender_engine::{EndpointId, LocationId, OrderId, PaymentId};

#[cfg(test)]
mod tests;

/// The most filter parts of one path. More would only repeat or contradict each other.
const ORDER_PARTS_MAX: usize = 12;

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Whose; `None` where the path names no company.
    pub(crate) company: Option<CompanyRef>,
    /// What.
    pub(crate) route: Route,
    /// In which format.
    pub(crate) suffix: Suffix,
}

/// The company of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompanyRef {
    /// The one of the credential.
    Me,
    /// One by its id.
    Id(u64),
}

/// The suffix of the last segment, which chooses the format and wins over `Accept`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suffix {
    /// None: `Accept` decides.
    None,
    /// `.json`.
    Json,
    /// `.xml`, which is not served any more.
    Xml,
}

/// An employee of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StaffRef {
    /// The one of the credential.
    Me,
    /// One by id.
    Id(u64),
}

/// A part of a path that narrows a list of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderPart {
    /// Finished sales.
    Complete,
    /// Open on the till.
    Pending,
    /// Quietly open.
    OnHold,
    /// Waiting for staff.
    Submitted,
    /// Accepted by staff.
    Accepted,
    /// Rejected by staff.
    Rejected,
    /// Pending account sales.
    PendingAccounts,
    /// With any price reduction.
    Discounted,
    /// With a customer.
    LinkedCustomer,
    /// Deleted.
    Deleted,
    /// Of one customer.
    Customer(u64),
    /// Of one site.
    Site(LocationId),
    /// Of one register.
    Register(u64),
    /// Of one employee.
    Staff(StaffRef),
}

/// A resource of the dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// Status of all sites that the credential may see.
    SitesStatus,
    /// The company.
    Company,
    /// Status of the company's sites.
    Statuses,
    /// Its sites, or those of an employee.
    Sites(Option<StaffRef>),
    /// One site.
    Site(LocationId),
    /// Its status.
    SiteStatus(LocationId),
    /// Its registers.
    SiteRegisters(LocationId),
    /// All registers.
    Registers,
    /// One register.
    Register(u64),
    /// All staff.
    StaffList,
    /// One employee.
    Staff(StaffRef),
    /// Payment methods, of the company or at a site.
    Methods(Option<LocationId>),
    /// Webhooks.
    Webhooks,
    /// One webhook.
    Webhook(EndpointId),
    /// Orders; with the filters of the path.
    Orders(Vec<OrderPart>),
    /// One order.
    Order(OrderId),
    /// One order by its sale number.
    OrderBySaleId(String),
    /// Lines of an order.
    Lines(OrderId),
    /// One line.
    Line(OrderId, u32),
    /// Payments of an order.
    Payments(OrderId),
    /// One payment.
    Payment(PaymentId),
}

const GET: &[Method] = &[Method::GET];
const GET_POST: &[Method] = &[Method::GET, Method::POST];
const GET_PUT: &[Method] = &[Method::GET, Method::PUT];
const GET_PUT_DELETE: &[Method] = &[Method::GET, Method::PUT, Method::DELETE];
const POST: &[Method] = &[Method::POST];
const PUT: &[Method] = &[Method::PUT];
const PUT_DELETE: &[Method] = &[Method::PUT, Method::DELETE];

impl Route {
    /// Every form of path, as log and metrics call it.
    pub(crate) const TEMPLATES: [&str; 22] = [
        "/v1/sites_status",
        "/v1/companies/{company}",
        "/v1/companies/{company}/status",
        "/v1/companies/{company}/sites",
        "/v1/companies/{company}/staff/{staff}/sites",
        "/v1/companies/{company}/sites/{site}",
        "/v1/companies/{company}/sites/{site}/status",
        "/v1/companies/{company}/sites/{site}/registers",
        "/v1/companies/{company}/sites/{site}/payment_methods",
        "/v1/companies/{company}/registers",
        "/v1/companies/{company}/registers/{register}",
        "/v1/companies/{company}/staff",
        "/v1/companies/{company}/staff/{staff}",
        "/v1/companies/{company}/payment_methods",
        "/v1/companies/{company}/webhooks",
        "/v1/companies/{company}/webhooks/{webhook}",
        "/v1/companies/{company}/orders",
        "/v1/companies/{company}/orders/{order}",
        "/v1/companies/{company}/orders/{order}/lines",
        "/v1/companies/{company}/orders/{order}/lines/{number}",
        "/v1/companies/{company}/orders/{order}/payments",
        "/v1/companies/{company}/orders/{order}/payments/{number}",
    ];

    /// The form of this path, one of [`Route::TEMPLATES`].
    pub(crate) const fn template(&self) -> &'static str {
        match self {
            Self::SitesStatus => "/v1/sites_status",
            Self::Company => "/v1/companies/{company}",
            Self::Statuses => "/v1/companies/{company}/status",
            Self::Sites(None) => "/v1/companies/{company}/sites",
            Self::Sites(Some(_)) => "/v1/companies/{company}/staff/{staff}/sites",
            Self::Site(_) => "/v1/companies/{company}/sites/{site}",
            Self::SiteStatus(_) => "/v1/companies/{company}/sites/{site}/status",
            Self::SiteRegisters(_) => "/v1/companies/{company}/sites/{site}/registers",
            Self::Methods(Some(_)) => "/v1/companies/{company}/sites/{site}/payment_methods",
            Self::Registers => "/v1/companies/{company}/registers",
            Self::Register(_) => "/v1/companies/{company}/registers/{register}",
            Self::StaffList => "/v1/companies/{company}/staff",
            Self::Staff(_) => "/v1/companies/{company}/staff/{staff}",
            Self::Methods(None) => "/v1/companies/{company}/payment_methods",
            Self::Webhooks => "/v1/companies/{company}/webhooks",
            Self::Webhook(_) => "/v1/companies/{company}/webhooks/{webhook}",
            Self::Orders(_) => "/v1/companies/{company}/orders",
            Self::Order(_) | Self::OrderBySaleId(_) => "/v1/companies/{company}/orders/{order}",
            Self::Lines(_) => "/v1/companies/{company}/orders/{order}/lines",
            Self::Line(..) => "/v1/companies/{company}/orders/{order}/lines/{number}",
            Self::Payments(_) => "/v1/companies/{company}/orders/{order}/payments",
            Self::Payment(_) => "/v1/companies/{company}/orders/{order}/payments/{number}",
        }
    }

    /// The methods that the resource takes, in the order in which `Allow` names them.
    pub(crate) fn methods(&self) -> &'static [Method] {
        match self {
            Self::SitesStatus
            | Self::Company
            | Self::Statuses
            | Self::Sites(_)
            | Self::Site(_)
            | Self::SiteStatus(_)
            | Self::SiteRegisters(_)
            | Self::Registers
            | Self::Register(_)
            | Self::StaffList
            | Self::Staff(_)
            | Self::Methods(_)
            | Self::OrderBySaleId(_) => GET,
            Self::Orders(parts) if parts.is_empty() => GET_POST,
            Self::Orders(_) => GET,
            Self::Order(_) => GET_PUT,
            Self::Webhooks => GET_POST,
            Self::Webhook(_) => GET_PUT_DELETE,
            Self::Lines(_) | Self::Payments(_) => POST,
            Self::Line(..) => PUT_DELETE,
            Self::Payment(_) => PUT,
        }
    }

    /// What has to be there for the path to be one that takes certain methods: a line or a payment by its number need not
    /// be, so that a client learns from any of them how payments are handled.
    pub(crate) fn within(&self) -> Self {
        match self {
            Self::Line(order, _) | Self::Payment(PaymentId { order, .. }) => Self::Order(*order),
            other => other.clone(),
        }
    }

    /// Whether an answer under this path and method may be about money, and so says whether money moved.
    pub(crate) fn is_about_money(&self, method: &Method) -> bool {
        match self {
            Self::Payments(_) | Self::Payment(_) => true,
            Self::Orders(parts) => parts.is_empty() && *method == Method::POST,
            _ => false,
        }
    }
}

impl Target {
    /// Reads a path as the client sent it; `None` when the dialect has no such path.
    ///
    /// Segments are decoded after the path was divided, so that an encoded slash divides nothing.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let mut segments: Vec<Cow<'_, str>> = Vec::new();
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            segments.push(percent_decode_str(segment).decode_utf8().ok()?);
        }
        let suffix = segments.last_mut().map_or(Suffix::None, take_suffix);
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        match segments.as_slice() {
            ["v1", "sites_status"] => Some(Self {
                company: None,
                route: Route::SitesStatus,
                suffix,
            }),
            ["v1", "companies", company, rest @ ..] => {
                let company = match *company {
                    "me" => CompanyRef::Me,
                    id => CompanyRef::Id(number(id)?),
                };
                Some(Self {
                    company: Some(company),
                    route: route(rest)?,
                    suffix,
                })
            }
            _ => None,
        }
    }
}

/// Takes the suffix off the last segment. A segment that would be nothing without it keeps it.
fn take_suffix(last: &mut Cow<'_, str>) -> Suffix {
    for (text, suffix) in [(".json", Suffix::Json), (".xml", Suffix::Xml)] {
        let bare = last
            .strip_suffix(text)
            .filter(|bare| !bare.is_empty())
            .map(str::to_owned);
        if let Some(bare) = bare {
            *last = Cow::Owned(bare);
            return suffix;
        }
    }
    Suffix::None
}

fn route(rest: &[&str]) -> Option<Route> {
    Some(match rest {
        [] => Route::Company,
        ["status"] => Route::Statuses,
        ["sites"] => Route::Sites(None),
        ["sites", site] => Route::Site(location(site)?),
        ["sites", site, "status"] => Route::SiteStatus(location(site)?),
        ["sites", site, "registers"] => Route::SiteRegisters(location(site)?),
        ["sites", site, "payment_methods"] => Route::Methods(Some(location(site)?)),
        ["registers"] => Route::Registers,
        ["registers", register] => Route::Register(number(register)?),
        ["staff"] => Route::StaffList,
        ["staff", staff] => Route::Staff(staff_ref(staff)?),
        ["staff", staff, "sites"] => Route::Sites(Some(staff_ref(staff)?)),
        ["payment_methods"] => Route::Methods(None),
        ["webhooks"] => Route::Webhooks,
        ["webhooks", webhook] => Route::Webhook(EndpointId(number(webhook)?)),
        ["orders", "saleid", sale_id] => Route::OrderBySaleId((*sale_id).to_owned()),
        ["orders", order, below @ ..] if is_number(order) => order_route(OrderId(number(order)?), below)?,
        parts => Route::Orders(order_parts(parts)?),
    })
}

fn order_route(order: OrderId, below: &[&str]) -> Option<Route> {
    Some(match below {
        [] => Route::Order(order),
        ["lines"] => Route::Lines(order),
        ["lines", line] => Route::Line(order, u32::try_from(number(line)?).ok()?),
        ["payments"] => Route::Payments(order),
        ["payments", payment] => {
            let number = u32::try_from(number(payment)?).ok()?;
            Route::Payment(PaymentId { order, number })
        }
        _ => return None,
    })
}

/// Reads the filters around `orders`, which must stand there once.
fn order_parts(mut rest: &[&str]) -> Option<Vec<OrderPart>> {
    let mut parts = Vec::new();
    let mut has_orders = false;
    while let [first, after @ ..] = rest {
        let (part, after) = match (*first, after) {
            ("orders", after) if !has_orders => {
                has_orders = true;
                rest = after;
                continue;
            }
            ("sites", [id, after @ ..]) => (OrderPart::Site(location(id)?), after),
            ("registers", [id, after @ ..]) => (OrderPart::Register(number(id)?), after),
            ("staff", [id, after @ ..]) => (OrderPart::Staff(staff_ref(id)?), after),
            ("customers", [id, after @ ..]) => (OrderPart::Customer(number(id)?), after),
            // A status says something about orders, so it stands behind the word.
            ("pending", ["accounts", after @ ..]) if has_orders => (OrderPart::PendingAccounts, after),
            (word, after) if has_orders => (status_part(word)?, after),
            _ => return None,
        };
        if parts.len() >= ORDER_PARTS_MAX {
            return None;
        }
        parts.push(part);
        rest = after;
    }
    has_orders.then_some(parts)
}

fn status_part(word: &str) -> Option<OrderPart> {
    Some(match word {
        "complete" => OrderPart::Complete,
        "pending" => OrderPart::Pending,
        "on_hold" => OrderPart::OnHold,
        "submitted" => OrderPart::Submitted,
        "accepted" => OrderPart::Accepted,
        "rejected" => OrderPart::Rejected,
        "discounted" => OrderPart::Discounted,
        "linkedcustomer" => OrderPart::LinkedCustomer,
        "deleted" => OrderPart::Deleted,
        _ => return None,
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An id as text; one that does not fit names nothing, and neither does one with zeros before it: an id has one text.
fn number(text: &str) -> Option<u64> {
    if is_number(text) && (text == "0" || !text.starts_with('0')) {
        text.parse::<i64>().ok().map(i64::cast_unsigned)
    } else {
        None
    }
}

fn location(text: &str) -> Option<LocationId> {
    number(text).map(LocationId)
}

fn staff_ref(text: &str) -> Option<StaffRef> {
    match text {
        "me" => Some(StaffRef::Me),
        id => number(id).map(StaffRef::Id),
    }
}
