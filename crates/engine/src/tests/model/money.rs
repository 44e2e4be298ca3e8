//! Money on one order: payments, tips, refunds, corrections, reversals, lines, states.
//!
//! The service charge is half of the goods and everything costs a few yen, so that rounding happens everywhere.

use crate::tests::bench::MERCHANT;
use crate::tests::script::Script;
use crate::{Direction, OrderState, PaymentState};

const COMMANDS: [&str; 14] = [
    "pay kounta 1",
    "pay kounta 2 tip=2",
    "pay kounta 0 tip=3",
    "pay om receipt 2",
    "pay kounta -1",
    "pay om refund 1 src=#1",
    "confirm oldest",
    "void oldest",
    "reverse newest",
    "correct refund",
    "lines 2",
    "drop last",
    "close",
    "cancel",
];

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    Open,
    Closed,
    Cancelled,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Stands {
    Waiting,
    Counted,
    Voided,
    Undone,
}

#[derive(Clone, Debug)]
struct Row {
    receipt: bool,
    amount: i64,
    tip: i64,
    /// The part of the tip that pays service.
    bound: i64,
    service: i64,
    kounta: bool,
    of_first: bool,
    stands: Stands,
}

#[derive(Clone, Debug)]
struct Model {
    closes: bool,
    state: State,
    lines: Vec<i64>,
    rows: Vec<Row>,
    contributed: i64,
}

type Answer = Result<(), &'static str>;

impl Model {
    fn new(closes: bool) -> Self {
        Self {
            closes,
            state: State::Open,
            lines: vec![3],
            rows: Vec::new(),
            contributed: 0,
        }
    }

    fn service(&self) -> i64 {
        (self.lines.iter().sum::<i64>() + 1) / 2
    }

    fn total(&self) -> i64 {
        self.lines.iter().sum::<i64>() + self.service()
    }

    fn sum(&self, receipt: bool, stands: Stands, of: impl Fn(&Row) -> i64) -> i64 {
        let rows = self.rows.iter();
        rows.filter(|row| row.receipt == receipt && row.stands == stands)
            .map(of)
            .sum()
    }

    fn paid(&self) -> i64 {
        self.sum(true, Stands::Counted, |row| row.amount + row.bound)
            - self.sum(false, Stands::Counted, |row| row.amount)
    }

    fn reserved(&self) -> i64 {
        self.sum(true, Stands::Waiting, |row| row.amount + row.bound)
    }

    fn due(&self) -> i64 {
        self.total() - self.paid() - self.reserved()
    }

    fn refundable(&self) -> i64 {
        self.paid() - self.sum(false, Stands::Waiting, |row| row.amount)
    }

    fn tips(&self) -> i64 {
        self.sum(true, Stands::Counted, |row| row.tip - row.bound)
    }

    /// What live refunds take of the first payment.
    fn refunds_of_first(&self, but: Option<usize>) -> i64 {
        let live = |row: &&Row| row.of_first && matches!(row.stands, Stands::Waiting | Stands::Counted);
        let rows = self.rows.iter().enumerate();
        rows.filter(|(at, _)| Some(*at) != but)
            .map(|(_, row)| row)
            .filter(live)
            .map(|row| row.amount)
            .sum()
    }

    /// The number nearest to `amount · S / T`, the larger of two; found by trying.
    fn share(&self, amount: i64) -> i64 {
        if self.total() == 0 {
            return 0;
        }
        (0..)
            .take_while(|try_| (2 * try_ - 1) * self.total() <= 2 * amount * self.service())
            .last()
            .unwrap_or(0)
    }

    /// Whether the state of the order lets a receipt or refund be made or touched.
    fn admits(&self, also_closed: bool) -> Answer {
        match self.state {
            State::Open => Ok(()),
            State::Closed if also_closed => Ok(()),
            State::Closed => Err("order-closed"),
            State::Cancelled => Err("order-cancelled"),
        }
    }

