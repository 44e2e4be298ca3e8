//! What our endpoints are sent. Nothing is sent here: what is stored to be sent is what is sent.

use axum::http::Method;
use serde_json::Value;

use super::place::{Place, Who};

const ENDPOINTS: &str = "/api/v1/webhook-endpoints";

async fn make(place: &Place, who: Who, body: &str) -> String {
    place.post(who, ENDPOINTS, body).await.expect(201).at("/id")
}

/// Event names and bodies stored for an endpoint, oldest first.
async fn stored(place: &Place, endpoint: &str) -> Vec<(String, Value)> {
    let path = format!("/api/v1/deliveries?limit=100&endpoint_id={endpoint}");
    let list = place.get(Who::Admin, &path).await.expect(200).json();
    let mut stored = Vec::new();
    for delivery in list["items"].as_array().unwrap() {
        let path = format!("/api/v1/deliveries/{}", delivery["id"].as_str().unwrap());
        let delivery = place.get(Who::Admin, &path).await.expect(200);
        let body = serde_json::from_str(&delivery.at("/body")).unwrap();
        stored.push((delivery.at("/event"), body));
    }
    stored.reverse();
    stored
}

#[tokio::test]
async fn every_event_shows_the_state_of_its_commit() {
    let place = Place::new().await;
    let endpoint = make(&place, Who::Admin, r#"{"url":"https://example.com/hook"}"#).await;
    let order = place.order("10").await;
    place.pay_at_till(&order, "4", "a").await;
    let (task, _) = place.claim(501).await.unwrap();
    place
        .post(
            Who::Till,
            &format!("/api/v1/till/tasks/{task}/confirm"),
            r#"{"lease":1}"#,
        )
        .await
        .expect(200);
    place.pay(&order, r#"{"amount":"6"}"#).await.expect(201);
    let stored = stored(&place, &endpoint).await;
    let told: Vec<[&str; 5]> = stored
        .iter()
        .map(|(event, body)| {
            let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or("-");
            assert_eq!(body["type"], event.as_str());
            assert_eq!(body["merchant"], "org_5678");
            assert_eq!(body["location_id"], "101");
            assert_eq!(body["order"]["id"], order.as_str());
            assert!(body["order"].get("payments").is_none());
            [
                event.as_str(),
                text("/order/due"),
                text("/order/state"),
                text("/payment/state"),
                text("/money_moved"),
            ]
        })
        .collect();
    assert_eq!(
        told,
        [
            ["order.opened", "10.00", "open", "-", "no"],
            ["payment.accepted", "6.00", "open", "pending", "no"],
            ["payment.completed", "6.00", "open", "complete", "yes"],
            ["order.updated", "6.00", "open", "-", "no"],
            ["payment.completed", "0.00", "closed", "complete", "yes"],
            ["order.closed", "0.00", "closed", "-", "no"],
        ]
    );
}

#[tokio::test]
async fn endpoints_choose_their_events_and_hear_of_their_locations() {
    let place = Place::new().await;
    let some = make(
        &place,
        Who::Admin,
        r#"{"url":"https://example.com/a","events":["payment.completed"]}"#,
    )
    .await;
    let eur = make(&place, Who::EurApp, r#"{"url":"https://example.com/b"}"#).await;
    let order = place.order("10").await;
    place.pay(&order, r#"{"amount":"6"}"#).await.expect(201);
    place.order_at(super::place::JPY, "1000").await;
    let events =
        |stored: &[(String, Value)]| stored.iter().map(|(event, _)| event.clone()).collect::<Vec<_>>();
    assert_eq!(events(&stored(&place, &some).await), ["payment.completed"]);
    assert_eq!(
        events(&stored(&place, &eur).await),
        ["order.opened", "payment.completed", "order.updated"]
    );
}

#[tokio::test]
async fn an_endpoint_is_changed_switched_off_and_deleted() {
    let place = Place::new().await;
    let made = place
        .post(
            Who::App,
            ENDPOINTS,
            r#"{"url":"https://example.com/a","name":"Mine"}"#,
        )
        .await
        .expect(201);
    assert!(made.at("/secret").starts_with("whsec_"));
    let path = format!("{ENDPOINTS}/{}", made.at("/id"));
    assert!(!place.get(Who::App, &path).await.expect(200).has("/secret"));
    let patch = async |body: &str| place.call(Who::App, Method::PATCH, &path, &[], body).await;
    let changed = patch(r#"{"url":"https://example.com/b","events":["order.closed"],"disabled":true}"#)
        .await
        .expect(200);
    assert_eq!(
        (changed.at("/url"), changed.at("/events/0")),
        ("https://example.com/b".into(), "order.closed".into())
    );
    assert_eq!(
        (changed.at("/name"), changed.at("/disabled")),
        ("Mine".into(), "true".into())
    );
    assert_eq!(place.get(Who::App, &path).await.expect(200).text, changed.text);
    patch(r#"{"events":["order.eaten"]}"#)
        .await
        .problem(400, "invalid-field");
    let rotated = place
        .post(Who::App, &format!("{path}/secret"), "")
        .await
        .expect(200);
    assert!(rotated.at("/secret").starts_with("whsec_") && rotated.at("/secret") != made.at("/secret"));
    place
        .call(Who::App, Method::DELETE, &path, &[], "")
        .await
        .expect(204);
    place
        .get(Who::App, &path)
        .await
        .problem(404, "endpoint-not-found");
}

/// Each request changes something else of one endpoint, all at once: none is undone by another.
#[tokio::test]
async fn changes_of_an_endpoint_at_once_are_all_kept() {
    let place = Place::new().await;
    let made = make(&place, Who::App, r#"{"url":"https://example.com/a"}"#).await;
    let path = format!("{ENDPOINTS}/{made}");
    let patch = async |body: &str| place.call(Who::App, Method::PATCH, &path, &[], body).await;
    let secret = format!("{path}/secret");
    let (url, name, rotated, events, disabled) = tokio::join!(
        patch(r#"{"url":"https://example.com/b"}"#),
        patch(r#"{"name":"Mine"}"#),
        place.post(Who::App, &secret, ""),
        patch(r#"{"events":["order.closed"]}"#),
        patch(r#"{"disabled":true}"#),
    );
    for answer in [url, name, rotated, events, disabled] {
        answer.expect(200);
    }
    let now = place.get(Who::App, &path).await.expect(200);
    assert_eq!(
        ["/url", "/name", "/events/0", "/disabled"].map(|member| now.at(member)),
        ["https://example.com/b", "Mine", "order.closed", "true"]
    );
    let directory = place
        .tender
        .directory(super::place::MERCHANT)
        .await
        .unwrap()
        .unwrap();
    let endpoints: Vec<_> = directory.endpoints.values().collect();
    assert!(
        endpoints
            .iter()
            .any(|endpoint| endpoint.name == "Mine" && endpoint.secrets.len() == 2),
        "the new secret and the old one"
    );
}

#[tokio::test]
async fn urls_are_checked() {
    let place = Place::with(tender_service::Settings::default()).await;
    for url in [
        "example.com/hook",
        "/hook",
        "ftp://example.com/",
        "https://user:secret@example.com/",
        "http://127.0.0.1/hook",
        "http://[::1]:8080/",
        "http://10.0.0.1/",
    ] {
        let answer = place
            .post(Who::Admin, ENDPOINTS, &format!(r#"{{"url":"{url}"}}"#))
            .await;
        answer.problem(400, "invalid-field");
        assert_eq!(answer.at("/field"), "url");
    }
    let answer = place
        .post(
            Who::Admin,
            ENDPOINTS,
            r#"{"url":"https://example.com:8443/hook?x=1"}"#,
        )
        .await;
    answer.expect(201);
}

#[tokio::test]
async fn the_administration_sees_endpoints_of_other_dialects_and_leaves_their_settings_alone() {
    let place = Place::new().await;
    let theirs = tender_service::Endpoint {
        id: 77,
        application: super::place::POS_APP.0,
        dialect: "kseries".to_owned(),
        name: "demo".to_owned(),
        url: "https://example.com/k".to_owned(),
        settings: serde_json::json!({"withBasicAuth": true}),
        ..tender_service::Endpoint::default()
    };
    let merchant = super::place::MERCHANT;
    place
        .tender
        .put_directory(merchant, tender_service::DirectoryKind::Endpoint, 77, &theirs)
        .await
        .unwrap();
    let path = format!("{ENDPOINTS}/whe_77");
    place
        .get(Who::App, &path)
        .await
        .problem(404, "endpoint-not-found");
    let seen = place.get(Who::Admin, &path).await.expect(200);
    assert_eq!(seen.at("/dialect"), "kseries");
    assert!(!seen.has("/events"));
    let patch = async |body: &str| place.call(Who::Admin, Method::PATCH, &path, &[], body).await;
    patch(r#"{"url":"https://example.com/mine"}"#)
        .await
        .problem(409, "endpoint-of-dialect");
    assert_eq!(
        patch(r#"{"disabled":true}"#).await.expect(200).at("/disabled"),
        "true"
    );
    let directory = place.tender.directory(merchant).await.unwrap().unwrap();
    assert_eq!(directory.endpoints[&77].settings, theirs.settings);
}

#[tokio::test]
async fn deliveries_are_replayed_one_by_one_and_by_range() {
    let place = Place::new().await;
    let endpoint = make(&place, Who::Admin, r#"{"url":"https://example.com/hook"}"#).await;
    for _ in 0..3 {
        place.order("10").await;
    }
    let list = place
        .get(Who::Admin, "/api/v1/deliveries?limit=2")
        .await
        .expect(200);
    let next = list.at("/next");
    let rest = place
        .get(Who::Admin, &format!("/api/v1/deliveries?limit=2&after={next}"))
        .await
        .expect(200);
    assert_eq!(rest.at("/next"), "null");
    let (newest, oldest) = (list.at("/items/0/id"), rest.at("/items/0/id"));
    let replayed = place
        .post(Who::Admin, &format!("/api/v1/deliveries/{newest}/replay"), "")
        .await
        .expect(200);
    assert_eq!(
        (replayed.at("/state"), replayed.at("/attempts")),
        ("pending".into(), "[]".into())
    );
    assert_eq!(replayed.at("/message_id"), list.at("/items/0/message_id"));
    let range = format!(r#"{{"endpoint_id":"{endpoint}","from":"{oldest}","to":"{newest}"}}"#);
    let replayed = place
        .post(Who::Admin, "/api/v1/deliveries/replay", &range)
        .await
        .expect(200);
    assert_eq!(
        (replayed.at("/replayed"), replayed.at("/next")),
        ("3".into(), "null".into())
    );
    let other = range.replace(&endpoint, "whe_1");
    let replayed = place.post(Who::App, "/api/v1/deliveries/replay", &other).await;
    replayed.problem(404, "endpoint-not-found");
}
