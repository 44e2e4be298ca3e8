//! Reads scripts: one command a line, options as `name=value`, and after `->` what it must lead to.
//!
//! A word or option that no command takes stops the test, so a mistake in a script cannot hide.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tender_money::Decimal;

use super::bench::{Bench, Caller, HERE, MERCHANT, THERE};
use super::show::Seen;
use crate::{
    ApplicationId, CaseId, Command, Decision, DeviceId, EndpointId, KeyClaim, KeySpace, LocationId, Lookup,
    MethodId, MethodKind, MethodRef, OrderId, OrderSelector, Outcome, PaymentId, StaffId, TaskId, TaskSpec,
    Timestamp, Via, alias_hash,
};

mod orders;
mod payments;
mod work;

pub(super) use orders::article;

/// Runs a script. Lines that begin with `--` are comments; `fresh [currency]` begins anew.
pub(super) fn check(text: &str) {
    let mut script = Script::new("EUR");
    for (number, line) in logical_lines(text) {
        let line = line.as_str();
        let (command, expected) = match line.split_once("->") {
            Some((command, expected)) => (command, Some(expected.trim())),
            None => (line, None),
        };
        let words = Words::new(command);
        if words.verb == "fresh" {
            script = Script::new(words.words.borrow().first().unwrap_or(&"EUR"));
            continue;
        }
        let seen = script.run(&words);
        words.check_used(number, line);
        if let Err(difference) = seen.compare(&script, expected) {
            panic!("line {number}: {line}\n{difference}");
        }
    }
}

/// Lines without comments, numbered from 1. One that begins with `->` or `name=value` goes on with the line before it.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split("--").next().unwrap_or_default().trim();
        let goes_on = line
            .split_whitespace()
            .next()
            .is_some_and(|word| word == "->" || word.contains('='));
        match lines.last_mut() {
            Some((_, last)) if goes_on => {
                last.push(' ');
                last.push_str(line);
            }
            _ if line.is_empty() => {}
            _ => lines.push((number, line.to_owned())),
        }
    }
    lines
}

/// A command line taken apart.
pub(super) struct Words<'a> {
    pub(super) verb: &'a str,
    words: RefCell<Vec<&'a str>>,
    options: RefCell<Vec<(&'a str, &'a str)>>,
    all: Vec<(&'a str, &'a str)>,
}

impl<'a> Words<'a> {
    fn new(line: &'a str) -> Self {
        let mut parts = line.split_whitespace();
        let verb = parts.next().unwrap_or_default();
        let (mut words, mut options) = (Vec::new(), Vec::new());
        for part in parts {
            match part.split_once('=') {
                Some(option) => options.push(option),
                None => words.push(part),
            }
        }
        Self {
            verb,
            words: RefCell::new(words),
            all: options.clone(),
            options: RefCell::new(options),
        }
    }

    /// The next word, which must be there.
    fn next(&self) -> &'a str {
        let mut words = self.words.borrow_mut();
        assert!(!words.is_empty(), "{} needs another word", self.verb);
        words.remove(0)
    }

    /// All words that are left.
    fn rest(&self) -> Vec<&'a str> {
        std::mem::take(&mut self.words.borrow_mut())
    }

    /// Whether this word is there.
    fn flag(&self, name: &str) -> bool {
        let mut words = self.words.borrow_mut();
        let at = words.iter().position(|word| *word == name);
        at.map(|at| words.remove(at)).is_some()
    }

    /// The value of an option; every call takes the next one of that name.
    fn option(&self, name: &str) -> Option<&'a str> {
        let mut options = self.options.borrow_mut();
        let at = options.iter().position(|(option, _)| *option == name)?;
        Some(options.remove(at).1)
    }

    fn decimal(&self, name: &str) -> Option<Decimal> {
        self.option(name).map(decimal)
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.option(name).map(number)
    }

    fn check_used(&self, number: usize, line: &str) {
        let (words, options) = (self.words.borrow(), self.options.borrow());
        assert!(
            words.is_empty() && options.is_empty(),
            "line {number}: {line}\nnot understood: {words:?} {options:?}"
        );
    }
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is not a number"))
}

/// `-` clears, anything else sets.
fn nullable(text: &str) -> Option<String> {
    (text != "-").then(|| text.to_owned())
}

