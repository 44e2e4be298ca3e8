//! Rows 1 to 26 of the acceptance checklist: payments.

use std::sync::Arc;

use tender_engine::{Failure, FailureCode, OrderChange, OrderState, PaymentState, SettleOrder};
use tender_service::Settings;
use tender_store_sqlite::{SqliteOptions, SqliteStore};
use tokio::task::JoinSet;

use super::golden::normalise;
use super::world::{CHECK, DEVICE, DINAR, L, L2, OTHER_DEVICE, PRINTER, Pay, World, YEN, quoted};

/// The body of the newer seed, with the checklist's endpoint.
fn seed() -> Pay {
    Pay::new("12345678901234")
        .set("iKaccountId", "0")
        .set("taskTtlInMs", "60000")
        .set("staffId", "42")
        .set("deviceId", &DEVICE.to_string())
        .set("paymentMethod", &quoted("OOPAYMENT"))
        .set("tipAmount", "2.5")
        .set("targetPrinterProfileId", "4711")
}

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
async fn row_01_the_newer_seed_is_paid_and_closes_the_check() {
    let world = World::new().await;
    world.pay_ok(&seed()).await;
    assert_eq!(world.confirm().await, 1);
    let id = world.check(CHECK).await.order.id.0;
    let messages = world.messages("E1").await;
    assert_eq!(
        messages,
        [
            format!(
                r#"{{"thirdPartyReference":"12345678901234","businessLocationId":{L},"status":"SUCCESS","ikentooAccountId":"{id}","ikentooAccountIdentifier":"{CHECK}","type":"PAYMENT"}}"#
            ),
            format!(
                r#"{{"thirdPartyReference":"12345678901234","businessLocationId":{L},"status":"CLOSED","ikentooAccountId":{id},"ikentooAccountIdentifier":"{CHECK}","type":"ORDER"}}"#
            ),
        ]
    );
    let view = world.check(CHECK).await;
    assert_eq!(view.payments[0].tip_minor, 250);
    let check = world
        .get(&format!("/o/op/1/order/accounts/{CHECK}?businessLocationId={L}"))
        .await
        .json();
    assert_eq!(check["paidAmount"], "20.06");
}

#[tokio::test]
async fn row_02_the_older_seed_gets_the_location_s_printer() {
    let world = World::new().await;
    world.pay_ok(&seed().without("targetPrinterProfileId")).await;
    let payment = &world.check(CHECK).await.payments[0];
    assert_eq!(payment.printer_profile, Some(PRINTER));
    assert_eq!(payment.device.map(|device| device.0), Some(DEVICE));
    let world = World::new().await;
    world.pay_ok(&seed()).await;
    assert_eq!(world.check(CHECK).await.payments[0].printer_profile, Some(4711));
}

