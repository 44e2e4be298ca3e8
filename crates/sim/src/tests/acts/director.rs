//! The commands that acts become in a world.

use tender_engine::{
    AddLines, AmendPayment, AmountSpec, ApplicationId, ChangeLine, ClaimTasks, Command, ConfirmPayment,
    Decision, DeletePayment, DeviceId, Direction, Discount, EndpointId, ExpireTask, Failure, FailureCode,
    FenceReference, KeyClaim, KeySpace, LineChange, LineSpec, Lookup, MethodId, MethodKind, MethodRef,
    OnRefusal, OpenOrder, OrderId, OrderSelector, OrderState, PaymentId, PaymentPatch, PaymentSpec,
    PaymentState, RemoveLine, ResolveTask, ServiceCharge, Settle, SettleOrder, Stage, TaskAnswer, TaskId,
    TaskSpec, UpdateOrder, UpdatePayment, Via, VoidPayment,
};
use tender_money::Decimal;

use super::{Act, Deed, Money, Paying, Style};
use crate::tests::world::{Caller, OURS, PLACES, THEIRS, World};

const TTL_MS: i64 = 60_000;

/// A key that says what the command was, so that a repeat by another command is told apart.
fn claim(space: KeySpace, text: u8, what: &str, refuse_repeats: bool) -> KeyClaim {
    KeyClaim {
        space,
        text: text.to_string(),
        fields: vec![("command".to_owned(), what.to_owned())],
        refuse_repeats,
    }
}

fn method(with: u8) -> Lookup<(MethodRef, MethodKind)> {
    let method = MethodRef {
        id: MethodId(u64::from(with % 3) + 1),
        code: "M".to_owned(),
        name: "Method".to_owned(),
    };
    match with % 16 {
        0 => Lookup::Unknown,
        1 => Lookup::Absent,
        2 => Lookup::Known((method, MethodKind::Terminal)),
        _ => Lookup::Known((method, MethodKind::Ordinary)),
    }
}

struct Director<'a> {
    world: &'a World,
    target: usize,
}

