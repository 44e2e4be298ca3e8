//! What a script can assert, by name: the result, the order as it stands, the payment in question, and what was written.

use tender_money::format_minor;

use super::bench::MERCHANT;
use super::script::Script;
use crate::{
    Decision, Direction, NoticeKind, Order, OrderState, Outcome, Payment, PaymentId, PaymentState, Rejection,
    ServiceCharge, Stage, Task, TaskKind, TaskOutcome, TaskState, Warning,
};

/// What a line of a script led to.
pub(super) struct Seen {
    pub(super) decision: Option<Decision>,
    about: Option<PaymentId>,
}

impl Seen {
    pub(super) fn nothing() -> Self {
        Self {
            decision: None,
            about: None,
        }
    }

    pub(super) fn payment(about: Option<PaymentId>) -> Self {
        Self {
            decision: None,
            about,
        }
    }

    pub(super) fn decided(decision: Decision, about: Option<PaymentId>) -> Self {
        Self {
            decision: Some(decision),
            about,
        }
    }

    /// Compares with what was expected: first the result, then values by name. A line that expects nothing must not be refused.
    pub(super) fn compare(&self, script: &Script, expected: Option<&str>) -> Result<(), String> {
        let mut differences = Vec::new();
        let refused = self
            .decision
            .as_ref()
            .is_some_and(|decision| decision.outcome.is_err());
        if expected.is_none() && refused {
            differences.push("  refused".to_owned());
        }
        for part in expected.unwrap_or_default().split_whitespace() {
            let (name, wanted) = part.split_once('=').unwrap_or(("result", part));
            let found = self.value(script, name);
            if found != wanted {
                differences.push(format!("  {name}: expected {wanted}, found {found}"));
            }
        }
        if differences.is_empty() {
            Ok(())
        } else {
            differences.push(format!("  result: {}", self.result()));
            Err(differences.join("\n"))
        }
    }

    pub(super) fn result(&self) -> String {
        let Some(decision) = &self.decision else {
            return "ok".to_owned();
        };
        let word = match &decision.outcome {
            Err(rejection) => rejection.code(),
            Ok(Outcome::Task(TaskOutcome::Applied, ..)) => "applied",
            Ok(Outcome::Task(TaskOutcome::Refused, ..)) => "refused",
            Ok(Outcome::Task(TaskOutcome::Superseded, ..)) => "superseded",
            Ok(Outcome::Fenced(_)) => "fenced",
            Ok(_) => "ok",
        };
        if decision.repeated {
            format!("again:{word}")
        } else {
            word.to_owned()
        }
    }

    fn value(&self, script: &Script, name: &str) -> String {
        if name == "result" {
            return self.result();
        }
        if let Some(value) = self.decision.as_ref().and_then(|seen| of_decision(seen, name)) {
            return value;
        }
        let task = self
            .decision
            .as_ref()
            .and_then(|decision| match &decision.outcome {
                Ok(Outcome::Task(_, task, _)) => Some((**task).clone()),
                Ok(Outcome::Tasks(tasks)) => tasks.first().cloned(),
                _ => None,
            });
        if let Some(value) = task.and_then(|task| of_task(&task, name)) {
            return value;
        }
        let digits = script.bench.currency.digits();
        if let Some(value) = self
            .the_payment(script)
            .and_then(|payment| of_payment(&payment, name, digits))
        {
            return value;
        }
        let order = script.order_now();
        order
            .and_then(|order| of_order(order, name, digits))
            .or_else(|| of_lines(script, name))
            .unwrap_or_else(|| panic!("nothing here is called {name}"))
    }

    fn the_payment(&self, script: &Script) -> Option<Payment> {
        let outcome = self.decision.as_ref().and_then(|seen| seen.outcome.as_ref().ok());
        let payment = match outcome {
            Some(Outcome::Payment(payment)) => Some((**payment).clone()),
            Some(Outcome::Task(_, _, Some(payment)) | Outcome::Fenced(Some(payment))) => {
                Some((**payment).clone())
            }
            _ => None,
        };
        payment.or_else(|| {
            let id = self.about?;
            script.bench.snapshot.payments.get(&(MERCHANT, id)).cloned()
        })
    }
}

fn list<T>(items: &[T], name: impl Fn(&T) -> String) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    items.iter().map(name).collect::<Vec<_>>().join(",")
}

