//! What endpoints are told about the directory, and that changes of an endpoint at once do not undo each other.

use std::sync::Arc;

use serde_json::{Value, json};
use tender_service::{DirectoryKind, Item, Location, Settings};
use tender_store_sqlite::SqliteStore;

use super::world::{DINAR, L, L2, MERCHANT, World, YEN};

/// An endpoint that hears of items and readiness of L, one that is associated and asked for nothing, and one that asked and
/// is not associated.
async fn listening() -> World {
    let world = World::new().await;
    let subscribed = r#""subscribeTo":[{"resource":"item","name":"SALES_RESTRICTION_UPDATED"}]"#;
    for (name, more) in [
        ("E1", subscribed),
        ("QUIET", r#""subscribeTo":[]"#),
        ("FAR", subscribed),
    ] {
        let body = format!(r#"{{"endpointId":"{name}","url":"http://127.0.0.1:9/{name}",{more}}}"#);
        assert_eq!(
            world.send("PUT", "/o/wh/1/webhook", &body).await.status.as_u16(),
            200
        );
    }
    for (name, location) in [("E1", L), ("QUIET", L), ("FAR", L2)] {
        let path = format!("/o/wh/1/webhook/{name}/business-locations/{location}");
        assert_eq!(world.send("PUT", &path, "").await.status.as_u16(), 200);
    }
    world
}

/// How many messages each of the three has got, and the newest of the first.
async fn heard(world: &World) -> ([usize; 3], Value) {
    let mut counts = [0; 3];
    for (count, name) in counts.iter_mut().zip(["E1", "QUIET", "FAR"]) {
        *count = world.messages(name).await.len();
    }
    let newest = world.messages("E1").await.pop();
    let newest = newest.map(|body| serde_json::from_str(&body).expect("JSON"));
    (counts, newest.unwrap_or_default())
}

#[tokio::test]
async fn an_item_whose_count_changes_is_told_to_who_asked_at_its_location() {
    let world = listening().await;
    let item = world.directory().await.items[&501].clone();
    let put = async |item: &Item| {
        world.put(DirectoryKind::Item, item.id, item).await;
        heard(&world).await
    };
    let none = ([0, 0, 0], Value::Null);
    // An import of what is there already, and a new price.
    assert_eq!(put(&item).await, none);
    let dearer = Item {
        price: "4.50".to_owned(),
        ..item.clone()
    };
    assert_eq!(put(&dearer).await, none);
    let scarce = Item {
        stock: Some(5),
        ..dearer.clone()
    };
    let (counts, message) = put(&scarce).await;
    assert_eq!(counts, [1, 0, 0]);
    assert_eq!(
        (
            &message["type"],
            &message["sku"],
            &message["businessLocationId"],
            &message["count"],
            &message["status"]
        ),
        (
            &json!("ITEM"),
            &json!("21"),
            &json!(L),
            &json!(5),
            &json!("RESTRICTED")
        )
    );
    assert_eq!(put(&scarce).await.0, [1, 0, 0]);
    let (counts, message) = put(&dearer).await;
    assert_eq!(
        (counts, &message["count"], &message["status"]),
        ([2, 0, 0], &Value::Null, &json!("NOT_RESTRICTED"))
    );
    // Sold everywhere: each location has its own count.
    let everywhere = Item {
        location: None,
        stock: Some(2),
        ..item.clone()
    };
    assert_eq!(put(&everywhere).await.0, [3, 0, 1]);
    let elsewhere = Item {
        location: Some(L2),
        stock: Some(1),
        ..item.clone()
    };
    assert_eq!(put(&elsewhere).await.0, [3, 0, 2]);
    // Under another code it is another item, which had no count.
    let renamed = Item {
        sku: "22".to_owned(),
        stock: Some(1),
        location: Some(L),
        ..item
    };
    assert_eq!(put(&renamed).await.0, [4, 0, 2]);
    let deleted = world.tender.delete_directory(MERCHANT, DirectoryKind::Item, 501);
    deleted.await.expect("deleted");
    assert_eq!(
        heard(&world).await.0,
        [4, 0, 2],
        "what is not sold any more has no count"
    );
}

#[tokio::test]
async fn readiness_is_told_when_one_of_its_inputs_changes() {
    let world = listening().await;
    let location = world.directory().await.locations[&L].clone();
    let put = async |location: &Location| {
        world.put(DirectoryKind::Location, L, location).await;
        heard(&world).await
    };
    let mut closed = location.clone();
    closed.online_ordering.period_open = false;
    let (counts, message) = put(&closed).await;
    assert_eq!(counts, [1, 1, 0]);
    assert_eq!(
        (&message["type"], &message["status"]),
        (&json!("ORDER_API"), &json!("NOT_READY"))
    );
    assert_eq!(message["posStatus"]["salesPeriod"], json!("CLOSED"));
    let at = message["lastUpdatedAt"].as_str().expect("a time");
    assert!(!at.starts_with("2025-10-04"), "{at} is when it was ready");
    // Still not ready, for one more reason.
    let mut refusing = closed.clone();
    refusing.online_ordering.accepting = false;
    let (counts, message) = put(&refusing).await;
    assert_eq!((counts, &message["status"]), ([2, 2, 0], &json!("NOT_READY")));
    let mut renamed = refusing.clone();
    renamed.name = "Bistro".to_owned();
    assert_eq!(put(&renamed).await.0, [2, 2, 0], "a name is no input");
    let (counts, message) = put(&location).await;
    assert_eq!((counts, &message["status"]), ([3, 3, 0], &json!("READY")));
    assert_eq!(message["posStatus"]["availableDevices"], json!(true));
}

#[tokio::test]
async fn endpoints_that_are_switched_off_are_not_told() {
    let world = listening().await;
    let directory = world.directory().await;
    let endpoint = directory
        .endpoints
        .values()
        .find(|endpoint| endpoint.name == "E1");
    let mut endpoint = endpoint.expect("the endpoint").clone();
    endpoint.disabled = true;
    world.put(DirectoryKind::Endpoint, endpoint.id, &endpoint).await;
    let mut item = directory.items[&501].clone();
    item.stock = Some(1);
    world.put(DirectoryKind::Item, 501, &item).await;
    assert_eq!(heard(&world).await.0, [0, 0, 0]);
}

/// Two nodes, and a change of another member or association in every request: none is lost.
#[tokio::test]
async fn changes_of_an_endpoint_at_once_are_all_kept() {
    let store = Arc::new(SqliteStore::open_in_memory().expect("a scratch database"));
    let first = World::on(Arc::clone(&store), Settings::default()).await;
    first.seed().await;
    let second = World::on(store, Settings::default()).await;
    let associate = async |world: &World, place: u64| {
        let path = format!("/o/wh/1/webhook/E1/business-locations/{place}");
        world.send("PUT", &path, "").await.status.as_u16()
    };
    let update = async |world: &World, member: &str| {
        let body = format!(r#"{{"endpointId":"E1","url":"http://127.0.0.1:9/e1",{member}}}"#);
        world.send("POST", "/o/wh/1/webhook", &body).await.status.as_u16()
    };
    let statuses = tokio::join!(
        associate(&first, L),
        update(&second, r#""username":"ada""#),
        associate(&second, L2),
        update(&first, r#""password":"secret""#),
        associate(&first, YEN),
        update(&second, r#""withBasicAuth":true"#),
        associate(&second, DINAR),
    );
    assert_eq!(statuses, (200, 200, 200, 200, 200, 200, 200));
    let mut associated: Vec<u64> = Vec::new();
    let list = first.get("/o/wh/1/webhook/E1/business-locations").await.json();
    for association in list.as_array().expect("a list") {
        associated.extend(association["businessLocationId"].as_u64());
    }
    associated.sort_unstable();
    let mut expected = vec![L, L2, YEN, DINAR];
    expected.sort_unstable();
    assert_eq!(associated, expected);
    let directory = first.directory().await;
    let endpoint = directory
        .endpoints
        .values()
        .find(|endpoint| endpoint.name == "E1");
    let settings = &endpoint.expect("the endpoint").settings;
    assert_eq!(
        (
            &settings["username"],
            &settings["password"],
            &settings["withBasicAuth"]
        ),
        (&json!("ada"), &json!("secret"), &json!(true))
    );
}
