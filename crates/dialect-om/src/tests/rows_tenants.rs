//! Rows 45 to 50: tenants, retries, the other dialects.

use serde_json::{Value, json};
use tender_engine::{
    AmountSpec, CaseReason, Command, Direction, Failure, FailureCode, LocationId, OrderSelector, Outcome,
    Payment, PaymentSpec, Settle, TaskAnswer, TaskOutcome, TaskSpec, Via,
};
use tender_testbed::{Breakable, Broken};
use tender_wire::ids_text;

use super::world::{CASH, EUR, K2, O1, O2, World, decimal, engine_caller, order_id, sandbox, scratch};

#[tokio::test]
async fn row_45_payments_of_others() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 10, "pending").await;
    for (method, suffix, body) in [
        ("PATCH", "", r#"{"params":{"note":"n"}}"#),
        ("PATCH", "/confirm", ""),
        ("DELETE", "", ""),
    ] {
        let mut answers = Vec::new();
        for id in [uid.as_str(), "pay_4711_1"] {
            let path = format!("/v1/om/payments/{id}{suffix}");
            let answer = world.send_as(K2, O2, method, &path, body).await;
            answer.refuses(404, "PAYMENT_NOT_FOUND");
            answers.push((
                answer.but_for_request_id(),
                answer.header("tender-retry").map(str::to_owned),
            ));
        }
        assert_eq!(answers[0], answers[1]);
    }
    assert_eq!(world.item(&uid).await["status"], json!("pending"));
}

