use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::{post, put};
use axum::{Json, Router};
use hyper::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::client::{Call, Client};
use crate::demo::Demo;
use crate::load::Shape;
use crate::{pay, settle, tour};

/// What a demo server was asked, by a stand-in that answers as the contract says.
#[derive(Default)]
struct Asked {
    tills: Vec<(i64, String)>,
    url: String,
    orders: u64,
    references: Vec<String>,
    others: BTreeMap<String, u32>,
    /// What becomes of the payments; nothing is told of them when there is nothing here.
    result: Option<&'static str>,
}

type Shared = Arc<Mutex<Asked>>;

async fn set_till(State(asked): State<Shared>, Path(id): Path<i64>, Json(body): Json<Value>) -> StatusCode {
    let behaviour = body["behaviour"].as_str().unwrap().to_owned();
    asked.lock().unwrap().tills.push((id, behaviour));
    StatusCode::OK
}

async fn make_endpoint(
    State(asked): State<Shared>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> StatusCode {
    assert_eq!(headers["authorization"], "Bearer of-the-app");
    asked.lock().unwrap().url = body["url"].as_str().unwrap().to_owned();
    StatusCode::OK
}

async fn open_order(State(asked): State<Shared>, headers: HeaderMap, Json(body): Json<Value>) -> Json<Value> {
    assert_eq!(headers["authorization"], "Bearer of-the-admin");
    assert_eq!(body["location_id"], "loc_1");
    let mut asked = asked.lock().unwrap();
    asked.orders += 1;
    let number = asked.orders;
    Json(json!({
        "id": format!("ord_{number}"),
        "kseries": {"account_identifier": format!("A1.{number}"), "account_id": number},
        "kounta": {"company_id": 8, "order_id": number},
        "om": {"organization_id": "org_5", "order_id": format!("ord_{number}")},
    }))
}

/// Everything else that a tour asks for, with what it is asked with.
async fn note(State(asked): State<Shared>, method: Method, uri: Uri, headers: HeaderMap) -> Json<Value> {
    let credential = headers.get("authorization").unwrap_or_else(|| {
        assert_eq!(headers["organization-id"], "org_5");
        &headers["api-key"]
    });
    // Every order has calls of its own: what they share is left when numbers are taken away.
    let path: String = uri.to_string().chars().filter(|c| !c.is_ascii_digit()).collect();
    let mut asked = asked.lock().unwrap();
    *asked
        .others
        .entry(format!("{method} {path} {}", credential.to_str().unwrap()))
        .or_default() += 1;
    Json(json!({"tasks": [{"id": "tsk", "lease": 3}]}))
}

async fn take_payment(State(asked): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let reference = body["thirdPartyPaymentReference"].as_str().unwrap().to_owned();
    let (url, result) = {
        let mut asked = asked.lock().unwrap();
        asked.references.push(reference.clone());
        (asked.url.clone(), asked.result)
    };
    if let Some(status) = result {
        let address = url.strip_prefix("http://").unwrap().trim_end_matches('/');
        let mut client = Client::connect(address.parse().unwrap()).await.unwrap();
        // A message about the order comes as well, and one of the results comes twice.
        for notice in [
            json!({"type": "ORDER", "status": "CHECK_WAS_UPDATED", "thirdPartyReference": reference}),
            json!({"type": "PAYMENT", "status": status, "thirdPartyReference": reference}),
            json!({"type": "PAYMENT", "status": status, "thirdPartyReference": reference}),
        ] {
            let call = Call {
                method: Method::POST,
                path: "/",
                authorization: None,
                body: notice.to_string().into(),
            };
            client.succeed(call).await.unwrap();
        }
    }
    Json(json!({"status": "ok"}))
}

async fn start(result: Option<&'static str>) -> (Demo, Shared) {
    let asked = Shared::new(Mutex::new(Asked {
        result,
        ..Asked::default()
    }));
    let router = Router::new()
        .route("/api/v1/sandbox/tills/{id}", put(set_till))
        .route("/o/wh/1/webhook", put(make_endpoint))
        .route("/api/v1/orders", post(open_order))
        .route("/o/op/1/pay", post(take_payment))
        .fallback(note)
        .with_state(Arc::clone(&asked));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, router).into_future());

    let file = tempfile::NamedTempFile::new().unwrap();
    let credentials = json!({
        "base_url": format!("http://{address}"),
        "console_url": "not read",
        "admin": {"token": "of-the-admin"},
        "native": {"location_id": "loc_1", "locations": []},
        "till": {"token": "of-the-till", "device_ids": ["11", "12"]},
        "kseries": {"access_token": "of-the-app", "business_location_id": 5, "tables": [1], "payment_method": "OOPAYMENT"},
        "kounta": {"client_id": "not read", "access_token": "of-kounta"},
        "om": {"api_key": "of-om", "organization_id": "org_5"},
    });
    std::fs::write(file.path(), credentials.to_string()).unwrap();
    (Demo::read(file.path()).unwrap(), asked)
}

