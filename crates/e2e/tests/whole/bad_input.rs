//! Whatever comes over the wire, each dialect answers in its own form, changes nothing, and goes on.

mod access;
mod fields;

use anyhow::{Context, ensure};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Server};

/// The most bytes that a request in these tests has.
const HUGE_BYTES: usize = 10_000_000;
/// Above every route's limit, and small enough to be sent before the answer comes.
const LARGE_BYTES: usize = 1_200_000;
/// Far deeper than any limit, and deep enough to end a parser that recurses.
const DEEP: usize = 10_000;
/// What a body is called that is not announced as JSON.
const OTHER_MEDIA_TYPES: [Option<&str>; 7] = [
    None,
    Some("text/plain"),
    Some("application/x-www-form-urlencoded"),
    Some("multipart/form-data; boundary=x"),
    Some("application/xml"),
    Some("application/jsonp"),
    Some("json"),
];
/// Events read at once.
const EVENTS_PAGE: usize = 500;

/// Whose form an answer has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Kseries,
    Kounta,
    Om,
    Native,
}

impl Dialect {
    fn request(self, server: &Server, method: Method, path: &str) -> RequestBuilder {
        match self {
            Self::Kseries => server.kseries(method, path),
            Self::Kounta => server.kounta(method, path),
            Self::Om => server.om(method, path),
            Self::Native => server.native(method, path),
        }
    }

    /// Whether an error has the documented members and nothing else where there is a fixed set.
    fn check(self, status: StatusCode, media_type: &str, body: &Value) -> anyhow::Result<()> {
        let text = |pointer: &str| body.pointer(pointer).is_some_and(Value::is_string);
        let has_form = match self {
            Self::Kseries => {
                text("/timestamp")
                    && text("/error")
                    && text("/message")
                    && text("/path")
                    && body["status"] == json!(status.as_u16())
            }
            Self::Kounta => text("/error") && text("/error_description"),
            Self::Om => text("/app") && text("/requestId") && text("/error/code") && text("/error/message"),
            Self::Native => {
                let advice =
                    text("/type") && text("/title") && text("/code") && body["money_moved"] == json!("no");
                advice && text("/retry") && body["status"] == json!(status.as_u16())
            }
        };
        let expected = if self == Self::Native {
            "application/problem+json"
        } else {
            "application/json"
        };
        ensure!(
            has_form && media_type.starts_with(expected),
            "{status} {media_type}: {body}"
        );
        ensure!(!body.to_string().contains("panic"), "{body}");
        Ok(())
    }
}

/// A server, an order, and what there is to see of it.
struct Scene {
    server: Server,
    order: Value,
}

impl Scene {
    async fn start() -> anyhow::Result<Self> {
        let server = Server::start(Options::default()).await?;
        let order = server.open_check("20.06").await?;
        Ok(Self { server, order })
    }

    /// An id of the order in a dialect.
    fn id(&self, pointer: &str) -> String {
        let id = self.order.pointer(pointer).unwrap_or(&Value::Null);
        id.as_str().map_or_else(|| id.to_string(), str::to_owned)
    }

    /// Everything that a request could have changed: the whole feed, endpoints, deliveries, cases, and the order.
    async fn state(&self) -> anyhow::Result<Vec<Value>> {
        let mut state = vec![self.server.order(&self.id("/id")).await?];
        for list in ["webhook-endpoints", "deliveries", "cases", "orders?limit=100"] {
            state.push(self.server.read(&format!("/api/v1/{list}")).await?);
        }
        let mut events = Vec::new();
        let mut after = String::new();
        loop {
            let page = self
                .server
                .read(&format!("/api/v1/events?limit={EVENTS_PAGE}{after}"))
                .await?;
            let items = page["items"].as_array().context("items")?.clone();
            let is_last = items.len() < EVENTS_PAGE;
            events.extend(items);
            match page["next"].as_str() {
                Some(next) if !is_last => after = format!("&after={next}"),
                _ => break,
            }
        }
        state.push(json!(events));
        Ok(state)
    }

    /// Sends bytes as JSON and checks that they are refused in the dialect's form.
    async fn refuses(&self, route: &Route, body: Vec<u8>) -> anyhow::Result<(StatusCode, Value)> {
        let shown = String::from_utf8_lossy(body.get(..body.len().min(80)).unwrap_or_default()).into_owned();
        let request = route
            .dialect
            .request(&self.server, route.method.clone(), &route.path);
        let request = request.header("content-type", "application/json").body(body);
        self.refused(route, request)
            .await
            .with_context(|| format!("{} {} {shown}", route.method, route.path))
    }

