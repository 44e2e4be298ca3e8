//! Every notification of section 7, byte for byte, from records with fixed ids and times.

use tender_engine::{
    Account, ApplicationId, Delivery, DeliveryId, DeliveryState, EndpointId, Failure, FailureCode, Line,
    LineModifier, LocationId, MerchantId, MethodId, MethodRef, Notice, NoticeKind, Order, OrderId,
    OrderState, Payment, PaymentId, ServiceCharge, StaffId, Stage, Timestamp, Via, Watcher,
};
use tender_money::{Currency, Decimal};
use tender_service::{
    Directory, Endpoint, Item, Location, Message, OrderView, Settings, Staff, WebhookEncoder, WebhookEvent,
};
use tender_testbed::sample;

use super::KseriesEncoder;
use super::push::{item_messages, readiness_messages};
use crate::data::Readiness;
use crate::tests::golden::Goldens;

pub(crate) mod every;

const LOCATION: u64 = 247_158_188_015_618;
const PLAIN: u64 = 1;
const FULL: u64 = 2;
const ACCOUNT_ONLY: u64 = 3;
const STRANGER: u64 = 4;
const OPENED: Timestamp = Timestamp(1_640_093_089_265);
const PAID: Timestamp = Timestamp(1_640_093_125_082);

fn endpoint(id: u64, settings: serde_json::Value) -> Endpoint {
    Endpoint {
        id,
        application: 10,
        dialect: "kseries".to_owned(),
        name: format!("E{id}"),
        settings,
        ..Endpoint::default()
    }
}

fn directory() -> Directory {
    let associated = serde_json::json!([{"location": LOCATION, "createdAtMs": 1, "updatedAtMs": 1}]);
    let mut directory = Directory::default();
    let location = Location {
        id: LOCATION,
        currency: "EUR".to_owned(),
        station: 17_700,
        api_staff: Some(3),
        ..Location::default()
    };
    directory.locations.insert(LOCATION, location);
    let staff = Staff {
        id: 31_930,
        first_name: "Manager".to_owned(),
        ..Staff::default()
    };
    directory.staff.insert(31_930, staff);
    for endpoint in [
        endpoint(PLAIN, serde_json::json!({"associations": associated})),
        endpoint(
            FULL,
            serde_json::json!({"provideAccount": true, "expandTransactions": true, "expandPayments": true,
                "withBasicAuth": true, "username": "Aladdin", "password": "open sesame",
                "subscribeTo": [{"name": "SALES_RESTRICTION_UPDATED", "resource": "item"}],
                "associations": associated}),
        ),
        endpoint(ACCOUNT_ONLY, serde_json::json!({"provideAccount": true})),
        endpoint(STRANGER, serde_json::json!({})),
    ] {
        directory.endpoints.insert(endpoint.id, endpoint);
    }
    directory
}

fn watcher(endpoint: u64, reference: &str, is_maker: bool) -> Watcher {
    Watcher {
        endpoint: EndpointId(endpoint),
        reference: reference.to_owned(),
        is_maker,
    }
}

fn order() -> Order {
    Order {
        id: OrderId(304_087_979_524_124),
        merchant: MerchantId(1),
        location: LocationId(LOCATION),
        currency: Currency::from_code("EUR").expect("euro"),
        state: OrderState::Open,
        stage: Stage::Pending,
        account: Account {
            station: 17_700,
            number: 3,
        },
        table_number: Some(3),
        name: Some("Order NZVV".to_owned()),
        covers: Some(2),
        staff: Some(StaffId(31_930)),
        external_reference: None,
        notes: None,
        labels: Vec::new(),
        goods_minor: 400,
        tax_minor: 67,
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
        line_count: 1,
        close_when_paid: true,
        payments_locked: false,
        watchers: vec![
            watcher(PLAIN, "order-x", true),
            watcher(FULL, "order-x", true),
            watcher(ACCOUNT_ONLY, "order-x", true),
        ],
        opened_at: OPENED,
        updated_at: OPENED,
        closed_at: None,
        opened_by: ApplicationId(10),
        opened_via: Via::Kseries,
        journal_seq: 1,
        journal_hash: [0; 32],
    }
}

