//! Commands about orders and their lines.

use tender_money::Decimal;

use super::{Script, Words, claim, decimal, delivery, location, maker, nullable, number};
use crate::tests::bench::HERE;
use crate::tests::show::Seen;
use crate::{
    AddLines, AmountSpec, ChangeLine, Command, Direction, Discount, Failure, FailureCode, KeySpace,
    LineChange, LineSpec, Lookup, MethodKind, OnRefusal, OpenOrder, OrderChange, OrderSelector, PaymentSpec,
    RemoveLine, ServiceCharge, Settle, SettleOrder, Stage, UpdateOrder, Via,
};

/// A line of one article.
pub(in crate::tests) fn article(price: Decimal) -> LineSpec {
    LineSpec::new("Article", price)
}

/// `price`, then any of `*quantity`, `~variation`, `+tax` (added), `/tax` (contained), `_discount`, `_percent%`, `^parent`, `!` (a
/// price that is a rate).
fn line(text: &str) -> LineSpec {
    let marks = ['*', '~', '+', '/', '^', '!', '_'];
    let cut = text.find(marks).unwrap_or(text.len());
    let mut spec = article(decimal(&text[..cut]));
    let mut rest = &text[cut..];
    while let Some(mark) = rest.chars().next() {
        let end = rest[1..].find(marks).map_or(rest.len(), |end| end + 1);
        let value = &rest[1..end];
        match mark {
            '*' => spec.quantity = decimal(value),
            '~' => spec.price_variation = decimal(value),
            '+' => (spec.tax_rate, spec.price_includes_tax) = (decimal(value), false),
            '/' => spec.tax_rate = decimal(value),
            '^' => spec.parent = Some(number(value)),
            '!' => spec.price_is_amount = false,
            _ => {
                spec.discount = match value.strip_suffix('%') {
                    Some(percent) => Discount::Percent(decimal(percent)),
                    None => Discount::Amount(decimal(value)),
                }
            }
        }
        rest = &rest[end..];
    }
    spec
}

fn failure(words: &Words<'_>) -> Option<Failure> {
    words
        .option("refusal")
        .map(|code| Failure::new(FailureCode::from_code(code)))
}

fn change(name: &str) -> OrderChange {
    match name {
        "close" => OrderChange::Close,
        "cancel" => OrderChange::Cancel,
        "reject" => OrderChange::Reject,
        "erase" => OrderChange::Delete,
        other => panic!("no final state {other}"),
    }
}

fn stage(name: &str) -> Stage {
    match name {
        "pending" => Stage::Pending,
        "submitted" => Stage::Submitted,
        "on-hold" => Stage::OnHold,
        "accepted" => Stage::Accepted,
        other => panic!("no stage {other}"),
    }
}

fn on_off(text: &str) -> bool {
    match text {
        "on" => true,
        "off" => false,
        other => panic!("on or off, not {other}"),
    }
}

/// `5.00`, `5.00+0.50` with a tip.
fn embedded(text: &str) -> PaymentSpec {
    let (amount, tip) = text.split_once('+').unwrap_or((text, "0"));
    PaymentSpec {
        tip: decimal(tip),
        method: Lookup::Known((super::method(1), MethodKind::Ordinary)),
        tip_pays_service: true,
        ..PaymentSpec::new(
            OrderSelector::Nothing,
            Direction::Receipt,
            AmountSpec::Exact(decimal(amount)),
            Settle::Immediate,
        )
    }
}

