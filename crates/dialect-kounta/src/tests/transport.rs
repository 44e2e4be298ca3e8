//! Transport, credentials and the order of refusals: rows 1 to 8 of the checklist.

use tender_engine::{OrderChange, OrderId};
use tender_service::{ClientCredentials, Flavour, GrantSpec, TokenKind, TokenRequest};

use super::shop::{
    APP_B, BASIC_B, Bill, COMPANY, Call, SECRET_B, Shop, TOKEN_B, TOKEN_C, TOKEN_SITE, YEN_SITE, path,
    payments,
};

#[tokio::test]
async fn row_01_json_by_suffix_or_by_accept() {
    let shop = Shop::open().await;
    shop.get("/v1/companies/me.json")
        .await
        .expect(200, &[("/id", "5678")]);
    shop.get("/v1/companies/me").await.expect(406, &[]);
}

#[tokio::test]
async fn row_02_accept_as_clients_send_it() {
    let shop = Shop::open().await;
    for accept in ["*/*", "application/json, text/plain, */*", "application/json"] {
        let reply = shop
            .send(Call::get("/v1/companies/me").header("Accept", accept))
            .await;
        assert!(
            reply.clone().expect(200, &[]).json()["id"].is_u64(),
            "{}",
            reply.text
        );
    }
}

#[tokio::test]
async fn row_03_content_type_counts_where_there_is_a_body() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let call = Call::post(&payments(order), r#"{"method_id":1,"amount":1}"#);
    shop.send(call.clone().header("Content-Type", "text/plain"))
        .await
        .expect(400, &[]);
    shop.send(
        call.clone()
            .header("Content-Type", "application/json; charset=utf-8"),
    )
    .await
    .expect(201, &[]);
    shop.send(call.without("Content-Type")).await.expect(400, &[]);
    shop.send(Call::get(&path(order)).header("Content-Type", "application/json"))
        .await
        .expect(200, &[]);
}

#[tokio::test]
async fn row_05_three_ways_to_authorize_read_the_same() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let mut bodies = Vec::new();
    for authorization in [
        BASIC_B.to_owned(),
        format!("Bearer {TOKEN_B}"),
        format!("OAuth {TOKEN_B}"),
    ] {
        let reply = shop
            .send(Call::get(&path(order)).header("Authorization", &authorization))
            .await;
        bodies.push(reply.expect(200, &[]).text);
    }
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[1], bodies[2]);
}

#[tokio::test]
async fn row_06_a_token_past_its_life_is_refreshed() {
    let shop = Shop::open().await;
    let grant = GrantSpec {
        flavour: Flavour::Kounta,
        application: APP_B,
        owner: COMPANY,
        merchant: COMPANY,
        locations: None,
        scopes: std::collections::BTreeSet::new(),
        actor: "mia".to_owned(),
        label: "test".to_owned(),
        texts: None,
    };
    let tokens = shop.tender.issue_grant(grant).await.unwrap();
    let call = Call::get("/v1/companies/me.json");
    shop.send(call.clone().by(&tokens.access_token))
        .await
        .expect(200, &[]);
    shop.clock.advance(3_600_000);
    let refused = shop.send(call.clone().by(&tokens.access_token)).await;
    assert!(
        refused.header("WWW-Authenticate").unwrap().starts_with("Bearer "),
        "{refused:?}"
    );
    refused.expect(
        401,
        &[
            ("/error", "invalid_token"),
            ("/error_description", "The access token provided has expired"),
        ],
    );
    let client = ClientCredentials {
        client_id: "app-b".to_owned(),
        client_secret: SECRET_B.to_owned(),
    };
    let request = TokenRequest {
        grant_type: Some("refresh_token".to_owned()),
        refresh_token: Some(tokens.refresh_token),
        ..TokenRequest::default()
    };
    let fresh = shop
        .tender
        .exchange(Flavour::Kounta, Some(&client), &request)
        .await
        .unwrap();
    shop.send(call.by(&fresh.access_token)).await.expect(200, &[]);
}