fn line() -> Line {
    Line {
        number: 1,
        id: 304_087_979_524_125,
        parent: None,
        name: "Appetizer 2".to_owned(),
        sku: Some("21".to_owned()),
        product_id: None,
        quantity: Decimal::ONE,
        unit_price: Decimal::from_integer(4),
        price_includes_tax: true,
        tax_rate: Decimal::from_minor(2, 1),
        price_variation: Decimal::ONE,
        discount_minor: 0,
        total_minor: 400,
        tax_minor: 67,
        modifiers: Vec::new(),
        notes: None,
        client_line_id: None,
        added_at: OPENED,
    }
}

fn payment(number: u32, endpoint: u64, reference: &str) -> Payment {
    let id = PaymentId {
        order: order().id,
        number,
    };
    Payment {
        location: LocationId(LOCATION),
        amount_minor: 400,
        tip_minor: 50,
        method: Some(MethodRef {
            id: MethodId(1),
            code: "APM".to_owned(),
            name: "API Payment".to_owned(),
        }),
        reference: Some(reference.to_owned()),
        endpoint: Some(EndpointId(endpoint)),
        created_by: ApplicationId(10),
        created_via: Via::Kseries,
        updated_at: PAID,
        updated_by: ApplicationId(10),
        updated_via: Via::Till,
        completed_at: Some(PAID),
        ..sample::payment(id, OPENED)
    }
}

fn paid(mut order: Order) -> Order {
    order.state = OrderState::Closed;
    order.received_minor = 400;
    order.last_payment_number = 1;
    order.closed_at = Some(PAID);
    order
}

fn view(order: Order, payments: Vec<Payment>) -> OrderView {
    OrderView {
        order,
        lines: vec![line()],
        payments,
    }
}

fn about_order(kind: NoticeKind) -> Notice {
    Notice {
        kind,
        order: Some(order().id),
        payment: None,
    }
}

fn about_payment(kind: NoticeKind, payment: &Payment) -> Notice {
    Notice {
        kind,
        order: payment.id.has_order().then_some(payment.id.order),
        payment: Some(payment.id),
    }
}

/// What an endpoint is told.
fn told(endpoint: u64, notices: &[Notice], view: Option<&OrderView>, payments: &[Payment]) -> Vec<Message> {
    told_as(false, endpoint, notices, view, payments)
}

fn told_as(
    money_as_numbers: bool,
    endpoint: u64,
    notices: &[Notice],
    view: Option<&OrderView>,
    payments: &[Payment],
) -> Vec<Message> {
    let directory = directory();
    let event = WebhookEvent {
        notices,
        order: view,
        payments,
        directory: &directory,
        now: PAID,
    };
    KseriesEncoder { money_as_numbers }.encode(&event, &directory.endpoints[&endpoint])
}

