//! Where the tests happen: two merchants on a scratch database, their tokens, and the router called in process.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use serde_json::Value;
use tender_engine::{ApplicationId, DeviceId, LocationId, MerchantId};
use tender_service::{
    Application, Clock, CredentialId, Device, DirectoryKind, Item, Location, Merchant, PrinterProfile,
    Settings, Staff, Tender, TokenKind, TokenSpec,
};
use tender_store_sqlite::SqliteStore;
use tender_testbed::Breakable;

use super::schema;

pub(crate) const MERCHANT: MerchantId = MerchantId(5678);
pub(crate) const OTHER_MERCHANT: MerchantId = MerchantId(5679);
pub(crate) const EUR: LocationId = LocationId(101);
pub(crate) const JPY: LocationId = LocationId(102);
pub(crate) const KWD: LocationId = LocationId(103);
pub(crate) const OTHER_EUR: LocationId = LocationId(201);
pub(crate) const APP: ApplicationId = ApplicationId(11);
pub(crate) const POS_APP: ApplicationId = ApplicationId(12);
pub(crate) const DEVICES: std::ops::Range<u64> = 501..513;

/// Who asks. The names are the texts of the tokens too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// The merchant's administration.
    Admin,
    /// An application with the scope `native`.
    App,
    /// One that reaches the EUR location only.
    EurApp,
    /// An application without the scope.
    Unscoped,
    /// A till of the EUR location, for any device.
    Till,
    /// A till token for device 501 alone.
    OneTill,
    /// The administration of the other merchant.
    Other,
    /// A token that nobody issued.
    Stranger,
    /// Nobody: no header.
    Nobody,
}

impl Who {
    pub(crate) const ALL: [Self; 9] = [
        Self::Admin,
        Self::App,
        Self::EurApp,
        Self::Unscoped,
        Self::Till,
        Self::OneTill,
        Self::Other,
        Self::Stranger,
        Self::Nobody,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::App => "app",
            Self::EurApp => "eur-app",
            Self::Unscoped => "unscoped",
            Self::Till => "till",
            Self::OneTill => "one-till",
            Self::Other => "other",
            Self::Stranger => "stranger",
            Self::Nobody => "nobody",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        let who = Self::ALL.into_iter().find(|who| who.name() == name);
        who.unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    pub(crate) fn token(self) -> String {
        format!("{}-token-of-the-tests-0123456789abcdef", self.name())
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
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }

    /// A text member by its JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> String {
        match self.json().pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => panic!("no {pointer} in {}", self.text),
        }
    }

    pub(crate) fn has(&self, pointer: &str) -> bool {
        self.json().pointer(pointer).is_some()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A problem with this status and code.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.at("/code").as_str()),
            (status, code),
            "{}",
            self.text
        );
        assert_eq!(self.headers["content-type"], "application/problem+json");
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A scratch database.
pub(crate) fn scratch() -> Arc<Breakable> {
    Breakable::new(Arc::new(SqliteStore::open_in_memory().unwrap()))
}

