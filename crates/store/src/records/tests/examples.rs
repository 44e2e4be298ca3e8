//! Examples of each record: as it usually is, and with everything in it.

use tender_engine::{
    Account, ApplicationId, Attempt, Case, CaseId, CaseReason, Delivery, DeliveryId, DeliveryState, DeviceId,
    Direction, Discount, EndpointId, EntryKind, Failure, FailureCode, Hash128, JournalEntry, KeyOutcome,
    KeyRecord, KeySpace, Ledger, Line, LineModifier, LineSpec, LocationId, MerchantId, MethodId, MethodRef,
    Order, OrderId, OrderLines, OrderState, Payment, PaymentId, PaymentState, Posting, ServiceCharge,
    StaffId, Stage, Task, TaskId, TaskKind, TaskState, Timestamp, Via, Watcher,
};
use tender_money::{Currency, Decimal};

use crate::StoredKey;

pub(super) const MERCHANT: MerchantId = MerchantId(1);
pub(super) const LOCATION: LocationId = LocationId(2);
pub(super) const ORDER: OrderId = OrderId(30);
pub(super) const PAYMENT: PaymentId = PaymentId {
    order: ORDER,
    number: 4,
};
const START: Timestamp = Timestamp(1_760_000_000_000);

fn euro() -> Currency {
    Currency::from_code("EUR").expect("a code")
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a number")
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) fn plain_order() -> Order {
    Order {
        id: ORDER,
        merchant: MERCHANT,
        location: LOCATION,
        currency: euro(),
        state: OrderState::Open,
        stage: Stage::Pending,
        account: Account {
            station: 7,
            number: 12,
        },
        table_number: None,
        name: None,
        covers: None,
        staff: None,
        external_reference: None,
        notes: None,
        labels: Vec::new(),
        goods_minor: 0,
        tax_minor: 0,
        service_charge: ServiceCharge::None,
        service_minor: 0,
        received_minor: 0,
        refunded_minor: 0,
        reserved_minor: 0,
        refund_reserved_minor: 0,
        tips_minor: 0,
        surcharges_minor: 0,
        service_contributed_minor: 0,
        pending_count: 0,
        last_payment_number: 0,
        line_count: 0,
        close_when_paid: false,
        payments_locked: false,
        watchers: Vec::new(),
        opened_at: START,
        updated_at: START,
        closed_at: None,
        opened_by: ApplicationId(5),
        opened_via: Via::Native,
        journal_seq: 0,
        journal_hash: [0; 32],
    }
}

pub(super) fn full_order() -> Order {
    Order {
        state: OrderState::Closed,
        stage: Stage::Accepted,
        table_number: Some(8),
        name: some("Łucja"),
        covers: Some(2),
        staff: Some(StaffId(42)),
        external_reference: some("S-1"),
        notes: some("no \"nuts\""),
        labels: vec![
            pair("register_id", "11"),
            pair("customer_id", "13"),
            pair("kind", "toGo"),
        ],
        goods_minor: 1000,
        tax_minor: 160,
        service_charge: ServiceCharge::Rate(decimal("0.125")),
        service_minor: 125,
        received_minor: 1200,
        refunded_minor: 75,
        reserved_minor: 6,
        refund_reserved_minor: 7,
        tips_minor: 50,
        surcharges_minor: 9,
        service_contributed_minor: 125,
        pending_count: 1,
        last_payment_number: 4,
        line_count: 3,
        close_when_paid: true,
        payments_locked: true,
        watchers: vec![Watcher {
            endpoint: EndpointId(6),
            reference: "R-1".to_owned(),
            is_maker: true,
        }],
        closed_at: Some(START.plus_ms(5)),
        journal_seq: 10,
        journal_hash: [0xfb; 32],
        ..plain_order()
    }
}

