//! Any record: awkward texts, numbers at their ends, every member of every enumeration.

use proptest::array::{uniform3, uniform6, uniform10};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tender_engine::{
    Account, ApplicationId, Attempt, Case, CaseId, CaseReason, Delivery, DeliveryId, DeliveryState, DeviceId,
    Direction, Discount, EndpointId, EntryKind, Failure, FailureCode, Hash128, Hash256, JournalEntry,
    KeyOutcome, KeyRecord, KeySpace, Ledger, Line, LineModifier, LineSpec, LocationId, Maker, MerchantId,
    MethodId, MethodRef, MoneyField, Opened, Order, OrderId, OrderLines, OrderState, Payment, PaymentId,
    PaymentState, Posting, Rejection, ServiceCharge, StaffId, Stage, Task, TaskId, TaskKind, TaskState,
    Timestamp, Via, Watcher,
};
use tender_money::{Currency, Decimal};

use crate::{Counter, CounterName, StoredAlias, StoredKey};

/// Texts that a careless encoder gets wrong.
const AWKWARD: [&str; 14] = [
    "",
    " ",
    "null",
    "0",
    "-17",
    "9223372036854775808",
    "\"",
    "\\",
    "\0\u{1}\u{1f}\u{7f}",
    "line\r\n\tend",
    "{\"a\":[1,\"\\u0000\"]}",
    "\u{2028}\u{feff}\u{fffd}",
    "Łódź 寿司 🍣",
    "/</script>",
];

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        select(&AWKWARD[..]).prop_map(str::to_owned),
        vec(any::<char>(), 0..12).prop_map(String::from_iter),
    ]
    .boxed()
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    vec((text(), text()), 0..4)
}

fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![
        Just("register_id".to_owned()),
        Just("customer_id".to_owned()),
        text()
    ];
    vec((name, text()), 0..4)
}

fn integer() -> BoxedStrategy<i64> {
    prop_oneof![
        select(&[i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX][..]),
        -100_000_i64..100_000,
        any::<i64>(),
    ]
    .boxed()
}

fn natural() -> BoxedStrategy<u64> {
    prop_oneof![select(&[0, 1, u64::MAX][..]), any::<u64>()].boxed()
}

fn small() -> BoxedStrategy<u32> {
    prop_oneof![select(&[0, 1, u32::MAX][..]), any::<u32>()].boxed()
}

/// Ids are above zero.
fn id() -> BoxedStrategy<u64> {
    prop_oneof![select(&[1, (1 << 53) - 1, u64::MAX][..]), 1..=u64::MAX].boxed()
}

fn moment() -> BoxedStrategy<Timestamp> {
    integer().prop_map(Timestamp).boxed()
}

fn decimal() -> BoxedStrategy<Decimal> {
    let largest = Decimal::parse("170141183460469231731687303715884105727").expect("a number");
    prop_oneof![
        select(vec![Decimal::ZERO, Decimal::ONE, largest]),
        (integer(), 0..=18_u32).prop_map(|(minor, digits)| Decimal::from_minor(minor, digits)),
    ]
    .boxed()
}

fn hash() -> impl Strategy<Value = Hash256> {
    prop_oneof![Just([0; 32]), Just([255; 32]), any::<[u8; 32]>()]
}

fn hash_128() -> impl Strategy<Value = Hash128> {
    (integer(), integer()).prop_map(|(high, low)| Hash128 { high, low })
}

fn currency() -> impl Strategy<Value = Currency> {
    select(vec!["EUR", "JPY", "KWD", "USD", "CLF"])
        .prop_map(|code| Currency::from_code(code).expect("a code"))
}

fn via() -> impl Strategy<Value = Via> {
    select(&Via::ALL[..])
}

fn application() -> impl Strategy<Value = ApplicationId> {
    id().prop_map(ApplicationId)
}

/// The id of a payment, with or without an order.
fn payment_id() -> impl Strategy<Value = PaymentId> {
    (id(), small()).prop_map(|(order, number)| PaymentId {
        order: OrderId(order),
        number,
    })
}