impl Director<'_> {
    fn digits(&self) -> u32 {
        self.world.currency.digits()
    }

    fn pick<T: Copy>(&self, among: &[T]) -> Option<T> {
        let at = self.target.checked_rem(among.len())?;
        among.get(at).copied()
    }

    /// Mostly what something can still happen to, now and then anything.
    fn prefer<T: Copy>(&self, all: &[T], lively: impl Fn(&T) -> bool) -> Option<T> {
        let some: Vec<T> = all.iter().copied().filter(lively).collect();
        if self.target.is_multiple_of(8) || some.is_empty() {
            self.pick(all)
        } else {
            self.pick(&some)
        }
    }

    fn is_live(&self, order: OrderId) -> bool {
        let order = self.world.snapshot.orders.get(&(OURS, order));
        order.is_some_and(|order| order.state == OrderState::Open)
    }

    fn order(&self) -> OrderId {
        let orders: Vec<OrderId> = self.world.orders(OURS).iter().map(|order| order.id).collect();
        self.prefer(&orders, |order| self.is_live(*order))
            .unwrap_or(OrderId(1))
    }

    fn payment(&self) -> PaymentId {
        let unknown = PaymentId {
            order: OrderId(1),
            number: 1,
        };
        let lively = |id: &PaymentId| {
            let payment = self.world.snapshot.payments.get(&(OURS, *id));
            let stands = payment
                .is_some_and(|payment| payment.state.is_open() || payment.state == PaymentState::Complete);
            stands && self.is_live(id.order)
        };
        self.prefer(&self.world.payments(OURS), lively).unwrap_or(unknown)
    }

    fn task(&self) -> TaskId {
        let lively = |id: &TaskId| {
            let task = self.world.snapshot.tasks.get(&(OURS, *id));
            task.is_some_and(|task| task.lease > 0)
        };
        self.prefer(&self.world.task_ids(OURS), lively)
            .unwrap_or(TaskId(1))
    }

    fn amount(&self, order: OrderId, money: Money) -> Decimal {
        let digits = self.digits();
        let order = self.world.snapshot.orders.get(&(OURS, order));
        match money {
            Money::Due(eighths) => {
                let due = order.map_or(0, tender_engine::Order::due_minor);
                Decimal::from_minor(due * i64::from(eighths) / 8, digits)
            }
            Money::Minor(minor) => Decimal::from_minor(i64::from(minor), digits),
            Money::Finer => Decimal::from_minor(1, digits + 1),
            Money::Huge(below) => match below % 3 {
                0 => Decimal::from_minor(i64::MAX - i64::from(below), digits),
                1 => Decimal::from_minor(100_000_000_000_000_000 - i64::from(below), digits),
                _ => Decimal::from_integer(i64::MAX),
            },
        }
    }

    fn line(&self, price: u16, quantity: u8) -> LineSpec {
        LineSpec {
            name: "Article".to_owned(),
            sku: None,
            product_id: None,
            // Tenths, so that lines round.
            quantity: Decimal::from_minor(i64::from(quantity), 1),
            unit_price: Decimal::from_minor(i64::from(price), self.digits()),
            price_is_amount: true,
            price_includes_tax: quantity.is_multiple_of(2),
            tax_rate: Decimal::from_minor(i64::from(quantity % 4) * 5, 2),
            price_variation: Decimal::ONE,
            discount: if quantity.is_multiple_of(5) {
                Discount::Percent(Decimal::from_integer(10))
            } else {
                Discount::None
            },
            modifiers: Vec::new(),
            notes: None,
            client_line_id: None,
            parent: None,
        }
    }

    fn delivery(&self) -> TaskSpec {
        TaskSpec {
            ttl_ms: TTL_MS,
            device: self.target.is_multiple_of(3).then_some(DeviceId(1)),
            not_before: None,
        }
    }

    /// What some new lines come with: as much as will be due, with a tip now and then.
    fn paid_with(&self, quantity: u8) -> Vec<PaymentSpec> {
        if !quantity.is_multiple_of(3) {
            return Vec::new();
        }
        let spec = PaymentSpec::new(
            OrderSelector::Nothing,
            Direction::Receipt,
            AmountSpec::Remaining,
            Settle::Immediate,
        );
        vec![PaymentSpec {
            tip: Decimal::from_minor(i64::from(quantity % 2), self.digits()),
            tip_pays_service: quantity.is_multiple_of(4),
            reference: Some("lines".to_owned()),
            ..spec
        }]
    }

    fn pay(&self, paying: &Paying) -> (Via, PaymentSpec) {
        let order = self.order();
        let direction = if paying.refund {
            Direction::Refund
        } else {
            Direction::Receipt
        };
        let amount = if paying.rest {
            AmountSpec::Remaining
        } else {
            AmountSpec::Exact(self.amount(order, paying.amount))
        };
        let till = Settle::Till(self.delivery());
        let (via, settle, on_refusal) = match paying.style {
            Style::Kounta => (Via::Kounta, Settle::Immediate, OnRefusal::Reject),
            Style::Kseries => (Via::Kseries, till, OnRefusal::RecordFailure),
            Style::Native => (Via::Native, Settle::Immediate, OnRefusal::Reject),
            Style::NativeTill => (Via::Native, till, OnRefusal::Reject),
            Style::Om(PaymentState::Complete) => (Via::Om, Settle::Immediate, OnRefusal::RejectAndRemember),
            Style::Om(state) => (Via::Om, Settle::Open(state), OnRefusal::RejectAndRemember),
            Style::Till => (Via::Till, Settle::Immediate, OnRefusal::Reject),
        };
        let what = format!("{paying:?} {}", self.target);
        let mut keys = Vec::new();
        if let Some(text) = paying.key {
            keys.push(claim(KeySpace::IdempotencyKey, text, &what, false));
        }
        if let Some(text) = paying.reference {
            keys.push(claim(
                KeySpace::PaymentReference,
                text,
                &what,
                via == Via::Kseries,
            ));
        }
        let extra = |money| {
            if paying.extras && (!paying.refund || self.target.is_multiple_of(9)) {
                self.amount(order, money)
            } else {
                Decimal::ZERO
            }
        };
        let source = paying.source.filter(|_| paying.refund).map(|number| PaymentId {
            order,
            number: u32::from(number % 3) + 1,
        });
        let spec = PaymentSpec {
            location: (via == Via::Kseries).then_some(PLACES[usize::from(paying.with.is_multiple_of(32))]),
            tip: extra(paying.tip),
            surcharge: extra(paying.surcharge),
            zero_allowed: matches!(via, Via::Kounta | Via::Native),
            tip_pays_service: via == Via::Kounta,
            method: method(paying.with),
            staff_required: via == Via::Kseries,
            on_refusal,
            keys,
            reference: paying.reference.map(|text| text.to_string()),
            endpoint: match paying.with % 7 {
                0 => Lookup::Known(EndpointId(1)),
                1 if self.target.is_multiple_of(5) => Lookup::Unknown,
                _ => Lookup::Absent,
            },
            source: source.map_or(Lookup::Absent, Lookup::Known),
            transaction_ref: paying.with.is_multiple_of(2).then(|| "T".to_owned()),
            ..PaymentSpec::new(
                if paying.with == 255 {
                    OrderSelector::Nothing
                } else {
                    OrderSelector::Id(order)
                },
                direction,
                amount,
                settle,
            )
        };
        (via, spec)
    }

    fn open(&self, deed: &Deed) -> Option<OpenOrder> {
        let Deed::Open {
            lines,
            service,
            closing,
            proposed,
            paid,
        } = deed
        else {
            return None;
        };
        let payments = paid.map(|money| PaymentSpec {
            method: method(self.target.to_le_bytes()[0]),
            tip_pays_service: !proposed,
            ..PaymentSpec::new(
                OrderSelector::Nothing,
                Direction::Receipt,
                AmountSpec::Exact(self.amount(OrderId(0), money)),
                Settle::Immediate,
            )
        });
        Some(OpenOrder {
            location: PLACES[usize::from(self.target.is_multiple_of(4))],
            lines: lines
                .iter()
                .map(|(price, quantity)| self.line(*price, *quantity))
                .collect(),
            service_charge: match service {
                0 | 1 => ServiceCharge::None,
                2 => ServiceCharge::Rate(Decimal::from_minor(10, 2)),
                3 => ServiceCharge::Rate(Decimal::from_minor(125, 3)),
                _ => ServiceCharge::Amount(33),
            },
            close_when_paid: *closing,
            payments_locked: false,
            stage: Stage::Pending,
            table_number: None,
            name: None,
            covers: None,
            staff: None,
            external_reference: Some("S".to_owned()),
            notes: None,
            labels: Vec::new(),
            keys: Vec::new(),
            payments: payments.into_iter().collect(),
            settle: None,
            delivery: proposed.then(|| self.delivery()),
            maker: Some((Lookup::Known(EndpointId(2)), "made".to_owned())),
            refusal: None,
        })
    }

    fn update(&self, deed: &Deed) -> Option<UpdatePayment> {
        let Deed::Update {
            amount,
            state,
            method: with,
            source,
            correction,
        } = deed
        else {
            return None;
        };
        let payment = self.payment();
        let source = source.map(|number| {
            if number.is_multiple_of(3) {
                return Lookup::Absent;
            }
            Lookup::Known(PaymentId {
                order: payment.order,
                number: u32::from(number % 3) + 1,
            })
        });
        Some(UpdatePayment {
            payment,
            asserted_order: None,
            patch: PaymentPatch {
                amount: amount.map(|money| self.amount(payment.order, money)),
                method: with.map(|with| match method(with) {
                    Lookup::Known((method, _)) => Lookup::Known(method),
                    Lookup::Absent => Lookup::Absent,
                    Lookup::Unknown => Lookup::Unknown,
                }),
                correction: *correction,
                state: *state,
                source,
                note: Some(Some(self.target.to_string())),
                ..PaymentPatch::default()
            },
        })
    }

    /// The command of a deed, and through what it comes.
    fn command(&self, deed: &Deed) -> Option<(Via, Command)> {
        let order = self.order();
        Some(match deed {
            Deed::Open { .. } => (Via::Native, Command::OpenOrder(Box::new(self.open(deed)?))),
            Deed::Pay(paying) => {
                let (via, spec) = self.pay(paying);
                (via, Command::Pay(Box::new(spec)))
            }
            Deed::Amend { surcharge, tip, key } => {
                let payment = self.payment();
                let what = format!("{deed:?} {}", self.target);
                let amend = AmendPayment {
                    payment,
                    reference: Some(Some(what.clone())),
                    surcharge: surcharge.map(|money| self.amount(payment.order, money)),
                    tip: tip.map(|money| self.amount(payment.order, money)),
                    keys: key
                        .map(|text| claim(KeySpace::IdempotencyKey, text, &what, false))
                        .into_iter()
                        .collect(),
                };
                (Via::Kounta, Command::AmendPayment(amend))
            }
            Deed::Update { .. } => (Via::Om, Command::UpdatePayment(Box::new(self.update(deed)?))),
            Deed::Confirm => {
                let confirm = ConfirmPayment {
                    payment: self.payment(),
                    asserted_order: None,
                    transaction_ref: None,
                    attributes: None,
                    customer: None,
                    once: false,
                };
                (Via::Native, Command::ConfirmPayment(confirm))
            }
            Deed::Void => (
                Via::Native,
                Command::VoidPayment(VoidPayment {
                    payment: self.payment(),
                }),
            ),
            Deed::Delete(open_only) => {
                let delete = DeletePayment {
                    payment: self.payment(),
                    open_only: *open_only,
                };
                (Via::Om, Command::DeletePayment(delete))
            }
            Deed::Fence(text) => {
                let fence = FenceReference {
                    application: ApplicationId(1),
                    location: PLACES[0],
                    text: text.to_string(),
                };
                (Via::Native, Command::FenceReference(fence))
            }
            Deed::Claim(device) => {
                let claim = ClaimTasks {
                    location: PLACES[usize::from(self.target.is_multiple_of(4))],
                    device: DeviceId(u64::from(*device)),
                    max: 3,
                    lease_ms: 30_000,
                };
                (Via::Till, Command::ClaimTasks(claim))
            }
            Deed::Resolve { lease, yes } => {
                let task = self.task();
                let known = self.world.snapshot.tasks.get(&(OURS, task));
                let newest = known.map_or(1, |task| task.lease);
                let resolve = ResolveTask {
                    task,
                    location: known.map_or(PLACES[0], |task| task.location),
                    lease: newest.saturating_sub(u64::from(lease.saturating_sub(1))),
                    answer: if *yes {
                        TaskAnswer::Confirm
                    } else {
                        TaskAnswer::Refuse(Failure::new(FailureCode::UpdateFailed))
                    },
                };
                (Via::Till, Command::ResolveTask(resolve))
            }
            Deed::Expire => (Via::Server, Command::ExpireTask(ExpireTask { task: self.task() })),
            Deed::Again => return self.world.last.clone(),
            Deed::Wait(_) => return None,
            Deed::Lines {
                price,
                quantity,
                by_till,
                later,
            } => {
                let add = AddLines {
                    order: OrderSelector::Id(order),
                    location: None,
                    lines: vec![self.line(*price, *quantity)],
                    position: None,
                    keys: Vec::new(),
                    payments: self.paid_with(*quantity),
                    delivery: by_till.then(|| self.delivery()),
                    maker: Some((Lookup::Known(EndpointId(3)), "lines".to_owned())),
                    refusal: None,
                    on_refusal: if *later {
                        OnRefusal::RecordFailure
                    } else {
                        OnRefusal::Reject
                    },
                };
                (Via::Native, Command::AddLines(add))
            }
            Deed::Change {
                line,
                quantity,
                price,
            } => {
                let change = ChangeLine {
                    order,
                    number: u32::from(*line) + 1,
                    change: LineChange {
                        quantity: Some(Decimal::from_minor(i64::from(*quantity), 1)),
                        unit_price: price
                            .map(|price| (Decimal::from_minor(i64::from(price), self.digits()), true)),
                        ..LineChange::default()
                    },
                };
                (Via::Kounta, Command::ChangeLine(Box::new(change)))
            }
            Deed::Remove(line) => {
                let number = u32::from(*line) + 1;
                (Via::Till, Command::RemoveLine(RemoveLine { order, number }))
            }
            Deed::Settle(change) => {
                let change = *change;
                (Via::Kounta, Command::SettleOrder(SettleOrder { order, change }))
            }
            Deed::Set {
                closing,
                locked,
                stage,
            } => {
                let update = UpdateOrder {
                    order,
                    stage: *stage,
                    close_when_paid: *closing,
                    payments_locked: *locked,
                    ..UpdateOrder::default()
                };
                (Via::Kounta, Command::UpdateOrder(Box::new(update)))
            }
        })
    }
}

/// Does it, and answers what was decided.
pub(in crate::tests) fn perform(world: &mut World, act: &Act) -> Option<Decision> {
    if let Deed::Wait(ms) = act.deed {
        world.now = world.now.plus_ms(i64::from(ms));
        return None;
    }
    let director = Director {
        world,
        target: usize::from(act.target),
    };
    let (via, command) = director.command(&act.deed)?;
    let caller = Caller {
        merchant: if act.intruder { THEIRS } else { OURS },
        application: ApplicationId(1),
        via,
    };
    let decision = world.decide(caller, &command);
    world.last = Some((via, command));
    Some(decision)
}
