//! The organisations of the acceptance checklist (spec om 10), and the hands that tests move them with.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tender_engine::{
    ApplicationId, Command, DeviceId, LineSpec, LocationId, MerchantId, OpenOrder, OrderChange, OrderId,
    Outcome, SettleOrder, Task, Via,
};
use tender_money::Decimal;
use tender_service::{
    Caller, Clock, CredentialId, Device, DirectoryKind, Location, Merchant, Method, OrderView, Settings,
    Tender, TokenKind, TokenSpec,
};
use tender_store::Store;
use tender_store_sqlite::SqliteStore;
use tender_wire::ids_text;

pub(super) const O1: MerchantId = MerchantId(1);
pub(super) const O2: MerchantId = MerchantId(2);
/// An organisation without methods.
pub(super) const BARE: MerchantId = MerchantId(3);
pub(super) const K1: &str = "first-key-of-the-acceptance-tests";
pub(super) const K2: &str = "second-key-of-the-acceptance-tests";
pub(super) const K3: &str = "third-key-of-the-acceptance-tests";
pub(super) const CASH: &str = "mth_1";
pub(super) const CARD: &str = "mth_2";
pub(super) const OLD: &str = "mth_3";
pub(super) const EUR: u64 = 101;
pub(super) const KWD: u64 = 102;
pub(super) const JPY: u64 = 103;
const OTHER_EUR: u64 = 201;
const BARE_EUR: u64 = 301;
pub(super) const DEVICE: DeviceId = DeviceId(500);
pub(super) const APPLICATION: ApplicationId = ApplicationId(10);
/// How methods are dated, so that golden files are the same every day: 2024-01-01.
const METHODS_AT_MS: i64 = 1_704_067_200_000;

/// A response, read.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("visible ASCII"))
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// `data` of a success.
    #[track_caller]
    pub(super) fn data(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.json()["data"].clone()
    }

    /// The id of a created payment.
    #[track_caller]
    pub(super) fn id(&self) -> String {
        self.data()["id"].as_str().expect("an id").to_owned()
    }

    /// The status and code of a refusal.
    #[track_caller]
    pub(super) fn told(&self) -> (u16, String) {
        let json = self.json();
        assert!(json.get("data").is_none(), "{}", self.body);
        let code = json["error"]["code"].as_str().expect("a code");
        (self.status.as_u16(), code.to_owned())
    }

    /// Expects a refusal.
    #[track_caller]
    pub(super) fn refuses(&self, status: u16, code: &str) {
        assert_eq!(self.told(), (status, code.to_owned()), "{}", self.body);
    }

    /// Expects `InvalidParameter` on one member.
    #[track_caller]
    pub(super) fn blames(&self, field: &str) {
        self.refuses(400, "InvalidParameter");
        assert_eq!(self.json()["error"]["field"], json!(field), "{}", self.body);
    }

    /// The item of a payment in the answer's list.
    #[track_caller]
    pub(super) fn item(&self, uid: &str) -> Value {
        let data = self.data();
        let items = data["items"].as_array().expect("items");
        let found = items.iter().find(|item| item["id"] == json!(uid));
        found.unwrap_or_else(|| panic!("{uid} is not in {data}")).clone()
    }

    /// Ids in the list, in order.
    #[track_caller]
    pub(super) fn ids(&self) -> Vec<String> {
        strings(&self.data()["items"])
    }

    /// Ids of the methods beside the list, in order.
    #[track_caller]
    pub(super) fn methods(&self) -> Vec<String> {
        strings(&self.data()["paymentMethods"])
    }

    /// The body without what differs between two answers to the same request.
    pub(super) fn but_for_request_id(&self) -> Value {
        let mut json = self.json();
        json["requestId"] = Value::Null;
        json
    }

    /// `(code, field)` of every warning.
    pub(super) fn warnings(&self) -> Vec<(String, String)> {
        let json = self.json();
        let warnings = json["warnings"].as_array().expect("warnings");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        warnings
            .iter()
            .map(|warning| (text(&warning["code"]), text(&warning["field"])))
            .collect()
    }
}

fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().expect("a list");
    list.iter()
        .map(|item| item["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// The running service with the orders of the checklist.
pub(super) struct World {
    pub(super) tender: Tender,
    pub(super) router: Router,
    pub(super) e: String,
    pub(super) w: String,
    pub(super) j: String,
    pub(super) c: String,
    pub(super) r0: String,
    pub(super) x: String,
    pub(super) f: String,
}

/// The settings of a sandbox.
pub(super) fn sandbox() -> Settings {
    Settings {
        sandbox: true,
        ..Settings::default()
    }
}

/// A scratch store.
pub(super) fn scratch() -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open_in_memory().expect("a scratch database"))
}

/// The service on a store.
pub(super) async fn start(store: Arc<dyn Store>, settings: Settings) -> Tender {
    let tender = Tender::start(store, Clock::new(), vec![], settings).await;
    tender.expect("the service starts")
}

impl World {
    pub(super) async fn new() -> Self {
        Self::on(scratch(), sandbox()).await
    }

    /// The checklist's orders on a fresh store.
    pub(super) async fn on(store: Arc<dyn Store>, settings: Settings) -> Self {
        let tender = start(store, settings).await;
        seed(&tender).await;
        let mut world = Self {
            router: crate::router(tender.clone()),
            tender,
            e: String::new(),
            w: String::new(),
            j: String::new(),
            c: String::new(),
            r0: String::new(),
            x: String::new(),
            f: String::new(),
        };
        world.e = world.open(EUR, "100.00").await;
        world.w = world.open(KWD, "10.000").await;
        world.j = world.open(JPY, "1000").await;
        world.c = world.open(EUR, "50.00").await;
        world.x = world.open(EUR, "20.00").await;
        world.f = world.open_for(O2, OTHER_EUR, "70.00").await;
        world.r0 = world.pay(&world.c, "receipt", 50, "complete").await;
        world.settle(&world.c, OrderChange::Close).await;
        world.settle(&world.x, OrderChange::Cancel).await;
        world
    }

    /// Another server on the same ledger.
    pub(super) async fn restarted(self, store: Arc<dyn Store>) -> Self {
        let tender = start(store, sandbox()).await;
        Self {
            router: crate::router(tender.clone()),
            tender,
            ..self
        }
    }

    /// Opens an order of O1; no order closes by itself.
    pub(super) async fn open(&self, location: u64, total: &str) -> String {
        self.open_for(O1, location, total).await
    }

    pub(super) async fn open_bare(&self) -> String {
        self.open_for(BARE, BARE_EUR, "10.00").await
    }

    async fn open_for(&self, merchant: MerchantId, location: u64, total: &str) -> String {
        let caller = Caller {
            merchant,
            ..engine_caller(Via::Native)
        };
        let done = self
            .tender
            .execute(&caller, Command::OpenOrder(Box::new(order(location, total))))
            .await;
        match done.expect("an order").outcome {
            Some(Outcome::Opened(opened)) => ids_text::write(ids_text::ORDER, opened.order.id.0),
            other => panic!("no order: {other:?}"),
        }
    }

    /// Brings an order of O1 into a final state.
    pub(super) async fn settle(&self, order: &str, change: OrderChange) {
        let order = order_id(order);
        self.command(Via::Native, Command::SettleOrder(SettleOrder { order, change }))
            .await;
    }

    /// Does something beside this dialect.
    pub(super) async fn command(&self, via: Via, command: Command) -> Outcome {
        let done = self.tender.execute(&engine_caller(via), command).await;
        done.expect("the ledger takes it").outcome.expect("an outcome")
    }

    /// The tasks of the euro location's till.
    pub(super) async fn claim(&self) -> Vec<Task> {
        let caller = engine_caller(Via::Till);
        let tasks = self
            .tender
            .claim_tasks(&caller, LocationId(EUR), DEVICE, 10, 0)
            .await;
        tasks.expect("a claim")
    }

    /// The order as the ledger has it.
    pub(super) async fn view(&self, order: &str) -> OrderView {
        let view = self.tender.order(O1, order_id(order)).await;
        view.expect("a query").expect("the order")
    }

