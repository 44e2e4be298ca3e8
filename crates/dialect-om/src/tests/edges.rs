//! Named maxima on both sides, odd paths, reach of keys, quotas, policy switches, and what is told when storage fails.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use serde_json::{Value, json};
use tender_engine::{EntryKind, LocationId};
use tender_service::{DirectoryKind, Settings};
use tender_testbed::{Breakable, Broken};
use tokio::task::JoinSet;

use super::world::{CARD, EUR, K1, KWD, O1, World, issue, order_id, sandbox, scratch, set_quota};

#[tokio::test]
async fn lengths_on_both_sides() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 1, "pending").await;
    for (member, most) in [
        ("transactionRef", 255),
        ("note", 1_000),
        ("customerUid", 128),
        ("invoiceId", 128),
        ("methodId", 128),
        ("sourcePaymentId", 128),
        ("orderId", 128),
    ] {
        for (chars, fits) in [(most, true), (most + 1, false)] {
            // Characters, not bytes.
            let text = "ü".repeat(chars);
            let mut params = json!({"orderId": world.e, "type": "receipt", "amount": 1});
            params[member] = json!(text);
            let created = world.post(&params).await;
            let patched = world.patch(&uid, &json!({(member): text})).await;
            let field = json!(format!("params.{member}"));
            for (answer, is_create) in [(created, true), (patched, false)] {
                let too_long = answer.status == 400
                    && answer.json()["error"]["code"] == json!("InvalidParameter")
                    && answer.json()["error"]["message"]
                        .as_str()
                        .is_some_and(|text| text.contains("characters"))
                    && answer.json()["error"]["field"] == field;
                // `invoiceId` is no member of an update.
                let is_limited = is_create || member != "invoiceId";
                assert_eq!(too_long, !fits && is_limited, "{member} {chars}: {}", answer.body);
            }
        }
    }
    for (key, fits) in [
        ("k".repeat(64), true),
        ("k".repeat(65), false),
        ("a b".to_owned(), false),
        (String::new(), false),
    ] {
        let params = json!({"orderId": world.e, "type": "receipt", "amount": 1}).to_string();
        let answer = world.post_keyed(&key, &params).await;
        if fits {
            answer.data();
        } else {
            answer.blames("Idempotency-Key");
        }
    }
    // A key that is none is told together with everything else.
    let answer = world.post_keyed("a b", r#"{"orderId":"x","type":"x"}"#).await;
    assert_eq!(
        answer.json()["error"]["fields"].as_array().map(Vec::len),
        Some(2),
        "{}",
        answer.body
    );
    // A key that is sent twice is none.
    let request = Request::builder()
        .method("POST")
        .uri("/v1/om/payments")
        .header("api-key", K1)
        .header("organization-id", "org_1")
        .header("content-type", "application/json")
        .header("idempotency-key", "one")
        .header("idempotency-key", "two")
        .body(Body::from(format!(
            r#"{{"params":{{"orderId":"{}","type":"receipt"}}}}"#,
            world.e
        )));
    world
        .call(request.expect("a request"))
        .await
        .blames("Idempotency-Key");
}