#[tokio::test]
async fn row_07_me_is_the_company_of_the_credential() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let mine = shop
        .get(&format!("/v1/companies/me/orders/{}.json", order.0))
        .await
        .expect(200, &[]);
    assert_eq!(mine.text, shop.read(order).await.text);
    shop.get("/v1/companies/6000.json")
        .await
        .expect(404, &[("/error", "Not Found")]);
    // The other way round, and by the application's secret as by a token.
    for authorization in [
        format!("Bearer {TOKEN_C}"),
        "Basic YXBwLWM6c2VjcmV0LWM=".to_owned(),
    ] {
        let as_other = |call: Call| call.header("Authorization", &authorization);
        shop.send(as_other(Call::get(&path(order))))
            .await
            .expect(404, &[]);
        let by_me = format!("/v1/companies/me/orders/{}.json", order.0);
        shop.send(as_other(Call::get(&by_me))).await.expect(404, &[]);
        let pay = Call::post(
            &format!("/v1/companies/me/orders/{}/payments.json", order.0),
            r#"{"method_id":1,"amount":1}"#,
        );
        shop.send(as_other(pay)).await.expect(404, &[]);
    }
    assert_eq!(shop.remaining(order).await, "11");
}

#[tokio::test]
async fn row_08_paths_are_decoded_before_they_are_read() {
    let shop = Shop::open().await;
    let external = Some("tj4-ds8".to_owned());
    let order = shop
        .bill(Bill {
            external,
            ..Bill::default()
        })
        .await;
    let id = order.0.to_string();
    for path in [
        "/v1/companies/5678/orders/saleid/tj4%2Dds8.json",
        "/v1/companies/5678/orders/saleid/tj4-ds8.json",
        "/v1/companies/m%65/orders/saleid/tj4%2dds8%2Ejson",
    ] {
        shop.get(path).await.expect(
            200,
            &[("/id", &id), ("/sale_number", "tj4-ds8"), ("/id_str", &id)],
        );
    }
    let slashed = Bill {
        external: Some("a/b".to_owned()),
        ..Bill::default()
    };
    let slashed = shop.bill(slashed).await.0.to_string();
    shop.get("/v1/companies/5678/orders/saleid/a%2Fb.json")
        .await
        .expect(200, &[("/id", &slashed)]);
    shop.get("/v1/companies/5678/orders/saleid/a/b.json")
        .await
        .expect(404, &[]);
    // A number used again leads to the newer order.
    let newer = shop
        .bill(Bill {
            external: Some("tj4-ds8".to_owned()),
            ..Bill::default()
        })
        .await
        .0
        .to_string();
    shop.get("/v1/companies/5678/orders/saleid/tj4-ds8.json")
        .await
        .expect(200, &[("/id", &newer)]);
}

#[tokio::test]
async fn a_credential_for_one_site_reaches_nothing_else() {
    let shop = Shop::open().await;
    let here = shop.order().await;
    let there = shop
        .bill(Bill {
            site: YEN_SITE,
            goods: "1000",
            ..Bill::default()
        })
        .await;
    let call = |call: Call| call.by(TOKEN_SITE);
    shop.send(call(Call::get(&path(here)))).await.expect(200, &[]);
    shop.send(call(Call::get(&path(there)))).await.expect(404, &[]);
    shop.send(call(Call::put(&path(there), "{}")))
        .await
        .expect(404, &[]);
    let body = r#"{"method_id":1,"amount":1}"#;
    shop.send(call(Call::post(&payments(there), body)))
        .await
        .expect(404, &[]);
    shop.send(call(Call::post(&payments(here), body)))
        .await
        .expect(201, &[]);
    let list = shop.send(call(Call::get("/v1/companies/me/orders.json"))).await;
    assert_eq!(list.ids(), [here.0]);
    let sites = shop.send(call(Call::get("/v1/companies/me/sites.json"))).await;
    assert_eq!(sites.ids(), [923]);
    let create = r#"{"site_id":924}"#;
    shop.send(call(Call::post("/v1/companies/me/orders.json", create)))
        .await
        .expect(400, &[("/field", "site_id")]);
    // With one site within reach, it need not be named.
    shop.send(call(Call::post("/v1/companies/me/orders.json", "{}")))
        .await
        .expect(201, &[("/site_id", "923")]);
}

