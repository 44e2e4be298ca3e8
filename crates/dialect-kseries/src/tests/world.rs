//! The restaurant of the acceptance checklist (spec, section 14), and the hands that tests move it with.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use tender_engine::{
    ApplicationId, Command, DeviceId, EndpointId, Failure, LineSpec, LocationId, MerchantId, OpenOrder,
    Order, OrderId, OrderState, Outcome, PaymentState, StaffId, Task, TaskAnswer, Via, alias_hash,
};
use tender_http::Surface;
use tender_money::Decimal;
use tender_service::{
    Application, Caller, Clock, Device, DirectoryKind, OrderView, Settings, Staff, Tender, TokenKind,
    TokenSpec,
};
use tender_store_sqlite::SqliteStore;

use crate::errors::Refusal;

use super::fixtures::{discounts, items, locations, merchant, methods, modifiers};

pub(super) const MERCHANT: MerchantId = MerchantId(1);
/// The location of the checklist: euro.
pub(super) const L: u64 = 45_454_565_682_155;
/// A second covered location in euro.
pub(super) const L2: u64 = 45_454_565_682_158;
/// A covered location in yen.
pub(super) const YEN: u64 = 45_454_565_682_156;
/// A covered location in dinar.
pub(super) const DINAR: u64 = 45_454_565_682_157;
/// A location that the tokens do not cover.
pub(super) const UNCOVERED: u64 = 999;
pub(super) const DEVICE: u64 = 12_345_678_980;
pub(super) const OTHER_DEVICE: u64 = 12_345_678_981;
pub(super) const PRINTER: u64 = 1_773_881_235;
/// The check of the checklist.
pub(super) const CHECK: &str = "A1234.56";
/// Checks of the location before it.
const CHECKS_BEFORE: u32 = 55;

const APP1: ApplicationId = ApplicationId(10);
const APP2: ApplicationId = ApplicationId(11);
/// Texts of tokens; the service asks for some length.
const TOKENS: [&str; 7] = [
    "app1",
    "app2",
    "orders-only",
    "finance-only",
    "expired",
    "till",
    "disabled",
];

/// The token with a short name.
pub(super) fn token(name: &str) -> String {
    format!("{name}-token-of-the-acceptance-tests")
}

/// A response, read.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    /// What it refuses.
    pub(super) refusal: Option<Refusal>,
}

impl Answer {
    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("visible ASCII"))
    }

    /// The body as a tree.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The status and the member `message`, which most tests are about.
    pub(super) fn told(&self) -> (u16, String) {
        let message = self.json()["message"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), message)
    }
}

/// The running restaurant.
pub(super) struct World {
    pub(super) tender: Tender,
    pub(super) router: Surface,
}

impl World {
    /// The set-up of the checklist.
    pub(super) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(super) async fn with(settings: Settings) -> Self {
        let store = Arc::new(SqliteStore::open_in_memory().expect("a scratch database"));
        let world = Self::on(store, settings).await;
        world.seed().await;
        world
    }

    /// A server on a store that may hold something already.
    pub(super) async fn on(store: Arc<SqliteStore>, settings: Settings) -> Self {
        let settings = Settings {
            sandbox: true,
            private_webhooks: true,
            public_url: Some("http://tender.test".to_owned()),
            ..settings
        };
        let encoders = vec![crate::encoder(&settings)];
        let tender = Tender::start(store, Clock::new(), encoders, settings).await;
        let tender = tender.expect("the service starts");
        let router = crate::router(tender.clone());
        Self { tender, router }
    }

    pub(super) async fn seed(&self) {
        self.put(DirectoryKind::Merchant, MERCHANT.0, &merchant()).await;
        for location in locations() {
            self.put(DirectoryKind::Location, location.id, &location).await;
        }
        for method in methods() {
            self.put(DirectoryKind::Method, method.id, &method).await;
        }
        let staff = Staff {
            id: 42,
            first_name: "Ada".to_owned(),
            last_name: "Manager".to_owned(),
            ..Staff::default()
        };
        self.put(DirectoryKind::Staff, 42, &staff).await;
        for (id, location) in [
            (DEVICE, L),
            (OTHER_DEVICE, L),
            (DEVICE + 2, YEN),
            (DEVICE + 3, DINAR),
        ] {
            let device = Device {
                id,
                location,
                ..Device::default()
            };
            self.put(DirectoryKind::Device, id, &device).await;
        }
        for item in items() {
            self.put(DirectoryKind::Item, item.id, &item).await;
        }
        for rule in discounts() {
            self.put(DirectoryKind::Discount, rule.id, &rule).await;
        }
        self.put(DirectoryKind::ModifierGroup, 123, &modifiers()).await;
        self.applications().await;
        self.endpoint(r#"{"endpointId":"E1","url":"http://127.0.0.1:9/e1"}"#)
            .await;
        self.endpoint(
            r#"{"endpointId":"E2","url":"http://127.0.0.1:9/e2","withBasicAuth":true,"username":"u","password":"p",
               "provideAccount":true,"expandTransactions":true,"expandPayments":true}"#,
        )
        .await;
        for _ in 0..CHECKS_BEFORE {
            self.open(L, None, &[("filler", "1.00", "0")]).await;
        }
        let check = self.open(L, Some(3), &[("Menu of the day", "20.06", "0")]).await;
        assert_eq!(check.account.to_string(), CHECK);
    }

