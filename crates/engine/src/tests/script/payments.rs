//! Commands about payments.

use tender_money::Decimal;

use super::{
    Script, Words, attributes, claim, decimal, device, endpoint, location, method, method_of, nullable,
    number, staff_of,
};
use crate::tests::bench::HERE;
use crate::tests::show::Seen;
use crate::{
    AmendPayment, AmountSpec, Command, ConfirmPayment, DeletePayment, Direction, KeySpace, Lookup, OnRefusal,
    PaymentPatch, PaymentSpec, PaymentState, Settle, TaskSpec, UpdatePayment, Via, VoidPayment,
};

const TTL_MS: i64 = 300_000;

fn state(name: &str) -> PaymentState {
    match name {
        "pending" => PaymentState::Pending,
        "progress" => PaymentState::Progress,
        "complete" => PaymentState::Complete,
        "reversed" => PaymentState::Reversed,
        other => panic!("no state {other} that can be asked for"),
    }
}

/// A negative amount is a refund, `rest` is all that is due.
fn amount(text: &str) -> (Direction, AmountSpec) {
    if text == "rest" {
        return (Direction::Receipt, AmountSpec::Remaining);
    }
    let value = decimal(text);
    if value.is_negative() {
        let value = value.checked_neg().expect("an amount");
        return (Direction::Refund, AmountSpec::Exact(value));
    }
    (Direction::Receipt, AmountSpec::Exact(value))
}

impl Script {
    /// `pay kounta 5.00`, `pay kseries 5.00`, `pay native 5.00 [till]`, `pay till 5.00`,
    /// `pay om receipt|refund 5.00|rest [state]`.
    pub(super) fn pay(&mut self, words: &Words<'_>) -> Seen {
        let dialect = words.next();
        let order = self.selector(words);
        let kind = (dialect == "om").then(|| words.next());
        let text = words.next();
        let (direction, amount) = amount(text);
        let direction = match kind {
            Some("refund") => Direction::Refund,
            _ => direction,
        };
        let shown = match amount {
            AmountSpec::Exact(value) => value.to_string(),
            AmountSpec::Remaining => text.to_owned(),
        };
        let till = Settle::Till(TaskSpec {
            ttl_ms: words.number("ttl").unwrap_or(TTL_MS),
            device: words.option("device").map(device),
            not_before: None,
        });
        let settle = match dialect {
            "kseries" => till,
            "native" if words.flag("till") => till,
            "om" => match words.rest().first().copied().map_or(PaymentState::Pending, state) {
                PaymentState::Complete => Settle::Immediate,
                other => Settle::Open(other),
            },
            _ => Settle::Immediate,
        };
        let reference = words.option("ref").map(str::to_owned);
        let mut keys = Vec::new();
        if let Some(text) = words.option("key") {
            keys.push(claim(words, KeySpace::IdempotencyKey, text, &shown, false));
        }
        if let (Some(text), "kseries" | "native") = (&reference, dialect) {
            let refuse_repeats = dialect == "kseries";
            keys.push(claim(
                words,
                KeySpace::PaymentReference,
                text,
                &shown,
                refuse_repeats,
            ));
        }
        let named = location(words);
        let (via, on_refusal) = match dialect {
            "kounta" => (Via::Kounta, OnRefusal::Reject),
            "kseries" => (Via::Kseries, OnRefusal::RecordFailure),
            "om" => (Via::Om, OnRefusal::RejectAndRemember),
            "native" => (Via::Native, OnRefusal::Reject),
            "till" => (Via::Till, OnRefusal::Reject),
            other => panic!("no dialect {other}"),
        };
        let spec = PaymentSpec {
            location: named.or((dialect == "kseries").then_some(HERE)),
            tip: words.decimal("tip").unwrap_or(Decimal::ZERO),
            surcharge: words.decimal("surcharge").unwrap_or(Decimal::ZERO),
            zero_allowed: matches!(dialect, "kounta" | "native"),
            tip_pays_service: dialect == "kounta",
            method: method_of(words),
            staff: staff_of(words),
            staff_required: dialect == "kseries",
            on_refusal,
            keys,
            reference,
            endpoint: words.option("endpoint").map_or(Lookup::Absent, endpoint),
            source: self.source(words).unwrap_or(Lookup::Absent),
            transaction_ref: words.option("tref").map(str::to_owned),
            attributes: words.option("attrs").map_or_else(Vec::new, |text| {
                attributes(text)
                    .into_iter()
                    .map(|(name, value)| (name, value.unwrap_or_default()))
                    .collect()
            }),
            note: words.option("note").map(str::to_owned),
            ..PaymentSpec::new(order, direction, amount, settle)
        };
        let caller = Self::caller(words, via);
        self.decide(caller, &Command::Pay(Box::new(spec)), None)
    }

    pub(super) fn change_payment(&mut self, words: &Words<'_>) -> Seen {
        let payment = self.payment_id(words.next());
        let via = if words.verb == "amend" {
            Via::Kounta
        } else {
            Via::Om
        };
        let caller = Self::caller(words, via);
        let command = match words.verb {
            "amend" => {
                let keys = words
                    .option("key")
                    .map(|text| claim(words, KeySpace::IdempotencyKey, text, "", false));
                Command::AmendPayment(AmendPayment {
                    payment,
                    reference: words.option("ref").map(nullable),
                    surcharge: words.decimal("surcharge"),
                    tip: words.decimal("tip"),
                    keys: keys.into_iter().collect(),
                })
            }
            "update" => Command::UpdatePayment(Box::new(UpdatePayment {
                payment,
                asserted_order: self.asserted(words),
                patch: PaymentPatch {
                    amount: words.decimal("amount"),
                    method: words.option("method").map(|text| match text {
                        "?" => Lookup::Unknown,
                        "none" => Lookup::Absent,
                        id => Lookup::Known(method(number(id))),
                    }),
                    custom: words.option("custom").map(|text| text == "true"),
                    correction: words.flag("correction"),
                    customer: words.option("customer").map(str::to_owned),
                    state: words.option("state").map(state),
                    source: self.source(words),
                    transaction_ref: words.option("tref").map(nullable),
                    attributes: words.option("attrs").map(attributes),
                    note: words.option("note").map(nullable),
                },
            })),
            "confirm" => Command::ConfirmPayment(ConfirmPayment {
                payment,
                asserted_order: self.asserted(words),
                transaction_ref: words.option("tref").map(str::to_owned),
                attributes: words.option("attrs").map(attributes),
                customer: words.option("customer").map(str::to_owned),
                once: words.flag("once"),
            }),
            "void" => Command::VoidPayment(VoidPayment { payment }),
            _ => Command::DeletePayment(DeletePayment {
                payment,
                open_only: words.flag("open-only"),
            }),
        };
        self.decide(caller, &command, Some(payment))
    }
}