fn failure() -> impl Strategy<Value = Failure> {
    (select(&FailureCode::ALL[..]), option::of(text())).prop_map(|(code, message)| Failure { code, message })
}

fn service_charge() -> impl Strategy<Value = ServiceCharge> {
    prop_oneof![
        Just(ServiceCharge::None),
        decimal().prop_map(ServiceCharge::Rate),
        integer().prop_map(ServiceCharge::Amount),
    ]
}

fn watcher() -> impl Strategy<Value = Watcher> {
    (id(), text(), any::<bool>()).prop_map(|(endpoint, reference, is_maker)| Watcher {
        endpoint: EndpointId(endpoint),
        reference,
        is_maker,
    })
}

prop_compose! {
    pub(super) fn order()(
        (id, merchant, location, staff) in (id(), id(), id(), option::of(id())),
        currency in currency(),
        (state, stage) in (select(&OrderState::ALL[..]), select(&Stage::ALL[..])),
        (station, number) in (natural(), natural()),
        (table_number, covers) in (option::of(small()), option::of(small())),
        (name, external_reference, notes) in (option::of(text()), option::of(text()), option::of(text())),
        (labels, watchers) in (labels(), vec(watcher(), 0..3)),
        (sums, counts) in (uniform10(integer()), uniform3(small())),
        (service_charge, close_when_paid, payments_locked)
            in (service_charge(), any::<bool>(), any::<bool>()),
        (opened_at, updated_at, closed_at) in (moment(), moment(), option::of(moment())),
        (opened_by, opened_via) in (application(), via()),
        (journal_seq, journal_hash) in (natural(), hash()),
    ) -> Order {
        Order {
            id: OrderId(id),
            merchant: MerchantId(merchant),
            location: LocationId(location),
            currency,
            state,
            stage,
            account: Account { station, number },
            table_number,
            name,
            covers,
            staff: staff.map(StaffId),
            external_reference,
            notes,
            labels,
            goods_minor: sums[0],
            tax_minor: sums[1],
            service_charge,
            service_minor: sums[2],
            received_minor: sums[3],
            refunded_minor: sums[4],
            reserved_minor: sums[5],
            refund_reserved_minor: sums[6],
            tips_minor: sums[7],
            surcharges_minor: sums[8],
            service_contributed_minor: sums[9],
            pending_count: counts[0],
            last_payment_number: counts[1],
            line_count: counts[2],
            close_when_paid,
            payments_locked,
            watchers,
            opened_at,
            updated_at,
            closed_at,
            opened_by,
            opened_via,
            journal_seq,
            journal_hash,
        }
    }
}

fn modifiers() -> impl Strategy<Value = Vec<LineModifier>> {
    let modifier = (option::of(integer()), text(), small()).prop_map(|(id, name, quantity)| LineModifier {
        id,
        name,
        quantity,
    });
    vec(modifier, 0..3)
}

prop_compose! {
    fn line()(
        (number, id, parent) in (small(), natural(), option::of(natural())),
        (name, sku, notes, client_line_id)
            in (text(), option::of(text()), option::of(text()), option::of(text())),
        product_id in option::of(natural()),
        (quantity, unit_price, tax_rate, price_variation) in (decimal(), decimal(), decimal(), decimal()),
        price_includes_tax in any::<bool>(),
        (discount_minor, total_minor, tax_minor) in (integer(), integer(), integer()),
        (modifiers, added_at) in (modifiers(), moment()),
    ) -> Line {
        Line {
            number,
            id,
            parent,
            name,
            sku,
            product_id,
            quantity,
            unit_price,
            price_includes_tax,
            tax_rate,
            price_variation,
            discount_minor,
            total_minor,
            tax_minor,
            modifiers,
            notes,
            client_line_id,
            added_at,
        }
    }
}

prop_compose! {
    pub(super) fn order_lines()(
        (merchant, order) in (id(), id()),
        lines in vec(line(), 0..4),
    ) -> OrderLines {
        OrderLines { merchant: MerchantId(merchant), order: OrderId(order), lines }
    }
}

