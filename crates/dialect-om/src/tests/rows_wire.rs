//! Rows 1 to 9: the wire.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::world::{CASH, K1, K2, O1, O2, World, sandbox, scratch};

fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

fn all_twelve(order: &str) -> Value {
    json!({
        "orderId": order, "type": "receipt", "custom": true, "amount": 10, "methodId": CASH, "customerUid": "C1",
        "status": "complete", "sourcePaymentId": null, "transactionRef": "T", "attrs": {}, "invoiceId": "I",
        "note": "N",
    })
}

#[tokio::test]
async fn row_01_all_twelve_members() {
    let world = World::new().await;
    let answer = world.post(&all_twelve(&world.e)).await;
    let data = answer.data();
    assert_eq!(members(&data), ["id"]);
    let json = answer.json();
    assert_eq!(
        members(&json),
        ["app", "data", "instanceId", "requestId", "service", "warnings"]
    );
    assert_eq!(
        (&json["app"], &json["service"]),
        (&json!("om"), &json!("createPayment"))
    );
    assert_eq!(json["warnings"], json!([]));
    assert_eq!(answer.header("x-request-id"), json["requestId"].as_str());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("tender-money-moved"), Some("yes"));
    assert_eq!(answer.header("tender-retry"), Some("never"));
    let item = world.item(&answer.id()).await;
    assert_eq!(
        members(&item),
        [
            "amount",
            "attrs",
            "can",
            "completedAt",
            "createdAt",
            "createdBy",
            "createdVia",
            "custom",
            "id",
            "invoiceId",
            "methodUid",
            "note",
            "status",
            "transactionRef",
            "type",
            "updatedAt",
            "updatedBy",
            "updatedVia",
        ]
    );
    assert_eq!(
        (&item["createdVia"], &item["createdBy"]),
        (&json!("api"), &json!("app_11"))
    );
}

#[tokio::test]
async fn row_02_keys() {
    let world = World::new().await;
    let bare = |key: Option<&str>| {
        let request = Request::builder()
            .uri("/v1/om/payment-methods")
            .header("organization-id", "org_1");
        let request = match key {
            Some(key) => request.header("api-key", key),
            None => request,
        };
        request.body(Body::empty()).expect("a request")
    };
    for (key, code) in [
        (None, "MISSING_TOKEN"),
        (Some(""), "MISSING_TOKEN"),
        (Some("  "), "MISSING_TOKEN"),
        (Some("made-up"), "INVALID_TOKEN"),
        (Some("revoked-key-of-the-acceptance-tests"), "INVALID_TOKEN"),
    ] {
        if key.is_some_and(|key| key.starts_with("revoked")) {
            let text = "revoked-key-of-the-acceptance-tests";
            let id = super::world::issue(&world.tender, O1, text, None).await;
            assert_eq!(world.call(bare(key)).await.status, 200);
            world.tender.revoke_credential(id).await.expect("revoked");
        }
        let answer = world.call(bare(key)).await;
        answer.refuses(401, code);
        assert_eq!(answer.json()["instanceId"], json!(""), "{}", answer.body);
        assert_eq!(answer.header("tender-money-moved"), Some("no"));
    }
}

#[tokio::test]
async fn row_03_organisations() {
    let world = World::new().await;
    for value in [None, Some(""), Some(" ")] {
        let mut request = Request::builder()
            .uri("/v1/om/payment-methods")
            .header("api-key", K1);
        if let Some(value) = value {
            request = request.header("organization-id", value);
        }
        let answer = world.call(request.body(Body::empty()).expect("a request")).await;
        answer.blames("organization-id");
        assert_eq!(answer.json()["instanceId"], json!(""));
    }
    let other = world.send_as(K1, O2, "GET", "/v1/om/payment-methods", "").await;
    other.refuses(403, "UNAUTHORIZED");
    let absent = tender_engine::MerchantId(999);
    let absent = world
        .send_as(K1, absent, "GET", "/v1/om/payment-methods", "")
        .await;
    assert_eq!(other.but_for_request_id(), absent.but_for_request_id());
    assert_eq!(other.header("tender-retry"), absent.header("tender-retry"));
    assert_eq!(absent.json()["instanceId"], json!(""));
}