    async fn applications(&self) {
        for (id, name) in [(APP1, "app1"), (APP2, "app2")] {
            let application = Application {
                id: id.0,
                merchant: MERCHANT.0,
                name: name.to_owned(),
                client_id: format!("devp-{name}"),
                ..Application::default()
            };
            self.tender
                .put_application(&application)
                .await
                .expect("an application");
        }
        for name in TOKENS {
            let scopes: &[&str] = match name {
                "orders-only" => &["orders-api"],
                "finance-only" => &["financial-api"],
                _ => &["orders-api", "financial-api"],
            };
            let spec = TokenSpec {
                kind: if name == "till" {
                    TokenKind::Till
                } else {
                    TokenKind::Access
                },
                merchant: MERCHANT,
                application: match name {
                    "app2" => APP2,
                    "disabled" => ApplicationId(12),
                    _ => APP1,
                },
                owner: MERCHANT,
                locations: Some([L, L2, YEN, DINAR].map(LocationId).into()),
                scopes: scopes
                    .iter()
                    .map(|scope| (*scope).to_owned())
                    .collect::<BTreeSet<_>>(),
                device: None,
                actor: name.to_owned(),
                label: name.to_owned(),
                ttl_ms: (name == "expired").then_some(1),
                text: Some(token(name)),
            };
            self.tender.issue_token(spec).await.expect("a token");
        }
        self.tender.clock().advance(2);
    }

    pub(super) async fn put<T: serde::Serialize>(&self, kind: DirectoryKind, id: u64, record: &T) {
        self.tender
            .put_directory(MERCHANT, kind, id, record)
            .await
            .expect("a directory record");
    }

    async fn endpoint(&self, body: &str) {
        let answer = self.send("PUT", "/o/wh/1/webhook", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }

    /// Sends a request as `app1`.
    pub(super) async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send_as("app1", method, path, body).await
    }

    /// Sends a request with the token of a name.
    pub(super) async fn send_as(&self, name: &str, method: &str, path: &str, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("authorization", format!("Bearer {}", token(name)));
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        self.call(request.body(Body::from(body.to_owned())).expect("a request"))
            .await
    }

