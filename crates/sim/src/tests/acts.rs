//! Random acts: every dialect's style, on orders, payments and tasks that are there.

use proptest::prelude::*;
use tender_engine::{OrderChange, PaymentState, Stage};

mod director;

pub(super) use director::perform;

/// An amount, chosen so that most payments fit and the edges are met often.
#[derive(Debug, Clone, Copy)]
pub(super) enum Money {
    /// So many eighths of what is due.
    Due(u8),
    /// So many minor units.
    Minor(u16),
    /// One digit more than the currency has.
    Finer,
    /// Near the end of what an integer holds.
    Huge(u8),
}

fn money() -> impl Strategy<Value = Money> {
    prop_oneof![
        6 => (0..=9_u8).prop_map(Money::Due),
        6 => (0..400_u16).prop_map(Money::Minor),
        1 => Just(Money::Finer),
        1 => any::<u8>().prop_map(Money::Huge),
    ]
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    Kounta,
    Kseries,
    Native,
    NativeTill,
    Om(PaymentState),
    Till,
}

fn state() -> impl Strategy<Value = PaymentState> {
    prop_oneof![
        Just(PaymentState::Pending),
        Just(PaymentState::Progress),
        Just(PaymentState::Complete),
        Just(PaymentState::Reversed),
    ]
}

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![
        4 => Just(Style::Kounta),
        2 => Just(Style::Kseries),
        1 => Just(Style::Native),
        1 => Just(Style::NativeTill),
        3 => state().prop_map(Style::Om),
        1 => Just(Style::Till),
    ]
}

#[derive(Debug, Clone)]
pub(super) struct Paying {
    style: Style,
    refund: bool,
    rest: bool,
    amount: Money,
    tip: Money,
    surcharge: Money,
    extras: bool,
    source: Option<u8>,
    key: Option<u8>,
    reference: Option<u8>,
    /// Chooses method and staff; some do not exist.
    with: u8,
}

fn paying() -> impl Strategy<Value = Paying> {
    let first = (
        style(),
        prop::bool::weighted(0.25),
        prop::bool::weighted(0.1),
        money(),
    );
    let second = (
        money(),
        money(),
        prop::bool::weighted(0.4),
        prop::option::of(any::<u8>()),
    );
    let third = (
        prop::option::weighted(0.2, 0..6_u8),
        prop::option::weighted(0.4, 0..20_u8),
        any::<u8>(),
    );
    (first, second, third).prop_map(|(first, second, third)| Paying {
        style: first.0,
        refund: first.1,
        rest: first.2,
        amount: first.3,
        tip: second.0,
        surcharge: second.1,
        extras: second.2,
        source: second.3,
        key: third.0,
        reference: third.1,
        with: third.2,
    })
}

/// What may be done. Orders, payments and tasks are chosen by number among those that are there.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Open {
        lines: Vec<(u16, u8)>,
        service: u8,
        closing: bool,
        proposed: bool,
        paid: Option<Money>,
    },
    Pay(Paying),
    Amend {
        surcharge: Option<Money>,
        tip: Option<Money>,
        key: Option<u8>,
    },
    Update {
        amount: Option<Money>,
        state: Option<PaymentState>,
        method: Option<u8>,
        source: Option<u8>,
        correction: bool,
    },
    Confirm,
    Void,
    Delete(bool),
    Fence(u8),
    Claim(u8),
    Resolve {
        lease: u8,
        yes: bool,
    },
    Expire,
    /// The last command once more, as a client does that lost the answer.
    Again,
    Wait(u16),
    Lines {
        price: u16,
        quantity: u8,
        by_till: bool,
        later: bool,
    },
    Change {
        line: u8,
        quantity: u8,
        price: Option<u16>,
    },
    Remove(u8),
    Settle(OrderChange),
    Set {
        closing: Option<bool>,
        locked: Option<bool>,
        stage: Option<Stage>,
    },
}

