use std::sync::Arc;

use tender_engine::{Delivery, DeliveryId, EndpointId, Notice};
use tender_store::{Direction, Record, Scan, Store, Table};
use tokio::task::JoinSet;

use super::{DirectoryChange, DirectoryEvent, Edit};
use crate::testing::{LOCATION, MERCHANT, endpoint, node, put_device, put_endpoint, seed, settings, store};
use crate::{
    Application, DirectoryKind, Endpoint, Item, Location, Message, Tender, WebhookEncoder, WebhookEvent,
};

/// The endpoint that every test here tells.
const LISTENER: EndpointId = EndpointId(70);

/// Tells the listener what changed, in words.
#[derive(Debug)]
struct Words;

impl WebhookEncoder for Words {
    fn dialect(&self) -> &'static str {
        "words"
    }

    fn needs_full_order(&self, _: &[Notice], _: &Endpoint) -> bool {
        false
    }

    fn encode(&self, _: &WebhookEvent<'_>, _: &Endpoint) -> Vec<Message> {
        Vec::new()
    }

    fn encode_directory(&self, event: &DirectoryEvent<'_>) -> Vec<(EndpointId, Message)> {
        let body = match event.change {
            DirectoryChange::Item { before, after } => {
                let stock = |item: Option<&Item>| item.map(|item| item.stock);
                format!("{:?} {:?}", stock(before), stock(after))
            }
            // Nobody can have asked about a place that was not there.
            DirectoryChange::Location { before: None, .. } => return Vec::new(),
            DirectoryChange::Location { after, .. } => {
                let updated_at_ms = after.map(|location| location.online_ordering.updated_at_ms);
                let is_now = updated_at_ms == Some(event.now.0);
                format!("now: {is_now}, till: {}", event.has_till(LOCATION))
            }
        };
        let event = "changed".to_owned();
        vec![(LISTENER, Message { event, body })]
    }

    fn headers(&self, _: &Delivery, _: &Endpoint, _: Option<&Application>) -> Vec<(String, String)> {
        Vec::new()
    }
}

async fn listening(store: &Arc<dyn Store>) -> Tender {
    let tender = node(store, settings(), vec![Arc::new(Words)]).await;
    seed(&tender).await;
    let record = Endpoint {
        id: LISTENER.0,
        dialect: "words".to_owned(),
        name: "listener".to_owned(),
        ..Endpoint::default()
    };
    put_endpoint(&tender, &record).await;
    tender
}

fn item(stock: Option<u32>) -> Item {
    Item {
        id: 5,
        sku: "soup".to_owned(),
        stock,
        ..Item::default()
    }
}

async fn put_item(tender: &Tender, stock: Option<u32>) {
    tender
        .put_directory(MERCHANT, DirectoryKind::Item, 5, &item(stock))
        .await
        .expect("an item");
}

/// What the listener was told, oldest first, with the numbers that it sees gaps by.
async fn told(tender: &Tender, after: DeliveryId) -> Vec<(u64, String)> {
    let scan = Scan::new(Table::Deliveries, 100)
        .equals("merchant_id", MERCHANT.to_i64())
        .filter("delivery_id", tender_store::Op::Gt, after.to_i64())
        .order_by("delivery_id", Direction::Ascending);
    let rows = tender.scan_rows(scan).await.expect("deliveries");
    let read = |row| Delivery::from_row(row).expect("a delivery");
    let told = rows.iter().map(read).inspect(|delivery| {
        assert_eq!((delivery.endpoint, delivery.order), (LISTENER, None));
    });
    told.map(|delivery| (delivery.sequence, delivery.body)).collect()
}

#[tokio::test]
async fn a_change_of_an_item_is_told_with_its_commit_and_no_change_is_not() {
    let tender = listening(&store()).await;
    for stock in [None, Some(5), Some(5), None] {
        put_item(&tender, stock).await;
    }
    tender
        .delete_directory(MERCHANT, DirectoryKind::Item, 5)
        .await
        .expect("deleted");
    // Nothing is there any more to be deleted or told about.
    tender
        .delete_directory(MERCHANT, DirectoryKind::Item, 5)
        .await
        .expect("deleted");
    let expected = [
        (1, "None Some(None)"),
        (2, "Some(None) Some(Some(5))"),
        (3, "Some(Some(5)) Some(None)"),
        (4, "Some(None) None"),
    ];
    let expected = expected.map(|(sequence, body)| (sequence, body.to_owned()));
    assert_eq!(told(&tender, DeliveryId(0)).await, expected);
}