fn notice(kind: &NoticeKind) -> String {
    match kind {
        NoticeKind::PaymentAccepted => "accepted".to_owned(),
        NoticeKind::PaymentCompleted => "completed".to_owned(),
        NoticeKind::PaymentFailed(failure) => format!("failed:{}", failure.code.code()),
        NoticeKind::PaymentVoided => "voided".to_owned(),
        NoticeKind::PaymentReversed => "reversed".to_owned(),
        NoticeKind::PaymentAmended => "amended".to_owned(),
        NoticeKind::OrderOpened => "opened".to_owned(),
        NoticeKind::OrderFailed(failure) => format!("order-failed:{}", failure.code.code()),
        NoticeKind::OrderUpdateFailed(failure, maker) => {
            let told = maker
                .told
                .as_ref()
                .map_or(String::new(), |(endpoint, reference)| {
                    format!(":E{}:{reference}", endpoint.0)
                });
            format!(
                "update-failed:{}:app{}{told}",
                failure.code.code(),
                maker.application.0
            )
        }
        NoticeKind::OrderStaged => "staged".to_owned(),
        NoticeKind::OrderUpdated => "updated".to_owned(),
        NoticeKind::OrderClosed => "closed".to_owned(),
        NoticeKind::OrderCancelled => "cancelled".to_owned(),
        NoticeKind::OrderDeleted => "deleted".to_owned(),
        NoticeKind::OrderReady => "ready".to_owned(),
    }
}

fn of_decision(seen: &Decision, name: &str) -> Option<String> {
    let changes = &seen.changes;
    Some(match name {
        "notices" => list(&changes.notices, |told| notice(&told.kind)),
        "entries" => list(&changes.entries, |entry| entry.kind.code().to_owned()),
        "postings" => list(
            &changes
                .entries
                .iter()
                .flat_map(|entry| entry.postings.clone())
                .collect::<Vec<_>>(),
            |posting| format!("{}:{}", posting.ledger, posting.amount_minor),
        ),
        "changes" => if changes.is_empty() { "none" } else { "some" }.to_owned(),
        "keys" => changes.keys.len().to_string(),
        "money" => match seen.outcome.as_ref().err().and_then(Rejection::money_field) {
            Some(field) => format!("{field:?}").to_lowercase(),
            None => "none".to_owned(),
        },
        "field" => match &seen.outcome {
            Err(Rejection::KeyReused { field }) => field.clone(),
            _ => "none".to_owned(),
        },
        "warn" => list(&seen.warnings, |warning| match warning {
            Warning::DuplicateTransactionRef => "duplicate".to_owned(),
            Warning::NotApplied(member) => format!("not-applied:{member}"),
        }),
        "case" => list(&changes.cases, |case| case.reason.code().to_owned()),
        "tasks" => match &seen.outcome {
            Ok(Outcome::Tasks(tasks)) => tasks.len().to_string(),
            _ => return None,
        },
        _ => return None,
    })
}

fn of_task(task: &Task, name: &str) -> Option<String> {
    Some(match name {
        "lease" => task.lease.to_string(),
        "task" => match &task.state {
            TaskState::Open => "open".to_owned(),
            TaskState::Applied => "applied".to_owned(),
            TaskState::Refused(failure) => format!("refused:{}", failure.code.code()),
            TaskState::Expired => "expired".to_owned(),
            TaskState::Withdrawn => "withdrawn".to_owned(),
        },
        "kind" => match task.kind {
            TaskKind::Payment => "payment",
            TaskKind::Order => "order",
            TaskKind::Lines { .. } => "lines",
            TaskKind::Message { .. } => "message",
        }
        .to_owned(),
        "holder" => task
            .leased_to
            .map_or("none".to_owned(), |device| format!("D{}", device.0)),
        "held-ms" => (task.leased_until.0 - task.created_at.0).to_string(),
        _ => return None,
    })
}

fn text(value: Option<&String>) -> String {
    value.cloned().unwrap_or_else(|| "none".to_owned())
}

