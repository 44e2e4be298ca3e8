//! The routes in process, over the service and a real database.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tender_engine::MerchantId;
use tender_service::{Application, Clock, DirectoryKind, Flavour, Merchant, Person, Settings, Tender};
use tender_store_sqlite::SqliteStore;
use tender_wire::{Json, Limits};
use tower::ServiceExt;

mod authorize;
mod clients;
mod token;
mod units;
mod userinfo;

const OWNER: MerchantId = MerchantId(1);
const CLIENT_ID: &str = "devp-v2-table-pay";
/// With characters that mean something in forms, in URLs and in Basic credentials.
const CLIENT_SECRET: &str = "s3cret+with/odd=chars&50%:more";
const REDIRECT: &str = "https://pay.example/callback?tenant=7";
const NAME: &str = "ada";
const PASSWORD: &str = "correct horse battery";

const TOKEN_PATHS: [(&str, Flavour); 4] = [
    ("/oauth/token", Flavour::KseriesV1),
    (
        "/realms/k-series/protocol/openid-connect/token",
        Flavour::KseriesV2,
    ),
    ("/v1/token", Flavour::Kounta),
    ("/v1/token.json", Flavour::Kounta),
];
const AUTHORIZE_PATHS: [(&str, Flavour); 3] = [
    ("/oauth/authorize", Flavour::KseriesV1),
    (
        "/realms/k-series/protocol/openid-connect/auth",
        Flavour::KseriesV2,
    ),
    ("/authorize", Flavour::Kounta),
];

/// A service, and the routes over it.
struct World {
    tender: Tender,
    router: Router,
}

impl World {
    async fn new() -> Self {
        Self::with(Settings {
            sandbox: true,
            ..Settings::default()
        })
        .await
    }

    async fn with(settings: Settings) -> Self {
        let store = Arc::new(SqliteStore::open_in_memory().expect("a scratch database"));
        let tender = Tender::start(store, Clock::new(), Vec::new(), settings)
            .await
            .expect("the service starts");
        let merchant = Merchant {
            id: OWNER.0,
            ..Merchant::default()
        };
        tender
            .put_directory(OWNER, DirectoryKind::Merchant, OWNER.0, &merchant)
            .await
            .expect("a merchant");
        tender
            .put_application(&application())
            .await
            .expect("an application");
        tender
            .create_person(OWNER, NAME, PASSWORD, None)
            .await
            .expect("a person");
        let router = crate::router(tender.clone());
        Self { tender, router }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("routers never fail");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body in memory").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    async fn post_form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.send(form(path, pairs)).await
    }

    /// A code as the page would issue it.
    async fn code(&self, flavour: Flavour) -> String {
        let request = tender_service::AuthorizeRequest {
            client_id: Some(CLIENT_ID.to_owned()),
            redirect_uri: Some(REDIRECT.to_owned()),
            response_type: Some("code".to_owned()),
            scope: Some("orders-api".to_owned()),
        };
        let authorization = self
            .tender
            .check_authorization(flavour, &request)
            .await
            .expect("authorized");
        let person = Person {
            name: NAME.to_owned(),
            merchant: OWNER,
            locations: None,
        };
        self.tender
            .issue_code(&authorization, &person)
            .await
            .expect("a code")
    }

    /// A pair of tokens as the token endpoint of a path issues it.
    async fn tokens(&self, path: &str, flavour: Flavour) -> Answer {
        let code = self.code(flavour).await;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
        ];
        let answer = self.post_form(path, &pairs).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer
    }

    async fn refresh(&self, path: &str, token: &str) -> Answer {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
        ];
        self.post_form(path, &pairs).await
    }

    async fn userinfo(&self, token: &str) -> Answer {
        let request = Request::get("/oauth/userinfo").header(AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).expect("a request")).await
    }
}

fn application() -> Application {
    Application {
        id: 10,
        merchant: OWNER.0,
        name: "Table Pay".to_owned(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        redirect_uris: vec![REDIRECT.to_owned()],
        scopes: ["orders-api", "financial-api"].map(str::to_owned).to_vec(),
        ..Application::default()
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    fn header(&self, name: impl axum::http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    fn location(&self) -> &str {
        self.header(LOCATION).expect("a redirect")
    }

    /// The members of a JSON object in their order, with strings bare and everything else as written.
    fn members(&self) -> Vec<(String, String)> {
        let json = Json::parse(&self.body, Limits::REQUEST).expect("JSON");
        let object = json.as_object().expect("an object");
        object
            .iter()
            .map(|(name, value)| {
                (
                    name.to_owned(),
                    value.as_str().map_or_else(|| value.to_text(), str::to_owned),
                )
            })
            .collect()
    }

    fn member(&self, name: &str) -> String {
        let found = self.members().into_iter().find(|(given, _)| given == name);
        found.unwrap_or_else(|| panic!("{name} in {}", self.text())).1
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    pairs.join("&")
}

fn form(path: &str, pairs: &[(&str, &str)]) -> Request<Body> {
    Request::post(path)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(query(pairs)))
        .expect("a request")
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")))
}