    /// Sends a request as it is.
    pub(super) async fn call(&self, request: Request<Body>) -> Answer {
        let answer = tender_testbed::call(&self.router, request).await;
        Answer {
            status: answer.head.status,
            refusal: super::watch::refusal_of(&answer.head.extensions),
            headers: answer.head.headers,
            body: answer.body,
        }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "").await
    }

    pub(super) async fn pay(&self, pay: &Pay) -> Answer {
        self.send("POST", "/o/op/1/pay", &pay.body()).await
    }

    /// Pays, and expects the payment to be accepted.
    pub(super) async fn pay_ok(&self, pay: &Pay) {
        let answer = self.pay(pay).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (200, r#"{"status":"ok"}"#)
        );
    }

    fn till(&self) -> Caller {
        Caller {
            merchant: MERCHANT,
            application: ApplicationId(0),
            via: Via::Till,
        }
    }

    /// Opens a check at the till.
    pub(super) async fn open(
        &self,
        location: u64,
        table: Option<u32>,
        lines: &[(&str, &str, &str)],
    ) -> Order {
        let lines = lines.iter().map(|(name, price, tax)| line(name, price, tax));
        let command = Command::OpenOrder(Box::new(OpenOrder {
            table_number: table,
            covers: Some(2),
            staff: Some(StaffId(42)),
            ..OpenOrder::new(LocationId(location), lines.collect())
        }));
        match self.till_command(command).await {
            Outcome::Opened(opened) => opened.order,
            other => panic!("no order: {other:?}"),
        }
    }

    /// Does something at the till.
    pub(super) async fn till_command(&self, command: Command) -> Outcome {
        let done = self
            .tender
            .execute(&self.till(), command)
            .await
            .expect("the ledger takes it");
        done.outcome.expect("a command has an outcome")
    }

    /// What a device is given to do.
    pub(super) async fn claim(&self, device: u64) -> Vec<Task> {
        let location = self.directory().await.devices[&device].location;
        let till = self.till();
        let claimed = self
            .tender
            .claim_tasks(&till, LocationId(location), DeviceId(device), 100, 0);
        claimed.await.expect("a claim")
    }

    pub(super) async fn resolve(&self, task: &Task, answer: TaskAnswer) {
        let till = self.till();
        let resolved = self
            .tender
            .resolve_task(&till, task.location, task.id, task.lease, answer);
        resolved.await.expect("an answer to a task");
    }

    /// The till of the checklist does all that it is given, one after another; answers how much that was.
    pub(super) async fn confirm(&self) -> usize {
        let tasks = self.claim(DEVICE).await;
        for task in &tasks {
            self.resolve(task, TaskAnswer::Confirm).await;
        }
        tasks.len()
    }

    /// The till refuses what it is given.
    pub(super) async fn refuse(&self, failure: Failure) {
        for task in self.claim(DEVICE).await {
            self.resolve(&task, TaskAnswer::Refuse(failure.clone())).await;
        }
    }

    pub(super) async fn directory(&self) -> Arc<tender_service::Directory> {
        self.tender
            .directory(MERCHANT)
            .await
            .expect("a directory")
            .expect("the merchant")
    }

    /// The bodies that an endpoint of `app1` is to get, oldest first.
    pub(super) async fn messages(&self, endpoint: &str) -> Vec<String> {
        let directory = self.directory().await;
        let known = directory.endpoints.values().find(|known| known.name == endpoint);
        let id = EndpointId(known.expect("the endpoint").id);
        let page = self
            .tender
            .deliveries(MERCHANT, Some(id), None, 200)
            .await
            .expect("deliveries");
        page.items
            .into_iter()
            .rev()
            .map(|delivery| delivery.body)
            .collect()
    }

    /// The same, nothing for an endpoint that is not there.
    pub(super) async fn messages_if_there(&self, endpoint: &str) -> Vec<String> {
        let directory = self.directory().await;
        if directory.endpoints.values().any(|known| known.name == endpoint) {
            self.messages(endpoint).await
        } else {
            Vec::new()
        }
    }

    /// The newest message of an endpoint.
    pub(super) async fn last_message(&self, endpoint: &str) -> String {
        self.messages(endpoint).await.pop().expect("a message")
    }

    /// The check with an identifier at the location of the checklist.
    pub(super) async fn check(&self, identifier: &str) -> OrderView {
        self.check_at(L, identifier).await
    }

    pub(super) async fn check_at(&self, location: u64, identifier: &str) -> OrderView {
        let alias = alias_hash("account", LocationId(location), identifier);
        let id: Option<OrderId> = self.tender.find_order(MERCHANT, alias).await.expect("a query");
        let view = self
            .tender
            .order(MERCHANT, id.expect("the check"))
            .await
            .expect("a query");
        view.expect("the check")
    }

    /// States of the payments on the check of the checklist.
    pub(super) async fn payment_states(&self) -> Vec<PaymentState> {
        self.check(CHECK)
            .await
            .payments
            .iter()
            .map(|payment| payment.state)
            .collect()
    }

    /// Waits for the workers of the service until something is true, looking again after each commit.
    pub(super) async fn until<F: Future<Output = bool>>(&self, is_true: impl Fn() -> F) {
        let mut events = self.tender.events();
        while !is_true().await {
            // Falling behind is no loss: the condition is looked at again.
            let _ = events.recv().await;
        }
    }

    pub(super) async fn is_closed(&self, identifier: &str) -> bool {
        self.check(identifier).await.order.state == OrderState::Closed
    }
}

/// A payment request: the checklist's "pay(x)".
#[derive(Debug, Clone)]
pub(super) struct Pay(Vec<(String, String)>);

impl Pay {
    /// Endpoint E1, location L, the check, this reference, 20.06.
    pub(super) fn new(reference: &str) -> Self {
        Self(Vec::new())
            .set("iKaccountIdentifier", &quoted(CHECK))
            .set("thirdPartyPaymentReference", &quoted(reference))
            .set("endpointId", &quoted("E1"))
            .set("businessLocationId", &L.to_string())
            .set("paymentAmount", "20.06")
    }

    /// With a member as JSON text.
    pub(super) fn set(mut self, name: &str, json: &str) -> Self {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some(known) => json.clone_into(&mut known.1),
            None => self.0.push((name.to_owned(), json.to_owned())),
        }
        self
    }

    /// Without a member.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    pub(super) fn amount(self, amount: &str) -> Self {
        self.set("paymentAmount", amount)
    }

    pub(super) fn account(self, identifier: &str) -> Self {
        self.set("iKaccountIdentifier", &quoted(identifier))
    }

    pub(super) fn body(&self) -> String {
        let members: Vec<String> = self
            .0
            .iter()
            .map(|(name, json)| format!("\"{name}\":{json}"))
            .collect();
        format!("{{{}}}", members.join(","))
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a decimal")
}

fn line(name: &str, price: &str, tax: &str) -> LineSpec {
    LineSpec {
        tax_rate: decimal(tax),
        ..LineSpec::new(name, decimal(price))
    }
}