#[tokio::test]
async fn credentials_that_are_no_text_or_given_twice() {
    let world = World::new().await;
    let ask = async |headers: &[(&str, &[u8])]| {
        let mut request = Request::builder().uri("/v1/om/payment-methods");
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value).expect("a header"));
        }
        world.call(request.body(Body::empty()).expect("a request")).await
    };
    let (key, organization) = (("api-key", K1.as_bytes()), ("organization-id", &b"org_1"[..]));
    ask(&[key, organization]).await.data();
    ask(&[("api-key", b"  first-key-of-the-acceptance-tests "), organization])
        .await
        .data();
    // What was sent is not missing.
    for text in [&b"\xff"[..], "schl\u{fc}ssel".as_bytes()] {
        ask(&[("api-key", text), organization])
            .await
            .refuses(401, "INVALID_TOKEN");
        ask(&[key, ("organization-id", text)])
            .await
            .refuses(403, "UNAUTHORIZED");
    }
    ask(&[key, ("api-key", b"another"), organization])
        .await
        .refuses(401, "INVALID_TOKEN");
    ask(&[key, organization, ("organization-id", b"org_2")])
        .await
        .refuses(403, "UNAUTHORIZED");
    for almost in ["1", "org_01", "ORG_1", "org_1x", "org_"] {
        ask(&[key, ("organization-id", almost.as_bytes())])
            .await
            .refuses(403, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn attributes_on_both_sides() {
    let world = World::new().await;
    // {"a":"…"} has eight bytes around the text.
    let fits = json!({"a": "x".repeat(16_384 - 8)});
    let large = json!({"a": "x".repeat(16_384 - 7)});
    let create = |attrs: &Value| json!({"orderId": world.e, "type": "receipt", "amount": 1, "attrs": attrs});
    let uid = world.post(&create(&fits)).await.id();
    world.post(&create(&large)).await.blames("params.attrs");
    world
        .patch(&uid, &json!({"attrs": large}))
        .await
        .blames("params.attrs");
    world
        .patch(&uid, &json!({"attrs": {"b": 1}}))
        .await
        .blames("params.attrs");
    world
        .patch(&uid, &json!({"attrs": {"a": null, "b": 1}}))
        .await
        .data();
    world
        .patch(&uid, &json!({"attrs": {"b": null, "a": fits["a"]}}))
        .await
        .data();
    assert_eq!(world.item(&uid).await["attrs"], fits);
    // Numbers keep their text, members their order.
    let odd = r#"{"z":1.500,"a":[1e2,{"ü":"\u00fc"}],"n":12345678901234567890123}"#;
    let params = format!(
        r#"{{"orderId":"{}","type":"receipt","amount":1,"attrs":{odd}}}"#,
        world.w
    );
    world.post_text(&params).await.data();
    let list = world.list(&world.w).await.body;
    let kept = r#""attrs":{"z":1.500,"a":[1e2,{"ü":"ü"}],"n":12345678901234567890123}"#;
    assert!(list.contains(kept), "{list}");
}

#[tokio::test]
async fn nesting_and_many_warnings() {
    let world = World::new().await;
    // The body, `params` and `attrs` are three levels.
    for (levels, fits) in [(13, true), (14, false)] {
        let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let params = format!(
            r#"{{"orderId":"{}","type":"receipt","amount":1,"attrs":{{"a":{deep}}}}}"#,
            world.e
        );
        assert_eq!(world.post_text(&params).await.status == 200, fits, "{levels}");
    }
    let mut params = json!({"orderId": world.e, "type": "receipt", "amount": 1});
    for number in 0..500 {
        params[format!("m{number}")] = json!(1);
    }
    assert_eq!(world.post(&params).await.warnings().len(), 100);
}

#[tokio::test]
async fn ids_in_paths() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 1, "pending").await;
    let encoded = uid.replace('_', "%5F");
    world
        .patch(&encoded, &json!({"note": "n", "id": uid}))
        .await
        .data();
    world.confirm(&encoded).await.data();
    for odd in [
        "%FF",
        "%",
        "pay_1",
        "pay_1_1%20",
        "%2e%2e",
        "pay_01_1",
        "pay_1_99999999999",
        &uid[1..],
    ] {
        world.confirm(odd).await.refuses(404, "PAYMENT_NOT_FOUND");
        world
            .patch(odd, &json!({"note": "n"}))
            .await
            .refuses(404, "PAYMENT_NOT_FOUND");
        world.delete(odd).await.refuses(404, "PAYMENT_NOT_FOUND");
    }
    // A body on DELETE is ignored, whatever it is.
    let answer = world
        .send("DELETE", &format!("/v1/om/payments/{uid}"), "not json")
        .await;
    assert_eq!(answer.data()["items"], json!([]));
}