const SHAPE: Shape = Shape {
    requests: 42,
    clients: 5,
    time_max: Duration::from_secs(60),
};

fn behaviours(asked: &Asked) -> Vec<(i64, &str)> {
    asked
        .tills
        .iter()
        .map(|(id, behaviour)| (*id, behaviour.as_str()))
        .collect()
}

#[tokio::test]
async fn payments_are_accepted_while_the_tills_are_off() {
    let (demo, asked) = start(None).await;
    assert_eq!(pay::measure(&[demo], SHAPE).await.unwrap().count, 42);
    let mut asked = asked.lock().unwrap();
    assert_eq!(behaviours(&asked), [(11, "offline"), (12, "offline")]);
    // Four payments for each order, and the last order has two.
    assert_eq!(asked.orders, 11);
    asked.references.sort_unstable();
    asked.references.dedup();
    assert_eq!(asked.references.len(), 42);
}

#[tokio::test]
async fn nodes_share_the_payments_for_orders_of_the_first() {
    let (first, of_first) = start(None).await;
    let (second, of_second) = start(None).await;
    assert_eq!(pay::measure(&[first, second], SHAPE).await.unwrap().count, 42);
    let (mut of_first, of_second) = (of_first.lock().unwrap(), of_second.lock().unwrap());
    assert_eq!(behaviours(&of_second), [(11, "offline"), (12, "offline")]);
    assert_eq!((of_first.orders, of_second.orders), (11, 0));
    assert!(!of_first.references.is_empty() && !of_second.references.is_empty());
    of_first.references.extend_from_slice(&of_second.references);
    of_first.references.sort_unstable();
    of_first.references.dedup();
    assert_eq!(of_first.references.len(), 42);
}

#[tokio::test]
async fn payments_need_a_node() {
    assert!(pay::measure(&[], SHAPE).await.is_err());
}

#[tokio::test]
async fn whole_payments_end_with_their_notification() {
    let (demo, asked) = start(Some("SUCCESS")).await;
    assert_eq!(settle::measure(demo, SHAPE).await.unwrap().count, 42);
    let asked = asked.lock().unwrap();
    assert_eq!(behaviours(&asked), [(11, "auto"), (12, "auto")]);
    assert_eq!(asked.references.len(), 42);
}

#[tokio::test]
async fn a_payment_that_fails_fails_the_run() {
    let (demo, _) = start(Some("FAILURE")).await;
    let error = settle::measure(demo, SHAPE).await.unwrap_err();
    assert!(error.to_string().contains("FAILURE"), "{error}");
}

#[tokio::test]
async fn a_tour_pays_and_reads_each_order_everywhere() {
    let (demo, asked) = start(None).await;
    assert_eq!(tour::measure(demo, SHAPE).await.unwrap().count, 42);
    let asked = asked.lock().unwrap();
    assert_eq!(behaviours(&asked), [(11, "auto"), (12, "auto")]);
    assert_eq!((asked.orders, asked.references.len()), (42, 42));
    let seen: Vec<_> = (asked.others.iter().map(|(call, count)| (call.as_str(), *count))).collect();
    let expected = [
        ("GET /api/v/orders/ord_ Bearer of-the-admin", 42),
        ("GET /api/v/payments/by-reference/ Bearer of-the-admin", 42),
        (
            "GET /o/op//order/table//getCheck?businessLocationId= Bearer of-the-app",
            42,
        ),
        ("GET /v/companies//orders/.json Bearer of-kounta", 42),
        ("GET /v/om/payments?orderId=ord_ of-om", 42),
        ("POST /api/v/till/claim Bearer of-the-till", 42),
        ("POST /api/v/till/tasks/tsk/confirm Bearer of-the-till", 42),
        ("POST /v/companies//orders//payments.json Bearer of-kounta", 42),
        ("POST /v/om/payments of-om", 42),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn other_files_are_no_credentials() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "{}").unwrap();
    assert!(Demo::read(file.path()).is_err());
}