fn method() -> impl Strategy<Value = MethodRef> {
    (id(), text(), text()).prop_map(|(id, code, name)| MethodRef {
        id: MethodId(id),
        code,
        name,
    })
}

prop_compose! {
    pub(super) fn payment()(
        (id, merchant, location) in (payment_id(), id(), id()),
        (direction, state)
            in (select(&[Direction::Receipt, Direction::Refund][..]), select(&PaymentState::ALL[..])),
        (deleted, custom, tip_pays_service) in any::<(bool, bool, bool)>(),
        sums in uniform6(integer()),
        (method, source, attributes) in (option::of(method()), option::of(payment_id()), pairs()),
        (reference, transaction_ref, invoice, note, customer)
            in (option::of(text()), option::of(text()), option::of(text()), option::of(text()), option::of(text())),
        (staff, device, endpoint, task, printer_profile)
            in (option::of(id()), option::of(id()), option::of(id()), option::of(id()), option::of(natural())),
        failure in option::of(failure()),
        (created_at, created_by, created_via) in (moment(), application(), via()),
        (updated_at, updated_by, updated_via) in (moment(), application(), via()),
        (expires_at, completed_at, reversed_at)
            in (option::of(moment()), option::of(moment()), option::of(moment())),
    ) -> Payment {
        Payment {
            id,
            merchant: MerchantId(merchant),
            location: LocationId(location),
            direction,
            state,
            deleted,
            amount_minor: sums[0],
            tip_minor: sums[1],
            surcharge_minor: sums[2],
            service_tip_minor: sums[3],
            service_minor: sums[4],
            method,
            reference,
            staff: staff.map(StaffId),
            device: device.map(DeviceId),
            printer_profile,
            endpoint: endpoint.map(EndpointId),
            source,
            refunds_minor: sums[5],
            transaction_ref,
            attributes,
            invoice,
            note,
            customer,
            custom,
            tip_pays_service,
            failure,
            task: task.map(TaskId),
            expires_at,
            created_at,
            created_by,
            created_via,
            updated_at,
            updated_by,
            updated_via,
            completed_at,
            reversed_at,
        }
    }
}

fn rejection() -> impl Strategy<Value = Rejection> {
    let fields = vec![
        MoneyField::Amount,
        MoneyField::Tip,
        MoneyField::Surcharge,
        MoneyField::Line,
        MoneyField::Service,
    ];
    (select(Rejection::examples()), select(fields), text()).prop_map(|(example, money, field)| {
        match Rejection::from_code(example.code(), Some(money)).expect("an example's code") {
            Rejection::KeyReused { .. } => Rejection::KeyReused { field },
            other => other,
        }
    })
}

fn outcome() -> impl Strategy<Value = KeyOutcome> {
    prop_oneof![
        payment_id().prop_map(|id| KeyOutcome::Payment(id, None)),
        payment().prop_map(|payment| KeyOutcome::Payment(payment.id, Some(Box::new(payment)))),
        id().prop_map(|id| KeyOutcome::Order(OrderId(id), None)),
        opened().prop_map(|opened| KeyOutcome::Order(opened.order.id, Some(Box::new(opened)))),
        rejection().prop_map(KeyOutcome::Refused),
        Just(KeyOutcome::Burned),
    ]
}

prop_compose! {
    /// The key's row names everything that the copy is of.
    fn opened()(
        order in order(),
        lines in vec(line(), 0..3),
        mut payments in vec(payment(), 0..3),
    ) -> Opened {
        for (payment, number) in payments.iter_mut().zip(1..) {
            payment.id = PaymentId { order: order.id, number };
        }
        Opened { order, lines, payments }
    }
}

fn key_space() -> impl Strategy<Value = KeySpace> {
    select(vec![
        KeySpace::PaymentReference,
        KeySpace::OrderReference,
        KeySpace::IdempotencyKey,
    ])
}