    /// Checks that a request is refused in the dialect's form.
    async fn refused(&self, route: &Route, request: RequestBuilder) -> anyhow::Result<(StatusCode, Value)> {
        let answer = request.send().await?;
        let status = answer.status();
        let media_type = answer
            .headers()
            .get("content-type")
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default();
        let media_type = media_type.to_owned();
        let text = answer.text().await?;
        ensure!(status.is_client_error(), "answered {status}: {text}");
        let body = serde_json::from_str(&text).with_context(|| format!("{status} with no JSON: {text}"))?;
        route.dialect.check(status, &media_type, &body)?;
        Ok((status, body))
    }
}

/// A call that writes.
struct Route {
    dialect: Dialect,
    method: Method,
    path: String,
}

fn route(dialect: Dialect, method: Method, path: impl Into<String>) -> Route {
    Route {
        dialect,
        method,
        path: path.into(),
    }
}

/// Every call that writes, of every dialect.
fn routes(scene: &Scene) -> Vec<Route> {
    use Dialect::{Kounta, Kseries, Native, Om};
    let location = scene.server.secret("/native/location_id");
    let device = scene.server.secret("/till/device_ids/0");
    let company = format!("/v1/companies/{}", scene.server.secret("/kounta/company_id"));
    let (kounta, native) = (scene.id("/kounta/order_id"), scene.id("/id"));
    let post = |dialect, path: String| route(dialect, Method::POST, path);
    let mut routes = vec![
        post(Kseries, "/o/op/1/pay".into()),
        post(Kseries, "/o/op/1/order/local".into()),
        post(Kseries, "/o/op/1/order/toGo".into()),
        route(Kseries, Method::PUT, "/o/wh/1/webhook"),
        post(Kseries, "/o/wh/1/webhook".into()),
        post(Kseries, format!("/o/op/1/printMsg?businessLocationId={location}")),
        post(
            Kseries,
            format!("/o/op/1/itemAvailability?businessLocationId={location}"),
        ),
        post(Kounta, format!("{company}/orders.json")),
        route(Kounta, Method::PUT, format!("{company}/orders/{kounta}.json")),
        post(Kounta, format!("{company}/orders/{kounta}/lines.json")),
        route(
            Kounta,
            Method::PUT,
            format!("{company}/orders/{kounta}/lines/1.json"),
        ),
        post(Kounta, format!("{company}/orders/{kounta}/payments.json")),
        post(Kounta, format!("{company}/webhooks.json")),
        post(Om, "/v1/om/payments".into()),
        post(Native, "/api/v1/orders".into()),
        post(Native, "/api/v1/webhook-endpoints".into()),
        post(Native, "/api/v1/deliveries/replay".into()),
        post(Native, "/api/v1/till/claim".into()),
        post(Native, "/api/v1/till/heartbeat".into()),
        post(Native, "/api/v1/sandbox/clock".into()),
        post(Native, "/api/v1/payments/by-reference/never/fence".into()),
        route(Native, Method::PUT, format!("/api/v1/sandbox/tills/{device}")),
    ];
    routes.extend(
        ["lines", "close", "cancel", "payments"]
            .map(|verb| post(Native, format!("/api/v1/orders/{native}/{verb}"))),
    );
    routes
}