    /// Everything about an order that a failed call must leave as it is.
    pub(super) async fn state(&self, order: &str) -> String {
        format!("{:?}", self.view(order).await)
    }

    /// Sends a request as it is.
    pub(super) async fn call(&self, request: Request<Body>) -> Answer {
        let answer = tender_testbed::call(&self.router, request).await;
        Answer {
            status: answer.head.status,
            headers: answer.head.headers,
            body: answer.body,
        }
    }

    /// Sends a request with a key, for an organisation; an empty body has no `Content-Type`.
    pub(super) async fn send_as(
        &self,
        key: &str,
        organization: MerchantId,
        method: &str,
        path: &str,
        body: &str,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("api-key", key)
            .header(
                "organization-id",
                ids_text::write(ids_text::MERCHANT, organization.0),
            );
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        self.call(request.body(Body::from(body.to_owned())).expect("a request"))
            .await
    }

    /// Sends a request of O1.
    pub(super) async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send_as(K1, O1, method, path, body).await
    }

    /// Creates from the text of `params`.
    pub(super) async fn post_text(&self, params: &str) -> Answer {
        self.send("POST", "/v1/om/payments", &format!(r#"{{"params":{params}}}"#))
            .await
    }

    pub(super) async fn post(&self, params: &Value) -> Answer {
        self.post_text(&params.to_string()).await
    }

    /// Creates with an idempotency key.
    pub(super) async fn post_keyed(&self, key: &str, params: &str) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri("/v1/om/payments")
            .header("api-key", K1)
            .header("organization-id", "org_1")
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(Body::from(format!(r#"{{"params":{params}}}"#)));
        self.call(request.expect("a request")).await
    }

    /// Creates a payment in cash.
    pub(super) async fn make(
        &self,
        order: &str,
        kind: &str,
        amount: impl Into<Value>,
        status: &str,
    ) -> Answer {
        self.post(&json!({
            "orderId": order, "type": kind, "amount": amount.into(), "methodId": CASH, "status": status,
        }))
        .await
    }

    /// Creates a payment in cash that must succeed.
    pub(super) async fn pay(
        &self,
        order: &str,
        kind: &str,
        amount: impl Into<Value>,
        status: &str,
    ) -> String {
        self.make(order, kind, amount, status).await.id()
    }

    /// A complete refund of a receipt.
    pub(super) async fn refund(
        &self,
        order: &str,
        source: &str,
        amount: impl Into<Value>,
        status: &str,
    ) -> Answer {
        self.post(&json!({
            "orderId": order, "type": "refund", "amount": amount.into(), "methodId": CASH, "status": status,
            "sourcePaymentId": source,
        }))
        .await
    }

    pub(super) async fn patch(&self, uid: &str, params: &Value) -> Answer {
        let body = json!({"params": params}).to_string();
        self.send("PATCH", &format!("/v1/om/payments/{uid}"), &body).await
    }

    pub(super) async fn confirm(&self, uid: &str) -> Answer {
        self.confirm_with(uid, "").await
    }

    pub(super) async fn confirm_with(&self, uid: &str, body: &str) -> Answer {
        self.send("PATCH", &format!("/v1/om/payments/{uid}/confirm"), body)
            .await
    }

    pub(super) async fn delete(&self, uid: &str) -> Answer {
        self.send("DELETE", &format!("/v1/om/payments/{uid}"), "").await
    }

    pub(super) async fn list(&self, order: &str) -> Answer {
        self.send("GET", &format!("/v1/om/payments?orderId={order}"), "")
            .await
    }

    /// One item as the list shows it.
    pub(super) async fn item(&self, uid: &str) -> Value {
        let (order, _) = ids_text::read_payment(uid).expect("a payment's id");
        self.list(&ids_text::write(ids_text::ORDER, order))
            .await
            .item(uid)
    }

    /// Waits until the clock shows another millisecond, so that a changed time can be told from the old one.
    pub(super) fn tick(&self) {
        self.tender.clock().advance(5);
    }
}

/// The caller of commands beside this dialect.
pub(super) fn engine_caller(via: Via) -> Caller {
    Caller {
        merchant: O1,
        application: ApplicationId(77),
        via,
    }
}

pub(super) fn order_id(text: &str) -> OrderId {
    OrderId(ids_text::read(ids_text::ORDER, text).expect("an order's id"))
}

pub(super) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a decimal")
}

fn order(location: u64, total: &str) -> OpenOrder {
    OpenOrder {
        close_when_paid: false,
        ..OpenOrder::new(LocationId(location), vec![LineSpec::new("Meal", decimal(total))])
    }
}

async fn put<T: serde::Serialize>(
    tender: &Tender,
    merchant: MerchantId,
    kind: DirectoryKind,
    id: u64,
    record: &T,
) {
    let put = tender.put_directory(merchant, kind, id, record).await;
    put.expect("a directory record");
}

/// Sets the daily quota of O1.
pub(super) async fn set_quota(tender: &Tender, daily_quota: u32) {
    let record = Merchant {
        daily_quota: Some(daily_quota),
        ..merchant(O1)
    };
    put(tender, O1, DirectoryKind::Merchant, O1.0, &record).await;
}

fn merchant(id: MerchantId) -> Merchant {
    Merchant {
        id: id.0,
        name: format!("Organisation {}", id.0),
        time_zone: "Europe/Berlin".to_owned(),
        ..Merchant::default()
    }
}

/// The methods of O1: CASH has an Arabic name and a description, the others have one name.
fn methods() -> [Method; 3] {
    [(1, "CASH", "Cash"), (2, "CARD", "Card"), (3, "OLD", "Voucher")].map(|(id, code, name)| Method {
        id,
        code: code.to_owned(),
        name: name.to_owned(),
        name_ar: (id == 1).then(|| "نقد".to_owned()),
        description: (id == 1).then(|| "Notes and coins".to_owned()),
        visible: id != 3,
        active: true,
        created_at_ms: METHODS_AT_MS,
        updated_at_ms: METHODS_AT_MS,
        ..Method::default()
    })
}

async fn seed(tender: &Tender) {
    for id in [O1, O2, BARE] {
        put(tender, id, DirectoryKind::Merchant, id.0, &merchant(id)).await;
    }
    for (merchant, id, currency) in [
        (O1, EUR, "EUR"),
        (O1, KWD, "KWD"),
        (O1, JPY, "JPY"),
        (O2, OTHER_EUR, "EUR"),
        (BARE, BARE_EUR, "EUR"),
    ] {
        let record = Location {
            id,
            name: currency.to_owned(),
            currency: currency.to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            station: id,
            ..Location::default()
        };
        put(tender, merchant, DirectoryKind::Location, id, &record).await;
    }
    for method in methods() {
        put(tender, O1, DirectoryKind::Method, method.id, &method).await;
    }
    let device = Device {
        id: DEVICE.0,
        location: EUR,
        ..Device::default()
    };
    put(tender, O1, DirectoryKind::Device, DEVICE.0, &device).await;
    for (merchant, text) in [(O1, K1), (O2, K2), (BARE, K3)] {
        issue(tender, merchant, text, None).await;
    }
}

/// Makes an api key; a location limits what it reaches.
pub(super) async fn issue(
    tender: &Tender,
    merchant: MerchantId,
    text: &str,
    location: Option<u64>,
) -> CredentialId {
    let application = tender_service::Application {
        id: APPLICATION.0 + merchant.0,
        merchant: merchant.0,
        name: "service user".to_owned(),
        client_id: format!("client-{}", merchant.0),
        ..tender_service::Application::default()
    };
    tender
        .put_application(&application)
        .await
        .expect("an application");
    let spec = TokenSpec {
        kind: TokenKind::ApiKey,
        merchant,
        application: ApplicationId(application.id),
        owner: merchant,
        locations: location.map(|id| [LocationId(id)].into()),
        scopes: Default::default(),
        device: None,
        actor: "service user".to_owned(),
        label: "key".to_owned(),
        ttl_ms: None,
        text: Some(text.to_owned()),
    };
    let (_, record) = tender.issue_token(spec).await.expect("a key");
    record.id
}
