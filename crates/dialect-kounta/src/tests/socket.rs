//! What clients in the field send, byte for byte, over a real connection.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tender_engine::OrderId;
use tender_http::{Server, ServerOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::shop::{SECRET_B, Shop, TOKEN_A, TOKEN_B};

struct Listening {
    shop: Shop,
    address: std::net::SocketAddr,
    order: OrderId,
    _stop: oneshot::Sender<()>,
}

impl Listening {
    async fn start() -> Self {
        let shop = Shop::open().await;
        let order = shop.order().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let options = ServerOptions {
            failure: std::sync::Arc::new(crate::failed),
            ..ServerOptions::default()
        };
        let router = shop.router.clone();
        tokio::spawn(async move {
            let _ = Server::run(listener, router, options, async { drop(stopped.await) }).await;
        });
        Self {
            shop,
            address,
            order,
            _stop: stop,
        }
    }

    /// Sends bytes on a connection of their own and reads until the server closes it.
    async fn exchange(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream
            .write_all(request.replace('\n', "\r\n").as_bytes())
            .await
            .unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    async fn with_body(&self, head: &str, body: &str) -> Answer {
        self.exchange(&format!("{head}\nContent-Length: {}\n\n{body}", body.len()))
            .await
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let line = self
            .head
            .lines()
            .find(|line| line.to_lowercase().starts_with(&format!("{name}: ")))?;
        line.split_once(": ").map(|(_, value)| value)
    }
}

fn basic() -> String {
    BASE64_STANDARD.encode(format!("app-b:{SECRET_B}"))
}

#[tokio::test]
async fn an_older_plugin_speaks_http_1_0() {
    let server = Listening::start().await;
    let answer = server
        .exchange(&format!(
            "GET /v1/companies/me.json HTTP/1.0\nConnection: close\nAuthorization: OAuth {TOKEN_B}\n\n"
        ))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    // A length, not chunks: HTTP/1.0 knows none.
    assert_eq!(
        answer.header("content-length"),
        Some(answer.body.len().to_string().as_str())
    );
    // Without a Host there is no name to call ourselves by, and still a URL.
    let head = format!(
        "POST /v1/companies/me/orders/{}/payments.json HTTP/1.0\nAuthorization: OAuth {TOKEN_B}\nContent-Type: application/json",
        server.order.0
    );
    let paid = server.with_body(&head, r#"{"method_id":1,"amount":1}"#).await;
    assert_eq!(paid.status, 201, "{paid:?}");
    assert!(paid.header("location").unwrap().ends_with("/payments/1.json"));
}

#[tokio::test]
async fn the_plugin_sends_a_content_type_with_everything() {
    let server = Listening::start().await;
    let head = |method: &str, path: &str| {
        format!(
            "{method} {path} HTTP/1.1\nHost: pos.example\nConnection: close\nAccept: application/json\n\
             Content-Type: application/json\nAuthorization: Bearer {TOKEN_B}"
        )
    };
    let order = server.order.0;
    let path = format!("/v1/companies/me/orders/{order}");
    assert_eq!(
        server
            .exchange(&format!("{}\n\n", head("GET", &path)))
            .await
            .status,
        200
    );
    // PHP prints 9.0 as 9.
    let paid = server
        .with_body(
            &head("POST", &format!("{path}/payments")),
            r#"{"method_id":1,"amount":9}"#,
        )
        .await;
    assert_eq!(
        (
            paid.status,
            paid.header("location")
                .unwrap()
                .starts_with("http://pos.example/v1/")
        ),
        (201, true)
    );
    // It sends a refused request once more, and gets the same refusal.
    for _ in 0..2 {
        let refused = server
            .with_body(
                &head("POST", &format!("{path}/payments")),
                r#"{"method_id":1,"amount":9}"#,
            )
            .await;
        assert_eq!(refused.status, 400);
    }
    assert_eq!(server.shop.remaining(server.order).await, "2");
}

#[tokio::test]
async fn the_ruby_client_sends_keys_in_any_order() {
    let server = Listening::start().await;
    let head = format!(
        "POST /v1/companies/5678/orders/{}/payments.json HTTP/1.1\nHost: pos.example\nConnection: close\nAccept: */*\n\
         Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3\nUser-Agent: Ruby\nContent-Type: application/json\n\
         Authorization: Bearer {TOKEN_B}",
        server.order.0
    );
    let body = r#"{"ref":"r","amount":5.0,"order_id":1,"extra":[],"method_id":1}"#;
    let paid = server.with_body(&head, body).await;
    assert_eq!(paid.status, 201, "{paid:?}");
    assert_eq!(paid.header("content-encoding"), None);
    // It follows Location with GET, and meets the published 405.
    let location = paid
        .header("location")
        .unwrap()
        .strip_prefix("http://pos.example")
        .unwrap();
    let followed = server
        .exchange(&format!(
            "GET {location} HTTP/1.1\nHost: pos.example\nConnection: close\nAccept: */*\nAuthorization: Bearer {TOKEN_B}\n\n"
        ))
        .await;
    assert_eq!((followed.status, followed.header("allow")), (405, Some("PUT")));
}

#[tokio::test]
async fn the_python_client_uses_basic_and_no_accept() {
    let server = Listening::start().await;
    let answer = server
        .exchange(&format!(
            "GET /v1/companies/me/sites.json HTTP/1.1\nHost: pos.example\nAccept-Encoding: identity\nConnection: close\n\
             Authorization: Basic {}\n\n",
            basic()
        ))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.starts_with(r#"[{"id":923,"#), "{}", answer.body);
}

#[tokio::test]
async fn the_node_client_accepts_a_list() {
    let server = Listening::start().await;
    let answer = server
        .exchange(&format!(
            "GET /v1/companies/me/payment_methods HTTP/1.1\nHost: pos.example\nConnection: close\n\
             Accept: application/json, text/plain, */*\nAuthorization: Bearer {TOKEN_A}\n\n"
        ))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn the_go_client_deletes_with_a_content_type() {
    let server = Listening::start().await;
    let head = |method: &str, path: &str| {
        format!(
            "{method} {path} HTTP/1.1\nHost: pos.example\nConnection: close\nUser-Agent: Go-http-client/1.1\n\
             Content-Type: application/json\nAuthorization: Bearer {TOKEN_B}\nAccept-Encoding: gzip"
        )
    };
    let body = r#"{"topic":"orders/updated","address":"https://client.example/hook","format":"json","filter":{"site_ids":null}}"#;
    let made = server
        .with_body(&head("POST", "/v1/companies/5678/webhooks.json"), body)
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let json: serde_json::Value = serde_json::from_str(&made.body).unwrap();
    assert!(json["filter"].is_object() && json["id"].is_u64());
    let path = made
        .header("location")
        .unwrap()
        .strip_prefix("http://pos.example")
        .unwrap()
        .to_owned();
    let deleted = server.exchange(&format!("{}\n\n", head("DELETE", &path))).await;
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
}

#[tokio::test]
async fn a_head_request_has_no_body() {
    let server = Listening::start().await;
    let answer = server
        .exchange(&format!(
            "HEAD /v1/companies/me.json HTTP/1.1\nHost: pos.example\nConnection: close\nAuthorization: Bearer {TOKEN_B}\n\n"
        ))
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_body_in_chunks_is_a_body() {
    let server = Listening::start().await;
    let request = format!(
        "POST /v1/companies/me/orders/{}/payments.json HTTP/1.1\nHost: pos.example\nConnection: close\n\
         Content-Type: application/json\nAuthorization: Bearer {TOKEN_B}\nTransfer-Encoding: chunked\n\n\
         f\n{{\"method_id\":1,\na\n\"amount\":1\n1\n}}\n0\n\n",
        server.order.0
    );
    let answer = server.exchange(&request).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}
