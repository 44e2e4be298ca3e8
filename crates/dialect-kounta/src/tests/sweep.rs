//! The words that no error may say: row 49 of the checklist.

use std::fs;
use std::path::Path;

use axum::body::to_bytes;
use axum::http::Method;
use tender_http::{Failed, FailureKind, RequestId};
use tender_service::Settings;

use super::shop::{Call, Reply, Shop, TOKEN_TILL, path, payment, payments, settings};

/// The words at which a client in the field refreshes its token and sends again, for ever.
const WORDS: [&str; 2] = ["invalid", "expired"];

fn has_words(text: &str) -> bool {
    let text = text.to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

/// The shape and the wording of an error.
fn check(reply: &Reply) {
    if reply.status < 400 || reply.status == 401 {
        return;
    }
    let body = reply.json();
    assert!(
        body["error"].is_string() && body["error_description"].is_string(),
        "{}",
        reply.text
    );
    assert_eq!(reply.header("Content-Type"), Some("application/json"));
    assert!(!has_words(&reply.text), "{}: {}", reply.status, reply.text);
}

/// Requests that carry the words wherever a client can put something.
fn loaded(order: &str, payment: &str, payments: &str) -> Vec<Call> {
    let orders = "/v1/companies/me/orders.json";
    let hooks = "/v1/companies/me/webhooks.json";
    let mut calls = vec![
        Call::get("/v1/companies/invalid/orders.json"),
        Call::get("/v1/companies/me/orders/expired.json"),
        Call::get("/v1/companies/me/orders/saleid/invalid.json"),
        Call::get("/v1/invalid/expired.json"),
        Call::get("/v1/companies/me/invalid.xml"),
        Call::get("/v1/companies/me/sites/expired/status.json"),
        Call::get("/v1/companies/me/webhooks/invalid.json"),
        Call::get("/v1/companies/me.xml").header("Accept", "invalid/expired"),
        Call::get("/v1/companies/me").header("Accept", "invalid/expired"),
        Call::get(orders).header("X-Page", "invalid"),
        Call::new("INVALID", orders),
        Call::new("EXPIRED", payment),
        Call::get("/v1/companies/me.json").by(TOKEN_TILL),
        Call::post(payments, "invalid"),
        Call::post(payments, r#"{"expired"#),
        Call::post(payments, r#""invalid""#),
        Call::post(payments, "{}").header("Content-Type", "invalid/expired"),
        Call::post(payments, r#"{"method_id":1,"amount":1}"#).key(&format!("expired{}", "x".repeat(255))),
        Call::post(payments, &format!("\"invalid{}\"", " ".repeat(2 * 1024 * 1024))),
        Call::post(
            hooks,
            r#"{"topic":"orders/created","address":"https://c.example","headers":{"X-Kounta-Invalid":"expired"}}"#,
        ),
        Call::post(
            hooks,
            r#"{"topic":"orders/created","address":"https://c.example","headers":{"invalid":"expired"}}"#,
        ),
        Call::post(
            hooks,
            r#"{"topic":"orders/created","address":"https://c.example","headers":{"X-Expired":"in\nvalid"}}"#,
        ),
    ];
    for query in ["created_gte", "value_lt", "start", "created"] {
        calls.push(Call::get(&format!("{orders}?{query}=invalid")));
    }
    let wrong = [
        r#""invalid expired""#,
        r#"{"invalid":"expired"}"#,
        r#"["invalid","expired"]"#,
        "1e999",
        "-1",
        "true",
    ];
    for value in wrong {
        for field in [
            "method_id",
            "amount",
            "tip",
            "ref",
            "credit_card_surcharge",
            "invalid",
        ] {
            let others = if field == "amount" {
                r#""method_id":1"#
            } else {
                r#""method_id":1,"amount":1"#
            };
            calls.push(Call::post(
                payments,
                &format!(r#"{{{others},"{field}":{value}}}"#),
            ));
            calls.push(Call::put(payment, &format!(r#"{{"{field}":{value}}}"#)));
        }
        for field in [
            "site_id",
            "register_id",
            "sale_number",
            "status",
            "notes",
            "customer_id",
            "order_type",
            "guests",
            "price_variation",
            "price_limit",
            "callback_uri",
            "lock",
            "complete_when_paid",
            "pass_thru_printing",
            "placed_at",
            "fulfil_at",
            "lines",
            "payments",
        ] {
            calls.push(Call::post(
                orders,
                &format!(r#"{{"site_id":923,"{field}":{value}}}"#),
            ));
            calls.push(Call::put(order, &format!(r#"{{"{field}":{value}}}"#)));
        }
        for field in [
            "product_id",
            "quantity",
            "notes",
            "unit_price",
            "price_variation",
            "modifiers",
            "number",
            "line_id",
        ] {
            let body = format!(r#"{{"product_id":4,"{field}":{value}}}"#);
            calls.push(Call::post(
                orders,
                &format!(r#"{{"site_id":923,"lines":[{body}]}}"#),
            ));
            calls.push(Call::post(&order.replace(".json", "/lines.json"), &body));
            calls.push(Call::put(&order.replace(".json", "/lines/1.json"), &body));
        }
        for field in ["topic", "address", "format", "filter", "headers", "secret"] {
            calls.push(Call::post(hooks, &format!(r#"{{"{field}":{value}}}"#)));
        }
        calls.push(Call::post(
            hooks,
            &format!(r#"{{"filter":{{"site_ids":{value}}}}}"#),
        ));
        calls.push(Call::post(
            orders,
            &format!(r#"{{"site_id":923,"payments":[{{"method_id":1,"amount":{value}}}]}}"#),
        ));
    }
    calls
}

#[tokio::test]
async fn row_49_no_error_says_the_words() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    shop.pay(order, "1", "0").await.expect(201, &[]);
    let mut refused = 0;
    for call in loaded(&path(order), &payment(order, 1), &payments(order)) {
        let text = format!(
            "{} {} {:?}",
            call.method,
            call.path,
            call.body.as_ref().map(|body| body.get(..80).unwrap_or(body))
        );
        let reply = shop.send(call).await;
        check(&reply);
        assert!(
            reply.status != 401 && reply.status < 500,
            "{text}: {}",
            reply.text
        );
        refused += usize::from(reply.status >= 400);
    }
    assert!(refused > 250, "only {refused} of the requests were refused");
    let limited = Settings {
        rate_limits: true,
        rate_limit_token: 1,
        ..settings()
    };
    let limited = Shop::with(limited).await;
    limited.get("/v1/companies/me.json").await.expect(200, &[]);
    let reply = limited.get("/v1/companies/invalid.json").await.expect(429, &[]);
    check(&reply);
}

/// The same of everything that is recorded.
#[test]
fn no_recorded_error_says_the_words() {
    let mut errors = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for block in text.split("\n\n") {
            let answer: Vec<&str> = block
                .lines()
                .skip_while(|line| line.starts_with(['>', '=', '!', '#']))
                .collect();
            let status: u16 = answer
                .first()
                .and_then(|line| line.parse().ok())
                .unwrap_or_default();
            if status >= 400 && status != 401 {
                errors += 1;
                assert!(!has_words(&answer.join("\n")), "{block}");
            }
        }
    }
    assert!(errors > 80, "only {errors} errors are recorded");
}

#[tokio::test]
async fn handlers_that_fail_are_answered_in_the_same_shape() {
    let money = "/v1/companies/me/orders/1/payments.json";
    for (kind, method, path, status, moved) in [
        (FailureKind::Panic, Method::POST, money, 500, "unknown"),
        (
            FailureKind::Deadline,
            Method::PUT,
            "/v1/companies/me/orders/1/payments/1",
            503,
            "unknown",
        ),
        (
            FailureKind::Panic,
            Method::GET,
            "/v1/companies/me/orders/expired",
            500,
            "no",
        ),
        (FailureKind::Deadline, Method::GET, "/v1/invalid", 503, "no"),
    ] {
        for has_key in [false, true] {
            let request_id = RequestId::of(&axum::http::Extensions::new());
            let response = crate::failed(&Failed {
                kind,
                method: &method,
                path,
                request_id,
                has_key,
            });
            let (parts, body) = response.into_parts();
            let text = String::from_utf8(to_bytes(body, 10_000).await.unwrap().to_vec()).unwrap();
            let reply = Reply {
                status: parts.status.as_u16(),
                headers: parts.headers,
                text,
            };
            check(&reply);
            assert_eq!(
                (reply.status, reply.header("Tender-Money-Moved")),
                (status, Some(moved))
            );
            // Without a key nobody would recognise the repeat, and where no money moves none is taken.
            let retry = if has_key && moved == "unknown" {
                "same-key"
            } else {
                "never"
            };
            assert_eq!(reply.header("Tender-Retry"), Some(retry));
        }
    }
}