#[tokio::test]
async fn adding_what_is_there_changes_and_tells_nothing() {
    let tender = listening(&store()).await;
    put_item(&tender, Some(3)).await;
    let before = told(&tender, DeliveryId(0)).await.len();
    tender
        .add_directory(MERCHANT, DirectoryKind::Item, 5, &item(None))
        .await
        .expect("left alone");
    assert_eq!(told(&tender, DeliveryId(0)).await.len(), before);
    let directory = tender.directory(MERCHANT).await.expect("read").expect("there");
    assert_eq!(directory.items[&5].stock, Some(3));
}

#[tokio::test]
async fn a_location_notes_when_its_readiness_changed_and_whether_a_till_is_there() {
    let tender = listening(&store()).await;
    let directory = tender.directory(MERCHANT).await.expect("read").expect("there");
    let location = directory.locations[&LOCATION.0].clone();
    let put = async |location: &Location| {
        tender
            .put_directory(MERCHANT, DirectoryKind::Location, LOCATION.0, location)
            .await
            .expect("a location");
        let all = told(&tender, DeliveryId(0)).await;
        (
            all.len(),
            all.last().map(|(_, body)| body.clone()).unwrap_or_default(),
        )
    };
    // The same again, as an import does it that knows no times.
    assert_eq!(put(&location).await.0, 0);
    let mut closed = location.clone();
    closed.online_ordering.accepting = false;
    assert_eq!(put(&closed).await, (1, "now: true, till: false".to_owned()));
    assert_eq!(put(&closed).await.0, 1, "the time alone is no change");
    // A process that has heard of no till goes by what is set up.
    put_device(&tender, LOCATION, tender_engine::DeviceId(9), None).await;
    assert_eq!(put(&location).await, (2, "now: true, till: true".to_owned()));
    let mut renamed = closed.clone();
    renamed.online_ordering.accepting = true;
    renamed.name = "Elsewhere".to_owned();
    tender.clock().advance(1_000);
    assert_eq!(put(&renamed).await, (3, "now: false, till: true".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_different_members_at_once_are_all_kept() {
    const EACH: usize = 20;
    let store = store();
    let nodes = [
        listening(&store).await,
        node(&store, settings(), Vec::new()).await,
    ];
    let mut changes = JoinSet::new();
    for number in 0..EACH {
        for (node, other) in [(0, false), (1, true)] {
            let tender = nodes[node].clone();
            changes.spawn(async move {
                let edit = |record: Option<Endpoint>| {
                    let mut record = record.expect("the endpoint");
                    if other {
                        record.url.push('u');
                    } else {
                        record.name.push('n');
                    }
                    (Edit::Put(record), ())
                };
                tender
                    .edit_directory(MERCHANT, DirectoryKind::Endpoint, LISTENER.0, edit)
                    .await
                    .expect("changed");
            });
            if number % 5 == 0 {
                let tender = nodes[node].clone();
                changes.spawn(async move {
                    let secret = tender.rotate_endpoint_secret(MERCHANT, LISTENER).await;
                    assert!(secret.expect("rotated").is_some());
                });
            }
        }
    }
    changes.join_all().await;
    let record = endpoint(&nodes[1], LISTENER).await;
    assert_eq!(record.name, format!("listener{}", "n".repeat(EACH)));
    assert_eq!(record.url, "u".repeat(EACH));
    assert_eq!(record.secrets.len(), 4, "as many as are kept");
}

#[tokio::test]
async fn an_edit_may_delete_keep_or_find_nothing() {
    let tender = listening(&store()).await;
    let kind = DirectoryKind::Endpoint;
    let keep = |record: Option<Endpoint>| (Edit::<Endpoint>::Keep, record.map(|record| record.name));
    let name = tender.edit_directory(MERCHANT, kind, LISTENER.0, keep).await;
    assert_eq!(name, Ok(Some("listener".to_owned())));
    let delete = |record: Option<Endpoint>| (Edit::<Endpoint>::Delete, record.is_some());
    assert_eq!(
        tender.edit_directory(MERCHANT, kind, LISTENER.0, delete).await,
        Ok(true)
    );
    assert_eq!(
        tender.edit_directory(MERCHANT, kind, LISTENER.0, keep).await,
        Ok(None)
    );
    assert_eq!(
        tender.edit_directory(MERCHANT, kind, LISTENER.0, delete).await,
        Ok(false)
    );
}