    /// Counts a row that is in the list already but counts nowhere yet.
    fn count(&mut self, at: usize) {
        let row = self.rows[at].clone();
        let owed = self.service() - self.contributed;
        let remaining = self.total() - self.paid();
        let service = if row.receipt {
            let minimum = self.share(row.amount + if row.kounta { row.tip } else { 0 });
            if row.amount + row.bound == remaining {
                owed
            } else {
                owed.min(row.bound.max(minimum))
            }
        } else if self.paid() == row.amount {
            self.contributed
        } else {
            self.contributed.min(self.share(row.amount))
        };
        self.contributed += if row.receipt { service } else { -service };
        self.rows[at].service = service;
        self.rows[at].stands = Stands::Counted;
    }

    fn pay(&mut self, receipt: bool, amount: i64, tip: i64, kounta: bool, of_first: bool) -> Answer {
        self.admits(!receipt || amount == 0)?;
        let mut limit = if receipt { self.due() } else { self.refundable() };
        if of_first {
            let source = self
                .rows
                .first()
                .filter(|row| row.receipt && row.stands == Stands::Counted);
            let source = source.ok_or("source-invalid")?;
            limit = limit.min(source.amount + source.bound - self.refunds_of_first(None));
        }
        if amount > limit {
            return Err(if receipt {
                "exceeds-due"
            } else {
                "exceeds-refundable"
            });
        }
        let owed = self.service() - self.contributed;
        let bound = if kounta && receipt {
            tip.min(owed).min(self.due() - amount)
        } else {
            0
        };
        self.rows.push(Row {
            receipt,
            amount,
            tip,
            bound,
            service: 0,
            kounta,
            of_first,
            stands: Stands::Waiting,
        });
        if kounta {
            let at = self.rows.len() - 1;
            // What counts at once never waits, so it does not stand in its own way.
            self.rows[at].stands = Stands::Voided;
            self.count(at);
        }
        Ok(())
    }

    fn reverse(&mut self, at: usize) -> Answer {
        let row = self.rows[at].clone();
        self.admits(!row.receipt)?;
        let applied = row.amount + row.bound;
        if row.receipt {
            if at == 0 && self.refunds_of_first(None) > 0 {
                return Err("has-refunds");
            }
            if applied > self.refundable() {
                return Err("exceeds-refundable");
            }
        } else if row.amount > self.due() {
            return Err("exceeds-due");
        }
        self.rows[at].stands = Stands::Undone;
        let (paid, owed) = (self.paid(), self.service() - self.contributed);
        if row.receipt {
            self.contributed -= if applied > 0 && paid == 0 {
                self.contributed
            } else if applied == 0 && paid == self.total() {
                0
            } else {
                self.contributed.min(row.service)
            };
        } else if paid == self.total() {
            self.contributed = self.service();
        } else {
            self.contributed += owed.min(row.service);
        }
        Ok(())
    }

    /// The first refund, or the first payment where there is none.
    fn correctable(&self) -> Option<usize> {
        let refund = self.rows.iter().position(|row| !row.receipt);
        refund.or_else(|| (!self.rows.is_empty()).then_some(0))
    }

    /// Lets a payment apply another amount.
    fn correct(&mut self, at: usize, applied: i64) -> Answer {
        let before = self.rows[at].clone();
        if before.stands == Stands::Voided {
            return Err("payment-not-found");
        }
        self.admits(!before.receipt)?;
        if before.stands == Stands::Undone {
            return Err("invalid-state");
        }
        if applied < before.bound {
            return Err("invalid-state");
        }
        if at == 0 && applied < self.refunds_of_first(None) {
            return Err("exceeds-refundable");
        }
        let mut after = self.clone();
        after.rows[at].stands = Stands::Voided;
        if before.stands == Stands::Counted {
            let owed = after.service() - after.contributed;
            after.contributed += if before.receipt {
                -before.service.min(after.contributed)
            } else {
                before.service.min(owed)
            };
        }
        after.rows[at].amount = applied - before.bound;
        if before.receipt && applied > after.due() {
            return Err("exceeds-due");
        }
        let of_source = match after.rows.first() {
            Some(source) if before.of_first => {
                source.amount + source.bound - after.refunds_of_first(Some(at))
            }
            _ => i64::MAX,
        };
        if !before.receipt && applied > after.refundable().min(of_source) {
            return Err("exceeds-refundable");
        }
        if before.stands == Stands::Counted {
            after.count(at);
        } else {
            after.rows[at].stands = before.stands;
        }
        if after.refundable() < 0 {
            return Err("exceeds-refundable");
        }
        if after.due() < 0 {
            return Err("exceeds-due");
        }
        let received = after.sum(true, Stands::Counted, |row| row.amount + row.bound);
        if before.stands == Stands::Counted && after.paid() == after.total() && received > 0 {
            after.contributed = after.service();
        }
        *self = after;
        Ok(())
    }