#[tokio::test]
async fn refusals_come_in_their_order() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    shop.issue(
        TokenKind::Admin,
        COMPANY,
        tender_engine::ApplicationId(0),
        None,
        None,
        "token-of-the-administration",
    )
    .await;
    // Everything is wrong with it, and step by step less.
    let call = Call::post("/v1/companies/6000/orders/1/payments", "nonsense")
        .header("Authorization", "Bearer nobody-has-this-token")
        .header("Content-Type", "text/plain")
        .header("Accept", "text/html");
    let steps = [
        (call.clone(), 401),
        (call.clone().by("token-of-the-administration"), 403),
        (call.clone().by(TOKEN_B), 404),
        (
            Call {
                path: "/v1/companies/me/orders/1/payments".to_owned(),
                ..call.clone()
            }
            .by(TOKEN_B),
            404,
        ),
        (
            Call {
                path: payments(order).replace(".json", ""),
                method: "PUT".to_owned(),
                ..call.clone()
            }
            .by(TOKEN_B),
            405,
        ),
        (
            Call {
                path: payments(order).replace(".json", ""),
                ..call.clone()
            }
            .by(TOKEN_B),
            406,
        ),
        (
            Call {
                path: payments(order),
                ..call.clone()
            }
            .by(TOKEN_B),
            400,
        ),
    ];
    for (call, status) in steps {
        let text = format!("{} {}", call.method, call.path);
        assert_eq!(shop.send(call).await.status, status, "{text}");
    }
    let wrong_type = Call::post(&payments(order), "nonsense").header("Content-Type", "text/plain");
    shop.send(wrong_type)
        .await
        .expect(400, &[("/error", "Content-Type must be application/json")]);
    shop.post(&payments(order), "nonsense")
        .await
        .expect(400, &[("/error", "the body must be JSON")]);
    // Fields before the key, the key before the method, the method before the state, the state before the limits.
    shop.settle(order, OrderChange::Close).await;
    let paid = |body: &str| Call::post(&payments(order), body).key("k");
    shop.send(paid(r#"{"method_id":"x","amount":0.001}"#))
        .await
        .expect(400, &[("/field", "method_id")]);
    shop.send(paid(r#"{"method_id":99,"amount":0.001}"#))
        .await
        .expect(400, &[("/field", "amount")]);
    shop.send(paid(r#"{"method_id":99,"amount":99}"#))
        .await
        .expect(400, &[("/field", "method_id")]);
    shop.send(paid(r#"{"method_id":1,"amount":99}"#))
        .await
        .expect(400, &[("/error", "the order is complete and takes refunds only")]);
    // Of two faults the first field of the documentation is named, whoever finds it.
    let both = shop
        .post(&payments(order), r#"{"method_id":1,"amount":0.001,"tip":"x"}"#)
        .await;
    both.expect(400, &[("/field", "amount")]);
}

#[tokio::test]
async fn urls_are_on_the_public_origin() {
    let settings = tender_service::Settings {
        public_url: Some("https://pos.example.com/".to_owned()),
        ..super::shop::settings()
    };
    let shop = Shop::with(settings).await;
    let order = shop.order().await;
    let reply = shop.pay(order, "1", "0").await;
    let expected = format!(
        "https://pos.example.com/v1/companies/5678/orders/{}/payments/1.json",
        order.0
    );
    assert_eq!(reply.header("Location"), Some(expected.as_str()));
}

#[tokio::test]
async fn a_host_that_is_none_is_not_followed() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let call =
        Call::post(&payments(order), r#"{"method_id":1,"amount":1}"#).header("Host", "evil.example/\\?x=");
    let location = shop.send(call).await.header("Location").unwrap().to_owned();
    assert!(location.starts_with("http://localhost/v1/"), "{location}");
}

#[tokio::test]
async fn an_order_that_no_till_has_taken_is_not_there() {
    let shop = Shop::open().await;
    let command = shop.proposal();
    let tender_engine::Outcome::Opened(opened) = shop
        .elsewhere(tender_engine::Via::Kseries, command)
        .await
        .unwrap()
    else {
        panic!("not an order")
    };
    let order: OrderId = opened.order.id;
    shop.get(&path(order)).await.expect(404, &[]);
    shop.pay(order, "1", "0").await.expect(404, &[]);
    shop.put(&path(order), r#"{"notes":"x"}"#).await.expect(404, &[]);
    assert!(shop.get("/v1/companies/me/orders.json").await.ids().is_empty());
}
