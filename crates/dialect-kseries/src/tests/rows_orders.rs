//! Rows 39 to 42 of the acceptance checklist: orders from outside.

use tender_engine::{Failure, FailureCode, OrderState, PaymentState, TaskKind};
use tender_service::OrderView;

use super::world::{CHECK, DEVICE, L, Pay, World};

/// The identifier of the first order that a test makes.
const NEW: &str = "A1234.57";

const LOCAL: &str = "/o/op/1/order/local";
const TO_GO: &str = "/o/op/1/order/toGo";

/// An order with this reference and further members.
fn order(reference: &str, members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(
        r#"{{"businessLocationId":{L},"endpointId":"E1","thirdPartyReference":"{reference}","customerInfo":{{"firstName":"Ada"}}{comma}{members}}}"#
    )
}

const BURGER: &str = r#""items":[{"quantity":1,"sku":"BURGER"}]"#;

async fn send(world: &World, path: &str, body: &str) {
    let answer = world.send("POST", path, body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (200, r#"{"status":"ok"}"#),
        "{body}"
    );
}

async fn opened(world: &World) -> OrderView {
    assert_eq!(world.confirm().await, 1);
    world.check(NEW).await
}

fn failed(reference: &str, reason: &str) -> String {
    format!(r#"{{"status":"FAILURE","reason":"{reason}","thirdPartyReference":"{reference}"}}"#)
}

#[tokio::test]
async fn row_39_a_local_order_opens_a_check_that_can_be_paid() {
    let world = World::new().await;
    send(
        &world,
        LOCAL,
        &order("O1", &format!(r#""tableNumber":"5",{BURGER}"#)),
    )
    .await;
    assert_eq!(world.messages("E1").await.len(), 0);
    let view = opened(&world).await;
    assert_eq!(
        world.last_message("E1").await,
        format!(
            r#"{{"status":"SUCCESS","ikentooAccountId":"{}","ikentooAccountIdentifier":"{NEW}","thirdPartyReference":"O1","type":"ORDER"}}"#,
            view.order.id.0
        )
    );
    assert_eq!(world.messages("E1").await.len(), 1, "SUCCESS alone");
    let check = world
        .get(&format!("/o/op/1/order/table/5/getCheck?businessLocationId={L}"))
        .await
        .json();
    assert_eq!(
        (&check["tableNumber"], &check["ikaccountId"]),
        (&5.into(), &NEW.into())
    );
    world.pay_ok(&Pay::new("R1").account(NEW).amount("12.00")).await;
    assert_eq!(world.confirm().await, 1);
    assert!(world.is_closed(NEW).await);
    let closed = world.last_message("E1").await;
    assert!(
        closed.contains(r#""status":"CLOSED""#) && closed.contains(r#""thirdPartyReference":"O1""#),
        "{closed}"
    );
}

#[tokio::test]
async fn row_40_references_of_orders_are_unique_and_have_up_to_48_characters() {
    let world = World::new().await;
    send(&world, LOCAL, &order("O1", "")).await;
    for path in [LOCAL, TO_GO] {
        let answer = world.send("POST", path, &order("O1", "")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (
                409,
                r#"{"status":"fail","msg":"reference has already been used O1"}"#
            )
        );
    }
    let without = format!(r#"{{"businessLocationId":{L},"endpointId":"E1","thirdPartyReference":"O2"}}"#);
    for (path, object) in [(LOCAL, "localOrder"), (TO_GO, "toGoOrder")] {
        let answer = world.send("POST", path, &without).await;
        let message = format!("Validation failed for object='{object}'. Error count: 1");
        assert_eq!(answer.told(), (400, message));
        assert_eq!(answer.json()["errors"][0]["field"], "customerInfo");
        let answer = world.send("POST", path, &order(&"o".repeat(49), "")).await;
        assert_eq!(answer.json()["errors"][0]["code"], "Size");
        send(
            &world,
            path,
            &order(&format!("{object}{}", "o".repeat(48 - object.len())), ""),
        )
        .await;
    }
}

#[tokio::test]
async fn row_41_an_update_adds_lines_and_nothing_else() {
    let world = World::new().await;
    let members = format!(
        r#""accountIdentifier":"{CHECK}","tableNumber":"9","clientCount":7,"orderNote":"No salt",{BURGER}"#
    );
    send(&world, LOCAL, &order("O1", &members)).await;
    let tasks = world.claim(DEVICE).await;
    let Some(TaskKind::Lines { lines, .. }) = tasks.first().map(|task| &task.kind) else {
        panic!("lines for the till: {tasks:?}")
    };
    assert_eq!(lines[0].notes.as_deref(), Some("No salt"));
    world.resolve(&tasks[0], tender_engine::TaskAnswer::Confirm).await;
    let view = world.check(CHECK).await;
    assert_eq!(view.lines.len(), 2);
    assert_eq!((view.order.table_number, view.order.covers), (Some(3), Some(2)));
    assert_eq!(view.order.total_minor(), 3_206);
    let id = view.order.id.0;
    assert_eq!(
        world.messages("E1").await,
        [format!(
            r#"{{"thirdPartyReference":"O1","businessLocationId":{L},"status":"CHECK_WAS_UPDATED","ikentooAccountId":{id},"ikentooAccountIdentifier":"{CHECK}","type":"ORDER"}}"#
        )]
    );
    let legacy = format!(r#""accountId":"{id}",{BURGER}"#);
    send(&world, LOCAL, &order("O2", &legacy)).await;
    assert_eq!(world.confirm().await, 1);
    assert_eq!(world.check(CHECK).await.lines.len(), 3);
}

#[tokio::test]
async fn updates_that_cannot_be_are_told_as_failures() {
    let world = World::new().await;
    let cases = [
        (
            "O1",
            r#""accountIdentifier":"A9.9""#.to_owned(),
            "Account not found",
        ),
        ("O2", r#""accountId":"nonsense""#.to_owned(), "Account not found"),
        (
            "O3",
            format!(r#""accountIdentifier":"{CHECK}","items":[{{"quantity":1,"sku":"NOPE"}}]"#),
            "Item not found: NOPE",
        ),
        (
            "O4",
            format!(r#""accountIdentifier":"{CHECK}",{BURGER},"payment":{{"paymentAmount":32.07}}"#),
            "the payment amount is greater than the amount due",
        ),
        (
            "O4b",
            format!(
                r#""accountIdentifier":"{CHECK}",{BURGER},"payment":{{"paymentAmount":1,"paymentMethod":"XX"}}"#
            ),
            "Payment method not found",
        ),
    ];
    for (reference, members, reason) in cases {
        send(&world, LOCAL, &order(reference, &members)).await;
        assert_eq!(world.last_message("E1").await, failed(reference, reason));
    }
    let update = format!(r#""accountIdentifier":"{CHECK}",{BURGER}"#);
    send(&world, LOCAL, &order("O5", &update)).await;
    world.refuse(Failure::new(FailureCode::UpdateFailed)).await;
    assert_eq!(world.last_message("E1").await, failed("O5", "Update failed"));
    world.pay_ok(&Pay::new("R1")).await;
    assert_eq!(world.confirm().await, 1);
    send(&world, LOCAL, &order("O6", &update)).await;
    assert_eq!(
        world.last_message("E1").await,
        failed("O6", "Account already closed")
    );
    assert_eq!(world.check(CHECK).await.lines.len(), 1);
}

#[tokio::test]
async fn an_update_with_a_payment_is_one_task() {
    let world = World::new().await;
    // The check's 20.06 and the burger's 12.00, and a tip that is part of the amount.
    let members = format!(
        r#""accountIdentifier":"{CHECK}",{BURGER},"payment":{{"paymentAmount":34.06,"paymentMethod":"OOPAYMENT","tipAmount":2}}"#
    );
    send(&world, LOCAL, &order("O1", &members)).await;
    let tasks = world.claim(DEVICE).await;
    assert_eq!(tasks.len(), 1);
    let TaskKind::Lines { lines, payments, .. } = &tasks[0].kind else {
        panic!("lines for the till: {tasks:?}")
    };
    assert_eq!((lines.len(), payments.len()), (1, 1));
    let before = world.check(CHECK).await;
    assert_eq!((before.lines.len(), before.payments.len()), (1, 0));
    let again = world.send("POST", LOCAL, &order("O1", &members)).await;
    assert_eq!(again.status.as_u16(), 409);
    assert_eq!(again.header("tender-money-moved"), Some("unknown"), "it waits");
    world.resolve(&tasks[0], tender_engine::TaskAnswer::Confirm).await;
    let view = world.check(CHECK).await;
    assert_eq!(view.order.state, OrderState::Closed);
    assert_eq!((view.order.paid_minor(), view.order.tips_minor), (3_206, 200));
    let payment = &view.payments[0];
    assert_eq!(payment.reference.as_deref(), Some("O1"));
    assert_eq!(
        payment.method.as_ref().map(|method| method.code.as_str()),
        Some("OOPAYMENT")
    );
    let told = world.messages("E1").await;
    assert_eq!(told.len(), 1, "CLOSED alone, no PAYMENT: {told:?}");
    assert!(
        told[0].contains(r#""status":"CLOSED""#) && told[0].contains(r#""thirdPartyReference":"O1""#),
        "{told:?}"
    );
    let again = world.send("POST", LOCAL, &order("O1", &members)).await;
    assert_eq!(again.header("tender-money-moved"), Some("yes"));
}

#[tokio::test]
async fn an_update_that_a_till_refuses_fails_with_its_payment() {
    let world = World::new().await;
    let members = format!(r#""accountIdentifier":"{CHECK}",{BURGER},"payment":{{"paymentAmount":12}}"#);
    send(&world, LOCAL, &order("O1", &members)).await;
    world.refuse(Failure::new(FailureCode::ItemNotAdded)).await;
    assert_eq!(world.messages("E1").await, [failed("O1", "Item not added")]);
    let view = world.check(CHECK).await;
    assert_eq!((view.order.state, view.lines.len()), (OrderState::Open, 1));
    assert_eq!(view.payments[0].state, PaymentState::Failed);
    let again = world.send("POST", LOCAL, &order("O1", &members)).await;
    assert_eq!(
        (again.status.as_u16(), again.header("tender-money-moved")),
        (409, Some("no"))
    );
    // Nothing was reserved: the check can be paid.
    world.pay_ok(&Pay::new("R1")).await;
    assert_eq!(world.confirm().await, 1);
    assert!(world.is_closed(CHECK).await);
}

#[tokio::test]
async fn a_failed_update_is_told_to_who_asked_even_where_it_made_the_check() {
    let world = World::new().await;
    send(&world, LOCAL, &order("O1", BURGER)).await;
    opened(&world).await;
    let before = world.messages("E1").await.len();
    let update = format!(r#""accountIdentifier":"{NEW}",{BURGER}"#);
    send(&world, LOCAL, &order("O2", &update)).await;
    send(&world, LOCAL, &order("O3", &update).replace("E1", "E2")).await;
    world.refuse(Failure::new(FailureCode::ItemNotAdded)).await;
    assert_eq!(
        world.messages("E1").await[before..],
        [failed("O2", "Item not added")]
    );
    assert_eq!(world.messages("E2").await, [failed("O3", "Item not added")]);
}

#[tokio::test]
async fn row_42_a_paid_order_to_go_closes_and_gets_a_code() {
    let world = World::new().await;
    let paid = format!(r#"{BURGER},"payment":{{"paymentAmount":14.0,"tipAmount":2.0}},"collectionCode":"""#);
    send(&world, TO_GO, &order("O1", &paid)).await;
    let view = opened(&world).await;
    assert_eq!(view.order.state, OrderState::Closed);
    assert_eq!((view.order.paid_minor(), view.order.tips_minor), (1_200, 200));
    let check = world
        .get(&format!("/o/op/1/order/accounts/{NEW}?businessLocationId={L}"))
        .await
        .json();
    assert_eq!(check["paidAmount"], "12.00");
    assert_eq!(check["paymentEntries"][0]["externalReference"], "O1");
    assert_eq!(check["paymentEntries"][0]["amountPaid"], "12.00");
    let code = view.order.label("kseries.collection_code").expect("a code");
    assert_eq!(code.len(), 4);
    assert_eq!(view.order.name.as_deref(), Some(format!("Order {code}").as_str()));
    let statuses: Vec<String> = world.messages("E1").await;
    assert_eq!(
        statuses.len(),
        2,
        "ORDER SUCCESS and CLOSED, no PAYMENT: {statuses:?}"
    );
    assert!(statuses.iter().all(|body| body.contains(r#""type":"ORDER""#)));
}

#[tokio::test]
async fn collection_codes_are_kept_generated_or_left_out() {
    for (path, members, expected) in [
        (TO_GO, r#""collectionCode":"PICK42""#, Some("PICK42")),
        (TO_GO, "", Some("generated")),
        (LOCAL, "", None),
        (LOCAL, r#""accountProfileCode":"LOC""#, None),
        (
            LOCAL,
            r#""accountProfileCode":"TAKE","collectionCode":" ""#,
            Some("generated"),
        ),
        (LOCAL, r#""collectionCode":"A1""#, Some("A1")),
    ] {
        let world = World::new().await;
        send(&world, path, &order("O1", members)).await;
        let view = world.check(NEW).await;
        match (view.order.label("kseries.collection_code"), expected) {
            (Some(code), Some("generated")) => assert_eq!(code.len(), 4, "{path} {members}"),
            (code, expected) => assert_eq!(code, expected, "{path} {members}"),
        }
    }
}

#[tokio::test]
async fn orders_that_cannot_be_are_told_as_failures() {
    let world = World::new().await;
    let cases = [
        (r#""items":[{"quantity":1,"sku":"NOPE"}]"#, "Item not found: NOPE"),
        (
            r#""items":[{"quantity":1,"sku":"21","subItems":[{"quantity":1,"sku":"NOPE"}]}]"#,
            "Item not found: NOPE",
        ),
        (
            r#""items":[{"quantity":1,"sku":"21","customItemPrice":1}]"#,
            "Custom name or price is not allowed: 21",
        ),
        (
            r#""items":[{"quantity":1,"sku":"21","customItemName":"X"}]"#,
            "Custom name or price is not allowed: 21",
        ),
        (
            r#""items":[{"quantity":1,"sku":"21","modifiers":[{"modifierId":"1"}]}]"#,
            "Modifier not found: 1",
        ),
        (
            r#""items":[{"quantity":1,"sku":"21","discountCode":"NOPE"}]"#,
            "Discount not found: NOPE",
        ),
        (
            r#""items":[{"quantity":1,"sku":"21","discountCode":"TEN","discountAmountOverride":1}]"#,
            "Discount cannot be overridden: TEN",
        ),
        (
            r#""items":[{"quantity":1,"sku":"21","discountPercentOverride":1}]"#,
            "A discount without discountCode: 21",
        ),
        (r#""staffId":43"#, "Staff not found"),
        (
            r#""accountProfileCode":"NOPE""#,
            "Account profile not found: NOPE",
        ),
        (
            r#""items":[{"quantity":1,"sku":"21"}],"payment":{"paymentAmount":4.01}"#,
            "the payment amount is greater than the amount due",
        ),
        (
            r#""items":[{"quantity":1,"sku":"21"}],"payment":{"paymentAmount":4,"paymentMethod":"XX"}"#,
            "Payment method not found",
        ),
    ];
    for (index, (members, reason)) in cases.into_iter().enumerate() {
        let reference = format!("O{index}");
        send(&world, LOCAL, &order(&reference, members)).await;
        assert_eq!(
            world.last_message("E1").await,
            failed(&reference, reason),
            "{members}"
        );
        let again = world.send("POST", LOCAL, &order(&reference, members)).await;
        assert_eq!(again.status.as_u16(), 409, "the reference is taken all the same");
    }
    assert_eq!(world.confirm().await, 0);
    assert_eq!(
        world
            .get(&format!("/o/op/1/order/accounts/{NEW}?businessLocationId={L}"))
            .await
            .status
            .as_u16(),
        404
    );
}

#[tokio::test]
async fn prices_discounts_and_modifiers_come_from_the_catalogue() {
    for (item, total, name) in [
        (r#"{"quantity":2,"sku":"21"}"#, 800, "Appetizer 2"),
        (
            r#"{"quantity":1,"sku":"BURGER","discountCode":"TEN"}"#,
            1_080,
            "Burger",
        ),
        (
            r#"{"quantity":1,"sku":"BURGER","discountCode":"OFF"}"#,
            1_050,
            "Burger",
        ),
        (
            r#"{"quantity":1,"sku":"BURGER","discountCode":"MANUAL"}"#,
            1_140,
            "Burger",
        ),
        (
            r#"{"quantity":1,"sku":"BURGER","discountCode":"MANUAL","discountAmountOverride":2.5}"#,
            950,
            "Burger",
        ),
        (
            r#"{"quantity":1,"sku":"BURGER","discountCode":"MANUAL","discountPercentOverride":50}"#,
            600,
            "Burger",
        ),
        (
            r#"{"quantity":3,"sku":"OPEN","customItemName":"Gift","customItemPrice":7.25}"#,
            2_175,
            "Gift",
        ),
        (
            r#"{"quantity":1,"sku":"BURGER","subItems":[{"quantity":2,"sku":"CHEESE"}]}"#,
            1_660,
            "Burger",
        ),
    ] {
        let world = World::new().await;
        send(&world, LOCAL, &order("O1", &format!(r#""items":[{item}]"#))).await;
        let view = opened(&world).await;
        assert_eq!(view.order.total_minor(), total, "{item}");
        assert_eq!(view.lines[0].name, name, "{item}");
    }
}

#[tokio::test]
async fn the_till_gets_what_the_order_says_besides() {
    let world = World::new().await;
    let members = r#""orderNote":"Ring twice","targetPrinterProfileId":7,"accountProfileCode":"TAKE",
        "scheduledTimeForOrderAsIso8601":"2999-01-01T10:00:00+02:00","orderCollectionTimeAsIso8601":"2999-01-01T11:00:00Z",
        "deliveryAddress":{"addressLine1":"Rue Haute 1","zip":1000,"city":"Brussels"},
        "items":[{"quantity":1,"sku":"21","course":2}]"#;
    send(&world, TO_GO, &order("O1", members)).await;
    let view = world.check(NEW).await;
    let label = |name: &str| view.order.label(name).unwrap_or_default().to_owned();
    assert_eq!(view.order.notes.as_deref(), Some("Ring twice"));
    assert_eq!(label("kseries.kind"), "toGo");
    assert_eq!(label("kseries.customer"), r#"{"firstName":"Ada"}"#);
    assert_eq!(
        label("kseries.address"),
        r#"{"addressLine1":"Rue Haute 1","zip":"1000","city":"Brussels"}"#
    );
    assert_eq!(label("kseries.profile"), "TAKE");
    assert_eq!(label("kseries.scheduled_at"), "2999-01-01T10:00:00+02:00");
    assert_eq!(label("kseries.collected_at"), "2999-01-01T11:00:00Z");
    assert_eq!(label("kseries.printer_profile"), "7");
    assert_eq!(view.lines[0].notes, None, "a course belongs to local orders");
    // The till gets it at the scheduled time and not before.
    assert_eq!(world.claim(DEVICE).await.len(), 0);
}

#[tokio::test]
async fn texts_that_an_order_keeps_are_bounded() {
    let world = World::new().await;
    for (members, field) in [
        (format!(r#""orderNote":"{}""#, "n".repeat(4_097)), "orderNote"),
        (
            format!(r#""deliveryAddress":{{"city":"{}"}}"#, "c".repeat(4_097)),
            "deliveryAddress",
        ),
    ] {
        let answer = world.send("POST", TO_GO, &order("O1", &members)).await;
        assert_eq!(
            answer.told(),
            (400, format!("{field} must not be longer than 4096 bytes"))
        );
    }
}

#[tokio::test]
async fn an_order_that_no_till_takes_fails_with_its_payment() {
    let world = World::new().await;
    let _expiry = world.tender.spawn_expiry();
    let members =
        format!(r#""maxTimeToAttemptOrderDeliverToPos":60000,{BURGER},"payment":{{"paymentAmount":12}}"#);
    send(&world, LOCAL, &order("O1", &members)).await;
    world.tender.clock().advance(60_001);
    world.until(async || !world.messages("E1").await.is_empty()).await;
    assert_eq!(
        world.messages("E1").await,
        [failed("O1", "Not processed before validity ended")]
    );
    let view = world.check(NEW).await;
    assert_eq!(view.order.state, OrderState::Cancelled);
    assert_eq!(view.payments[0].state, PaymentState::Failed);
}

#[tokio::test]
async fn a_tip_may_be_all_that_is_paid() {
    let world = World::new().await;
    let members = format!(r#"{BURGER},"payment":{{"paymentAmount":2,"tipAmount":2}}"#);
    send(&world, TO_GO, &order("O1", &members)).await;
    let view = opened(&world).await;
    assert_eq!(
        (view.order.state, view.order.paid_minor(), view.order.tips_minor),
        (OrderState::Open, 0, 200)
    );
}

#[tokio::test]
async fn an_endpoint_with_account_sees_the_new_order() {
    let world = World::new().await;
    let body = order("O1", &format!(r#""tableNumber":5,{BURGER}"#)).replace("E1", "E2");
    send(&world, LOCAL, &body).await;
    opened(&world).await;
    let told: serde_json::Value = serde_json::from_str(&world.last_message("E2").await).expect("JSON");
    assert_eq!(told["status"], "SUCCESS");
    assert_eq!(told["businessLocationId"], L);
    let account = &told["account"];
    assert_eq!(account["staffName"], "Online Order");
    assert_eq!(account["paymentEntries"], serde_json::json!([]));
    for key in ["uuid", "timeOfTransactionUtc", "subLineItems"] {
        assert!(account["salesEntries"][0].get(key).is_some(), "{key}");
    }
}

#[tokio::test]
async fn an_order_s_body_may_be_larger_than_a_payment_s_but_not_boundless() {
    let world = World::new().await;
    let padded = |bytes: usize| order("O1", &format!(r#""padding":"{}""#, "x".repeat(bytes)));
    assert_eq!(
        world
            .send("POST", LOCAL, &padded(1_024 * 1_024))
            .await
            .status
            .as_u16(),
        413
    );
    send(&world, LOCAL, &padded(512 * 1_024)).await;
}
