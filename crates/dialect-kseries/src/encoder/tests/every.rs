//! What is told about every kind of news and every failure there is.

use std::fmt::Write;

use tender_engine::{Failure, NoticeKind, OrderState};

use super::{FULL, PAID, PLAIN, about_order, about_payment, order, paid, payment, text, told, view};
use crate::tests::every;
use crate::tests::golden::Goldens;

/// The PAYMENT notification of a failure.
pub(crate) fn payment_failure(failure: Failure) -> String {
    let payment = payment(1, PLAIN, "12345678901234");
    let notices = [about_payment(NoticeKind::PaymentFailed(failure), &payment)];
    let view = view(order(), Vec::new());
    let mut messages = told(PLAIN, &notices, Some(&view), &[payment]);
    messages.pop().expect("a failed payment is told").body
}

/// The ORDER notification of a failure.
pub(crate) fn order_failure(failure: Failure) -> String {
    let mut came_to_nothing = order();
    came_to_nothing.state = OrderState::Cancelled;
    came_to_nothing.closed_at = Some(PAID);
    let notices = [about_order(NoticeKind::OrderFailed(failure))];
    let view = view(came_to_nothing, Vec::new());
    let mut messages = told(PLAIN, &notices, Some(&view), &[]);
    messages.pop().expect("a failed order is told").body
}

/// One table: each kind of news, and what the plain and the full endpoint are told about it, if anything.
#[test]
fn every_kind_of_news_has_its_message_or_none() {
    let mut table = String::new();
    for (name, kind) in every::news::all() {
        let mut order = order();
        match kind {
            NoticeKind::OrderClosed => order = paid(order),
            NoticeKind::OrderFailed(_) => {
                order.state = OrderState::Cancelled;
                order.closed_at = Some(PAID);
            }
            _ => {}
        }
        for (shown, endpoint) in [("plain", PLAIN), ("with account", FULL)] {
            let payment = payment(1, endpoint, "REF11");
            let notice = if name.starts_with("Payment") {
                about_payment(kind.clone(), &payment)
            } else {
                about_order(kind.clone())
            };
            let view = view(order.clone(), vec![payment.clone()]);
            let messages = told(endpoint, &[notice], Some(&view), &[payment]);
            let told = if messages.is_empty() {
                "nothing".to_owned()
            } else {
                text(&messages).replace('\n', " ")
            };
            writeln!(table, "{name}, {shown}: {told}").expect("a text grows");
        }
    }
    let mut goldens = Goldens::new("news");
    goldens.check("by-kind.txt", table.trim_end());
    goldens.finish();
}

/// A pending payment never showed on its check: that it is cancelled changes nothing there.
#[test]
fn a_voided_payment_is_told_without_an_update_of_its_check() {
    let payment = payment(1, PLAIN, "REF11");
    let view = view(order(), vec![payment.clone()]);
    let notices = [
        about_payment(NoticeKind::PaymentVoided, &payment),
        about_order(NoticeKind::OrderUpdated),
    ];
    let events: Vec<String> = told(PLAIN, &notices, Some(&view), &[payment])
        .into_iter()
        .map(|message| message.event)
        .collect();
    assert_eq!(events, ["payment.FAILURE"]);
}

/// Lines and a payment that come in one commit show one state of the check.
#[test]
fn two_updates_in_one_commit_are_told_once() {
    let view = view(order(), Vec::new());
    let notices = [
        about_order(NoticeKind::OrderUpdated),
        about_order(NoticeKind::OrderUpdated),
    ];
    assert_eq!(told(PLAIN, &notices, Some(&view), &[]).len(), 1);
}