#[tokio::test]
async fn row_46_idempotency_keys() {
    let store = scratch();
    let world = World::on(store.clone(), sandbox()).await;
    let (e, j) = (world.e.clone(), world.j.clone());
    let one = format!(
        r#"{{"orderId":"{e}","type":"receipt","amount":10.5,"attrs":{{"a":1,"b":{{"c":[1,2],"d":"x"}}}}}}"#
    );
    let spelled = format!(
        r#"{{ "attrs": {{"b":{{"d":"\u0078","c":[1.0,2e0]}},"z":null,"a":1}}, "custom":false, "amount":1.050e1,
            "status":"pending", "note":"", "sourcePaymentId":null, "type":"receipt", "orderId":"{e}" }}"#
    );
    let uid = world.post_keyed("k", &one).await.id();
    assert_eq!(world.post_keyed("k", &spelled).await.id(), uid);
    for (member, value) in [
        ("amount", json!(11)),
        ("type", json!("refund")),
        ("status", json!("complete")),
        ("note", json!("n")),
        ("methodId", json!(CASH)),
        ("methodId", json!("mth_99")),
        ("sourcePaymentId", json!("x")),
        ("custom", json!(true)),
        ("attrs", json!({"a": 1})),
        ("transactionRef", json!("T")),
        ("invoiceId", json!("I")),
        ("customerUid", json!("C")),
    ] {
        let mut params: Value = serde_json::from_str(&one).expect("JSON");
        params[member] = value;
        let answer = world.post_keyed("k", &params.to_string()).await;
        answer.refuses(409, "CONFLICT");
        assert_eq!(answer.json()["error"]["field"], json!(format!("params.{member}")));
        assert_eq!(answer.header("tender-money-moved"), Some("no"));
    }
    let other_order = one.replace(&e, &world.open(EUR, "10.00").await);
    world.post_keyed("k", &other_order).await.refuses(409, "CONFLICT");
    // What the answer says about money is what stands now.
    world.confirm(&uid).await.data();
    let again = world.post_keyed("k", &one).await;
    assert_eq!(
        (again.id(), again.header("tender-money-moved")),
        (uid.clone(), Some("yes"))
    );

    let full = format!(r#"{{"orderId":"{j}","type":"receipt","amount":1001}}"#);
    world.post_keyed("l", &full).await.refuses(400, "LIMIT_REACHED");
    let lost = r#"{"orderId":"ord_4711","type":"receipt","amount":1}"#;
    world.post_keyed("m", lost).await.refuses(400, "ORDER_NOT_FOUND");
    let digits = format!(r#"{{"orderId":"{e}","type":"receipt","amount":0.001}}"#);
    world.post_keyed("m", &digits).await.blames("params.amount");

    let world = world.restarted(store).await;
    world.tender.clock().advance(31 * 86_400_000);
    assert_eq!(world.post_keyed("k", &spelled).await.id(), uid);
    // More is due on J now, and the key still has its first answer.
    let second = world.open(super::world::JPY, "5000").await;
    world.post_keyed("l", &full).await.refuses(400, "LIMIT_REACHED");
    let elsewhere = full.replace(&j, &second);
    world.post_keyed("l", &elsewhere).await.refuses(409, "CONFLICT");
    let found = format!(r#"{{"orderId":"{e}","type":"receipt","amount":1}}"#);
    world.post_keyed("m", &found).await.data();
    assert_eq!(world.list(&e).await.ids().len(), 2);
    // Keys are per location: the same one is free at another.
    let there = format!(r#"{{"orderId":"{j}","type":"receipt","amount":1}}"#);
    world.post_keyed("k", &there).await.data();
}

#[tokio::test]
async fn row_47_the_same_transaction_reference_twice() {
    let world = World::new().await;
    let params = json!({
        "orderId": world.e, "type": "receipt", "amount": 1, "methodId": CASH, "transactionRef": "T",
    });
    let first = world.post(&params).await;
    assert_eq!(first.warnings(), []);
    let second = world.post(&params).await;
    assert_ne!(first.id(), second.id());
    assert_eq!(
        second.warnings(),
        [(
            "DuplicateTransactionRef".to_owned(),
            "params.transactionRef".to_owned()
        )]
    );
    assert_eq!(world.post_keyed("k", &params.to_string()).await.warnings(), []);
}

/// A payment that another dialect makes.
async fn elsewhere(world: &World, via: Via, spec: PaymentSpec) -> Payment {
    match world.command(via, Command::Pay(Box::new(spec))).await {
        Outcome::Payment(payment) => *payment,
        other => panic!("no payment: {other:?}"),
    }
}

fn spec(order: &str, direction: Direction, amount: &str, settle: Settle) -> PaymentSpec {
    let order = OrderSelector::Id(order_id(order));
    PaymentSpec::new(order, direction, AmountSpec::Exact(decimal(amount)), settle)
}

fn uid(payment: &Payment) -> String {
    ids_text::write_payment(payment.id.order.0, payment.id.number)
}

#[tokio::test]
async fn row_48_payments_of_the_other_dialects() {
    let world = World::new().await;
    let mut tipped = spec(&world.e, Direction::Receipt, "30.00", Settle::Immediate);
    tipped.tip = decimal("5.00");
    let receipt = elsewhere(&world, Via::Kounta, tipped).await;
    let refund = spec(&world.e, Direction::Refund, "10.00", Settle::Immediate);
    let refund = elsewhere(&world, Via::Kounta, refund).await;
    let item = world.item(&uid(&receipt)).await;
    assert_eq!(
        (&item["createdVia"], &item["createdBy"]),
        (&json!("kounta"), &json!("app_77"))
    );
    assert_eq!((&item["amount"], &item["type"]), (&json!(30), &json!("receipt")));
    let item = world.item(&uid(&refund)).await;
    assert_eq!((&item["amount"], &item["type"]), (&json!(10), &json!("refund")));
    let made = world.pay(&world.e, "receipt", 5, "complete").await;
    let view = world.view(&world.e).await;
    assert!(view.payments.iter().any(|payment| uid(payment) == made));
    assert_eq!(view.order.paid_minor(), 2_500);
    // And changed here, it says so.
    world.patch(&uid(&receipt), &json!({"note": "n"})).await.data();
    let item = world.item(&uid(&receipt)).await;
    assert_eq!(
        (&item["createdVia"], &item["updatedVia"]),
        (&json!("kounta"), &json!("api"))
    );
    assert_eq!(item["updatedBy"], json!("app_11"));
}

#[tokio::test]
async fn row_49_payments_that_wait_for_a_till() {
    let world = World::new().await;
    let at_till = |amount: &str| {
        let task = TaskSpec {
            ttl_ms: 300_000,
            device: None,
            not_before: None,
        };
        spec(&world.e, Direction::Receipt, amount, Settle::Till(task))
    };
    let payment = elsewhere(&world, Via::Kseries, at_till("20.00")).await;
    let id = uid(&payment);
    let item = world.item(&id).await;
    assert_eq!(
        (&item["status"], &item["can"]),
        (&json!("pending"), &json!(["confirm"]))
    );
    let task = world.claim().await.pop().expect("a task");
    assert_eq!(world.confirm(&id).await.item(&id)["status"], json!("complete"));
    let till = engine_caller(Via::Till);
    let resolve = |task: tender_engine::Task, answer: TaskAnswer| {
        let (tender, till) = (world.tender.clone(), till.clone());
        async move {
            let answered = tender.resolve_task(&till, LocationId(EUR), task.id, task.lease, answer);
            answered.await.expect("an answer").outcome
        }
    };
    assert_eq!(resolve(task, TaskAnswer::Confirm).await, TaskOutcome::Superseded);
    assert_eq!(world.item(&id).await["status"], json!("complete"));

    let refused = elsewhere(&world, Via::Kseries, at_till("10.00")).await;
    let task = world.claim().await.pop().expect("a task");
    let no = TaskAnswer::Refuse(Failure::new(FailureCode::UpdateFailed));
    assert_eq!(resolve(task, no).await, TaskOutcome::Refused);
    let refused = uid(&refused);
    assert!(!world.list(&world.e).await.ids().contains(&refused));
    world
        .patch(&refused, &json!({"note": "n"}))
        .await
        .refuses(400, "INVALID_STATUS");
    world.delete(&refused).await.refuses(400, "INVALID_STATUS");
    world.confirm(&refused).await.refuses(400, "INVALID_STATUS");
    let cases = world.tender.cases(O1, true, None, 10).await.expect("cases").items;
    assert!(
        cases
            .iter()
            .any(|case| case.reason == CaseReason::ConfirmOfFailed),
        "{cases:?}"
    );
}

#[tokio::test]
async fn row_50_a_commit_that_breaks() {
    for when in [Broken::CommitsLost, Broken::AnswersLost] {
        let store = Breakable::new(scratch());
        let world = World::on(store.clone(), sandbox()).await;
        let params =
            json!({"orderId": world.e, "type": "receipt", "amount": 10, "status": "complete"}).to_string();
        store.set(when);
        let answer = world.post_keyed("k", &params).await;
        answer.refuses(500, "Unknown");
        assert_eq!(answer.header("tender-money-moved"), Some("unknown"));
        assert_eq!(answer.header("tender-retry"), Some("same-key"));
        let keyless = world
            .send("DELETE", &format!("/v1/om/payments/{}", world.r0), "")
            .await;
        assert!(
            matches!(keyless.header("tender-retry"), Some("never")),
            "{when:?}"
        );
        store.set(Broken::Nothing);
        let again = world.post_keyed("k", &params).await;
        assert_eq!(world.list(&world.e).await.ids(), [again.id()], "{when:?}");
        assert_eq!(again.header("tender-money-moved"), Some("yes"));
    }
}
