//! Which URLs of orders have an endpoint, and which lose it to others.

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use tender_engine::{EndpointId, OrderChange, OrderId};
use tender_service::{DirectoryKind, Edit, Endpoint, Failure, TokenKind, TokenSpec};

use super::hooks::sent;
use super::record::recorded;
use super::shop::{APP_B, COMPANY, Call, SMALL_COMPANY, Shop, TOKEN_B, YEN_SITE, path};
use crate::exchange::Exchange;
use crate::webhooks::{CALLBACKS_MAX, KEPT_AFTER_USE_MS, ensure_callback};

const ORDERS: &str = "/v1/companies/me/orders.json";

/// Names of URLs that have an endpoint.
async fn called(shop: &Shop) -> BTreeSet<String> {
    let directory = shop.tender.directory(COMPANY).await.unwrap().unwrap();
    let urls = directory.endpoints.values().map(|endpoint| &endpoint.url);
    urls.map(|url| url.trim_start_matches("https://client.example/").to_owned())
        .collect()
}

async fn stored(shop: &Shop, name: &str) -> Endpoint {
    let directory = shop.tender.directory(COMPANY).await.unwrap().unwrap();
    let url = url(name);
    let found = directory.endpoints.values().find(|endpoint| endpoint.url == url);
    found.unwrap().clone()
}

async fn endpoint_of(shop: &Shop, name: &str) -> EndpointId {
    EndpointId(stored(shop, name).await.id)
}

fn url(name: &str) -> String {
    format!("https://client.example/{name}")
}

async fn switch_off(shop: &Shop, id: EndpointId) {
    let edit = |stored: Option<Endpoint>| {
        let disabled = Endpoint {
            disabled: true,
            ..stored.unwrap()
        };
        (Edit::Put(disabled), ())
    };
    let kind = DirectoryKind::Endpoint;
    shop.tender
        .edit_directory(COMPANY, kind, id.0, edit)
        .await
        .unwrap();
}

/// A request of application B, which knows the directory as it is now.
async fn request(shop: &Shop) -> Exchange {
    Exchange {
        tender: shop.tender.clone(),
        principal: shop.tender.authenticate_token(TOKEN_B).await.unwrap(),
        directory: shop.tender.directory(COMPANY).await.unwrap().unwrap(),
        origin: String::new(),
        headers: HeaderMap::new(),
        path: String::new(),
        query: String::new(),
    }
}

/// How an order ends that was refused.
const REFUSED: Result<(), Failure> = Err(Failure::Busy { retry_after_s: 1 });

async fn remove(shop: &Shop, name: &str) {
    let id = endpoint_of(shop, name).await.0;
    let kind = DirectoryKind::Endpoint;
    shop.tender.delete_directory(COMPANY, kind, id).await.unwrap();
}