prop_compose! {
    pub(super) fn key()(
        (merchant, location) in (id(), id()),
        hash in hash_128(),
        (space, application) in (key_space(), application()),
        (text, fields) in (text(), pairs()),
        mut outcome in outcome(),
    ) -> StoredKey {
        match &mut outcome {
            KeyOutcome::Payment(_, Some(payment)) => payment.merchant = MerchantId(merchant),
            KeyOutcome::Order(_, Some(opened)) => {
                opened.order.merchant = MerchantId(merchant);
                opened.order.location = LocationId(location);
                for payment in &mut opened.payments {
                    payment.merchant = MerchantId(merchant);
                }
            }
            _ => {}
        }
        StoredKey {
            merchant: MerchantId(merchant),
            hash,
            record: KeyRecord {
                space,
                application,
                location: LocationId(location),
                text,
                fields,
                outcome,
            },
        }
    }
}

prop_compose! {
    pub(super) fn alias()((merchant, order) in (id(), id()), hash in hash_128()) -> StoredAlias {
        StoredAlias { merchant: MerchantId(merchant), hash, order: OrderId(order) }
    }
}

prop_compose! {
    pub(super) fn counter()(
        merchant in id(),
        name in select(&CounterName::ALL[..]),
        (owner, value) in (integer(), integer()),
    ) -> Counter {
        Counter { merchant: MerchantId(merchant), name, owner, value }
    }
}

fn discount() -> impl Strategy<Value = Discount> {
    prop_oneof![
        Just(Discount::None),
        decimal().prop_map(Discount::Amount),
        decimal().prop_map(Discount::Percent),
    ]
}

prop_compose! {
    fn line_spec()(
        (name, sku, notes, client_line_id)
            in (text(), option::of(text()), option::of(text()), option::of(text())),
        product_id in option::of(natural()),
        (quantity, unit_price, tax_rate, price_variation) in (decimal(), decimal(), decimal(), decimal()),
        (price_is_amount, price_includes_tax) in any::<(bool, bool)>(),
        (discount, modifiers, parent) in (discount(), modifiers(), option::of(any::<usize>())),
    ) -> LineSpec {
        LineSpec {
            name,
            sku,
            product_id,
            quantity,
            unit_price,
            price_is_amount,
            price_includes_tax,
            tax_rate,
            price_variation,
            discount,
            modifiers,
            notes,
            client_line_id,
            parent,
        }
    }
}

fn task_kind() -> impl Strategy<Value = TaskKind> {
    prop_oneof![
        Just(TaskKind::Payment),
        Just(TaskKind::Order),
        (vec(line_spec(), 0..3), vec(payment(), 0..3)).prop_flat_map(|(lines, payments)| {
            option::of((id(), option::of((id(), text())))).prop_map(move |maker| TaskKind::Lines {
                lines: lines.clone(),
                payments: payments.clone(),
                maker: maker.map(|(application, told)| Maker {
                    application: ApplicationId(application),
                    told: told.map(|(endpoint, text)| (EndpointId(endpoint), text)),
                }),
            })
        }),
        (text(), any::<bool>()).prop_map(|(text, also_print)| TaskKind::Message { text, also_print }),
    ]
}

fn task_state() -> impl Strategy<Value = TaskState> {
    prop_oneof![
        Just(TaskState::Open),
        Just(TaskState::Applied),
        failure().prop_map(TaskState::Refused),
        Just(TaskState::Expired),
        Just(TaskState::Withdrawn),
    ]
}

