//! The relay against real sockets and a real database, on a clock that the tests move.

mod backlog;
mod counted;
mod delivering;
mod endpoints;
mod order;
mod receiver;
mod retrying;

use tender_engine::{Attempt, Delivery, DeliveryId, DeliveryState, EndpointId, OrderId};
use tender_store::{Record, Wake, WakeKind, Write};

use crate::testing::{APP, MERCHANT, eventually, put_endpoint, restaurant};
use crate::{Endpoint, Tender};
use receiver::{Receiver, Reply};

const ENDPOINT: EndpointId = EndpointId(500);
const OTHER_ENDPOINT: EndpointId = EndpointId(501);

pub(crate) fn endpoint_record(id: EndpointId, url: &str) -> Endpoint {
    Endpoint {
        id: id.0,
        application: APP.0,
        dialect: "test".to_owned(),
        url: url.to_owned(),
        secrets: vec![Tender::new_endpoint_secret()],
        ..Endpoint::default()
    }
}

/// A restaurant with one endpoint.
async fn restaurant_with(receiver: &Receiver) -> Tender {
    let tender = restaurant().await;
    put_endpoint(&tender, &endpoint_record(ENDPOINT, &receiver.url)).await;
    tender
}

/// A delivery that was just made, the way the committer writes it.
pub(crate) async fn deliver(
    tender: &Tender,
    endpoint: EndpointId,
    order: Option<OrderId>,
    sequence: u64,
) -> DeliveryId {
    let id = DeliveryId(tender.new_id());
    let now = tender.now();
    let delivery = Delivery {
        id,
        merchant: MERCHANT,
        endpoint,
        order,
        message_id: format!("message-{}", id.0),
        event: "test.happened".to_owned(),
        body: format!(r#"{{"sequence":{sequence}}}"#),
        sequence,
        state: DeliveryState::Pending,
        attempts: 0,
        next_at: now,
        created_at: now,
    };
    let wake = Wake {
        kind: WakeKind::Delivery,
        id: endpoint.to_i64(),
    };
    tender
        .write_rows(vec![Write::Put(delivery.to_row())], vec![wake])
        .await
        .expect("written");
    id
}

async fn delivery(tender: &Tender, id: DeliveryId) -> Delivery {
    tender
        .delivery(MERCHANT, id)
        .await
        .expect("readable")
        .expect("the delivery")
}

/// Waits until so many attempts of a delivery are written down.
async fn attempts(tender: &Tender, id: DeliveryId, count: usize) -> Vec<Attempt> {
    eventually("attempts", || async move {
        let attempts = tender.attempts(MERCHANT, id).await.expect("readable");
        (attempts.len() >= count).then_some(attempts)
    })
    .await
}

/// Waits until a delivery is in a state.
async fn state(tender: &Tender, id: DeliveryId, state: DeliveryState) -> Delivery {
    eventually("a state of a delivery", || async move {
        let delivery = delivery(tender, id).await;
        (delivery.state == state).then_some(delivery)
    })
    .await
}

/// A receiver that takes everything.
async fn willing() -> Receiver {
    Receiver::start([], Reply::Status(204)).await
}
