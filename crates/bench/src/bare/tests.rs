use std::time::Duration;

use tokio::net::TcpListener;

use super::{measure, router};
use crate::client::{Call, Client};
use crate::load::Shape;
use crate::orders::PAY_PATH;

#[tokio::test]
async fn payments_are_parsed_and_anything_else_is_refused() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, router()).into_future());
    let shape = Shape {
        requests: 100,
        clients: 4,
        time_max: Duration::from_secs(60),
    };
    assert_eq!(measure(address, shape).await.unwrap().count, 100);

    let mut client = Client::connect(address).await.unwrap();
    for body in ["{}", "", "{\"iKaccountId\":0}"] {
        let call = Call {
            method: hyper::Method::POST,
            path: PAY_PATH,
            authorization: None,
            body: body.into(),
        };
        let error = client.succeed(call).await.unwrap_err();
        assert!(error.to_string().contains("400"), "{error}");
    }
}