/// The state of a script: the ledger, and the names that it has given.
#[derive(Clone)]
pub(super) struct Script {
    pub(super) bench: Bench,
    orders: BTreeMap<String, OrderId>,
    pub(super) order: Option<OrderId>,
    pub(super) tasks: Vec<TaskId>,
    pub(super) cases: Vec<CaseId>,
}

impl Script {
    pub(super) fn new(currency: &str) -> Self {
        Self {
            bench: Bench::new(currency),
            orders: BTreeMap::new(),
            order: None,
            tasks: Vec::new(),
            cases: Vec::new(),
        }
    }

    /// Runs one line that expects nothing.
    pub(super) fn step(&mut self, line: &str) -> Seen {
        self.run(&Words::new(line))
    }

    fn run(&mut self, words: &Words<'_>) -> Seen {
        if let Some(name) = words.option("in") {
            self.order = Some(self.orders[name]);
        }
        match words.verb {
            "wait" => {
                self.bench.now = self.bench.now.plus_ms(number(words.next()));
                Seen::nothing()
            }
            "show" => Seen::payment(words.rest().first().map(|word| self.payment_id(word))),
            "open" => self.open(words),
            "lines" | "line" | "drop" => self.change_lines(words),
            "close" | "cancel" | "reject" | "erase" | "set" => self.change_order(words),
            "pay" => self.pay(words),
            "amend" | "update" | "confirm" | "void" | "delete" => self.change_payment(words),
            "fence" | "claim" | "done" | "refuse" | "expire" | "message" | "case" => self.work(words),
            other => panic!("no command {other}"),
        }
    }

    /// Decides, and gives names to what is new.
    fn decide(&mut self, caller: Caller, command: &Command, about: Option<PaymentId>) -> Seen {
        let decision = self.bench.decide(caller, command);
        for task in &decision.changes.tasks {
            if !self.tasks.contains(&task.id) {
                self.tasks.push(task.id);
            }
        }
        self.cases.extend(
            decision
                .changes
                .cases
                .iter()
                .filter(|case| case.resolved_at.is_none())
                .map(|case| case.id),
        );
        Seen::decided(decision, about)
    }

    fn opened(&mut self, name: &str, decision: &Decision) {
        if let Ok(Outcome::Opened(opened)) = &decision.outcome {
            self.order = Some(opened.order.id);
            self.orders.insert(name.to_owned(), opened.order.id);
        }
    }

    fn caller(words: &Words<'_>, via: Via) -> Caller {
        let via = words.option("via").map_or(via, |name| {
            Via::ALL
                .into_iter()
                .find(|via| via.code() == name)
                .expect("a channel")
        });
        Caller {
            application: ApplicationId(words.number("app").unwrap_or(1)),
            via,
        }
    }

    fn current(&self) -> OrderId {
        self.order.expect("an order")
    }

    /// `A` by name, `?` one that does not exist, `none`, `sale:1` by the client's number, or an account identifier.
    fn selector(&self, words: &Words<'_>) -> OrderSelector {
        match words.option("order") {
            None => OrderSelector::Id(self.current()),
            Some("none") => OrderSelector::Nothing,
            Some("?") => OrderSelector::Id(OrderId(999_999)),
            Some(name) => match (self.orders.get(name), name.strip_prefix("sale:")) {
                (Some(id), _) => OrderSelector::Id(*id),
                // Sale numbers belong to the company, and no location has the number 0.
                (None, Some(sale)) => OrderSelector::Alias(alias_hash("external", LocationId(0), sale)),
                (None, None) => OrderSelector::Alias(alias_hash("account", HERE, name)),
            },
        }
    }

    /// `#2` of the current order, `A#2` of a named one, `?` one that does not exist.
    fn payment_id(&self, text: &str) -> PaymentId {
        if text == "?" {
            return PaymentId {
                order: self.current(),
                number: 999,
            };
        }
        let (order, index) = text.split_once('#').expect("a payment as #1");
        PaymentId {
            order: if order.is_empty() {
                self.current()
            } else {
                self.orders[order]
            },
            number: number(index),
        }
    }