    fn relined(&mut self, lines: Vec<i64>) -> Answer {
        let mut after = self.clone();
        after.lines = lines;
        if after.due() < 0 {
            return Err("total-below-paid");
        }
        let received = after.sum(true, Stands::Counted, |row| row.amount + row.bound);
        let settled = after.paid() == after.total() && received > 0;
        after.contributed = if settled {
            after.service()
        } else {
            after.contributed.min(after.service())
        };
        *self = after;
        Ok(())
    }

    fn waiting(&self) -> Option<usize> {
        self.rows.iter().position(|row| row.stands == Stands::Waiting)
    }

    fn counted(&self) -> Option<usize> {
        self.rows.iter().rposition(|row| row.stands == Stands::Counted)
    }

    fn end(&mut self, state: State) -> Answer {
        if self.state == state {
            return Ok(());
        }
        if self.state != State::Open {
            return Err("state-final");
        }
        if self.waiting().is_some() {
            return Err("payments-pending");
        }
        if state == State::Cancelled && self.paid() != 0 {
            return Err("money-on-order");
        }
        self.state = state;
        Ok(())
    }

    /// Answers what the command leads to, and the line that says the same in a script; `None` where there is nothing to name.
    fn step(&mut self, command: &str) -> Option<(Answer, String)> {
        let mut line = command.to_owned();
        let answer = match command {
            "pay kounta 1" => self.pay(true, 1, 0, true, false),
            "pay kounta 2 tip=2" => self.pay(true, 2, 2, true, false),
            "pay kounta 0 tip=3" => self.pay(true, 0, 3, true, false),
            "pay om receipt 2" => self.pay(true, 2, 0, false, false),
            "pay kounta -1" => self.pay(false, 1, 0, true, false),
            "pay om refund 1 src=#1" => self.pay(false, 1, 0, false, true),
            "confirm oldest" => {
                let at = self.waiting()?;
                line = format!("confirm #{}", at + 1);
                let answer = self.admits(!self.rows[at].receipt);
                if answer.is_ok() {
                    self.rows[at].stands = Stands::Voided;
                    self.count(at);
                }
                answer
            }
            "void oldest" => {
                let at = self.waiting()?;
                line = format!("void #{}", at + 1);
                self.rows[at].stands = Stands::Voided;
                Ok(())
            }
            "reverse newest" => {
                let at = self.counted()?;
                line = format!("update #{} state=reversed", at + 1);
                self.reverse(at)
            }
            "correct refund" => {
                let at = self.correctable()?;
                let applied = self.rows[at].amount + self.rows[at].bound;
                let amount = if applied == 2 { 1 } else { 2 };
                line = format!("update #{} amount={amount} correction", at + 1);
                self.correct(at, amount)
            }
            "lines 2" => {
                let mut lines = self.lines.clone();
                lines.push(2);
                self.admits(false).and_then(|()| self.relined(lines))
            }
            "drop last" => {
                let mut lines = self.lines.clone();
                lines.pop()?;
                line = format!("drop {}", lines.len() + 1);
                self.admits(false).and_then(|()| self.relined(lines))
            }
            "close" => self.end(State::Closed),
            "cancel" => self.end(State::Cancelled),
            other => panic!("no command {other}"),
        };
        let settled = self.total() > 0 && self.paid() == self.total() && self.waiting().is_none();
        if self.closes && settled && self.state == State::Open {
            self.state = State::Closed;
        }
        Some((answer, line))
    }