#[tokio::test]
async fn row_03_a_repeat_is_refused_and_changes_nothing() {
    let world = World::new().await;
    world.pay_ok(&seed()).await;
    let answer = world.pay(&seed()).await;
    assert_eq!(answer.status.as_u16(), 400);
    assert_eq!(
        normalise(&answer.body),
        r#"{"timestamp":"<time+0000>","status":400,"error":"Bad Request","message":"reference has already been used 12345678901234","path":"/o/op/1/pay"}"#
    );
    assert_eq!(world.payment_states().await, [PaymentState::Pending]);
    assert_eq!(world.claim(DEVICE).await.len(), 1);
    assert_eq!(deliveries(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_04_of_fifty_at_once_one_wins() {
    let world = Arc::new(World::new().await);
    let mut requests = JoinSet::new();
    for _ in 0..50 {
        let world = Arc::clone(&world);
        requests.spawn(async move { world.pay(&Pay::new("R1")).await.status.as_u16() });
    }
    let mut statuses = requests.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert_eq!(statuses[1..], [400; 49]);
    assert_eq!(world.payment_states().await.len(), 1);
    assert_eq!(world.claim(DEVICE).await.len(), 1);
}

#[tokio::test]
async fn row_05_a_reference_is_one_application_s_at_one_location_and_no_order_s() {
    let world = World::new().await;
    world.pay_ok(&Pay::new("R1").amount("1")).await;
    world
        .pay_ok(&Pay::new("R1").set("businessLocationId", &L2.to_string()))
        .await;
    let endpoint = r#"{"endpointId":"E1","url":"http://127.0.0.1:9/app2"}"#;
    assert_eq!(
        world
            .send_as("app2", "PUT", "/o/wh/1/webhook", endpoint)
            .await
            .status
            .as_u16(),
        200
    );
    let answer = world
        .send_as("app2", "POST", "/o/op/1/pay", &Pay::new("R1").amount("1").body())
        .await;
    assert_eq!(answer.status.as_u16(), 200);
    let order = format!(
        r#"{{"businessLocationId":{L},"endpointId":"E1","thirdPartyReference":"R1","customerInfo":{{"firstName":"A"}}}}"#
    );
    assert_eq!(
        world
            .send("POST", "/o/op/1/order/local", &order)
            .await
            .status
            .as_u16(),
        200
    );
}

#[tokio::test]
async fn row_06_the_reference_of_a_failed_payment_stays_used() {
    let world = World::new().await;
    world.pay_ok(&Pay::new("R1").amount("20.07")).await;
    assert_eq!(world.payment_states().await, [PaymentState::Failed]);
    let answer = world.pay(&Pay::new("R1")).await;
    assert_eq!(
        answer.told(),
        (400, "reference has already been used R1".to_owned())
    );
}

#[tokio::test]
async fn row_07_an_empty_object_misses_four_fields() {
    let world = World::new().await;
    let answer = world.send("POST", "/o/op/1/pay", "{}").await;
    let message = "Validation failed for object='standalonePayment'. Error count: 4";
    assert_eq!(answer.told(), (400, message.to_owned()));
    let errors = answer.json()["errors"].clone();
    let fields: Vec<&str> = errors
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|e| e["field"].as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "thirdPartyPaymentReference",
            "endpointId",
            "businessLocationId",
            "paymentAmount"
        ]
    );
    assert!(
        errors
            .as_array()
            .expect("a list")
            .iter()
            .all(|error| error["code"] == "NotNull")
    );
}

#[tokio::test]
async fn row_08_references_have_1_to_50_characters() {
    let world = World::new().await;
    for (length, status) in [(0, 400), (51, 400), (1, 200), (50, 200)] {
        let answer = world.pay(&Pay::new(&"r".repeat(length)).amount("1")).await;
        assert_eq!(answer.status.as_u16(), status, "{length}");
        if status == 400 {
            assert_eq!(answer.json()["errors"][0]["code"], "Size", "{length}");
            assert_eq!(answer.json()["errors"][0]["rejectedValue"], "r".repeat(length));
        }
    }
}

#[tokio::test]
async fn row_09_the_time_to_live_has_a_minimum_and_a_default() {
    let world = World::new().await;
    let answer = world
        .pay(&Pay::new("R1").amount("1").set("taskTtlInMs", "59999"))
        .await;
    assert_eq!(answer.status.as_u16(), 400);
    assert_eq!(answer.json()["errors"][0]["code"], "Min");
    assert_eq!(answer.json()["errors"][0]["rejectedValue"], 59_999);
    world
        .pay_ok(&Pay::new("R1").amount("1").set("taskTtlInMs", "60000"))
        .await;
    world.pay_ok(&Pay::new("R2").amount("1")).await;
    let lives: Vec<Option<i64>> = world
        .check(CHECK)
        .await
        .payments
        .iter()
        .map(|payment| payment.expires_at.map(|at| at.0 - payment.created_at.0))
        .collect();
    assert_eq!(lives, [Some(60_000), Some(300_000)]);
}

#[tokio::test]
async fn row_10_endpoints_are_known_by_their_exact_name() {
    let world = World::new().await;
    for name in ["NOPE", "e1"] {
        let answer = world.pay(&Pay::new("R1").set("endpointId", &quoted(name))).await;
        assert_eq!(answer.told(), (400, format!("endpoint ID not found for {name}")));
    }
    world.pay_ok(&Pay::new("R1")).await;
}

#[tokio::test]
async fn row_11_other_locations_are_forbidden_in_the_same_words() {
    let world = World::new().await;
    let order = |location: &str| {
        format!(
            r#"{{"businessLocationId":{location},"endpointId":"E1","thirdPartyReference":"O1","customerInfo":{{"firstName":"A"}}}}"#
        )
    };
    let mut bodies = Vec::new();
    for location in ["999", "123456789"] {
        let pay = world
            .pay(&Pay::new("R1").set("businessLocationId", location))
            .await;
        let check = world
            .get(&format!(
                "/o/op/1/order/table/getCheck?businessLocationId={location}"
            ))
            .await;
        let local = world.send("POST", "/o/op/1/order/local", &order(location)).await;
        let to_go = world.send("POST", "/o/op/1/order/toGo", &order(location)).await;
        let answers = [pay, check, local, to_go];
        assert!(answers.iter().all(|answer| answer.status.as_u16() == 403));
        bodies.push(answers.map(|answer| normalise(&answer.body)));
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn row_12_a_payment_for_no_account_fails_later() {
    let world = World::new().await;
    let nothing = Pay::new("R1")
        .without("iKaccountIdentifier")
        .set("tableNumber", "3");
    let zero = Pay::new("R2")
        .set("iKaccountIdentifier", "\"\"")
        .set("iKaccountId", "0");
    for (pay, reference) in [(nothing, "R1"), (zero, "R2")] {
        world.pay_ok(&pay).await;
        assert_eq!(
            world.last_message("E1").await,
            format!(
                r#"{{"reason":"Invalid task","thirdPartyReference":"{reference}","businessLocationId":{L},"status":"FAILURE","errors":{{"account":{{"type":"INVALID_TASK"}}}},"type":"PAYMENT"}}"#
            )
        );
    }
    assert_eq!(world.confirm().await, 0);
}

#[tokio::test]
async fn row_13_impossible_amounts_leave_the_reference_free() {
    let world = World::new().await;
    for (name, amount) in [
        ("paymentAmount", "0"),
        ("paymentAmount", "-1"),
        ("paymentAmount", "20.061"),
        ("tipAmount", "-0.01"),
    ] {
        let (status, message) = world.pay(&Pay::new("R1").set(name, amount)).await.told();
        assert_eq!(status, 400);
        assert!(message.starts_with(name), "{message}");
    }
    world.pay_ok(&Pay::new("R1")).await;
}

#[tokio::test]
async fn row_14_every_currency_has_its_digits() {
    let world = World::new().await;
    let yen = world.open(YEN, Some(1), &[("Ramen", "805", "0")]).await;
    let at = |location: u64, order: &tender_engine::Order, reference: &str, amount: &str| {
        Pay::new(reference)
            .set("businessLocationId", &location.to_string())
            .account(&order.account.to_string())
            .amount(amount)
    };
    assert_eq!(
        world.pay(&at(YEN, &yen, "R1", "805.5")).await.status.as_u16(),
        400
    );
    world.pay_ok(&at(YEN, &yen, "R1", "805")).await;
    let check = world
        .get(&format!(
            "/o/op/1/order/table/1/getCheck?businessLocationId={YEN}"
        ))
        .await
        .json();
    assert_eq!(check["currentAmount"], "805");
    let dinar = world.open(DINAR, Some(1), &[("Machboos", "1.250", "0")]).await;
    world.pay_ok(&at(DINAR, &dinar, "R1", "1.234")).await;
    let check = world
        .get(&format!(
            "/o/op/1/order/table/1/getCheck?businessLocationId={DINAR}"
        ))
        .await
        .json();
    assert_eq!(check["currentAmount"], "1.250");
}

#[tokio::test]
async fn row_15_amounts_are_read_exactly() {
    let world = World::new().await;
    assert_eq!(
        world
            .pay(&Pay::new("R1").amount("0.30000000000000004"))
            .await
            .status
            .as_u16(),
        400
    );
    let large = world
        .open(L, Some(9), &[("Yacht", "90071992547409.93", "0")])
        .await;
    let account = large.account.to_string();
    world
        .pay_ok(&Pay::new("R1").account(&account).amount("90071992547409.93"))
        .await;
    assert_eq!(
        world.check(&account).await.payments[0].amount_minor,
        9_007_199_254_740_993
    );
    world.pay_ok(&Pay::new("R2").amount("2.006e1")).await;
    assert_eq!(world.check(CHECK).await.payments[0].amount_minor, 2_006);
}

#[tokio::test]
async fn row_16_numbers_may_come_as_strings() {
    let world = World::new().await;
    let pay = Pay::new("R1")
        .set("businessLocationId", &quoted(&L.to_string()))
        .set("staffId", &quoted("42"))
        .set("paymentAmount", &quoted("20.06"));
    world.pay_ok(&pay).await;
    let payment = &world.check(CHECK).await.payments[0];
    assert_eq!(
        (payment.staff.map(|staff| staff.0), payment.amount_minor),
        (Some(42), 2_006)
    );
}

#[tokio::test]
async fn row_17_an_idempotency_key_says_nothing() {
    let world = World::new().await;
    let keyed = |key: &str, reference: &str| {
        axum::http::Request::builder()
            .method("POST")
            .uri("/o/op/1/pay")
            .header("authorization", format!("Bearer {}", super::world::token("app1")))
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(axum::body::Body::from(Pay::new(reference).amount("1").body()))
            .expect("a request")
    };
    for (key, reference, status) in [
        ("K1", "R1", 200),
        ("K1", "R2", 200),
        ("K2", "R3", 200),
        ("K3", "R3", 400),
    ] {
        assert_eq!(
            world.call(keyed(key, reference)).await.status.as_u16(),
            status,
            "{key} {reference}"
        );
    }
    assert_eq!(world.payment_states().await.len(), 3);
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