pub(super) fn order_lines() -> OrderLines {
    let plain = Line {
        number: 1,
        id: 100,
        parent: None,
        name: "Soup".to_owned(),
        sku: None,
        product_id: None,
        quantity: Decimal::ONE,
        unit_price: decimal("4.5"),
        price_includes_tax: false,
        tax_rate: Decimal::ZERO,
        price_variation: Decimal::ONE,
        discount_minor: 0,
        total_minor: 450,
        tax_minor: 0,
        modifiers: Vec::new(),
        notes: None,
        client_line_id: None,
        added_at: START,
    };
    let full = Line {
        number: 2,
        id: 101,
        parent: Some(100),
        name: "Bread".to_owned(),
        sku: some("B"),
        product_id: Some(9),
        quantity: decimal("0.25"),
        price_includes_tax: true,
        tax_rate: decimal("0.19"),
        price_variation: decimal("0.9"),
        discount_minor: 10,
        total_minor: 91,
        tax_minor: 15,
        modifiers: vec![LineModifier {
            id: Some(-3),
            name: "Butter".to_owned(),
            quantity: 2,
        }],
        notes: some("warm"),
        client_line_id: some("l-2"),
        ..plain.clone()
    };
    OrderLines {
        merchant: MERCHANT,
        order: ORDER,
        lines: vec![plain, full],
    }
}

pub(super) fn plain_payment() -> Payment {
    Payment {
        id: PAYMENT,
        merchant: MERCHANT,
        location: LOCATION,
        direction: Direction::Receipt,
        state: PaymentState::Complete,
        deleted: false,
        amount_minor: 1250,
        tip_minor: 0,
        surcharge_minor: 0,
        service_tip_minor: 0,
        service_minor: 0,
        method: Some(MethodRef {
            id: MethodId(3),
            code: "APM".to_owned(),
            name: "App".to_owned(),
        }),
        reference: some("R-1"),
        staff: None,
        device: None,
        printer_profile: None,
        endpoint: None,
        source: None,
        refunds_minor: 0,
        transaction_ref: None,
        attributes: Vec::new(),
        invoice: None,
        note: None,
        customer: None,
        custom: false,
        tip_pays_service: false,
        failure: None,
        task: None,
        expires_at: None,
        created_at: START,
        created_by: ApplicationId(5),
        created_via: Via::Kseries,
        updated_at: START,
        updated_by: ApplicationId(5),
        updated_via: Via::Kseries,
        completed_at: Some(START),
        reversed_at: None,
    }
}

pub(super) fn full_payment() -> Payment {
    Payment {
        direction: Direction::Refund,
        state: PaymentState::Failed,
        deleted: true,
        tip_minor: 100,
        surcharge_minor: 7,
        service_tip_minor: 20,
        service_minor: 30,
        staff: Some(StaffId(42)),
        device: Some(DeviceId(8)),
        printer_profile: Some(1),
        endpoint: Some(EndpointId(6)),
        source: Some(PaymentId {
            order: ORDER,
            number: 3,
        }),
        refunds_minor: 11,
        transaction_ref: some("T"),
        attributes: vec![pair("b", "{\"x\":1.50}"), pair("a", "null")],
        invoice: some("I"),
        note: some("N"),
        customer: some("C"),
        custom: true,
        tip_pays_service: true,
        failure: Some(Failure {
            code: FailureCode::Overpaid,
            message: some("too much"),
        }),
        task: Some(TaskId(9)),
        expires_at: Some(START.plus_ms(1)),
        updated_at: START.plus_ms(2),
        updated_by: ApplicationId(55),
        updated_via: Via::Till,
        completed_at: Some(START.plus_ms(3)),
        reversed_at: Some(START.plus_ms(4)),
        ..plain_payment()
    }
}

pub(super) fn key(outcome: KeyOutcome) -> StoredKey {
    StoredKey {
        merchant: MERCHANT,
        hash: Hash128 { high: -5, low: 6 },
        record: KeyRecord {
            space: KeySpace::PaymentReference,
            application: ApplicationId(5),
            location: LOCATION,
            text: "R-1".to_owned(),
            fields: vec![pair("amount", "12.5")],
            outcome,
        },
    }
}

