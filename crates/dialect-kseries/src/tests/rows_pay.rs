//! Rows 1 to 17 of the acceptance checklist: which payments are accepted, and how the others are refused.

use std::sync::Arc;

use tender_engine::PaymentState;
use tokio::task::JoinSet;

use super::golden::normalise;
use super::world::{CHECK, DEVICE, DINAR, L, L2, PRINTER, Pay, World, YEN, quoted};

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
