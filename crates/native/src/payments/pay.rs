//! `POST /api/v1/orders/{id}/payments` and `POST /api/v1/payments/{id}/refund`.
//!
//! Owns: the members of a payment and of a refund. Must not know: what is due, or whether a reference was used; the
//! ledger does.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{
    AmountSpec, Command, Direction, Lookup, MethodKind, OrderSelector, Outcome, Payment, PaymentSpec, Settle,
    TaskSpec,
};
use tender_http::Problem;
use tender_money::Decimal;
use tender_service::{Directory, Done, Principal};

use super::preview;
use super::render::answer_payment;
use crate::access::{self, Client, only_location};
use crate::advice::Circumstances;
use crate::body::{BodyBytes, Fields, LONG_TEXT_CHARS_MAX, SHORT_TEXT_CHARS_MAX};
use crate::ids::{self, OnTheWire};
use crate::keys::{Canonical, IdempotencyKey, repeatable};
use crate::named::Named;
use crate::query::QueryText;
use crate::segment::Segment;
use crate::{Native, lookup, refusal};

const PAYMENT_MEMBERS: [&str; 10] = [
    "amount",
    "tip",
    "surcharge",
    "method_code",
    "reference",
    "mode",
    "ttl_ms",
    "device_id",
    "staff_id",
    "note",
];
const REFUND_MEMBERS: [&str; 4] = ["amount", "reference", "staff_id", "note"];

/// The longest that a task is offered: a day.
pub(super) const TTL_MS_MAX: i64 = 86_400_000;

/// How a payment comes to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Immediate,
    Till,
}

impl Mode {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Till => "till",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Immediate, Self::Till]
            .into_iter()
            .find(|mode| mode.word() == word)
    }
}

pub(crate) async fn pay(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
    key: IdempotencyKey,
    body: BodyBytes,
) -> Result<Response, Problem> {
    let dry_run = query.read(&["dry_run"])?.flag("dry_run")?;
    let order = ids::read_order(&id).ok_or_else(refusal::order_not_found)?;
    let directory = lookup::directory(&native, &principal).await?;
    let json = body.json()?;
    let fields = Fields::of(&json, &PAYMENT_MEMBERS)?;
    let mut spec = read_payment(
        &fields,
        OrderSelector::Id(order),
        native.tender().settings().ttl_ms,
    )?;
    // The ledger looks at the location; only a caller with several needs the order read first.
    spec.location = only_location(&principal);
    if spec.location.is_none() && principal.locations.is_some() {
        spec.location = Some(lookup::order_head(&native, &principal, order).await?.location);
    }
    let named = Named::read(&fields)?;
    if let Settle::Till(task) = &mut spec.settle {
        task.device = named.device;
    }
    spec.staff = named.staff.map_or(Lookup::Absent, Lookup::Known);
    let method_code = fields.text("method_code", SHORT_TEXT_CHARS_MAX)?;
    spec.method = method_code.map_or(Lookup::Absent, |code| directory.method_by_code(code));
    let ttl_ms = fields.integer("ttl_ms", 1..=TTL_MS_MAX)?;
    spec.keys = Canonical::default()
        .with("order_id", order.wire())
        .maybe("amount", fields.decimal("amount")?)
        .maybe("tip", nonzero(spec.tip))
        .maybe("surcharge", nonzero(spec.surcharge))
        .maybe("method_code", method_code)
        .maybe("reference", spec.reference.as_deref())
        .with("mode", mode_of(&spec.settle).word())
        .maybe("ttl_ms", ttl_ms)
        .maybe("device_id", named.device.map(OnTheWire::wire))
        .maybe("staff_id", named.staff.map(OnTheWire::wire))
        .maybe("note", spec.note.as_deref())
        .with("operation", "pay")
        .claims(&key, spec.reference.as_deref());
    if !named.is_known_anywhere(&directory) {
        let location = lookup::order_head(&native, &principal, order).await?.location;
        named
            .check(&native, &principal, &directory, location, &spec.keys)
            .await?;
    }
    carry_out(&native, &principal, &directory, spec, dry_run).await
}