    fn source(&self, words: &Words<'_>) -> Option<Lookup<PaymentId>> {
        words.option("src").map(|text| match text {
            "?" => Lookup::Unknown,
            "-" => Lookup::Absent,
            id => Lookup::Known(self.payment_id(id)),
        })
    }

    fn asserted(&self, words: &Words<'_>) -> Option<Lookup<OrderId>> {
        words.option("order").map(|text| match text {
            "?" => Lookup::Unknown,
            name => Lookup::Known(self.orders[name]),
        })
    }

    fn task(&self, name: &str) -> TaskId {
        let index: usize = number(name.strip_prefix('T').expect("a task as T1"));
        *self.tasks.get(index.wrapping_sub(1)).unwrap_or(&TaskId(999_999))
    }

    fn case_id(&self, name: &str) -> CaseId {
        let index: usize = number(name.strip_prefix('C').expect("a case as C1"));
        *self.cases.get(index.wrapping_sub(1)).unwrap_or(&CaseId(999_999))
    }
}

fn location(words: &Words<'_>) -> Option<LocationId> {
    words.option("loc").map(|name| match name {
        "here" => HERE,
        "there" => THERE,
        other => LocationId(number(other)),
    })
}

fn device(name: &str) -> DeviceId {
    DeviceId(number(name.strip_prefix('D').expect("a device as D1")))
}

fn endpoint(name: &str) -> Lookup<EndpointId> {
    match name {
        "?" => Lookup::Unknown,
        name => Lookup::Known(EndpointId(number(
            name.strip_prefix('E').expect("an endpoint as E1"),
        ))),
    }
}

fn maker(words: &Words<'_>) -> Option<(Lookup<EndpointId>, String)> {
    let (name, reference) = words.option("maker")?.split_once(':').expect("a maker as E1:ref");
    Some((endpoint(name), reference.to_owned()))
}

fn method(id: u64) -> MethodRef {
    MethodRef {
        id: MethodId(id),
        code: format!("M{id}"),
        name: format!("Method {id}"),
    }
}

fn method_of(words: &Words<'_>) -> Lookup<(MethodRef, MethodKind)> {
    match words.option("method") {
        None => Lookup::Known((method(1), MethodKind::Ordinary)),
        Some("none") => Lookup::Absent,
        Some("?") => Lookup::Unknown,
        Some("terminal") => Lookup::Known((method(9), MethodKind::Terminal)),
        Some(id) => Lookup::Known((method(number(id)), MethodKind::Ordinary)),
    }
}

fn staff_of(words: &Words<'_>) -> Lookup<StaffId> {
    match words.option("staff") {
        None => Lookup::Absent,
        Some("?") => Lookup::Unknown,
        Some(id) => Lookup::Known(StaffId(number(id))),
    }
}

/// A key with the command's own options as its fields; `amount` is given by value.
fn claim(words: &Words<'_>, space: KeySpace, text: &str, amount: &str, refuse_repeats: bool) -> KeyClaim {
    let mut fields = vec![("amount".to_owned(), amount.to_owned())];
    fields.extend(
        words
            .all
            .iter()
            .filter(|(name, _)| !matches!(*name, "key" | "app" | "in" | "as"))
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    KeyClaim {
        space,
        text: text.to_owned(),
        fields,
        refuse_repeats,
    }
}

fn delivery(words: &Words<'_>, now: Timestamp) -> Option<TaskSpec> {
    let device = words.option("device").map(device);
    let ttl_ms = words.number("ttl");
    let wait_ms: Option<i64> = words.number("from");
    ttl_ms.map(|ttl_ms| TaskSpec {
        ttl_ms,
        device,
        not_before: wait_ms.map(|wait_ms| now.plus_ms(wait_ms)),
    })
}

/// Members as `a:1,b:2`; `-` as a value removes one.
fn attributes(text: &str) -> Vec<(String, Option<String>)> {
    text.split(',')
        .map(|member| {
            let (name, value) = member.split_once(':').expect("members as a:1,b:-");
            (name.to_owned(), nullable(value))
        })
        .collect()
}

impl Script {
    pub(super) fn order_now(&self) -> Option<&crate::Order> {
        self.bench.snapshot.orders.get(&(MERCHANT, self.order?))
    }
}
