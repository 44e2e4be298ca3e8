//! What is read out of an answer, and what goes into a request.

use tender_engine::{DeliveryId, DeliveryState, EndpointId, MerchantId};

use super::*;

fn wish(value: &str, now_ms: i64) -> Option<i64> {
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, HeaderValue::from_str(value).expect("a value"));
    retry_after_ms(&headers, Timestamp(now_ms))
}

#[test]
fn retry_after_is_read_as_seconds_or_date_and_within_a_day() {
    let eight_of_november_1994_ms = 784_284_577_000;
    let cases = [
        ("0", Some(0)),
        ("120", Some(120_000)),
        (" 7 ", Some(7_000)),
        ("86400", Some(86_400_000)),
        ("86401", Some(86_400_000)),
        ("99999999999999999999999", None),
        ("18446744073709551615", Some(86_400_000)),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("Tue, 08 Nov 1994 08:49:47 GMT", Some(10_000)),
        ("Tue, 08 Nov 1994 08:49:30 GMT", Some(0)),
        ("Fri, 01 Jan 2100 00:00:00 GMT", Some(86_400_000)),
    ];
    for (value, expected) in cases {
        assert_eq!(wish(value, eight_of_november_1994_ms), expected, "{value:?}");
    }
    assert_eq!(retry_after_ms(&HeaderMap::new(), Timestamp(0)), None);
}

#[test]
fn only_2xx_is_a_success() {
    for (status, expected) in [
        (199, false),
        (200, true),
        (204, true),
        (299, true),
        (300, false),
        (302, false),
        (500, false),
    ] {
        let answer = Answer {
            status: Some(status),
            error: None,
            duration_ms: 1,
            retry_after_ms: None,
        };
        assert_eq!(answer.is_success(), expected, "{status}");
    }
    let none = Answer {
        status: None,
        error: Some("timeout".to_owned()),
        duration_ms: 1,
        retry_after_ms: None,
    };
    assert!(!none.is_success());
}

#[test]
fn a_header_that_cannot_be_sent_is_named_without_its_value() {
    let delivery = Delivery {
        id: DeliveryId(1),
        merchant: MerchantId(1),
        endpoint: EndpointId(1),
        order: None,
        message_id: "m".to_owned(),
        event: "e".to_owned(),
        body: "{}".to_owned(),
        sequence: 1,
        state: DeliveryState::Pending,
        attempts: 0,
        next_at: Timestamp(0),
        created_at: Timestamp(0),
    };
    let endpoint = Endpoint::default();
    let with = |name: &str, value: &str| {
        let headers = vec![(name.to_owned(), value.to_owned())];
        let (now, real_now) = (Timestamp(0), Timestamp(1_999));
        super::headers(&Message {
            delivery: &delivery,
            endpoint: &endpoint,
            headers,
            now,
            real_now,
        })
    };
    assert_eq!(
        with("authorization", "secret\r\nx: y").expect_err("refused"),
        "not a header value for authorization"
    );
    assert_eq!(
        with("bad name", "v").expect_err("refused"),
        "not a header name: bad name"
    );
    let good = with("Authorization", "Basic abc").expect("headers");
    assert_eq!(
        good.get("authorization").and_then(|value| value.to_str().ok()),
        Some("Basic abc")
    );
    assert_eq!(
        good.get("webhook-timestamp")
            .and_then(|value| value.to_str().ok()),
        Some("1")
    );
    assert_eq!(
        good.get("webhook-signature"),
        None,
        "an endpoint without a usable secret"
    );
}

#[tokio::test]
async fn tls_is_spoken_to_https_urls() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let exchange = Exchange::new(true, 5_000);
    let calling = exchange.client.request(
        Request::post(format!("https://127.0.0.1:{port}/"))
            .body(Full::new(Bytes::new()))
            .expect("a request"),
    );
    let first_bytes = async {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut start = [0; 3];
        loop {
            stream.readable().await.expect("readable");
            match stream.try_read(&mut start) {
                Ok(read) => return (read, start),
                // Readiness may be announced without there being anything.
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
            }
        }
    };
    let (result, (read, start)) = tokio::join!(calling, first_bytes);
    assert_eq!(
        (read, start),
        (3, [0x16, 0x03, 0x01]),
        "the beginning of a TLS handshake"
    );
    assert!(result.is_err());
}