    fn compare(&self, script: &Script, path: &[&str]) {
        let order = script.order_now().expect("an order");
        let state = match order.state {
            OrderState::Open => State::Open,
            OrderState::Closed => State::Closed,
            OrderState::Cancelled => State::Cancelled,
            other => panic!("{other:?}"),
        };
        let found = (
            state,
            order.total_minor(),
            order.service_contributed_minor,
            order.paid_minor(),
            order.due_minor(),
            order.refundable_minor(),
            order.tips_minor,
        );
        let expected = (
            self.state,
            self.total(),
            self.contributed,
            self.paid(),
            self.due(),
            self.refundable(),
            self.tips(),
        );
        assert_eq!(
            found, expected,
            "(state, total, contributed, paid, due, refundable, tips) after {path:?}\n{self:#?}"
        );
        let payments = script.bench.snapshot.payments_of(MERCHANT, order.id);
        let found: Vec<_> = payments
            .iter()
            .map(|payment| {
                let stands = match payment.state {
                    PaymentState::Pending | PaymentState::Progress => Stands::Waiting,
                    PaymentState::Complete => Stands::Counted,
                    PaymentState::Reversed => Stands::Undone,
                    PaymentState::Voided | PaymentState::Failed => Stands::Voided,
                };
                let receipt = payment.direction == Direction::Receipt;
                let service = payment.service_minor;
                (
                    receipt,
                    payment.amount_minor,
                    payment.service_tip_minor,
                    service,
                    stands,
                )
            })
            .collect();
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| (row.receipt, row.amount, row.bound, row.service, row.stands))
            .collect();
        assert_eq!(found, rows, "(receipt, amount, u, c, state) after {path:?}");
    }
}

/// Takes one step on both sides and compares; answers whether it was taken, and not refused.
fn step(script: &mut Script, model: &mut Model, path: &[&str]) -> Option<bool> {
    let command = path.last().expect("a command");
    let (answer, line) = model.step(command)?;
    let result = script.step(&line).result();
    assert_eq!(
        result,
        answer.err().unwrap_or("ok"),
        "{line} after {path:?}\n{model:#?}"
    );
    model.compare(script, path);
    Some(answer.is_ok())
}

fn explore(script: &Script, model: &Model, depth: usize, path: &mut Vec<&'static str>) -> usize {
    let mut seen = 0;
    for command in COMMANDS {
        let (mut script, mut model) = (script.clone(), model.clone());
        path.push(command);
        let taken = step(&mut script, &mut model, path);
        seen += usize::from(taken.is_some());
        // What was refused changed nothing, so what follows it is explored elsewhere.
        if depth > 1 && taken == Some(true) {
            seen += explore(&script, &model, depth - 1, path);
        }
        path.pop();
    }
    seen
}

/// Explores from an order on which some commands were taken already.
fn check(closes: bool, beginning: &[&'static str], depth: usize, at_least: usize) {
    let mut script = Script::new("JPY");
    script.step(if closes {
        "open 3 service=50% closing"
    } else {
        "open 3 service=50%"
    });
    let (mut model, mut path) = (Model::new(closes), Vec::new());
    for command in beginning {
        path.push(*command);
        assert_eq!(step(&mut script, &mut model, &path), Some(true), "{path:?}");
    }
    let seen = explore(&script, &model, depth, &mut path);
    assert!(seen >= at_least, "only {seen} sequences");
}

#[test]
fn every_sequence_on_an_order_that_stays_open() {
    check(false, &[], 5, 40_000);
}

#[test]
fn every_sequence_on_an_order_that_closes_when_paid() {
    check(true, &[], 5, 40_000);
}

#[test]
fn every_end_of_a_bill_that_is_all_reserved() {
    check(
        false,
        &["pay om receipt 2", "pay om receipt 2", "pay kounta 1"],
        4,
        4_000,
    );
}

#[test]
fn every_end_of_a_bill_with_a_refund_in_its_past() {
    check(
        false,
        &["pay kounta 2 tip=2", "pay kounta -1", "pay kounta 1"],
        4,
        4_000,
    );
}

#[test]
fn every_end_of_a_bill_that_grew_and_was_paid_again() {
    let beginning = [
        "lines 2",
        "pay kounta 2 tip=2",
        "pay kounta -1",
        "pay om receipt 2",
        "confirm oldest",
    ];
    check(true, &beginning, 4, 4_000);
}

#[test]
fn every_end_of_a_bill_that_grew() {
    let beginning = [
        "lines 2",
        "pay kounta 2 tip=2",
        "pay kounta 2 tip=2",
        "pay om refund 1 src=#1",
    ];
    check(true, &beginning, 4, 4_000);
}