pub(super) fn plain_task() -> Task {
    Task {
        id: TaskId(9),
        merchant: MERCHANT,
        location: LOCATION,
        kind: TaskKind::Payment,
        order: Some(ORDER),
        payment: Some(PAYMENT),
        device: None,
        state: TaskState::Open,
        lease: 0,
        leased_to: None,
        leased_until: Timestamp(0),
        resolved_lease: None,
        expires_at: START.plus_ms(300_000),
        created_at: START,
        has_case: false,
    }
}

pub(super) fn full_task() -> Task {
    let plain = LineSpec {
        name: "Soup".to_owned(),
        sku: None,
        product_id: None,
        quantity: decimal("2"),
        unit_price: decimal("4.5"),
        price_is_amount: false,
        price_includes_tax: false,
        tax_rate: Decimal::ZERO,
        price_variation: Decimal::ONE,
        discount: Discount::None,
        modifiers: Vec::new(),
        notes: None,
        client_line_id: None,
        parent: None,
    };
    let full = LineSpec {
        sku: some("S"),
        product_id: Some(9),
        price_is_amount: true,
        price_includes_tax: true,
        tax_rate: decimal("0.07"),
        price_variation: decimal("1.1"),
        discount: Discount::Percent(decimal("10")),
        modifiers: vec![LineModifier {
            id: None,
            name: "Hot".to_owned(),
            quantity: 1,
        }],
        notes: some("n"),
        client_line_id: some("l"),
        parent: Some(0),
        ..plain.clone()
    };
    let discounted = LineSpec {
        discount: Discount::Amount(decimal("0.5")),
        ..plain.clone()
    };
    Task {
        kind: TaskKind::Lines {
            lines: vec![plain, full, discounted],
            payments: Vec::new(),
            maker: None,
        },
        payment: None,
        device: Some(DeviceId(8)),
        state: TaskState::Refused(Failure::new(FailureCode::ItemNotAdded)),
        lease: 2,
        leased_to: Some(DeviceId(8)),
        leased_until: START.plus_ms(30_000),
        resolved_lease: Some(2),
        has_case: true,
        ..plain_task()
    }
}

pub(super) fn entry() -> JournalEntry {
    JournalEntry {
        merchant: MERCHANT,
        order: ORDER,
        seq: 11,
        location: LOCATION,
        kind: EntryKind::PaymentCompleted,
        at: START,
        by: ApplicationId(5),
        via: Via::Till,
        payment: Some(4),
        task: Some(TaskId(9)),
        currency: euro(),
        postings: vec![
            Posting {
                ledger: Ledger::ReceivableGoods,
                amount_minor: -500,
            },
            Posting {
                ledger: Ledger::Tender(MethodId(3)),
                amount_minor: 500,
            },
        ],
        detail: vec![pair("reference", "R-1")],
        previous: [2; 32],
        hash: [1; 32],
    }
}

pub(super) fn delivery() -> Delivery {
    Delivery {
        id: DeliveryId(77),
        merchant: MERCHANT,
        endpoint: EndpointId(6),
        order: Some(ORDER),
        message_id: "msg_1".to_owned(),
        event: "payment.completed".to_owned(),
        body: "{\"a\":1}".to_owned(),
        sequence: 3,
        state: DeliveryState::Exhausted,
        attempts: 11,
        next_at: START,
        created_at: START,
    }
}

pub(super) fn attempt() -> Attempt {
    Attempt {
        delivery: DeliveryId(77),
        merchant: MERCHANT,
        number: 1,
        at: START,
        duration_ms: 15,
        status: Some(503),
        error: some("timeout"),
    }
}

pub(super) fn case() -> Case {
    Case {
        id: CaseId(88),
        merchant: MERCHANT,
        location: LOCATION,
        order: ORDER,
        payment: PAYMENT,
        task: Some(TaskId(9)),
        reason: CaseReason::ConfirmedTwice,
        amount_minor: 1250,
        opened_at: START,
        resolved_at: Some(START.plus_ms(6)),
        resolution: some("refunded"),
    }
}