impl Script {
    pub(super) fn open(&mut self, words: &Words<'_>) -> Seen {
        let caller = Self::caller(words, Via::Native);
        let name = words.option("as").unwrap_or("O");
        let digits = self.bench.currency.digits();
        let service_charge = match words.option("service") {
            None => ServiceCharge::None,
            Some(text) => match text.strip_suffix('%') {
                Some(percent) => {
                    let hundredth = Decimal::from_minor(1, 2);
                    ServiceCharge::Rate(decimal(percent).checked_mul(hundredth).expect("a rate"))
                }
                None => ServiceCharge::Amount(decimal(text).to_minor(digits).expect("an amount")),
            },
        };
        let (close_when_paid, payments_locked) = (words.flag("closing"), words.flag("locked"));
        let mut keys = Vec::new();
        if let Some(text) = words.option("key") {
            keys.push(claim(words, KeySpace::IdempotencyKey, text, "", false));
        }
        if let Some(text) = words.option("oref") {
            keys.push(claim(words, KeySpace::OrderReference, text, "", true));
        }
        let mut payments = Vec::new();
        while let Some(text) = words.option("pay") {
            payments.push(embedded(text));
        }
        let labels: usize = words.number("labels").unwrap_or_default();
        let lines = match words.number::<usize>("same") {
            Some(count) => vec![line(words.next()); count],
            None => words.rest().into_iter().map(line).collect(),
        };
        let command = Command::OpenOrder(Box::new(OpenOrder {
            location: location(words).unwrap_or(HERE),
            lines,
            service_charge,
            close_when_paid,
            payments_locked,
            stage: words.option("stage").map_or(Stage::Pending, stage),
            table_number: words.number("table"),
            name: None,
            covers: words.number("covers"),
            staff: None,
            external_reference: words.option("ext").map(str::to_owned),
            notes: None,
            labels: (0..labels).map(|n| (n.to_string(), String::new())).collect(),
            keys,
            payments,
            settle: words.option("settle").map(change),
            delivery: delivery(words, self.bench.now),
            maker: maker(words),
            refusal: failure(words),
        }));
        let seen = self.decide(caller, &command, None);
        if let Some(decision) = &seen.decision {
            self.opened(name, decision);
        }
        seen
    }

    pub(super) fn change_lines(&mut self, words: &Words<'_>) -> Seen {
        let caller = Self::caller(words, Via::Till);
        let command = match words.verb {
            "lines" => {
                let order = self.selector(words);
                let keys = words
                    .option("oref")
                    .map(|text| claim(words, KeySpace::OrderReference, text, "", true));
                let mut payments = Vec::new();
                while let Some(text) = words.option("pay") {
                    payments.push(embedded(text));
                }
                Command::AddLines(AddLines {
                    payments,
                    order,
                    location: location(words),
                    position: words.number("at"),
                    keys: keys.into_iter().collect(),
                    delivery: delivery(words, self.bench.now),
                    maker: maker(words),
                    refusal: failure(words),
                    on_refusal: if words.flag("later") {
                        OnRefusal::RecordFailure
                    } else {
                        OnRefusal::Reject
                    },
                    lines: words.rest().into_iter().map(line).collect(),
                })
            }
            "line" => Command::ChangeLine(Box::new(ChangeLine {
                order: self.current(),
                number: number(words.next()),
                change: LineChange {
                    item: words.option("item").map(line),
                    quantity: words.decimal("quantity"),
                    unit_price: words.decimal("price").map(|price| (price, true)),
                    price_variation: words.decimal("variation"),
                    notes: words.option("notes").map(nullable),
                    modifiers: None,
                    number: words.number("number"),
                },
            })),
            _ => Command::RemoveLine(RemoveLine {
                order: self.current(),
                number: number(words.next()),
            }),
        };
        self.decide(caller, &command, None)
    }

    pub(super) fn change_order(&mut self, words: &Words<'_>) -> Seen {
        let caller = Self::caller(words, Via::Kounta);
        let order = match self.selector(words) {
            OrderSelector::Id(order) => order,
            other => panic!("{other:?} is no order id"),
        };
        let command = if words.verb == "set" {
            let label = words.option("label").map(|text| {
                let (name, value) = text.split_once(':').expect("a label as a:b");
                (name.to_owned(), nullable(value))
            });
            Command::UpdateOrder(Box::new(UpdateOrder {
                order,
                stage: words.option("stage").map(stage),
                settle: words.option("settle").map(change),
                notes: words.option("notes").map(nullable),
                name: words.option("name").map(nullable),
                table_number: words
                    .option("table")
                    .map(|text| nullable(text).map(|text| number(&text))),
                covers: None,
                staff: None,
                payments_locked: words.option("locked").map(on_off),
                close_when_paid: words.option("closing").map(on_off),
                labels: label.into_iter().collect(),
                ready: words.flag("ready"),
            }))
        } else {
            Command::SettleOrder(SettleOrder {
                order,
                change: change(words.verb),
            })
        };
        self.decide(caller, &command, None)
    }
}