fn with_callback(name: &str) -> String {
    format!(r#"{{"site_id":923,"callback_uri":"https://client.example/{name}"}}"#)
}

/// Makes an order that names a URL.
async fn calling(shop: &Shop, name: &str) -> OrderId {
    let reply = shop.post(ORDERS, &with_callback(name)).await;
    OrderId(reply.expect(201, &[]).json()["id"].as_u64().unwrap())
}

/// Makes as many orders with a URL each as URLs are kept, none of them lately.
pub(super) async fn fill(shop: &Shop) -> Vec<OrderId> {
    let mut orders = Vec::new();
    for number in 0..CALLBACKS_MAX {
        orders.push(calling(shop, &number.to_string()).await);
        shop.clock.advance(1);
    }
    shop.clock.advance(u32::try_from(KEPT_AFTER_USE_MS).unwrap());
    orders
}

#[tokio::test]
async fn a_callback_that_an_open_order_names_makes_room_for_no_other() {
    let shop = Shop::open().await;
    let orders = fill(&shop).await;
    let all = called(&shop).await;
    assert_eq!(all.len(), CALLBACKS_MAX);
    let refused = shop.post(ORDERS, &with_callback("new")).await;
    refused.expect(
        400,
        &[
            ("/error", "too many different values of callback_uri"),
            ("/field", "callback_uri"),
        ],
    );
    let named = shop.put(&path(orders[7]), &with_callback("new")).await;
    named.expect(400, &[("/field", "callback_uri")]);
    assert_eq!(called(&shop).await, all);
    // One that is there may be named by any number of orders, and other orders have no part in it.
    calling(&shop, "3").await;
    shop.post(ORDERS, r#"{"site_id":923}"#).await.expect(201, &[]);

    // The last change of the status has not been told yet.
    shop.settle(orders[1], OrderChange::Close).await;
    shop.post(ORDERS, &with_callback("new"))
        .await
        .expect(400, &[("/field", "callback_uri")]);
    let id = endpoint_of(&shop, "1").await;
    assert_eq!(sent(&shop, id).await.len(), 1);
    // Nothing is sent to one that was switched off.
    switch_off(&shop, id).await;
    calling(&shop, "new").await;
    let mut after = all.clone();
    after.remove("1");
    after.insert("new".to_owned());
    assert_eq!(called(&shop).await, after);
}

#[tokio::test]
async fn a_refused_order_takes_no_place_of_a_callback() {
    let shop = Shop::open().await;
    let orders = fill(&shop).await;
    let all = called(&shop).await;
    shop.put(&path(orders[0]), r#"{"callback_uri":null}"#)
        .await
        .expect(200, &[]);
    let body = r#"{"site_id":923,"callback_uri":"https://client.example/new","payments":[{"method_id":99,"amount":1}]}"#;
    shop.post(ORDERS, body).await.expect(400, &[]);
    assert_eq!(called(&shop).await, all);
    calling(&shop, "new").await;
    let after = called(&shop).await;
    assert!(!after.contains("0") && after.contains("new"), "{after:?}");
    assert_eq!(after.len(), CALLBACKS_MAX);
}

#[tokio::test]
async fn a_url_named_again_is_called_again() {
    let shop = Shop::open().await;
    let order = calling(&shop, "a").await;
    remove(&shop, "a").await;
    assert!(called(&shop).await.is_empty());
    // As a client saves what it has read.
    shop.put(&path(order), &with_callback("a")).await.expect(200, &[]);
    assert_eq!(called(&shop).await, BTreeSet::from(["a".to_owned()]));
    shop.put(&path(order), r#"{"status":"ON_HOLD"}"#)
        .await
        .expect(200, &[]);
    let id = endpoint_of(&shop, "a").await;
    assert_eq!(sent(&shop, id).await.len(), 1);
}

/// Without room, an order's own URL sent back is no reason to refuse a change, nor is a repeat refused.
#[tokio::test]
async fn want_of_room_refuses_no_saves_and_no_repeats() {
    let shop = Shop::open().await;
    let orders = fill(&shop).await;
    let repeat = || Call::post(ORDERS, &with_callback("keyed")).header("Idempotency-Key", "k");
    shop.settle(orders[0], OrderChange::Close).await;
    remove(&shop, "0").await;
    let first = shop.send(repeat()).await;
    let first = first.expect(201, &[]).text.clone();
    remove(&shop, "keyed").await;
    remove(&shop, "5").await;
    calling(&shop, "x").await;
    calling(&shop, "y").await;
    assert_eq!(called(&shop).await.len(), CALLBACKS_MAX);
    shop.post(ORDERS, &with_callback("z")).await.expect(400, &[]);
    assert_eq!(shop.send(repeat()).await.expect(201, &[]).text, first);
    let save = r#"{"callback_uri":"https://client.example/5","notes":"n"}"#;
    shop.put(&path(orders[5]), save)
        .await
        .expect(200, &[("/notes", "n")]);
    assert_eq!(called(&shop).await.len(), CALLBACKS_MAX);
}

/// A URL that another request has just named stays, although no order that stands names it yet.
#[tokio::test]
async fn a_callback_named_lately_makes_room_for_no_other() {
    let shop = Shop::open().await;
    let orders = fill(&shop).await;
    for order in orders.iter().take(2) {
        shop.put(&path(*order), r#"{"callback_uri":null}"#)
            .await
            .expect(200, &[]);
    }
    let refused = with_callback("0").replace("923", r#"923,"payments":[{"method_id":99,"amount":1}]"#);
    shop.post(ORDERS, &refused).await.expect(400, &[]);
    calling(&shop, "new").await;
    let after = called(&shop).await;
    assert!(after.contains("0") && !after.contains("1"), "{after:?}");
    shop.post(ORDERS, &with_callback("more")).await.expect(400, &[]);
    shop.clock.advance(u32::try_from(KEPT_AFTER_USE_MS).unwrap());
    calling(&shop, "more").await;
    assert!(!called(&shop).await.contains("0"));
}

/// An integrator has one URL for all companies. What waits for an endpoint is known by its id alone, so that two companies
/// must not have one id.
#[tokio::test]
async fn one_url_has_another_endpoint_at_every_company() {
    let shop = Shop::open().await;
    let elsewhere = TokenSpec {
        kind: TokenKind::Access,
        merchant: SMALL_COMPANY,
        application: APP_B,
        owner: COMPANY,
        locations: None,
        scopes: BTreeSet::new(),
        device: None,
        actor: "test".to_owned(),
        label: "test".to_owned(),
        ttl_ms: None,
        text: Some("token-of-b-elsewhere".to_owned()),
    };
    shop.tender.issue_token(elsewhere).await.unwrap();
    calling(&shop, "a").await;
    let there = Call::post(
        "/v1/companies/6000/orders.json",
        r#"{"callback_uri":"https://client.example/a"}"#,
    );
    shop.send(there.by("token-of-b-elsewhere")).await.expect(201, &[]);
    let here = shop.tender.directory(COMPANY).await.unwrap().unwrap();
    let there = shop.tender.directory(SMALL_COMPANY).await.unwrap().unwrap();
    let (here, there) = (&here.endpoints, &there.endpoints);
    assert_eq!((here.len(), there.len()), (1, 1));
    assert!(here.keys().all(|id| !there.contains_key(id)), "{here:?}");
}

/// Requests at the same time may each take the last place. Whoever comes next gives back as many as there are too many, or
/// makes none.
#[tokio::test]
async fn urls_beyond_the_most_become_fewer_and_never_more() {
    let shop = Shop::open().await;
    let orders = fill(&shop).await;
    let known = stored(&shop, "9").await;
    let beyond = Endpoint {
        id: known.id + 1,
        url: url("beyond"),
        updated_at_ms: shop.tender.now().0,
        ..known
    };
    let kind = DirectoryKind::Endpoint;
    shop.tender
        .put_directory(COMPANY, kind, beyond.id, &beyond)
        .await
        .unwrap();
    let nameless = r#"{"callback_uri":null}"#;
    shop.put(&path(orders[0]), nameless).await.expect(200, &[]);
    let all = called(&shop).await;
    assert_eq!(all.len(), CALLBACKS_MAX + 1);
    shop.post(ORDERS, &with_callback("new"))
        .await
        .expect(400, &[("/field", "callback_uri")]);
    assert_eq!(called(&shop).await, all);
    shop.put(&path(orders[1]), nameless).await.expect(200, &[]);
    calling(&shop, "new").await;
    let after = called(&shop).await;
    assert_eq!(after.len(), CALLBACKS_MAX);
    assert!(!after.contains("0") && !after.contains("1"), "{after:?}");
}

#[tokio::test]
async fn open_orders_of_every_site_keep_their_urls() {
    let shop = Shop::open().await;
    let orders = fill(&shop).await;
    let there = with_callback("0").replace("923", &YEN_SITE.0.to_string());
    shop.post(ORDERS, &there).await.expect(201, &[]);
    shop.put(&path(orders[0]), r#"{"callback_uri":null}"#)
        .await
        .expect(200, &[]);
    shop.clock.advance(u32::try_from(KEPT_AFTER_USE_MS).unwrap());
    shop.post(ORDERS, &with_callback("new"))
        .await
        .expect(400, &[("/field", "callback_uri")]);
    assert!(called(&shop).await.contains("0"));
}

/// A client sends back on every save what it has read.
#[tokio::test]
async fn a_url_sent_back_unchanged_writes_nothing() {
    let shop = Shop::open().await;
    let order = calling(&shop, "a").await;
    let before = stored(&shop, "a").await;
    shop.clock.advance(u32::try_from(KEPT_AFTER_USE_MS).unwrap());
    let save = r#"{"callback_uri":"https://client.example/a","notes":"n"}"#;
    let (saved, record) = recorded(shop.put(&path(order), save)).await;
    saved.expect(200, &[("/callback_uri", &url("a")), ("/notes", "n")]);
    assert!(!record.commands[0].contains("client.example"), "{record:?}");
    assert_eq!(stored(&shop, "a").await, before);
    // What waits for one that was switched off does not keep it, so that its use is noted.
    switch_off(&shop, EndpointId(before.id)).await;
    shop.put(&path(order), save).await.expect(200, &[]);
    assert!(stored(&shop, "a").await.updated_at_ms > before.updated_at_ms);
}

#[tokio::test]
async fn what_was_made_for_an_order_goes_with_it_and_stays_while_nobody_knows() {
    let unknown = Err(Failure::OutcomeUnknown);
    for (outcome, stays) in [(REFUSED, false), (unknown, true), (Ok(()), true)] {
        let shop = Shop::open().await;
        let alone = request(&shop).await;
        let callback = ensure_callback(&alone, &url("a")).await.unwrap();
        assert!(called(&shop).await.contains("a"));
        callback.settle(&alone, &outcome).await;
        assert_eq!(called(&shop).await.contains("a"), stays, "{outcome:?}");
    }
}

/// The order of the other request may not be written yet, and needs the endpoint.
#[tokio::test]
async fn what_another_request_has_named_too_does_not_go() {
    for knows_the_first in [false, true] {
        let shop = Shop::open().await;
        let first = request(&shop).await;
        let early = request(&shop).await;
        let made = ensure_callback(&first, &url("a")).await.unwrap();
        let second = if knows_the_first {
            request(&shop).await
        } else {
            early
        };
        let shared = ensure_callback(&second, &url("a")).await.unwrap();
        made.settle(&first, &REFUSED).await;
        assert!(called(&shop).await.contains("a"), "{knows_the_first}");
        // Nor is it the other's to take away.
        shared.settle(&second, &REFUSED).await;
        assert!(called(&shop).await.contains("a"), "{knows_the_first}");
    }
}

#[tokio::test]
async fn what_is_named_again_makes_room_for_no_order_that_was_promised_it() {
    let shop = Shop::open().await;
    let orders = fill(&shop).await;
    shop.put(&path(orders[0]), r#"{"callback_uri":null}"#)
        .await
        .expect(200, &[]);
    let promised = request(&shop).await;
    let callback = ensure_callback(&promised, &url("new")).await.unwrap();
    calling(&shop, "0").await;
    callback.settle(&promised, &Ok(())).await;
    let after = called(&shop).await;
    assert!(after.contains("0") && after.contains("new"), "{after:?}");
}

/// Many requests at once write one note, although none of them knows of the others.
#[tokio::test]
async fn a_url_that_was_just_noted_is_not_noted_again() {
    let shop = Shop::open().await;
    calling(&shop, "a").await;
    shop.clock.advance(1);
    let (first, second) = (request(&shop).await, request(&shop).await);
    let _ = ensure_callback(&first, &url("a")).await.unwrap();
    let noted = stored(&shop, "a").await;
    assert!(noted.updated_at_ms > noted.created_at_ms);
    shop.clock.advance(1);
    let _ = ensure_callback(&second, &url("a")).await.unwrap();
    assert_eq!(stored(&shop, "a").await, noted);
}