prop_compose! {
    pub(super) fn task()(
        (id, merchant, location) in (id(), id(), id()),
        (mut kind, state) in (task_kind(), task_state()),
        subject in option::of((id(), option::of(1..=u32::MAX))),
        (device, leased_to) in (option::of(id()), option::of(id())),
        (lease, resolved_lease) in (natural(), option::of(natural())),
        (leased_until, expires_at, created_at) in (moment(), moment(), moment()),
        has_case in any::<bool>(),
    ) -> Task {
        if let TaskKind::Lines { payments, .. } = &mut kind {
            // They are of the task's order, so there are none without one.
            payments.retain(|_| subject.is_some());
            for draft in payments {
                draft.merchant = MerchantId(merchant);
                draft.id = PaymentId { order: OrderId(subject.map_or(0, |(order, _)| order)), number: 0 };
            }
        }
        Task {
            id: TaskId(id),
            merchant: MerchantId(merchant),
            location: LocationId(location),
            kind,
            order: subject.map(|(order, _)| OrderId(order)),
            payment: subject.and_then(|(order, number)| {
                number.map(|number| PaymentId { order: OrderId(order), number })
            }),
            device: device.map(DeviceId),
            state,
            lease,
            leased_to: leased_to.map(DeviceId),
            leased_until,
            resolved_lease,
            expires_at,
            created_at,
            has_case,
        }
    }
}

fn posting() -> impl Strategy<Value = Posting> {
    let ledger = prop_oneof![
        select(vec![
            Ledger::ReceivableGoods,
            Ledger::ReceivableService,
            Ledger::Sales,
            Ledger::ServiceIncome,
            Ledger::Tips,
            Ledger::SurchargeIncome,
        ]),
        natural().prop_map(|id| Ledger::Tender(MethodId(id))),
    ];
    (ledger, integer()).prop_map(|(ledger, amount_minor)| Posting { ledger, amount_minor })
}

prop_compose! {
    pub(super) fn entry()(
        (merchant, order, location) in (id(), id(), id()),
        (seq, kind) in (natural(), select(&EntryKind::ALL[..])),
        (at, by, via) in (moment(), application(), via()),
        (payment, task) in (option::of(small()), option::of(id())),
        currency in currency(),
        (postings, detail) in (vec(posting(), 0..5), pairs()),
        (previous, hash) in (hash(), hash()),
    ) -> JournalEntry {
        JournalEntry {
            merchant: MerchantId(merchant),
            order: OrderId(order),
            seq,
            location: LocationId(location),
            kind,
            at,
            by,
            via,
            payment,
            task: task.map(TaskId),
            currency,
            postings,
            detail,
            previous,
            hash,
        }
    }
}

fn delivery_state() -> impl Strategy<Value = DeliveryState> {
    select(vec![
        DeliveryState::Pending,
        DeliveryState::Delivered,
        DeliveryState::Exhausted,
        DeliveryState::Dropped,
    ])
}

prop_compose! {
    pub(super) fn delivery()(
        (id, merchant, endpoint, order) in (id(), id(), id(), option::of(id())),
        (message_id, event, body) in (text(), text(), text()),
        (sequence, state, attempts) in (natural(), delivery_state(), small()),
        (next_at, created_at) in (moment(), moment()),
    ) -> Delivery {
        Delivery {
            id: DeliveryId(id),
            merchant: MerchantId(merchant),
            endpoint: EndpointId(endpoint),
            order: order.map(OrderId),
            message_id,
            event,
            body,
            sequence,
            state,
            attempts,
            next_at,
            created_at,
        }
    }
}

prop_compose! {
    pub(super) fn attempt()(
        (delivery, merchant, number) in (id(), id(), small()),
        (at, duration_ms) in (moment(), natural()),
        (status, error) in (option::of(any::<u16>()), option::of(text())),
    ) -> Attempt {
        Attempt {
            delivery: DeliveryId(delivery),
            merchant: MerchantId(merchant),
            number,
            at,
            duration_ms,
            status,
            error,
        }
    }
}

prop_compose! {
    pub(super) fn case()(
        (id, merchant, location, order) in (id(), id(), id(), id()),
        (payment, task) in (payment_id(), option::of(id())),
        (reason, amount_minor) in (select(&CaseReason::ALL[..]), integer()),
        (opened_at, resolved_at) in (moment(), option::of(moment())),
        resolution in option::of(text()),
    ) -> Case {
        Case {
            id: CaseId(id),
            merchant: MerchantId(merchant),
            location: LocationId(location),
            order: OrderId(order),
            payment,
            task: task.map(TaskId),
            reason,
            amount_minor,
            opened_at,
            resolved_at,
            resolution,
        }
    }
}