fn of_payment(payment: &Payment, name: &str, digits: u32) -> Option<String> {
    let money = |minor| format_minor(minor, digits);
    Some(match name {
        "n" => payment.id.number.to_string(),
        "type" => match payment.direction {
            Direction::Receipt => "receipt".to_owned(),
            Direction::Refund => "refund".to_owned(),
        },
        "state" => match payment.state {
            PaymentState::Pending => "pending",
            PaymentState::Progress => "progress",
            PaymentState::Complete => "complete",
            PaymentState::Failed => "failed",
            PaymentState::Voided => "voided",
            PaymentState::Reversed => "reversed",
        }
        .to_owned(),
        "amount" => money(payment.amount_minor),
        "tip" => money(payment.tip_minor),
        "surcharge" => money(payment.surcharge_minor),
        "u" => money(payment.service_tip_minor),
        "c" => match payment.direction {
            Direction::Receipt => money(payment.service_minor),
            Direction::Refund => money(-payment.service_minor),
        },
        "fail" => payment
            .failure
            .as_ref()
            .map_or("none", |failure| failure.code.code())
            .to_owned(),
        "says" => text(
            payment
                .failure
                .as_ref()
                .and_then(|failure| failure.message.as_ref()),
        ),
        "refunds" => money(payment.refunds_minor),
        "src" => payment
            .source
            .map_or("none".to_owned(), |source| source.number.to_string()),
        "ref" => text(payment.reference.as_ref()),
        "tref" => text(payment.transaction_ref.as_ref()),
        "note" => text(payment.note.as_ref()),
        "customer" => text(payment.customer.as_ref()),
        "custom" => payment.custom.to_string(),
        "attrs" => list(&payment.attributes, |(name, value)| format!("{name}:{value}")),
        "method" => payment
            .method
            .as_ref()
            .map_or("none".to_owned(), |method| method.id.0.to_string()),
        "staff" => payment
            .staff
            .map_or("none".to_owned(), |staff| staff.0.to_string()),
        "printer" => payment
            .printer_profile
            .map_or("none".to_owned(), |printer| printer.to_string()),
        "hidden" => payment.deleted.to_string(),
        "completed-at" => payment
            .completed_at
            .map_or("none".to_owned(), |at| at.0.to_string()),
        "reversed-at" => payment
            .reversed_at
            .map_or("none".to_owned(), |at| at.0.to_string()),
        "created-at" => payment.created_at.0.to_string(),
        "updated-at" => payment.updated_at.0.to_string(),
        "created-by" => payment.created_by.0.to_string(),
        "created-via" => payment.created_via.code().to_owned(),
        "updated-via" => payment.updated_via.code().to_owned(),
        "ends-in" => payment
            .expires_at
            .map_or("never".to_owned(), |at| (at.0 - payment.created_at.0).to_string()),
        "has-order" => payment.id.has_order().to_string(),
        _ => return None,
    })
}

fn of_order(order: &Order, name: &str, digits: u32) -> Option<String> {
    let money = |minor| format_minor(minor, digits);
    Some(match name {
        "order" => match order.state {
            OrderState::Proposed => "proposed",
            OrderState::Open => "open",
            OrderState::Closed => "closed",
            OrderState::Cancelled => "cancelled",
            OrderState::Rejected => "rejected",
            OrderState::Deleted => "deleted",
        }
        .to_owned(),
        "stage" => match order.stage {
            Stage::Pending => "pending",
            Stage::Submitted => "submitted",
            Stage::OnHold => "on-hold",
            Stage::Accepted => "accepted",
        }
        .to_owned(),
        "T" => money(order.total_minor()),
        "S" => money(order.service_minor),
        "C" => money(order.service_contributed_minor),
        "rate" => match order.service_charge {
            ServiceCharge::Rate(rate) => rate.to_string(),
            _ => "none".to_owned(),
        },
        "tax" => money(order.tax_minor),
        "R" => money(order.remaining_minor()),
        "due" => money(order.due_minor()),
        "paid" => money(order.paid_minor()),
        "reserved" => money(order.reserved_minor),
        "refundable" => money(order.refundable_minor()),
        "tips" => money(order.tips_minor),
        "surcharges" => money(order.surcharges_minor),
        "pending" => order.pending_count.to_string(),
        "payments" => order.last_payment_number.to_string(),
        "account" => order.account.to_string(),
        "closed-at" => order.closed_at.map_or("none".to_owned(), |at| at.0.to_string()),
        "order-notes" => text(order.notes.as_ref()),
        "watchers" => list(&order.watchers, |watcher| {
            let maker = if watcher.is_maker { "!" } else { "" };
            format!("E{}:{}{maker}", watcher.endpoint.0, watcher.reference)
        }),
        "labels" => list(&order.labels, |(name, value)| format!("{name}:{value}")),
        "seq" => order.journal_seq.to_string(),
        _ => return None,
    })
}

fn of_lines(script: &Script, name: &str) -> Option<String> {
    let lines = &script.bench.snapshot.lines.get(&(MERCHANT, script.order?))?.lines;
    let digits = script.bench.currency.digits();
    Some(match name {
        "lines" => list(lines, |line| format_minor(line.total_minor, digits)),
        "numbers" => list(lines, |line| line.number.to_string()),
        "taxes" => list(lines, |line| format_minor(line.tax_minor, digits)),
        _ => return None,
    })
}