/// Bytes that are no JSON object, and so no request of any route.
fn garbage() -> Vec<Vec<u8>> {
    let texts = [
        "{",
        "[",
        "\"",
        "{\"amount\"",
        "{\"amount\":",
        "{\"amount\":1",
        "{\"amount\":1,",
        "{\"amount\":1,}",
        "nul",
        "not json",
        "[]",
        "[{}]",
        "5",
        "\"x\"",
        "true",
        "{\"amount\":NaN}",
        "{\"amount\":Infinity}",
        "{\"amount\":-Infinity}",
        "{\"amount\":01}",
        "{\"amount\":+1}",
        "{\"amount\":.5}",
        "{\"amount\":1.}",
        "{\"amount\":1e}",
        "{\"amount\":0x10}",
        "{'amount':1}",
        "{amount:1}",
        "{} {}",
        "{}x",
        "{\"a\":\"\u{1}\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "\u{feff}",
        "<xml/>",
        "amount=1",
    ];
    let mut garbage: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    // Not UTF-8: alone, inside a text, cut, overlong, and a lone surrogate.
    let bytes: [&[u8]; 5] = [
        b"\xff\xfe",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\xe2\x82\"}",
        b"{\"a\":\"\xc0\xaf\"}",
        b"{\"a\":\"\xed\xa0\x80\"}",
    ];
    garbage.extend(bytes.map(<[u8]>::to_vec));
    garbage.push(b"\0\0\0\0".to_vec());
    // Brackets that nobody should follow, open and closed.
    garbage.push("[".repeat(DEEP).into_bytes());
    garbage.push([b"[".repeat(DEEP), b"]".repeat(DEEP)].concat());
    garbage.push("{\"a\":".repeat(DEEP).into_bytes());
    garbage.push([b"{\"a\":".repeat(DEEP), b"1".to_vec(), b"}".repeat(DEEP)].concat());
    garbage
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_takes_what_is_no_json_object() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let before = scene.state().await?;
    let garbage = garbage();
    for route in routes(&scene) {
        for body in &garbage {
            scene.refuses(&route, body.clone()).await?;
        }
    }
    assert_eq!(scene.state().await?, before);
    scene.server.audit().await?;
    scene.server.healthy().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_takes_ten_megabytes() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let before = scene.state().await?;
    for route in routes(&scene) {
        let text = [b"{\"a\":\"".to_vec(), b"x".repeat(LARGE_BYTES), b"\"}".to_vec()].concat();
        let (status, _) = scene.refuses(&route, text).await?;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{}", route.path);
        let number = [
            b"{\"paymentAmount\":1".to_vec(),
            b"0".repeat(HUGE_BYTES),
            b"}".to_vec(),
        ]
        .concat();
        let request = route
            .dialect
            .request(&scene.server, route.method.clone(), &route.path);
        let answer = request
            .header("content-type", "application/json")
            .body(number)
            .send()
            .await;
        // Whoever goes on sending without listening may find the connection cut before the answer is read.
        if let Ok(answer) = answer {
            assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{}", route.path);
        }
    }
    assert_eq!(scene.state().await?, before);
    scene.server.healthy().await
}

/// What is not announced as JSON, also when it is. The native API reads every body as JSON, whatever it is called.
#[tokio::test]
async fn other_media_types_and_methods_are_refused() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let before = scene.state().await?;
    for route in routes(&scene) {
        let expected = match route.dialect {
            Dialect::Kseries | Dialect::Om => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Dialect::Kounta | Dialect::Native => StatusCode::BAD_REQUEST,
        };
        for media_type in OTHER_MEDIA_TYPES {
            let body = if route.dialect == Dialect::Native {
                "amount=1"
            } else {
                "{}"
            };
            let request = route
                .dialect
                .request(&scene.server, route.method.clone(), &route.path)
                .body(body);
            let request = match media_type {
                Some(media_type) => request.header("content-type", media_type),
                None => request,
            };
            let at = || format!("{} as {media_type:?}", route.path);
            let (status, body) = scene.refused(&route, request).await.with_context(at)?;
            assert_eq!(status, expected, "{}: {body}", at());
            if route.dialect == Dialect::Kounta {
                ensure!(body.to_string().contains("Content-Type"), "{}: {body}", at());
            }
        }
        let request = route
            .dialect
            .request(&scene.server, Method::from_bytes(b"PURGE")?, &route.path);
        let (status, _) = scene
            .refused(&route, request)
            .await
            .with_context(|| route.path.clone())?;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{}", route.path);
    }
    for dialect in [Dialect::Kseries, Dialect::Kounta, Dialect::Om, Dialect::Native] {
        let base = match dialect {
            Dialect::Kseries => "/o/op/1",
            Dialect::Kounta => "/v1/companies/5678",
            Dialect::Om => "/v1/om",
            Dialect::Native => "/api/v1",
        };
        for path in ["nothing-here", "%ff%fe", "..%2f..%2fetc%2fpasswd", "orders%00"] {
            let nowhere = route(dialect, Method::POST, format!("{base}/{path}"));
            let request = dialect
                .request(&scene.server, Method::POST, &nowhere.path)
                .json(&json!({}));
            scene
                .refused(&nowhere, request)
                .await
                .with_context(|| nowhere.path.clone())?;
        }
    }
    assert_eq!(scene.state().await?, before);
    scene.server.healthy().await
}
