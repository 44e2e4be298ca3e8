//! Where the tests happen: two merchants on a scratch database, three people, and the router called in process.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use tender_engine::{
    AmountSpec, ApplicationId, Case, Command, Delivery, DeviceId, Direction, KeyClaim, KeySpace, LineSpec,
    LocationId, MerchantId, Notice, OpenOrder, Order, OrderSelector, Outcome, Payment, PaymentSpec,
    ResolveTask, Settle, Task, TaskAnswer, TaskSpec, Via, VoidPayment,
};
use tender_money::Decimal;
use tender_service::{
    Application, Caller, Clock, Device, DirectoryKind, Endpoint, EndpointSecret, Location, Merchant, Message,
    Settings, Tender, WebhookEncoder, WebhookEvent,
};
use tender_store_sqlite::SqliteStore;
use tender_testbed::Breakable;

pub(crate) const MERCHANT: MerchantId = MerchantId(5678);
pub(crate) const OTHER_MERCHANT: MerchantId = MerchantId(5679);
pub(crate) const EUR: LocationId = LocationId(101);
pub(crate) const JPY: LocationId = LocationId(102);
pub(crate) const OTHER_EUR: LocationId = LocationId(201);
pub(crate) const APP: ApplicationId = ApplicationId(11);
pub(crate) const PASSWORD: &str = "a password of the tests";

/// The secret of the endpoint: no page may ever show it.
pub(crate) const ENDPOINT_SECRET: &str = "whsec_this-must-never-be-shown";
/// A value in the endpoint's settings: no page may ever show it either.
pub(crate) const ENDPOINT_SETTING: &str = "settings-must-never-be-shown";
/// The address that an order brought along: its details are nobody's.
pub(crate) const CALLBACK_HOST: &str = "callback.must-never-be-shown.example";
/// A name that would be a script if it were not escaped.
pub(crate) const HOSTILE: &str = "<script>alert('x')</script>&\"quoted\"";

/// Tells every endpoint about everything.
#[derive(Debug)]
struct Everything;

impl WebhookEncoder for Everything {
    fn dialect(&self) -> &'static str {
        "everything"
    }

    fn needs_full_order(&self, _: &[Notice], _: &Endpoint) -> bool {
        false
    }

    fn encode(&self, event: &WebhookEvent<'_>, _: &Endpoint) -> Vec<Message> {
        let messages = event.notices.iter().filter(|notice| notice.payment.is_some());
        messages
            .map(|_| Message {
                event: "payment.changed".to_owned(),
                body: "{}".to_owned(),
            })
            .collect()
    }

    fn headers(&self, _: &Delivery, _: &Endpoint, _: Option<&Application>) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Sees all of the merchant.
    All,
    /// Sees the EUR location only.
    EurOnly,
    /// Sees all of the other merchant.
    Other,
}

