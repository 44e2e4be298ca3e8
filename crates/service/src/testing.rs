//! What tests of this crate share: a restaurant on a scratch database, its orders and payments, and waiting for something
//! to become true.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tender_engine::{
    AmountSpec, ApplicationId, Command, DeviceId, Direction, EndpointId, LineSpec, LocationId, Lookup,
    MerchantId, MethodId, MethodKind, MethodRef, OpenOrder, Order, OrderId, OrderSelector, Outcome, Payment,
    PaymentSpec, Settle, TaskSpec, Via,
};
use tender_money::Decimal;
use tender_store::Store;
use tender_store_sqlite::SqliteStore;

use crate::{
    Application, Caller, Clock, Device, DirectoryKind, Endpoint, Location, Merchant, Method, Settings,
    Tender, WebhookEncoder,
};

pub(crate) const MERCHANT: MerchantId = MerchantId(1);
pub(crate) const LOCATION: LocationId = LocationId(100);
pub(crate) const OTHER_LOCATION: LocationId = LocationId(101);
pub(crate) const APP: ApplicationId = ApplicationId(10);

/// Longer than anything here takes on a busy machine; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(2);

pub(crate) fn store() -> Arc<dyn Store> {
    Arc::new(SqliteStore::open_in_memory().expect("a scratch database"))
}

pub(crate) fn settings() -> Settings {
    Settings {
        sandbox: true,
        private_webhooks: true,
        retry_jitter_percent: 0,
        ..Settings::default()
    }
}

pub(crate) async fn node(
    store: &Arc<dyn Store>,
    settings: Settings,
    encoders: Vec<Arc<dyn WebhookEncoder>>,
) -> Tender {
    Tender::start(Arc::clone(store), Clock::new(), encoders, settings)
        .await
        .expect("the service starts")
}

/// A service with a merchant, two locations and an application.
pub(crate) async fn restaurant() -> Tender {
    let tender = node(&store(), settings(), Vec::new()).await;
    seed(&tender).await;
    tender
}

pub(crate) async fn seed(tender: &Tender) {
    let merchant = Merchant {
        id: MERCHANT.0,
        ..Merchant::default()
    };
    put(tender, DirectoryKind::Merchant, MERCHANT.0, &merchant).await;
    for id in [LOCATION, OTHER_LOCATION] {
        let location = Location {
            id: id.0,
            currency: "EUR".to_owned(),
            station: id.0,
            ..Location::default()
        };
        put(tender, DirectoryKind::Location, id.0, &location).await;
    }
    let application = Application {
        id: APP.0,
        merchant: MERCHANT.0,
        ..Application::default()
    };
    put(tender, DirectoryKind::Application, APP.0, &application).await;
    let method = Method {
        id: 7,
        code: "CASH".to_owned(),
        active: true,
        ..Method::default()
    };
    put(tender, DirectoryKind::Method, 7, &method).await;
}

async fn put<T: serde::Serialize>(tender: &Tender, kind: DirectoryKind, id: u64, record: &T) {
    tender
        .put_directory(MERCHANT, kind, id, record)
        .await
        .expect("a directory record");
}

pub(crate) async fn put_device(
    tender: &Tender,
    location: LocationId,
    device: DeviceId,
    behaviour: Option<&str>,
) {
    let behaviour = behaviour.map(str::to_owned);
    let record = Device {
        id: device.0,
        location: location.0,
        behaviour,
        ..Device::default()
    };
    put(tender, DirectoryKind::Device, device.0, &record).await;
}

pub(crate) async fn put_endpoint(tender: &Tender, endpoint: &Endpoint) {
    put(tender, DirectoryKind::Endpoint, endpoint.id, endpoint).await;
}

/// The endpoint's record as it stands in the store.
pub(crate) async fn endpoint(tender: &Tender, id: EndpointId) -> Endpoint {
    let directory = tender
        .directory(MERCHANT)
        .await
        .expect("a directory")
        .expect("the merchant");
    directory.endpoints.get(&id.0).expect("the endpoint").clone()
}

pub(crate) fn caller() -> Caller {
    Caller {
        merchant: MERCHANT,
        application: APP,
        via: Via::Native,
    }
}

/// Opens an order of one line.
pub(crate) async fn open_order(tender: &Tender, location: LocationId, price: &str) -> Order {
    let command = Command::OpenOrder(Box::new(OpenOrder::new(location, vec![line(price)])));
    match tender
        .execute(&caller(), command)
        .await
        .expect("an order")
        .outcome
    {
        Some(Outcome::Opened(opened)) => opened.order,
        other => panic!("not an order: {other:?}"),
    }
}

fn line(price: &str) -> LineSpec {
    LineSpec::new("Soup", decimal(price))
}

/// Pays at once.
pub(crate) async fn pay(tender: &Tender, order: OrderId, amount: &str) -> Payment {
    pay_by(tender, order, amount, Settle::Immediate).await
}

/// Pays through a till.
pub(crate) async fn pay_at_till(
    tender: &Tender,
    order: OrderId,
    amount: &str,
    ttl_ms: i64,
    device: Option<DeviceId>,
) -> Payment {
    let task = TaskSpec {
        ttl_ms,
        device,
        not_before: None,
    };
    pay_by(tender, order, amount, Settle::Till(task)).await
}

async fn pay_by(tender: &Tender, order: OrderId, amount: &str, settle: Settle) -> Payment {
    let amount = AmountSpec::Exact(decimal(amount));
    let mut spec = PaymentSpec::new(OrderSelector::Id(order), Direction::Receipt, amount, settle);
    spec.method = cash();
    match tender
        .execute(&caller(), Command::Pay(Box::new(spec)))
        .await
        .expect("a payment")
        .outcome
    {
        Some(Outcome::Payment(payment)) => *payment,
        other => panic!("not a payment: {other:?}"),
    }
}

/// A method to pay by.
pub(crate) fn cash() -> Lookup<(MethodRef, MethodKind)> {
    let method = MethodRef {
        id: MethodId(7),
        code: "CASH".to_owned(),
        name: "Cash".to_owned(),
    };
    Lookup::Known((method, MethodKind::Ordinary))
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a decimal")
}

/// Looks again and again until something is there. Used where the product offers no event to wait for.
pub(crate) async fn eventually<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(GLANCE).await;
        }
    };
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(found) => found,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// Waits for something that comes by itself.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited in vain for {what}"),
    }
}