/// Bodies one below the other, each after its event.
fn text(messages: &[Message]) -> String {
    let lines = messages
        .iter()
        .map(|message| format!("{}\n{}", message.event, message.body));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_notification_is_as_in_its_file() {
    let mut goldens = Goldens::new("notifications");
    payments(&mut goldens);
    failures(&mut goldens);
    orders(&mut goldens);
    accounts(&mut goldens);
    pushes(&mut goldens);
    goldens.finish();
}

fn payments(goldens: &mut Goldens) {
    let payment = payment(1, PLAIN, "REF11");
    let view = view(paid(order()), vec![payment.clone()]);
    let payments = [payment.clone()];
    let notices = [
        about_payment(NoticeKind::PaymentCompleted, &payment),
        about_order(NoticeKind::OrderClosed),
    ];
    goldens.check(
        "payment-success-then-closed.txt",
        &text(&told(PLAIN, &notices, Some(&view), &payments)),
    );
    let notices = [about_payment(NoticeKind::PaymentVoided, &payment)];
    goldens.check(
        "payment-voided.txt",
        &text(&told(PLAIN, &notices, Some(&view), &payments)),
    );
    assert_eq!(
        told(FULL, &notices, Some(&view), &payments),
        [],
        "a payment is its endpoint's alone"
    );
    for kind in [
        NoticeKind::PaymentAccepted,
        NoticeKind::PaymentReversed,
        NoticeKind::PaymentAmended,
    ] {
        let notices = [about_payment(kind, &payment)];
        assert_eq!(told(PLAIN, &notices, Some(&view), &payments), []);
    }
}

fn failures(goldens: &mut Goldens) {
    let payment = payment(1, PLAIN, "REF12212");
    let view = view(order(), Vec::new());
    let payments = [payment.clone()];
    for code in FailureCode::ALL {
        let notices = [about_payment(
            NoticeKind::PaymentFailed(Failure::new(code)),
            &payment,
        )];
        let name = code.code().to_ascii_lowercase().replace('_', "-");
        goldens.check(
            &format!("payment-failure-{name}.txt"),
            &text(&told(PLAIN, &notices, Some(&view), &payments)),
        );
    }
    let own_words = Failure {
        code: FailureCode::Unknown,
        message: Some("The \"till\" is closed".to_owned()),
    };
    let notices = [about_payment(NoticeKind::PaymentFailed(own_words), &payment)];
    goldens.check(
        "payment-failure-in-the-till-s-words.txt",
        &text(&told(PLAIN, &notices, Some(&view), &payments)),
    );

    let mut orphan = payment;
    orphan.id.number = 0;
    let notices = [about_payment(
        NoticeKind::PaymentFailed(Failure::new(FailureCode::AccountNotFound)),
        &orphan,
    )];
    goldens.check(
        "payment-failure-without-check.txt",
        &text(&told(PLAIN, &notices, None, &[orphan])),
    );
}

fn orders(goldens: &mut Goldens) {
    let open = view(order(), Vec::new());
    let cases = [
        ("opened", NoticeKind::OrderOpened),
        ("updated", NoticeKind::OrderUpdated),
        ("cancelled", NoticeKind::OrderCancelled),
        ("deleted", NoticeKind::OrderDeleted),
        ("ready", NoticeKind::OrderReady),
    ];
    for (name, kind) in cases {
        let notices = [about_order(kind)];
        goldens.check(
            &format!("order-{name}-plain.txt"),
            &text(&told(PLAIN, &notices, Some(&open), &[])),
        );
        goldens.check(
            &format!("order-{name}-account.txt"),
            &text(&told(FULL, &notices, Some(&open), &[])),
        );
        assert_eq!(
            told(STRANGER, &notices, Some(&open), &[]),
            [],
            "{name}: who does not watch is not told"
        );
    }
    let mut came_to_nothing = order();
    came_to_nothing.state = OrderState::Cancelled;
    came_to_nothing.closed_at = Some(PAID);
    let came_to_nothing = view(came_to_nothing, Vec::new());
    let failure = Failure {
        code: FailureCode::ItemNotFound,
        message: Some("Item not found: X".to_owned()),
    };
    let notices = [about_order(NoticeKind::OrderFailed(failure))];
    goldens.check(
        "order-failed.txt",
        &text(&told(FULL, &notices, Some(&came_to_nothing), &[])),
    );
}

fn accounts(goldens: &mut Goldens) {
    let payment = payment(1, FULL, "1234567890");
    let closed = view(paid(order()), vec![payment]);
    let notices = [about_order(NoticeKind::OrderClosed)];
    goldens.check(
        "order-closed-account.txt",
        &text(&told(FULL, &notices, Some(&closed), &[])),
    );
    goldens.check(
        "order-closed-account-not-expanded.txt",
        &text(&told(ACCOUNT_ONLY, &notices, Some(&closed), &[])),
    );
    goldens.check(
        "order-closed-numbers.txt",
        &text(&told_as(true, FULL, &notices, Some(&closed), &[])),
    );

    let mut nested = view(order(), Vec::new());
    nested.order.staff = None;
    nested.order.name = None;
    nested.order.table_number = None;
    nested.lines[0].modifiers = vec![LineModifier {
        id: Some(567),
        name: "Well done".to_owned(),
        quantity: 1,
    }];
    nested.lines.push(Line {
        number: 2,
        id: 304_087_979_524_126,
        parent: Some(304_087_979_524_125),
        name: "Extra cheese".to_owned(),
        quantity: Decimal::parse("1.5").expect("a decimal"),
        price_includes_tax: false,
        discount_minor: 10,
        ..line()
    });
    let opened = [about_order(NoticeKind::OrderOpened)];
    goldens.check(
        "order-opened-sub-lines.txt",
        &text(&told(FULL, &opened, Some(&nested), &[])),
    );
    let updated = [about_order(NoticeKind::OrderUpdated)];
    goldens.check(
        "order-updated-sub-lines.txt",
        &text(&told(FULL, &updated, Some(&nested), &[])),
    );
}

fn pushes(goldens: &mut Goldens) {
    let directory = directory();
    let location = &directory.locations[&LOCATION];
    let item = |stock| Item {
        sku: "UGG-BB-PUR-06".to_owned(),
        stock,
        ..Item::default()
    };
    let bodies = |messages: Vec<(EndpointId, Message)>| {
        let lines = messages
            .iter()
            .map(|(to, message)| format!("to {}: {}", to.0, text(std::slice::from_ref(message))));
        lines.collect::<Vec<_>>().join("\n")
    };
    let at = Timestamp(1_712_223_720_000);
    goldens.check(
        "item-restricted.txt",
        &bodies(item_messages(&directory, location, &item(Some(5)), at)),
    );
    goldens.check(
        "item-not-restricted.txt",
        &bodies(item_messages(&directory, location, &item(None), at)),
    );
    let ready = Readiness {
        updated_at: Timestamp(1_759_570_800_000),
        enabled: true,
        order_profile: Some(25_769_803_781),
        staff: Some(3),
        period_open: true,
        accepting: true,
        available_devices: true,
    };
    let closed = Readiness {
        order_profile: None,
        staff: None,
        period_open: false,
        ..ready
    };
    goldens.check(
        "order-api-ready.txt",
        &bodies(readiness_messages(&directory, location, &closed, &ready)),
    );
    let messages = readiness_messages(&directory, location, &ready, &closed);
    goldens.check("order-api-not-ready.txt", &bodies(messages));
    let later = Readiness {
        updated_at: PAID,
        ..closed
    };
    assert_eq!(
        readiness_messages(&directory, location, &closed, &later),
        [],
        "nothing changed but the time"
    );
    let still_not = Readiness {
        accepting: false,
        ..closed
    };
    let messages = readiness_messages(&directory, location, &closed, &still_not);
    assert_eq!(messages.len(), 2, "an input changed, the state did not");
}

#[test]
fn an_order_that_opens_and_closes_at_once_is_told_twice_and_no_more() {
    let closed = view(paid(order()), vec![payment(1, PLAIN, "order-x")]);
    let notices = [
        about_order(NoticeKind::OrderOpened),
        about_order(NoticeKind::OrderUpdated),
        about_order(NoticeKind::OrderClosed),
    ];
    let events: Vec<String> = told(PLAIN, &notices, Some(&closed), &[])
        .into_iter()
        .map(|message| message.event)
        .collect();
    assert_eq!(events, ["order.SUCCESS", "order.CLOSED"]);
}

#[test]
fn an_update_that_failed_is_told_under_its_own_reference_only() {
    let failed = [about_order(NoticeKind::OrderFailed(Failure::new(
        FailureCode::Timeout,
    )))];
    let mut open = view(order(), vec![payment(1, FULL, "PAYMENT")]);
    open.order.watchers = vec![watcher(PLAIN, "UPDATE", false), watcher(FULL, "PAYMENT", false)];
    let bodies: Vec<String> = told(PLAIN, &failed, Some(&open), &[])
        .into_iter()
        .map(|message| message.body)
        .collect();
    assert_eq!(
        bodies,
        [
            r#"{"status":"FAILURE","reason":"Not processed before validity ended","thirdPartyReference":"UPDATE"}"#
        ]
    );
    assert_eq!(
        told(FULL, &failed, Some(&open), &[]),
        [],
        "it would read as a failed payment"
    );
    open.order.state = OrderState::Cancelled;
    open.order.closed_at = Some(OPENED);
    assert_eq!(
        told(PLAIN, &failed, Some(&open), &[]).len(),
        1,
        "cancelled before, by somebody else"
    );
    open.order.watchers = vec![watcher(PLAIN, "ORDER", true)];
    assert_eq!(
        told(PLAIN, &failed, Some(&open), &[]),
        [],
        "it would read as the failure of an order that lives"
    );
}

#[test]
fn a_proposal_is_not_told_before_it_opens() {
    let mut proposed = view(order(), Vec::new());
    proposed.order.state = OrderState::Proposed;
    let notices = [about_order(NoticeKind::OrderUpdated)];
    assert_eq!(told(FULL, &notices, Some(&proposed), &[]), []);
}

#[test]
fn only_accounts_and_failed_updates_need_the_whole_order() {
    let directory = directory();
    let encoder = KseriesEncoder {
        money_as_numbers: false,
    };
    let payment = payment(1, FULL, "R");
    let needs = |kind: NoticeKind, endpoint: u64| {
        encoder.needs_full_order(&[about_payment(kind, &payment)], &directory.endpoints[&endpoint])
    };
    assert!(needs(NoticeKind::OrderClosed, FULL));
    assert!(!needs(NoticeKind::OrderClosed, PLAIN));
    assert!(!needs(NoticeKind::OrderClosed, ACCOUNT_ONLY));
    assert!(needs(
        NoticeKind::OrderFailed(Failure::new(FailureCode::Timeout)),
        PLAIN
    ));
    for kind in [NoticeKind::PaymentAccepted, NoticeKind::PaymentCompleted] {
        assert!(!needs(kind, FULL));
    }
}

#[test]
fn row_32_each_attempt_carries_the_key_and_basic_where_configured() {
    let directory = directory();
    let encoder = crate::encoder(&Settings::default());
    let delivery = Delivery {
        id: DeliveryId(1),
        merchant: MerchantId(1),
        endpoint: EndpointId(FULL),
        order: None,
        message_id: "0b0d9b1e-6a52-4e0c-9c2a-8e8f3ec0a7b1".to_owned(),
        event: "payment.SUCCESS".to_owned(),
        body: "{}".to_owned(),
        sequence: 1,
        state: DeliveryState::Pending,
        attempts: 0,
        next_at: PAID,
        created_at: PAID,
    };
    let key = (
        "X-Lightspeed-Idempotency-Key".to_owned(),
        "LS1_0b0d9b1e-6a52-4e0c-9c2a-8e8f3ec0a7b1".to_owned(),
    );
    let basic = (
        "Authorization".to_owned(),
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned(),
    );
    let plain = encoder.headers(&delivery, &directory.endpoints[&PLAIN], None);
    assert_eq!(plain, std::slice::from_ref(&key));
    assert_eq!(
        encoder.headers(&delivery, &directory.endpoints[&FULL], None),
        [key, basic]
    );
    assert_eq!(encoder.dialect(), "kseries");
}
