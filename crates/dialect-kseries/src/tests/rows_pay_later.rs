//! Rows 18 to 26 and 45 of the acceptance checklist: what becomes of accepted payments, and what is not accepted at all.

use std::sync::Arc;

use tender_engine::{Failure, FailureCode, OrderChange, OrderState, SettleOrder};
use tender_service::Settings;
use tender_store_sqlite::{SqliteOptions, SqliteStore};
use tokio::task::JoinSet;

use super::world::{CHECK, DEVICE, L, L2, OTHER_DEVICE, Pay, World, quoted};

/// The FAILURE body about a payment that found the check.
fn failure(reference: &str, reason: &str, errors: &str) -> String {
    format!(
        r#"{{"reason":"{reason}","thirdPartyReference":"{reference}","businessLocationId":{L},"status":"FAILURE","errors":{errors},"ikentooAccountIdentifier":"{CHECK}","type":"PAYMENT"}}"#
    )
}

fn of_account(code: &str) -> String {
    format!(r#"{{"account":{{"type":"{code}"}}}}"#)
}

async fn deliveries(world: &World) -> usize {
    world.messages("E1").await.len()
}

#[tokio::test]
async fn row_18_an_overpayment_fails_later_and_reaches_no_till() {
    let world = World::new().await;
    world.pay_ok(&Pay::new("R1").amount("20.07")).await;
    let reason = "the payment amount is greater than the amount due";
    assert_eq!(
        world.last_message("E1").await,
        failure("R1", reason, &of_account("OVERPAID"))
    );
    assert_eq!(world.check(CHECK).await.order.paid_minor(), 0);
    assert_eq!(world.confirm().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_19_two_guests_cannot_pay_more_than_is_due() {
    let world = Arc::new(World::new().await);
    let mut requests = JoinSet::new();
    for reference in ["R1", "R2"] {
        let world = Arc::clone(&world);
        requests.spawn(async move { world.pay_ok(&Pay::new(reference).amount("15.00")).await });
    }
    requests.join_all().await;
    assert_eq!(world.confirm().await, 1);
    let messages = world.messages("E1").await;
    let count = |part: &str| messages.iter().filter(|body| body.contains(part)).count();
    assert_eq!(count(r#""status":"SUCCESS""#), 1);
    assert_eq!(count("OVERPAID"), 1);
}

#[tokio::test]
async fn row_20_partial_payments_add_up() {
    let world = World::new().await;
    for (reference, amount, status) in [("R1", "10.00", "CHECK_WAS_UPDATED"), ("R2", "10.06", "CLOSED")] {
        world
            .pay_ok(
                &Pay::new(reference)
                    .amount(amount)
                    .set("endpointId", &quoted("E2")),
            )
            .await;
        assert_eq!(world.confirm().await, 1);
        let messages = world.messages("E2").await;
        let [.., payment, order] = messages.as_slice() else {
            panic!("two messages: {messages:?}")
        };
        let payment: serde_json::Value = serde_json::from_str(payment).expect("JSON");
        let order: serde_json::Value = serde_json::from_str(order).expect("JSON");
        assert_eq!(
            (&payment["type"], &payment["status"]),
            (&"PAYMENT".into(), &"SUCCESS".into())
        );
        assert_eq!(
            (&order["type"], &order["status"]),
            (&"ORDER".into(), &status.into())
        );
        assert_eq!(order["thirdPartyReference"], reference);
        assert_eq!(order["account"]["currentAmount"], "20.06");
    }
}

#[tokio::test]
async fn row_21_what_is_unknown_is_told_later() {
    let world = World::new().await;
    let closed = world.open(L, Some(7), &[("Coffee", "2.00", "0")]).await;
    let settle = SettleOrder {
        order: closed.id,
        change: OrderChange::Close,
    };
    world
        .till_command(tender_engine::Command::SettleOrder(settle))
        .await;
    world.pay_ok(&Pay::new("R1").account("A9.9")).await;
    assert_eq!(
        world.last_message("E1").await,
        format!(
            r#"{{"reason":"Account not found","thirdPartyReference":"R1","businessLocationId":{L},"status":"FAILURE","errors":{{"account":{{"type":"ACCOUNT_NOT_FOUND"}}}},"type":"PAYMENT"}}"#
        )
    );
    world
        .pay_ok(&Pay::new("R2").account(&closed.account.to_string()).amount("1"))
        .await;
    let message = world.last_message("E1").await;
    assert!(
        message.contains(r#""reason":"Account already closed""#),
        "{message}"
    );
    assert!(
        message.contains(r#"{"account":{"type":"ACCOUNT_ALREADY_CLOSED"}}"#),
        "{message}"
    );
    for (reference, name, value, code, reason) in [
        (
            "R3",
            "paymentMethod",
            quoted("XX"),
            "PAYMENT_METHOD_NOT_FOUND",
            "Payment method not found",
        ),
        (
            "R4",
            "paymentMethod",
            quoted("OLD"),
            "PAYMENT_METHOD_NOT_FOUND",
            "Payment method not found",
        ),
        (
            "R5",
            "paymentMethod",
            quoted("TERMINAL"),
            "NATIVE_PAYMENT_NOT_SUPPORTED",
            "Native payment not supported",
        ),
        (
            "R6",
            "staffId",
            "43".to_owned(),
            "STAFF_NOT_FOUND",
            "Staff not found",
        ),
        (
            "R7",
            "staffId",
            "-1".to_owned(),
            "STAFF_NOT_FOUND",
            "Staff not found",
        ),
    ] {
        world.pay_ok(&Pay::new(reference).set(name, &value)).await;
        assert_eq!(
            world.last_message("E1").await,
            failure(reference, reason, &of_account(code))
        );
    }
    assert_eq!(world.confirm().await, 0);
}

#[tokio::test]
async fn a_location_without_api_staff_needs_an_employee() {
    let world = World::new().await;
    let mut location = world.directory().await.locations[&L].clone();
    location.api_staff = None;
    world
        .put(tender_service::DirectoryKind::Location, L, &location)
        .await;
    world.pay_ok(&Pay::new("R1")).await;
    assert_eq!(
        world.last_message("E1").await,
        failure("R1", "Missing staff", &of_account("MISSING_STAFF"))
    );
}

#[tokio::test]
async fn row_22_a_payment_that_no_till_takes_times_out() {
    let world = World::new().await;
    let _expiry = world.tender.spawn_expiry();
    world.pay_ok(&Pay::new("R1").set("taskTtlInMs", "60000")).await;
    world.tender.clock().advance(60_001);
    world.until(async || deliveries(&world).await > 0).await;
    let errors = r#"{"timeout":{"errorKey":"errors.payment.pos.task_timeout","message":"Not processed before validity ended"}}"#;
    let told = failure("R1", "Not processed before validity ended", errors);
    assert_eq!(world.messages("E1").await, [told]);
    world.pay_ok(&Pay::new("R2")).await;
    assert_eq!(world.confirm().await, 1);
    assert!(world.is_closed(CHECK).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_23_a_task_goes_to_the_device_it_is_for_or_to_one_of_all() {
    let world = Arc::new(World::new().await);
    world
        .pay_ok(&Pay::new("R1").amount("1").set("deviceId", &DEVICE.to_string()))
        .await;
    assert_eq!(world.claim(OTHER_DEVICE).await.len(), 0);
    assert_eq!(world.claim(DEVICE).await.len(), 1);
    world
        .pay_ok(&Pay::new("R2").amount("1").set("deviceId", "null"))
        .await;
    let mut claims = JoinSet::new();
    for device in [DEVICE, OTHER_DEVICE] {
        let world = Arc::clone(&world);
        claims.spawn(async move { world.claim(device).await.len() });
    }
    assert_eq!(claims.join_all().await.iter().sum::<usize>(), 1);
    world
        .pay_ok(&Pay::new("R3").amount("1").set("deviceId", "77"))
        .await;
    assert_eq!(
        world.claim(DEVICE).await.len() + world.claim(OTHER_DEVICE).await.len(),
        0
    );
}

#[tokio::test]
async fn row_24_the_default_method_is_the_api_s_own() {
    let world = World::new().await;
    world.pay_ok(&Pay::new("R1").amount("10.00")).await;
    assert_eq!(world.confirm().await, 1);
    let check = world
        .get(&format!("/o/op/1/order/table/3/getCheck?businessLocationId={L}"))
        .await
        .json();
    let entry = &check["paymentEntries"][0];
    assert_eq!(entry["paymentMethodCode"], "APM");
    assert_eq!(entry["paymentMethodDescription"], "API Payment");
    assert_eq!(entry["externalReference"], "R1");
}

#[tokio::test]
async fn row_26_what_cannot_be_read_is_refused_and_not_recorded() {
    let world = World::new().await;
    let large = Pay::new("R1")
        .set("padding", &quoted(&"x".repeat(64 * 1024)))
        .body();
    let cases = [
        (r#"{"paymentAmount":"#.to_owned(), 400),
        ("[]".to_owned(), 400),
        (Pay::new("R1").amount("\"x\"").body(), 400),
        (large, 413),
    ];
    for (body, expected) in cases {
        let answer = world.send("POST", "/o/op/1/pay", &body).await;
        let (status, message) = answer.told();
        assert_eq!(status, expected, "{message}");
        assert!(!message.is_empty());
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    assert_eq!(world.payment_states().await, []);
    world.pay_ok(&Pay::new("R1")).await;
}

#[tokio::test]
async fn a_till_s_refusal_is_told_in_its_words() {
    let world = World::new().await;
    world.pay_ok(&Pay::new("R1")).await;
    let refusal = Failure {
        code: FailureCode::UpdateFailed,
        message: Some("The check is being edited".to_owned()),
    };
    world.refuse(refusal).await;
    let told = failure("R1", "The check is being edited", &of_account("UPDATE_FAILED"));
    assert_eq!(world.messages("E1").await, [told]);
}

#[tokio::test]
async fn a_legacy_account_id_finds_the_check_at_its_location_only() {
    let world = World::new().await;
    let id = world.check(CHECK).await.order.id.0.to_string();
    let legacy = |reference: &str| {
        Pay::new(reference)
            .without("iKaccountIdentifier")
            .set("iKaccountId", &id)
    };
    world
        .pay_ok(&legacy("R1").set("businessLocationId", &L2.to_string()))
        .await;
    assert!(world.last_message("E1").await.contains("ACCOUNT_NOT_FOUND"));
    world.pay_ok(&legacy("R2").set("iKaccountId", "-5")).await;
    assert!(world.last_message("E1").await.contains("ACCOUNT_NOT_FOUND"));
    // When both are given the identifier counts.
    world.pay_ok(&legacy("R3").account("A9.9")).await;
    assert!(world.last_message("E1").await.contains("ACCOUNT_NOT_FOUND"));
    world.pay_ok(&legacy("R4")).await;
    assert_eq!(world.confirm().await, 1);
    assert!(world.is_closed(CHECK).await);
}

/// The part of row 45 that needs no second process: the first server is cut off with everything it has in memory, and what
/// it answered is there when the store is opened again.
#[test]
fn row_45_an_accepted_payment_outlives_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.db");
    let open = || Arc::new(SqliteStore::open(&path, SqliteOptions::default()).expect("the ledger"));
    let runtime = || tokio::runtime::Runtime::new().expect("a runtime");
    runtime().block_on(async {
        let world = World::on(open(), Settings::default()).await;
        world.seed().await;
        world.pay_ok(&Pay::new("R1")).await;
    });
    runtime().block_on(async {
        let world = World::on(open(), Settings::default()).await;
        let answer = world.pay(&Pay::new("R1")).await;
        assert_eq!(
            answer.told(),
            (400, "reference has already been used R1".to_owned())
        );
        assert_eq!(world.confirm().await, 1);
        assert_eq!(world.check(CHECK).await.order.state, OrderState::Closed);
        assert_eq!(world.messages("E1").await.len(), 2);
    });
}