#[tokio::test]
async fn a_key_for_one_location() {
    let world = World::new().await;
    let key = "key-of-one-location-for-the-tests";
    issue(&world.tender, O1, key, Some(EUR)).await;
    let uid = world.pay(&world.w, "receipt", 1, "pending").await;
    let send = async |method: &str, path: &str, body: &str| world.send_as(key, O1, method, path, body).await;
    let params = json!({"params": {"orderId": world.w, "type": "receipt", "amount": 1}}).to_string();
    send("POST", "/v1/om/payments", &params)
        .await
        .refuses(400, "ORDER_NOT_FOUND");
    send("GET", &format!("/v1/om/payments?orderId={}", world.w), "")
        .await
        .refuses(400, "ORDER_NOT_FOUND");
    let path = format!("/v1/om/payments/{uid}");
    send("PATCH", &path, r#"{"params":{"note":"n"}}"#)
        .await
        .refuses(404, "PAYMENT_NOT_FOUND");
    send("PATCH", &format!("{path}/confirm"), "")
        .await
        .refuses(404, "PAYMENT_NOT_FOUND");
    send("DELETE", &path, "").await.refuses(404, "PAYMENT_NOT_FOUND");
    assert_eq!(world.item(&uid).await["status"], json!("pending"));
    let params = params.replace(&world.w, &world.e);
    send("POST", "/v1/om/payments", &params).await.data();
    send("GET", &format!("/v1/om/payments?orderId={}", world.e), "")
        .await
        .data();
    // An order of the key's own place that is not there stays not there.
    let params = params.replace(&world.e, "ord_4711");
    send("POST", "/v1/om/payments", &params)
        .await
        .refuses(400, "ORDER_NOT_FOUND");
    assert_ne!(LocationId(EUR), LocationId(KWD));
}

#[tokio::test]
async fn a_daily_quota() {
    let settings = Settings {
        rate_limits: true,
        ..sandbox()
    };
    let world = World::on(scratch(), settings).await;
    // Without a quota there is none.
    for _ in 0..5 {
        world.list(&world.e).await.data();
    }
    set_quota(&world.tender, 3).await;
    world.list(&world.e).await.data();
    world.list("x").await.refuses(400, "ORDER_NOT_FOUND");
    world.delete("x").await.refuses(404, "PAYMENT_NOT_FOUND");
    let answer = world.list(&world.e).await;
    answer.refuses(429, "ServerError");
    let error = answer.json()["error"].clone();
    let seconds = error["serverError"]["retryAfter"].as_u64().expect("seconds");
    assert!((1..=86_400).contains(&seconds), "{error}");
    assert_eq!(error["serverError"]["code"], json!(429));
    assert_eq!(answer.header("retry-after"), Some(seconds.to_string().as_str()));
    assert_eq!(
        answer.header("tender-retry"),
        Some(format!("after:{seconds}").as_str())
    );
    assert_eq!(answer.header("tender-money-moved"), Some("no"));
    assert_ne!(answer.json()["instanceId"], json!(""));
    // Others have their own.
    let other = world
        .send_as(
            super::world::K2,
            super::world::O2,
            "GET",
            "/v1/om/payment-methods",
            "",
        )
        .await;
    other.data();
    // As long as it says, and not longer.
    world
        .tender
        .clock()
        .advance(u32::try_from(seconds * 1_000).expect("a day"));
    world.list(&world.e).await.data();

    let world = World::new().await;
    assert!(world.tender.settings().rate_limits);
    let free = World::on(
        scratch(),
        Settings {
            rate_limits: false,
            ..sandbox()
        },
    )
    .await;
    set_quota(&free.tender, 1).await;
    for _ in 0..3 {
        free.list(&free.e).await.data();
    }
}

#[tokio::test]
async fn policy_switches() {
    let settings = Settings {
        om_confirm_once: true,
        om_delete_open_only: true,
        ..sandbox()
    };
    let world = World::on(scratch(), settings).await;
    let uid = world.pay(&world.e, "receipt", 1, "pending").await;
    world.confirm(&uid).await.data();
    world.confirm(&uid).await.refuses(400, "INVALID_STATUS");
    world.delete(&uid).await.refuses(400, "INVALID_STATUS");
    let open = world.pay(&world.e, "receipt", 1, "progress").await;
    world.delete(&open).await.data();
    world.confirm(&open).await.refuses(404, "PAYMENT_NOT_FOUND");
}

#[tokio::test]
async fn of_fifty_confirms_at_once_one_succeeds() {
    let settings = Settings {
        om_confirm_once: true,
        ..sandbox()
    };
    let world = Arc::new(World::on(scratch(), settings).await);
    let uid = world.pay(&world.e, "receipt", 1, "pending").await;
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let (world, uid) = (Arc::clone(&world), uid.clone());
        calls.spawn(async move { world.confirm(&uid).await });
    }
    let answers = calls.join_all().await;
    let (confirmed, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((confirmed.len(), refused.len()), (1, 49));
    assert_eq!(confirmed[0].item(&uid)["status"], json!("complete"));
    for answer in refused {
        answer.refuses(400, "INVALID_STATUS");
    }
}

#[tokio::test]
async fn a_method_that_is_gone_is_still_listed() {
    let world = World::new().await;
    let params = json!({"orderId": world.e, "type": "receipt", "amount": 1, "methodId": CARD});
    let uid = world.post(&params).await.id();
    world
        .tender
        .delete_directory(O1, DirectoryKind::Method, 2)
        .await
        .expect("deleted");
    let list = world.list(&world.e).await;
    assert_eq!(list.item(&uid)["methodUid"], json!(CARD));
    assert_eq!(list.methods(), [CARD]);
    assert_eq!(
        list.data()["paymentMethods"][0]["locales"]["en"]["name"],
        json!("Card")
    );
    world.post(&params).await.refuses(400, "MethodNotFound");
}

#[tokio::test]
async fn a_null_reference_says_nothing_to_a_confirm() {
    let world = World::new().await;
    let params = json!({"orderId": world.e, "type": "receipt", "amount": 1, "transactionRef": "T"});
    let uid = world.post(&params).await.id();
    let body = r#"{"params":{"transactionRef":null}}"#;
    for _ in 0..2 {
        assert_eq!(
            world.confirm_with(&uid, body).await.item(&uid)["transactionRef"],
            json!("T")
        );
    }
}

#[tokio::test]
async fn what_is_told_when_storage_fails() {
    let store = Breakable::new(scratch());
    let world = World::on(store.clone(), sandbox()).await;
    let uid = world.pay(&world.e, "receipt", 10, "pending").await;
    store.set(Broken::CommitsConflict);
    let answer = world.confirm(&uid).await;
    answer.refuses(503, "ServerError");
    assert_eq!(answer.header("tender-money-moved"), Some("no"));
    assert!(
        answer
            .header("tender-retry")
            .is_some_and(|retry| retry.starts_with("after:"))
    );
    assert_eq!(answer.json()["error"]["serverError"]["code"], json!(503));
    // The confirm is written, and then the list cannot be read: nobody may take that for a refusal.
    store.set(Broken::Reads);
    let answer = world.confirm(&uid).await;
    answer.refuses(500, "Unknown");
    assert_eq!(answer.header("tender-money-moved"), Some("unknown"));
    store.set(Broken::Nothing);
    assert_eq!(world.item(&uid).await["status"], json!("complete"));
    let chain = world.tender.chain(O1, order_id(&world.e)).await.expect("a chain");
    let completed = chain
        .iter()
        .filter(|entry| entry.kind == EntryKind::PaymentCompleted);
    assert_eq!(completed.count(), 1);
}