/// The server under test.
#[derive(Debug, Clone)]
pub(crate) struct Place {
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
        Self::on(scratch(), settings).await
    }

    /// On a store that the test may break.
    pub(crate) async fn on(store: Arc<Breakable>, settings: Settings) -> Self {
        let encoders = vec![crate::encoder(&settings)];
        let tender = Tender::start(store, Clock::new(), encoders, settings)
            .await
            .unwrap();
        seed(&tender).await;
        let router = crate::router(tender.clone());
        Self { tender, router }
    }

    /// A request without a body.
    pub(crate) async fn get(&self, who: Who, path: &str) -> Answer {
        self.call(who, Method::GET, path, &[], "").await
    }

    /// A request with a body.
    pub(crate) async fn post(&self, who: Who, path: &str, body: &str) -> Answer {
        self.call(who, Method::POST, path, &[], body).await
    }

    pub(crate) async fn call(
        &self,
        who: Who,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if who != Who::Nobody {
            request = request.header("Authorization", format!("Bearer {}", who.token()));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = tender_testbed::call(&self.router, request).await;
        let answer = Answer {
            status: answer.head.status.as_u16(),
            headers: answer.head.headers,
            text: answer.body,
        };
        schema::check(method.as_str(), path, &answer);
        answer
    }

    /// Takes a token back.
    pub(crate) async fn revoke(&self, who: Who) {
        // Issuing what is there already answers it as it is.
        let id = issue(&self.tender, who).await.unwrap();
        self.tender.revoke_credential(id).await.unwrap();
    }

    /// Opens an order of one line at the EUR location; answers its id.
    pub(crate) async fn order(&self, amount: &str) -> String {
        self.order_at(EUR, amount).await
    }

    pub(crate) async fn order_at(&self, location: LocationId, amount: &str) -> String {
        let body = format!(
            r#"{{"location_id":"{}","lines":[{{"name":"Menu","quantity":1,"unit_amount":"{amount}"}}]}}"#,
            location.0
        );
        self.post(Who::Admin, "/api/v1/orders", &body)
            .await
            .expect(201)
            .at("/id")
    }

    /// Pays; answers the whole answer.
    pub(crate) async fn pay(&self, order: &str, body: &str) -> Answer {
        self.post(Who::Admin, &format!("/api/v1/orders/{order}/payments"), body)
            .await
    }

    /// Pays by a till; answers the payment's id.
    pub(crate) async fn pay_at_till(&self, order: &str, amount: &str, reference: &str) -> String {
        let body =
            format!(r#"{{"amount":"{amount}","mode":"till","reference":"{reference}","ttl_ms":60000}}"#);
        self.pay(order, &body).await.expect(201).at("/id")
    }

    /// Claims one task for a device; answers its id and lease.
    pub(crate) async fn claim(&self, device: u64) -> Option<(String, u64)> {
        let body = format!(r#"{{"device_id":"{device}","max":1}}"#);
        let answer = self
            .post(Who::Till, "/api/v1/till/claim", &body)
            .await
            .expect(200);
        let task = answer.json()["tasks"].get(0)?.clone();
        Some((task["id"].as_str()?.to_owned(), task["lease"].as_u64()?))
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
    for (merchant, locations) in [
        (
            MERCHANT,
            vec![
                (EUR, "EUR", "Europe/Berlin"),
                (JPY, "JPY", "Asia/Tokyo"),
                (KWD, "KWD", "Asia/Kuwait"),
            ],
        ),
        (OTHER_MERCHANT, vec![(OTHER_EUR, "EUR", "Europe/Paris")]),
    ] {
        let record = Merchant {
            id: merchant.0,
            name: format!("Merchant {}", merchant.0),
            ..Merchant::default()
        };
        put(tender, merchant, DirectoryKind::Merchant, merchant.0, &record).await;
        for (location, currency, time_zone) in locations {
            let record = Location {
                id: location.0,
                name: format!("Restaurant {currency}"),
                code: currency.to_owned(),
                currency: currency.to_owned(),
                time_zone: time_zone.to_owned(),
                station: location.0,
                printer_profiles: vec![PrinterProfile {
                    id: 7,
                    name: "Bar".to_owned(),
                    is_default: true,
                }],
                ..Location::default()
            };
            put(tender, merchant, DirectoryKind::Location, location.0, &record).await;
        }
        for (id, code, is_terminal) in [(1, "CASH", false), (2, "APM", false), (3, "TERMINAL", true)] {
            let record = tender_service::Method {
                id,
                code: code.to_owned(),
                name: code.to_ascii_lowercase(),
                is_terminal,
                visible: true,
                active: true,
                ..tender_service::Method::default()
            };
            put(tender, merchant, DirectoryKind::Method, id, &record).await;
        }
        let staff = Staff {
            id: 42,
            first_name: "Ada".to_owned(),
            ..Staff::default()
        };
        put(tender, merchant, DirectoryKind::Staff, 42, &staff).await;
    }
    for id in DEVICES {
        let device = Device {
            id,
            location: EUR.0,
            name: format!("Till {id}"),
            ..Device::default()
        };
        put(tender, MERCHANT, DirectoryKind::Device, id, &device).await;
    }
    let device = Device {
        id: 601,
        location: JPY.0,
        name: "Till of another location".to_owned(),
        ..Device::default()
    };
    put(tender, MERCHANT, DirectoryKind::Device, 601, &device).await;
    let item = Item {
        id: 9_001,
        sku: "SOUP".to_owned(),
        name: "Soup".to_owned(),
        price: "5".to_owned(),
        tax_rate: "0.19".to_owned(),
        ..Item::default()
    };
    put(tender, MERCHANT, DirectoryKind::Item, item.id, &item).await;
    for (application, name) in [(APP, "An app"), (POS_APP, "Another app")] {
        let record = Application {
            id: application.0,
            merchant: MERCHANT.0,
            name: name.to_owned(),
            client_id: format!("client-{}", application.0),
            client_secret: "a secret of the tests that nobody guesses".to_owned(),
            scopes: vec!["native".to_owned()],
            ..Application::default()
        };
        tender.put_application(&record).await.unwrap();
    }
    for who in Who::ALL {
        issue(tender, who).await;
    }
}

async fn issue(tender: &Tender, who: Who) -> Option<CredentialId> {
    let none = ApplicationId(0);
    let (kind, application, merchant) = match who {
        Who::Admin => (TokenKind::Admin, none, MERCHANT),
        Who::Other => (TokenKind::Admin, none, OTHER_MERCHANT),
        Who::App | Who::EurApp | Who::Unscoped => (TokenKind::Access, APP, MERCHANT),
        Who::Till | Who::OneTill => (TokenKind::Till, none, MERCHANT),
        Who::Stranger | Who::Nobody => return None,
    };
    let locations = match who {
        Who::EurApp | Who::Till | Who::OneTill => Some(BTreeSet::from([EUR])),
        _ => None,
    };
    let scopes: BTreeSet<String> = match who {
        Who::App | Who::EurApp => BTreeSet::from(["native".to_owned()]),
        _ => BTreeSet::new(),
    };
    let spec = TokenSpec {
        kind,
        merchant,
        application,
        owner: merchant,
        locations,
        scopes,
        device: (who == Who::OneTill).then_some(DeviceId(DEVICES.start)),
        actor: who.name().to_owned(),
        label: who.name().to_owned(),
        ttl_ms: None,
        text: Some(who.token()),
    };
    let (_, record) = tender.issue_token(spec).await.unwrap();
    Some(record.id)
}