pub(crate) async fn refund(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
    key: IdempotencyKey,
    body: BodyBytes,
) -> Result<Response, Problem> {
    let dry_run = query.read(&["dry_run"])?.flag("dry_run")?;
    let id = ids::read_payment(&id).ok_or_else(refusal::payment_not_found)?;
    let source = lookup::payment(&native, &principal, id).await?;
    let directory = lookup::directory(&native, &principal).await?;
    let json = body.json()?;
    let fields = Fields::of(&json, &REFUND_MEMBERS)?;
    let amount = fields.decimal("amount")?;
    let spec_amount = amount.map_or(AmountSpec::Remaining, AmountSpec::Exact);
    let order = OrderSelector::Id(id.order);
    let mut spec = PaymentSpec::new(order, Direction::Refund, spec_amount, Settle::Immediate);
    spec.location = Some(source.location);
    spec.source = Lookup::Known(id);
    // Money goes back the way it came, whether or not the method is still offered.
    spec.method = match source.method {
        Some(method) => Lookup::Known((method, MethodKind::Ordinary)),
        None => Lookup::Absent,
    };
    let named = Named::read(&fields)?;
    spec.staff = named.staff.map_or(Lookup::Absent, Lookup::Known);
    spec.reference = fields.text("reference", SHORT_TEXT_CHARS_MAX)?.map(str::to_owned);
    spec.note = fields.text("note", LONG_TEXT_CHARS_MAX)?.map(str::to_owned);
    spec.keys = Canonical::default()
        .with("payment_id", id.wire())
        .maybe("amount", amount)
        .maybe("reference", spec.reference.as_deref())
        .maybe("staff_id", named.staff.map(OnTheWire::wire))
        .maybe("note", spec.note.as_deref())
        .with("operation", "refund")
        .claims(&key, spec.reference.as_deref());
    named
        .check(&native, &principal, &directory, source.location, &spec.keys)
        .await?;
    carry_out(&native, &principal, &directory, spec, dry_run).await
}

async fn carry_out(
    native: &Native,
    principal: &Principal,
    directory: &Directory,
    spec: PaymentSpec,
    dry_run: bool,
) -> Result<Response, Problem> {
    let caller = access::caller(principal);
    let repeatable = repeatable(&spec.keys);
    let command = Command::Pay(Box::new(spec));
    if dry_run {
        return preview::answer(native, &caller, directory, command).await;
    }
    let done = native.tender().execute(&caller, command).await;
    let done = done.map_err(|failure| refusal::of_failure(&failure, repeatable))?;
    let (payment, circumstances) = paid(&done).ok_or_else(|| refusal::internal(repeatable))?;
    let currency = lookup::currency_of(directory, payment)?;
    Ok(answer_payment(
        StatusCode::CREATED,
        payment,
        currency,
        circumstances,
    ))
}

/// The payment of an outcome. The first answer given again may be old: a till may have its task by now.
pub(super) fn paid(done: &Done) -> Option<(&Payment, Circumstances)> {
    let Some(Outcome::Payment(payment)) = &done.outcome else {
        return None;
    };
    let circumstances = if done.repeated {
        Circumstances::unread(payment)
    } else {
        Circumstances::default()
    };
    Some((payment, circumstances))
}

fn read_payment(
    fields: &Fields<'_, '_>,
    order: OrderSelector,
    ttl_ms_usual: i64,
) -> Result<PaymentSpec, Problem> {
    let amount = fields.require("amount", fields.decimal("amount")?)?;
    let mode = fields.word("mode", "immediate, till", Mode::from_word)?;
    let ttl_ms = fields.integer("ttl_ms", 1..=TTL_MS_MAX)?;
    let settle = match mode.unwrap_or(Mode::Immediate) {
        Mode::Till => Settle::Till(TaskSpec {
            ttl_ms: ttl_ms.unwrap_or(ttl_ms_usual),
            device: None,
            not_before: None,
        }),
        Mode::Immediate => {
            let for_tills = [
                ("ttl_ms", ttl_ms.is_some()),
                ("device_id", fields.plain_id("device_id")?.is_some()),
            ];
            if let Some((name, _)) = for_tills.into_iter().find(|(_, is_given)| *is_given) {
                return Err(refusal::invalid_field(
                    fields.path(name),
                    "It goes with mode \"till\" only.",
                ));
            }
            Settle::Immediate
        }
    };
    let mut spec = PaymentSpec::new(order, Direction::Receipt, AmountSpec::Exact(amount), settle);
    spec.tip = fields.decimal("tip")?.unwrap_or(Decimal::ZERO);
    spec.surcharge = fields.decimal("surcharge")?.unwrap_or(Decimal::ZERO);
    spec.zero_allowed = true;
    spec.reference = fields.text("reference", SHORT_TEXT_CHARS_MAX)?.map(str::to_owned);
    spec.note = fields.text("note", LONG_TEXT_CHARS_MAX)?.map(str::to_owned);
    Ok(spec)
}

const fn mode_of(settle: &Settle) -> Mode {
    match settle {
        Settle::Till(_) => Mode::Till,
        Settle::Immediate | Settle::Open(_) => Mode::Immediate,
    }
}

fn nonzero(amount: Decimal) -> Option<Decimal> {
    (!amount.is_zero()).then_some(amount)
}