impl Who {
    pub(crate) const ALL: [Self; 3] = [Self::All, Self::EurOnly, Self::Other];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::All => "ada",
            Self::EurOnly => "ben",
            Self::Other => "eve",
        }
    }
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn shows(self, text: &str) -> Self {
        assert!(self.text.contains(text), "no {text} in {}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn hides(self, text: &str) -> Self {
        assert!(!self.text.contains(text), "{text} in {}", self.text);
        self
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of a cookie that the answer sets.
    pub(crate) fn cookie(&self, name: &str) -> String {
        let cookies = self.headers.get_all("set-cookie").iter();
        let mut values =
            cookies.filter_map(|cookie| cookie.to_str().unwrap().strip_prefix(name)?.strip_prefix('='));
        let value = values
            .next()
            .unwrap_or_else(|| panic!("no cookie {name} in {:?}", self.headers));
        value.split(';').next().unwrap().to_owned()
    }

    /// The value of the first form's proof.
    pub(crate) fn csrf(&self) -> String {
        let (_, rest) = self
            .text
            .split_once("name=\"csrf\" value=\"")
            .expect("the page has a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

/// A browser in which somebody is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    pub(crate) router: Router,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl Browser {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        call(&self.router, Method::GET, path, &[("cookie", &self.cookie)], "").await
    }

    /// Sends a form with the right proof.
    pub(crate) async fn post(&self, path: &str, form: &str) -> Answer {
        let form = format!("csrf={}&{form}", self.csrf);
        call(
            &self.router,
            Method::POST,
            path,
            &[("cookie", &self.cookie)],
            &form,
        )
        .await
    }
}

pub(crate) async fn call(
    router: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    form: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(form.to_owned())).unwrap();
    let answer = tender_testbed::call(router, request).await;
    Answer {
        status: answer.head.status.as_u16(),
        headers: answer.head.headers,
        text: answer.body,
    }
}

/// The server under test.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) store: Arc<Breakable>,
    pub(crate) tender: Tender,
    pub(crate) router: Router,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::with(Settings {
            sandbox: true,
            private_webhooks: true,
            ..Settings::default()
        })
        .await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let store = Breakable::new(Arc::new(SqliteStore::open_in_memory().unwrap()));
        let encoders: Vec<Arc<dyn WebhookEncoder>> = vec![Arc::new(Everything)];
        let tender = Tender::start(store.clone(), Clock::new(), encoders, settings)
            .await
            .unwrap();
        seed(&tender).await;
        Self {
            router: crate::router(tender.clone()),
            store,
            tender,
        }
    }

    /// Asks without any cookie.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        call(&self.router, Method::GET, path, &[], "").await
    }

    /// Sends the form on which people sign in.
    pub(crate) async fn try_sign_in(&self, name: &str, password: &str, next: &str) -> Answer {
        let page = self.get("/console/sign-in").await.expect(200);
        let form = format!(
            "csrf={}&name={name}&password={}&next={next}",
            page.csrf(),
            password.replace(' ', "+")
        );
        let cookie = format!("tender-console-form={}", page.cookie("tender-console-form"));
        call(
            &self.router,
            Method::POST,
            "/console/sign-in",
            &[("cookie", &cookie)],
            &form,
        )
        .await
    }

    pub(crate) async fn sign_in(&self, who: Who) -> Browser {
        let answer = self
            .try_sign_in(who.name(), PASSWORD, "/console")
            .await
            .expect(303);
        let cookie = format!("tender-console={}", answer.cookie("tender-console"));
        let router = self.router.clone();
        let page = call(&router, Method::GET, "/console/find", &[("cookie", &cookie)], "")
            .await
            .expect(200);
        Browser {
            csrf: page.csrf(),
            router,
            cookie,
        }
    }

    pub(crate) async fn execute(&self, merchant: MerchantId, via: Via, command: Command) -> Outcome {
        let caller = Caller {
            merchant,
            application: APP,
            via,
        };
        self.tender
            .execute(&caller, command)
            .await
            .unwrap()
            .outcome
            .unwrap()
    }

    /// Opens an order of one line at a location.
    pub(crate) async fn order(
        &self,
        merchant: MerchantId,
        location: LocationId,
        name: &str,
        amount: &str,
    ) -> Order {
        let line = LineSpec::new(name, Decimal::parse(amount).unwrap());
        let command = OpenOrder {
            name: Some(name.to_owned()),
            notes: Some(name.to_owned()),
            ..OpenOrder::new(location, vec![line])
        };
        match self
            .execute(merchant, Via::Native, Command::OpenOrder(Box::new(command)))
            .await
        {
            Outcome::Opened(opened) => opened.order,
            other => panic!("{other:?}"),
        }
    }

    /// Pays an order, at once or by a till.
    pub(crate) async fn pay(&self, order: &Order, amount: &str, reference: &str, settle: Settle) -> Payment {
        let key = KeyClaim {
            space: KeySpace::PaymentReference,
            text: reference.to_owned(),
            fields: Vec::new(),
            refuse_repeats: true,
        };
        let amount = AmountSpec::Exact(Decimal::parse(amount).unwrap());
        let spec = PaymentSpec {
            reference: Some(reference.to_owned()),
            keys: vec![key],
            ..PaymentSpec::new(OrderSelector::Id(order.id), Direction::Receipt, amount, settle)
        };
        match self
            .execute(order.merchant, Via::Native, Command::Pay(Box::new(spec)))
            .await
        {
            Outcome::Payment(payment) => *payment,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn pay_at_till(&self, order: &Order, amount: &str, reference: &str) -> Payment {
        self.pay(
            order,
            amount,
            reference,
            Settle::Till(TaskSpec {
                ttl_ms: 60_000,
                device: None,
                not_before: None,
            }),
        )
        .await
    }

    /// Claims the oldest task of a location.
    pub(crate) async fn claim(&self, merchant: MerchantId, location: LocationId, device: u64) -> Task {
        let caller = Caller {
            merchant,
            application: ApplicationId(0),
            via: Via::Till,
        };
        let tasks = self
            .tender
            .claim_tasks(&caller, location, DeviceId(device), 1, 0)
            .await
            .unwrap();
        tasks.into_iter().next().expect("there is a task")
    }

    pub(crate) async fn resolve(&self, task: &Task, answer: TaskAnswer) {
        let resolve = ResolveTask {
            task: task.id,
            location: task.location,
            lease: task.lease,
            answer,
        };
        self.execute(task.merchant, Via::Till, Command::ResolveTask(resolve))
            .await;
    }

    /// A payment that a till confirms after it was voided: its case.
    pub(crate) async fn case(&self, merchant: MerchantId, location: LocationId, reference: &str) -> Case {
        let order = self.order(merchant, location, "Late", "12").await;
        let payment = self.pay_at_till(&order, "12", reference).await;
        let task = self.claim(merchant, location, 501).await;
        let end = Command::VoidPayment(VoidPayment { payment: payment.id });
        self.execute(merchant, Via::Native, end).await;
        self.resolve(&task, TaskAnswer::Confirm).await;
        let cases = self.tender.cases(merchant, true, None, 1).await.unwrap();
        cases.items.into_iter().next().expect("there is a case")
    }

    /// The newest delivery.
    pub(crate) async fn delivery(&self, merchant: MerchantId) -> Delivery {
        let page = self.tender.deliveries(merchant, None, None, 1).await.unwrap();
        page.items.into_iter().next().expect("there is a delivery")
    }
}

async fn put<T: serde::Serialize>(
    tender: &Tender,
    merchant: MerchantId,
    kind: DirectoryKind,
    id: u64,
    record: &T,
) {
    tender.put_directory(merchant, kind, id, record).await.unwrap();
}

async fn seed(tender: &Tender) {
    for (merchant, name, locations) in [
        (
            MERCHANT,
            "Golden Spoon",
            vec![(EUR, "EUR", "Europe/Berlin"), (JPY, "JPY", "Asia/Tokyo")],
        ),
        (
            OTHER_MERCHANT,
            "Silver Fork",
            vec![(OTHER_EUR, "EUR", "Europe/Paris")],
        ),
    ] {
        let record = Merchant {
            id: merchant.0,
            name: name.to_owned(),
            ..Merchant::default()
        };
        put(tender, merchant, DirectoryKind::Merchant, merchant.0, &record).await;
        for (location, currency, time_zone) in locations {
            let record = Location {
                id: location.0,
                name: format!("{name} {currency}"),
                currency: currency.to_owned(),
                time_zone: time_zone.to_owned(),
                station: location.0,
                ..Location::default()
            };
            put(tender, merchant, DirectoryKind::Location, location.0, &record).await;
            let id = 400 + location.0;
            let device = Device {
                id,
                location: location.0,
                name: format!("Till {id} {name}"),
                behaviour: Some("auto".to_owned()),
            };
            put(tender, merchant, DirectoryKind::Device, id, &device).await;
        }
        let application = Application {
            id: APP.0 + merchant.0,
            merchant: merchant.0,
            name: format!("App of {name}"),
            client_id: format!("client-{}", merchant.0),
            client_secret: "a secret of the tests that nobody guesses".to_owned(),
            ..Application::default()
        };
        tender.put_application(&application).await.unwrap();
        for (id, url, is_callback) in [
            (
                merchant.0 + 10_000,
                "https://hooks.example/in?token=query-must-never-be-shown".to_owned(),
                false,
            ),
            (merchant.0 + 20_000, format!("https://{CALLBACK_HOST}/x"), true),
        ] {
            let endpoint = Endpoint {
                id,
                application: application.id,
                dialect: "everything".to_owned(),
                name: format!("Endpoint of {name}"),
                url,
                secrets: vec![EndpointSecret {
                    value: ENDPOINT_SECRET.to_owned(),
                    until_ms: None,
                }],
                settings: serde_json::json!({"callback": is_callback, "password": ENDPOINT_SETTING}),
                ..Endpoint::default()
            };
            put(tender, merchant, DirectoryKind::Endpoint, id, &endpoint).await;
        }
    }
    let own = Application {
        id: APP.0,
        merchant: MERCHANT.0,
        name: "An app".to_owned(),
        client_id: "own".to_owned(),
        client_secret: "a secret of the tests that nobody guesses".to_owned(),
        ..Application::default()
    };
    tender.put_application(&own).await.unwrap();
    for (who, merchant, locations) in [
        (Who::All, MERCHANT, None),
        (Who::EurOnly, MERCHANT, Some(BTreeSet::from([EUR]))),
        (Who::Other, OTHER_MERCHANT, None),
    ] {
        tender
            .create_person(merchant, who.name(), PASSWORD, locations)
            .await
            .unwrap();
    }
}