fn change() -> impl Strategy<Value = OrderChange> {
    prop_oneof![
        Just(OrderChange::Close),
        Just(OrderChange::Cancel),
        Just(OrderChange::Reject),
        Just(OrderChange::Delete),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let lines = prop::collection::vec((0..2_000_u16, 1..40_u8), 0..4);
    let open = (
        lines,
        0..5_u8,
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::option::weighted(0.3, money()),
    );
    let amend = (
        prop::option::of(money()),
        prop::option::of(money()),
        prop::option::weighted(0.3, 0..6_u8),
    );
    let update = (
        prop::option::of(money()),
        prop::option::of(state()),
        prop::option::weighted(0.2, any::<u8>()),
        prop::option::weighted(0.2, any::<u8>()),
        prop::bool::weighted(0.7),
    );
    let stage = prop_oneof![Just(Stage::Pending), Just(Stage::Accepted)];
    let set = (
        prop::option::of(any::<bool>()),
        prop::option::weighted(0.2, any::<bool>()),
        prop::option::weighted(0.2, stage),
    );
    let added = (0..1_000_u16, 1..30_u8, prop::bool::weighted(0.3), any::<bool>());
    let changed = (0..4_u8, 0..30_u8, prop::option::of(0..1_000_u16));
    prop_oneof![
        1 => open.prop_map(|(lines, service, closing, proposed, paid)| {
            Deed::Open { lines, service, closing, proposed, paid }
        }),
        20 => paying().prop_map(Deed::Pay),
        4 => amend.prop_map(|(surcharge, tip, key)| Deed::Amend { surcharge, tip, key }),
        6 => update.prop_map(|(amount, state, method, source, correction)| {
            Deed::Update { amount, state, method, source, correction }
        }),
        5 => Just(Deed::Confirm),
        2 => Just(Deed::Void),
        3 => prop::bool::weighted(0.2).prop_map(Deed::Delete),
        1 => (0..20_u8).prop_map(Deed::Fence),
        7 => (1..4_u8).prop_map(Deed::Claim),
        8 => (0..3_u8, prop::bool::weighted(0.7)).prop_map(|(lease, yes)| Deed::Resolve { lease, yes }),
        2 => Just(Deed::Expire),
        3 => Just(Deed::Again),
        3 => (0..40_000_u16).prop_map(Deed::Wait),
        4 => added.prop_map(|(price, quantity, by_till, later)| {
            Deed::Lines { price, quantity, by_till, later }
        }),
        2 => changed.prop_map(|(line, quantity, price)| Deed::Change { line, quantity, price }),
        2 => (0..4_u8).prop_map(Deed::Remove),
        1 => change().prop_map(Deed::Settle),
        2 => set.prop_map(|(closing, locked, stage)| Deed::Set { closing, locked, stage }),
    ]
}

/// A deed, on what, by whom.
#[derive(Debug, Clone)]
pub(super) struct Act {
    deed: Deed,
    target: u8,
    /// Whether another merchant does it, knowing our ids.
    intruder: bool,
}

/// The first order of a world: it costs something and is open.
fn opening() -> impl Strategy<Value = Act> {
    let lines = prop::collection::vec((100..2_000_u16, 10..40_u8), 1..4);
    (lines, 0..5_u8, any::<bool>()).prop_map(|(lines, service, closing)| Act {
        deed: Deed::Open {
            lines,
            service,
            closing,
            proposed: false,
            paid: None,
        },
        target: 1,
        intruder: false,
    })
}

/// A life of a world, after its first order.
pub(super) fn life(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Act>> {
    (opening(), prop::collection::vec(act(), length)).prop_map(|(first, rest)| {
        let mut acts = vec![first];
        acts.extend(rest);
        acts
    })
}

fn act() -> impl Strategy<Value = Act> {
    (deed(), any::<u8>(), prop::bool::weighted(0.05)).prop_map(|(deed, target, intruder)| Act {
        deed,
        target,
        intruder,
    })
}
