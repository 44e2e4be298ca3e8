//! What must hold for each route.

use axum::body::Body;
use axum::http::Request;

use super::world::{World, token};
use crate::routes::ROUTES;

/// Every route of the router: its method and its path.
pub(crate) fn served() -> Vec<(String, &'static str)> {
    let routes = ROUTES.iter().flat_map(|(path, methods)| {
        let methods = methods.iter();
        methods.map(|method| (method.to_ascii_uppercase(), *path))
    });
    routes.collect()
}

/// A path with something in its holes.
pub(super) fn filled(path: &str) -> String {
    let segments = path
        .split('/')
        .map(|segment| if segment.starts_with('{') { "1" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn request(method: &str, path: &str, authorization: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    // A body that breaks every rule: who asks is asked first.
    request.body(Body::from("not JSON")).expect("a request")
}

#[tokio::test]
async fn row_25_every_path_asks_for_a_token_before_anything_else() {
    let world = World::new().await;
    let routes = served();
    let mut paths: Vec<(&str, String)> = routes
        .iter()
        .map(|(method, path)| (method.as_str(), filled(path)))
        .collect();
    for (method, path) in [
        ("GET", "/o"),
        ("GET", "/f"),
        ("GET", "/o/op/1/nothing"),
        ("POST", "/f/nothing"),
        ("DELETE", "/o/op/1/pay"),
        ("GET", "//o//op/1/pay/"),
    ] {
        paths.push((method, path.to_owned()));
    }
    let wrong = [
        None,
        Some("Bearer made-up-token-that-nobody-issued".to_owned()),
        Some(format!("Bearer {}", token("expired"))),
        Some(format!("Bearer {}", token("disabled"))),
        Some(format!("Basic {}", token("app1"))),
        Some("Bearer".to_owned()),
    ];
    for (method, path) in &paths {
        for authorization in &wrong {
            let answer = world.call(request(method, path, authorization.as_deref())).await;
            let case = format!("{method} {path} {authorization:?}");
            assert_eq!(answer.status.as_u16(), 401, "{case}");
            assert_eq!(answer.body, "", "{case}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{case}");
        }
    }
}

#[tokio::test]
async fn row_25_every_path_asks_for_its_scope() {
    let world = World::new().await;
    for (method, path) in served() {
        let (name, scope) = if path.starts_with("/f") {
            ("orders-only", "financial-api")
        } else {
            ("finance-only", "orders-api")
        };
        let authorization = format!("Bearer {}", token(name));
        let answer = world
            .call(request(&method, &filled(path), Some(&authorization)))
            .await;
        let expected = format!("Access is denied: the token does not have the scope {scope}");
        assert_eq!(answer.told(), (403, expected), "{method} {path}");
    }
    let answer = world.send_as("finance-only", "GET", "/o/op/1/nothing", "").await;
    assert_eq!(answer.status.as_u16(), 403);
}

#[tokio::test]
async fn every_location_of_others_is_forbidden_in_the_same_words() {
    let world = World::new().await;
    let without_time = |body: &str| body.split_once("\"status\"").map(|(_, rest)| rest.to_owned());
    let paths = |location: &str| {
        [
            format!("/o/op/1/order/table/getCheck?businessLocationId={location}"),
            format!("/o/op/1/order/table/3/getCheck?businessLocationId={location}"),
            format!("/o/op/1/order/accounts/A1234.56?businessLocationId={location}"),
            format!("/o/op/data/account-profiles?businessLocationId={location}"),
            format!("/o/op/1/onlineOrderReadiness?businessLocationId={location}"),
            format!("/o/op/1/menu/list?businessLocationId={location}"),
            format!("/o/op/1/menu/modifiers?businessLocationId={location}"),
            format!("/o/op/1/menu/discounts?businessLocationId={location}"),
            format!("/o/op/1/menu/load/1?businessLocationId={location}"),
            format!("/o/op/1/itemAvailability?businessLocationId={location}&skus=21"),
        ]
    };
    for (there, not_there) in paths("999").iter().zip(paths("998").iter()) {
        let (one, two) = (world.get(there).await, world.get(not_there).await);
        assert_eq!(one.status.as_u16(), 403, "{there}");
        assert_eq!(without_time(&one.body), without_time(&two.body), "{there}");
    }
    for path in [
        "/o/op/data/999/floorplans",
        "/f/finance/999/paymentMethods",
        "/o/op/data/-1/floorplans",
    ] {
        assert_eq!(world.get(path).await.status.as_u16(), 403, "{path}");
    }
}

#[tokio::test]
async fn clients_that_cannot_read_json_are_told_before_anything_happens() {
    let world = World::new().await;
    let request = Request::builder()
        .method("POST")
        .uri("/o/op/1/pay")
        .header("authorization", format!("Bearer {}", token("app1")))
        .header("content-type", "application/json")
        .header("accept", "text/html")
        .body(Body::from(super::world::Pay::new("R1").body()));
    let answer = world.call(request.expect("a request")).await;
    assert_eq!(
        answer.told(),
        (406, "Could not find acceptable representation".to_owned())
    );
    assert!(world.payment_states().await.is_empty());
}