#[tokio::test]
async fn row_04_bodies_that_are_no_parameters() {
    let world = World::new().await;
    for body in [
        "{}",
        r#"{"params":null}"#,
        r#"{"params":[]}"#,
        r#"{"params":"x"}"#,
        "not json",
        "",
        "[]",
        r#"{"params":{}"#,
        r#"{"params":{}}{}"#,
    ] {
        let request = Request::builder()
            .method("POST")
            .uri("/v1/om/payments")
            .header("api-key", K1)
            .header("organization-id", "org_1")
            .header("content-type", "application/json")
            .body(Body::from(body));
        let answer = world.call(request.expect("a request")).await;
        answer.refuses(400, "InvalidParameter");
        assert_eq!(answer.json()["service"], json!("createPayment"), "{body}");
    }
    assert_eq!(world.list(&world.e).await.data()["items"], json!([]));
}

#[tokio::test]
async fn row_05_each_member_that_is_not_as_it_must_be() {
    let world = World::new().await;
    let whole = all_twelve(&world.e);
    for (member, values) in [
        (
            "amount",
            vec![r#""1""#, "true", "null", "0", "-1", "1e40", "0.0", "[]"],
        ),
        ("type", vec![r#""payment""#, "null", "1"]),
        ("status", vec![r#""done""#, "null", r#""failed""#]),
        ("custom", vec![r#""true""#, "null", "1"]),
        ("attrs", vec!["[]", "null", r#""{}""#]),
        ("orderId", vec![r#"" ""#, r#""""#, "null", "7"]),
        ("methodId", vec![r#""""#, "null", "1"]),
        ("customerUid", vec![r#""""#, "null"]),
        ("invoiceId", vec![r#""""#, "null"]),
        ("transactionRef", vec![r#""""#, "1"]),
        ("sourcePaymentId", vec![r#""""#, "1"]),
        ("note", vec!["1"]),
    ] {
        for value in values {
            let mut params = whole.clone();
            params[member] = serde_json::from_str(value).unwrap_or(json!("1e40 stands for itself"));
            let text = params.to_string().replace("\"1e40 stands for itself\"", value);
            world.post_text(&text).await.blames(&format!("params.{member}"));
        }
    }
    for member in ["orderId", "type"] {
        let mut params = whole.clone();
        params.as_object_mut().expect("an object").remove(member);
        world.post(&params).await.blames(&format!("params.{member}"));
    }
    let mut params = whole;
    params["amount"] = json!(0);
    params["status"] = json!("done");
    params["custom"] = json!(1);
    let answer = world.post(&params).await;
    answer.refuses(400, "InvalidParameter");
    let error = &answer.json()["error"];
    assert!(error.get("field").is_none(), "{error}");
    let fields = error["fields"].as_array().expect("fields");
    let mut names: Vec<&str> = fields
        .iter()
        .filter_map(|field| field["field"].as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["params.amount", "params.custom", "params.status"]);
    assert!(fields.iter().all(|field| field["message"].is_string()));
    assert_eq!(world.list(&world.e).await.data()["items"], json!([]));
}

#[tokio::test]
async fn row_06_media_types_and_sizes() {
    let world = World::new().await;
    let post = |media_type: Option<&str>, body: String| {
        let mut request = Request::builder()
            .method("POST")
            .uri("/v1/om/payments")
            .header("api-key", K1)
            .header("organization-id", "org_1");
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        request.body(Body::from(body)).expect("a request")
    };
    let body = json!({"params": {"orderId": world.e, "type": "receipt", "amount": 1}}).to_string();
    for media_type in [
        None,
        Some("text/plain"),
        Some("application/jsonp"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let answer = world.call(post(media_type, body.clone())).await;
        answer.refuses(415, "InvalidParameter");
    }
    for media_type in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
    ] {
        world.call(post(Some(media_type), body.clone())).await.data();
    }
    let padded = |bytes: usize| format!("{body}{}", " ".repeat(bytes - body.len()));
    world
        .call(post(Some("application/json"), padded(65_536)))
        .await
        .data();
    for bytes in [65_537, 65 * 1024] {
        let answer = world.call(post(Some("application/json"), padded(bytes))).await;
        answer.refuses(413, "InvalidParameter");
    }
}

#[tokio::test]
async fn row_07_routes_and_verbs() {
    let world = World::new().await;
    let plain = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path);
        request.body(Body::empty()).expect("a request")
    };
    // Without any credentials: the route comes first.
    for (method, path, allowed) in [
        ("PUT", "/v1/om/payments/pay_1_1", vec!["DELETE", "PATCH"]),
        ("POST", "/v1/om/payments/pay_1_1", vec!["DELETE", "PATCH"]),
        ("GET", "/v1/om/payments/pay_1_1", vec!["DELETE", "PATCH"]),
        ("POST", "/v1/om/payments/pay_1_1/confirm", vec!["PATCH"]),
        ("DELETE", "/v1/om/payments", vec!["GET", "HEAD", "POST"]),
        ("POST", "/v1/om/payment-methods", vec!["GET", "HEAD"]),
    ] {
        let answer = world.call(plain(method, path)).await;
        answer.refuses(405, "UNKNOWN_SERVICE");
        let mut allow: Vec<&str> = answer
            .header("allow")
            .expect("Allow")
            .split(',')
            .map(str::trim)
            .collect();
        allow.sort_unstable();
        assert_eq!(allow, allowed, "{method} {path}");
        assert_eq!(answer.json()["service"], json!(""));
    }
    for path in [
        "/v1/om/payment",
        "/v1/om",
        "/v1/om/",
        "/v1/om/payments/",
        "/v1/om/payments/pay_1_1/confirm/now",
        "/v1/om/payments/pay_1_1/cancel",
    ] {
        let answer = world.call(plain("PATCH", path)).await;
        answer.refuses(404, "UNKNOWN_SERVICE");
        let json = answer.json();
        assert_eq!((&json["service"], &json["instanceId"]), (&json!(""), &json!("")));
        assert_eq!(answer.header("tender-money-moved"), Some("no"));
    }
}

#[tokio::test]
async fn row_08_members_given_twice_and_unknown_ones() {
    let world = World::new().await;
    let order = &world.e;
    let twice = format!(r#"{{"orderId":"{order}","type":"receipt","amount":1,"amount":2}}"#);
    world.post_text(&twice).await.blames("params.amount");
    for params in [
        format!(r#"{{"orderId":"{order}","type":"receipt","attrs":{{"a":{{"b":1,"b":1}}}}}}"#),
        format!(r#"{{"orderId":"{order}","type":"receipt","attrs":{{"a":[[{{"b":1,"b":1}}]]}}}}"#),
        format!(r#"{{"orderId":"{order}","type":"receipt","tip":1,"tip":1}}"#),
        format!(r#"{{"orderId":"{order}","type":"receipt","\u0061mount":1,"amount":1}}"#),
    ] {
        world.post_text(&params).await.refuses(400, "InvalidParameter");
    }
    let body = format!(r#"{{"params":{{}},"params":{{"orderId":"{order}","type":"receipt"}}}}"#);
    let answer = world.send("POST", "/v1/om/payments", &body).await;
    answer.refuses(400, "InvalidParameter");
    assert_eq!(world.list(order).await.data()["items"], json!([]));
    let answer = world
        .post(&json!({"orderId": order, "type": "receipt", "amount": 1, "tip": 2, "id": "x"}))
        .await;
    answer.data();
    let unknown = |field: &str| ("UnknownParameter".to_owned(), field.to_owned());
    assert_eq!(answer.warnings(), [unknown("params.id"), unknown("params.tip")]);
}

#[tokio::test]
async fn row_09_instances() {
    let store = scratch();
    let world = World::on(store.clone(), sandbox()).await;
    let instance =
        |answer: super::world::Answer| answer.json()["instanceId"].as_str().expect("a text").to_owned();
    let first = instance(world.list(&world.e).await);
    assert!(!first.is_empty());
    // A refusal after the organisation is known has it too.
    assert_eq!(instance(world.list("ord_1").await), first);
    let other = instance(world.send_as(K2, O2, "GET", "/v1/om/payment-methods", "").await);
    assert_ne!(other, first);
    let world = world.restarted(store).await;
    assert_eq!(instance(world.list(&world.e).await), first);
}
