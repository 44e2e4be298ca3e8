//! Webhooks and callbacks: rows 50 to 53 of the checklist, and which topic hears of what.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tender_engine::{Delivery, EndpointId, OrderChange, OrderId, Stage, UpdateOrder, Via};
use tender_service::Endpoint;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::shop::{
    APP_B, Bill, COMPANY, Call, SECRET_B, Shop, TOKEN_A, YEN_SITE, path, payment, payments, settings,
};

const HOOKS: &str = "/v1/companies/5678/webhooks.json";

/// Longer than anything here takes; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

async fn subscribe(shop: &Shop, topic: &str) -> EndpointId {
    let body = format!(r#"{{"topic":"{topic}","address":"https://client.example/hook"}}"#);
    EndpointId(
        shop.post(HOOKS, &body).await.expect(201, &[]).json()["id"]
            .as_u64()
            .unwrap(),
    )
}

fn hook(id: EndpointId) -> String {
    format!("/v1/companies/5678/webhooks/{}.json", id.0)
}

/// Each request changes something else of one webhook, all at once: none is undone by another.
#[tokio::test]
async fn changes_of_a_webhook_at_once_are_all_kept() {
    let shop = Shop::open().await;
    let id = subscribe(&shop, "orders/updated").await;
    let path = hook(id);
    let put = async |body: &str| shop.put(&path, body).await.expect(200, &[]);
    tokio::join!(
        put(r#"{"address":"https://client.example/other"}"#),
        put(r#"{"topic":"orders/completed"}"#),
        put(r#"{"headers":{"X-Mine":"1"}}"#),
        async {
            let rotated = shop.tender.rotate_endpoint_secret(COMPANY, id).await;
            assert!(rotated.unwrap().is_some());
        },
    );
    let now = shop.get(&path).await.json();
    assert_eq!(
        (&now["address"], &now["topic"], &now["headers"]["X-Mine"]),
        (
            &"https://client.example/other".into(),
            &"orders/completed".into(),
            &"1".into()
        )
    );
    assert_eq!(endpoint(&shop, id).await.secrets.len(), 2);
}

/// What an endpoint was sent, oldest first.
pub(super) async fn sent(shop: &Shop, endpoint: EndpointId) -> Vec<Delivery> {
    let mut deliveries = shop
        .tender
        .deliveries(COMPANY, Some(endpoint), None, 100)
        .await
        .unwrap()
        .items;
    deliveries.reverse();
    deliveries
}

async fn endpoint(shop: &Shop, id: EndpointId) -> Endpoint {
    shop.tender.directory(COMPANY).await.unwrap().unwrap().endpoints[&id.0].clone()
}

fn body(delivery: &Delivery) -> Value {
    serde_json::from_str(&delivery.body).unwrap()
}

fn hex_hmac(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn row_50_a_webhook_is_made_and_deleted() {
    let shop = Shop::open().await;
    let body = r#"{"topic":"orders/updated","address":"https://client.example/hook","format":"json",
        "filter":{"site_ids":null}}"#;
    let made = shop
        .post(HOOKS, body)
        .await
        .expect(201, &[("/filter", "{}"), ("/topic", "orders/updated")]);
    let id = EndpointId(made.json()["id"].as_u64().unwrap());
    assert_eq!(
        made.header("Location"),
        Some(format!("http://pos.example{}", hook(id)).as_str())
    );
    shop.get(&hook(id))
        .await
        .expect(200, &[("/filter", "{}"), ("/headers", "{}")]);
    assert!(shop.get(HOOKS).await.json()[0].get("secret").is_none());
    for wrong in [
        r#""topic":"payments/created""#,
        r#""topic":"orders/created","headers":{"X-Kounta-Foo":"1"}"#,
    ] {
        let body = format!(r#"{{"address":"https://client.example/hook",{wrong}}}"#);
        shop.post(HOOKS, &body).await.expect(400, &[]);
    }
    // Another application's webhooks are not there.
    shop.send(Call::get(&hook(id)).by(TOKEN_A)).await.expect(404, &[]);
    shop.send(Call::delete(&hook(id)).by(TOKEN_A))
        .await
        .expect(404, &[]);
    let deleted = shop
        .send(Call::delete(&hook(id)).header("Content-Type", "application/json"))
        .await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    shop.get(&hook(id)).await.expect(404, &[]);
    // It gets a signing secret of its own, whichever dialect made it.
    let id = subscribe(&shop, "orders/created").await;
    assert!(endpoint(&shop, id).await.secrets[0].value.starts_with("whsec_"));
}

#[tokio::test]
async fn row_51_a_change_leaves_the_rest() {
    let shop = Shop::open().await;
    let body =
        r#"{"topic":"orders/updated","address":"https://client.example/hook","headers":{"X-Client":"7"}}"#;
    let id = EndpointId(shop.post(HOOKS, body).await.json()["id"].as_u64().unwrap());
    shop.put(&hook(id), r#"{"filter":{"site_ids":[923]}}"#)
        .await
        .expect(
            200,
            &[
                ("/topic", "orders/updated"),
                ("/headers/X-Client", "7"),
                ("/filter/site_ids/0", "923"),
            ],
        );
    let elsewhere = shop
        .bill(Bill {
            site: YEN_SITE,
            goods: "1000",
            ..Bill::default()
        })
        .await;
    shop.pay(elsewhere, "500", "0").await.expect(201, &[]);
    assert!(sent(&shop, id).await.is_empty());
    let here = shop.order().await;
    shop.pay(here, "5", "0").await.expect(201, &[]);
    assert_eq!(sent(&shop, id).await.len(), 1);
    // Headers and filter are replaced whole.
    shop.put(&hook(id), r#"{"headers":{"Authorization":"x"},"filter":null}"#)
        .await
        .expect(
            200,
            &[("/headers", r#"{"Authorization":"x"}"#), ("/filter", "{}")],
        );
}

#[tokio::test]
async fn row_52_one_message_with_the_whole_order() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let id = subscribe(&shop, "orders/updated").await;
    shop.pay(order, "5.00", "0").await.expect(201, &[]);
    let deliveries = sent(&shop, id).await;
    let [delivery] = deliveries.as_slice() else {
        panic!("{deliveries:#?}")
    };
    assert_eq!(delivery.event, "orders/updated");
    let told = body(delivery);
    assert_eq!(
        (&told["payments"][0]["number"], &told["deleted"]),
        (&1.into(), &false.into())
    );
    assert_eq!(told["paid"].to_string(), "5");
    // As GET shows it, byte for byte.
    assert_eq!(delivery.body, shop.read(order).await.text);

    let encoder = crate::encoder(&settings());
    let directory = shop.tender.directory(COMPANY).await.unwrap().unwrap();
    let application = directory.applications.get(&APP_B.0);
    let signature = |endpoint: &Endpoint, delivery: &Delivery| {
        let headers = encoder.headers(delivery, endpoint, application);
        headers
            .into_iter()
            .find(|(name, _)| name == "X-Kounta-Signature")
            .unwrap()
            .1
    };
    assert_eq!(
        signature(&endpoint(&shop, id).await, delivery),
        hex_hmac(SECRET_B, &delivery.body)
    );
    shop.put(&hook(id), r#"{"secret":"of the hook"}"#)
        .await
        .expect(200, &[]);
    shop.pay(order, "1.00", "0").await.expect(201, &[]);
    let newest = sent(&shop, id).await.pop().unwrap();
    assert_eq!(
        signature(&endpoint(&shop, id).await, &newest),
        hex_hmac("of the hook", &newest.body)
    );
    shop.put(&hook(id), r#"{"secret":null}"#).await.expect(200, &[]);
    assert_eq!(
        signature(&endpoint(&shop, id).await, &newest),
        hex_hmac(SECRET_B, &newest.body)
    );
}

#[test]
fn the_signature_is_the_published_one() {
    let known = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
    assert_eq!(
        hex_hmac("key", "The quick brown fox jumps over the lazy dog"),
        known
    );
}

#[tokio::test]
async fn row_53_a_receiver_that_fails_is_called_again() {
    let shop = Shop::open().await;
    let relay = shop.tender.spawn_relay();
    let (address, mut calls) = failing_receiver().await;
    let body = format!(r#"{{"topic":"orders/created","address":"http://{address}/hook"}}"#);
    let id = EndpointId(
        shop.post(HOOKS, &body).await.expect(201, &[]).json()["id"]
            .as_u64()
            .unwrap(),
    );
    shop.order().await;
    let first = next(&mut calls).await;
    attempted(&shop, id, 1).await;
    shop.clock.advance(5_000);
    let second = next(&mut calls).await;
    attempted(&shop, id, 2).await;
    shop.clock.advance(30_000);
    let third = next(&mut calls).await;
    for again in [&second, &third] {
        assert_eq!((&again.body, &again.signature), (&first.body, &first.signature));
    }
    assert_eq!(first.signature, hex_hmac(SECRET_B, &first.body));
    relay.stop().await;
}

#[derive(Debug)]
struct Received {
    body: String,
    signature: String,
}

async fn next(calls: &mut mpsc::Receiver<Received>) -> Received {
    tokio::time::timeout(PATIENCE, calls.recv())
        .await
        .expect("a call in time")
        .expect("a receiver")
}

/// Waits until an attempt has been written down: only then is the next one planned.
async fn attempted(shop: &Shop, endpoint: EndpointId, attempts: u32) {
    let written = async {
        while sent(shop, endpoint)
            .await
            .first()
            .is_none_or(|delivery| delivery.attempts < attempts)
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, written)
        .await
        .expect("an attempt in time");
}

/// Answers every call with 500, and passes on what it was told.
async fn failing_receiver() -> (std::net::SocketAddr, mpsc::Receiver<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, calls) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let (head, length) = loop {
                let mut space = [0; 4096];
                let read = stream.read(&mut space).await.unwrap();
                bytes.extend_from_slice(&space[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length: usize = header(head, "content-length").parse().unwrap();
                    if body.len() >= length {
                        break (head.to_owned(), length);
                    }
                }
                assert!(read > 0, "the call ended too early");
            };
            let body = String::from_utf8(bytes[bytes.len() - length..].to_vec()).unwrap();
            let signature = header(&head, "x-kounta-signature");
            let answer =
                "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            tell.send(Received { body, signature }).await.unwrap();
        }
    });
    (address, calls)
}

fn header(head: &str, name: &str) -> String {
    let line = head
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {head}"))
        .split_once(": ")
        .unwrap()
        .1
        .to_owned()
}

/// Which topics hear of what, once each.
#[tokio::test]
async fn topics_hear_of_what_they_are_about() {
    let shop = Shop::open().await;
    let mut hooks = Vec::new();
    for topic in [
        "orders/created",
        "orders/updated",
        "orders/completed",
        "orders/deleted",
    ] {
        hooks.push((topic, subscribe(&shop, topic).await));
    }
    let mut heard = [0; 4];
    let news = async |heard: &mut [usize; 4]| {
        let mut new = Vec::new();
        for (place, (topic, id)) in hooks.iter().enumerate() {
            let count = sent(&shop, *id).await.len();
            assert!(
                count <= heard[place] + 1,
                "{topic} heard of one command {} times",
                count - heard[place]
            );
            if count > heard[place] {
                new.push(*topic);
            }
            heard[place] = count;
        }
        new
    };
    let make = |body: &'static str| shop.post("/v1/companies/me/orders.json", body);
    let order =
        make(r#"{"site_id":923,"lines":[{"product_id":5}],"payments":[{"method_id":1,"amount":1}]}"#).await;
    let order = OrderId(order.expect(201, &[]).json()["id"].as_u64().unwrap());
    assert_eq!(news(&mut heard).await, ["orders/created"]);
    let updates = [
        ("POST", payments(order), r#"{"method_id":1,"amount":5,"tip":1}"#),
        ("PUT", payment(order, 1), r#"{"tip":1}"#),
        (
            "PUT",
            payment(order, 1),
            r#"{"ref":"x","credit_card_surcharge":0.1,"tip":0.2}"#,
        ),
        ("POST", payments(order), r#"{"method_id":1,"amount":-1}"#),
        (
            "POST",
            path(order).replace(".json", "/lines.json"),
            r#"{"product_id":4}"#,
        ),
        ("PUT", path(order), r#"{"notes":"n"}"#),
        ("PUT", path(order), r#"{"status":"ACCEPTED","notes":"m"}"#),
    ];
    for (method, path, body) in updates {
        let reply = shop.send(Call::new(method, &path).body(body)).await;
        assert!(reply.status < 300, "{}", reply.text);
        assert_eq!(
            news(&mut heard).await,
            ["orders/updated"],
            "{method} {path} {body}"
        );
    }
    // Nothing changed, nothing told; and what another dialect keeps pending shows nowhere.
    shop.put(&path(order), r#"{"notes":"m"}"#).await.expect(200, &[]);
    let elsewhere = shop.order().await;
    news(&mut heard).await;
    shop.reserve(elsewhere, "1").await;
    assert!(news(&mut heard).await.is_empty());
    shop.put(&path(order), r#"{"status":"COMPLETE","notes":"done"}"#)
        .await
        .expect(200, &[]);
    assert_eq!(news(&mut heard).await, ["orders/updated", "orders/completed"]);
    make(r#"{"site_id":923,"status":"COMPLETE"}"#)
        .await
        .expect(201, &[]);
    assert_eq!(news(&mut heard).await, ["orders/created", "orders/completed"]);
    let other = shop.order().await;
    news(&mut heard).await;
    shop.settle(other, OrderChange::Reject).await;
    assert_eq!(news(&mut heard).await, ["orders/updated"]);
    for change in [OrderChange::Delete, OrderChange::Cancel] {
        let other = shop.order().await;
        news(&mut heard).await;
        shop.settle(other, change).await;
        assert_eq!(news(&mut heard).await, ["orders/deleted"]);
        let told = body(sent(&shop, hooks[3].1).await.last().unwrap());
        assert_eq!(
            (&told["deleted"], &told["status"]),
            (&true.into(), &"DELETED".into())
        );
    }
    let proposal = shop.proposal();
    shop.elsewhere(Via::Kseries, proposal).await.unwrap();
    assert!(news(&mut heard).await.is_empty());
}

#[tokio::test]
async fn callback_uri_is_called_when_the_status_changes() {
    let shop = Shop::open().await;
    let make = |uri: &str| {
        let body = format!(r#"{{"site_id":923,"lines":[{{"product_id":5}}],"callback_uri":"{uri}"}}"#);
        let shop = &shop;
        async move {
            let reply = shop.post("/v1/companies/me/orders.json", &body).await;
            OrderId(reply.expect(201, &[]).json()["id"].as_u64().unwrap())
        }
    };
    let order = make("https://client.example/a").await;
    let second = make("https://client.example/a").await;
    make("https://client.example/b").await;
    let directory = shop.tender.directory(COMPANY).await.unwrap().unwrap();
    // One endpoint for each URL, shown to nobody.
    assert_eq!(directory.endpoints.len(), 2);
    assert_eq!(shop.get(HOOKS).await.text, "[]");
    let url = |url: &str| {
        directory
            .endpoints
            .values()
            .find(|endpoint| endpoint.url == url)
            .unwrap()
    };
    let (a, b) = (url("https://client.example/a"), url("https://client.example/b"));
    let id = EndpointId(a.id);
    shop.get(&hook(id)).await.expect(404, &[]);

    assert!(sent(&shop, id).await.is_empty());
    shop.pay(order, "5", "0").await.expect(201, &[]);
    assert!(sent(&shop, id).await.is_empty());
    shop.put(&path(order), r#"{"status":"ON_HOLD"}"#)
        .await
        .expect(200, &[]);
    // Other data, lines and the status that it has are no changes of the status.
    for change in [r#"{"notes":"n"}"#, r#"{"status":"ON_HOLD"}"#] {
        shop.put(&path(order), change).await.expect(200, &[]);
    }
    let lines = format!("/v1/companies/me/orders/{}/lines.json", order.0);
    shop.post(&lines, r#"{"product_id":5}"#).await.expect(201, &[]);
    let accept = UpdateOrder {
        order,
        stage: Some(Stage::Accepted),
        ..UpdateOrder::default()
    };
    shop.elsewhere(Via::Till, tender_engine::Command::UpdateOrder(Box::new(accept)))
        .await
        .unwrap();
    shop.settle(order, OrderChange::Close).await;
    shop.settle(second, OrderChange::Delete).await;
    let told: Vec<(u64, String)> = sent(&shop, id)
        .await
        .iter()
        .map(|delivery| {
            (
                body(delivery)["id"].as_u64().unwrap(),
                body(delivery)["status"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let expected = [
        (order, "ON_HOLD"),
        (order, "ACCEPTED"),
        (order, "COMPLETE"),
        (second, "DELETED"),
    ];
    assert_eq!(told, expected.map(|(order, status)| (order.0, status.to_owned())));
    assert!(sent(&shop, EndpointId(b.id)).await.is_empty());
    // Cleared, it is called no more.
    let third = make("https://client.example/b").await;
    shop.put(&path(third), r#"{"callback_uri":null}"#)
        .await
        .expect(200, &[("/callback_uri", "null")]);
    shop.put(&path(third), r#"{"status":"ON_HOLD"}"#)
        .await
        .expect(200, &[]);
    assert_eq!(sent(&shop, EndpointId(b.id)).await.len(), 0);
}

#[tokio::test]
async fn there_is_a_most_of_everything() {
    let shop = Shop::open().await;
    for _ in 0..100 {
        subscribe(&shop, "orders/created").await;
    }
    let body = r#"{"topic":"orders/created","address":"https://client.example/hook"}"#;
    shop.post(HOOKS, body)
        .await
        .expect(400, &[("/error", "too many webhooks")]);
    let many: Vec<String> = (0..21).map(|number| format!(r#""X-{number}":"1""#)).collect();
    let body = format!(r#"{{"topic":"orders/created","headers":{{{}}}}}"#, many.join(","));
    shop.post(HOOKS, &body)
        .await
        .expect(400, &[("/field", "headers")]);
    let sites = vec!["1"; 101].join(",");
    let body = format!(r#"{{"topic":"orders/created","filter":{{"site_ids":[{sites}]}}}}"#);
    shop.post(HOOKS, &body)
        .await
        .expect(400, &[("/field", "filter.site_ids")]);
}
