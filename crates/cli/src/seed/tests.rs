use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tender_engine::MerchantId;
use tender_service::{Clock, Directory, OrderFilter, Settings, Tender};
use tender_store_sqlite::SqliteStore;

use super::{MERCHANT, OTHER_MERCHANT, Seeded, places, seed};

/// More orders than a demo has.
const ORDERS_MAX: u32 = 1_000;

async fn new_tender() -> Tender {
    let store = Arc::new(SqliteStore::open_in_memory().expect("a scratch database"));
    let tender = Tender::start(store, Clock::new(), Vec::new(), Settings::default());
    tender.await.expect("the service starts")
}

async fn seeded(tender: &Tender) -> Seeded {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 8_080));
    seed(tender, address).await.expect("the demo's data are accepted")
}

async fn directory(tender: &Tender, merchant: MerchantId) -> Arc<Directory> {
    let found = tender.directory(merchant).await.expect("the ledger is readable");
    found.expect("the merchant was written")
}

#[tokio::test]
async fn seeding_again_changes_nothing() {
    let tender = new_tender().await;
    let first = seeded(&tender).await;
    let before = directory(&tender, MERCHANT).await;
    let second = seeded(&tender).await;
    let after = directory(&tender, MERCHANT).await;
    assert_eq!(first.credentials.to_json(), second.credentials.to_json());
    assert_eq!(before.items, after.items);
    assert_eq!(before.locations, after.locations);
    assert_eq!(before.staff, after.staff);
    let ids = |seeded: &Seeded| seeded.checks.iter().map(|check| check.order).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second));
    assert_eq!(ids(&first).len(), 6);
}

/// K-Series look-ups show no year 1970 and no empty availability; every location has something left of a counted item, and the
/// restaurant has one that is sold out and one that is not counted.
#[tokio::test]
async fn look_ups_have_something_to_show() {
    let tender = new_tender().await;
    let began = tender.now().0;
    seeded(&tender).await;
    for merchant in [MERCHANT, OTHER_MERCHANT] {
        let directory = directory(&tender, merchant).await;
        for location in directory.locations.values() {
            let name = &location.name;
            assert!(location.online_ordering.updated_at_ms >= began, "{name}");
            let stock: Vec<Option<u32>> = directory
                .items
                .values()
                .filter(|item| item.location == Some(location.id))
                .map(|item| item.stock)
                .collect();
            assert!(stock.iter().flatten().any(|count| *count > 0), "{name}");
            assert!(stock.contains(&Some(0)) || stock.contains(&None), "{name}");
            let profile = location.online_ordering.order_profile;
            let profiles = &location.order_profiles;
            assert!(profiles.iter().any(|known| Some(known.id) == profile), "{name}");
            assert!(
                location
                    .api_staff
                    .is_some_and(|staff| directory.staff.contains_key(&staff)),
                "{name}"
            );
        }
        assert!(directory.methods.values().all(|method| method.name_ar.is_some()));
        assert!(directory.staff.values().any(|staff| staff.is_admin));
    }
    let directory = directory(&tender, MERCHANT).await;
    let here = directory
        .items
        .values()
        .filter(|item| item.location == Some(places::EUR));
    let stock: Vec<Option<u32>> = here.map(|item| item.stock).collect();
    assert!(stock.contains(&Some(0)) && stock.contains(&None), "{stock:?}");
}

/// A check's own name and what K-Series makes of floor plan and table are one text.
#[tokio::test]
async fn checks_are_named_as_their_tables_are() {
    let tender = new_tender().await;
    seeded(&tender).await;
    let directory = directory(&tender, MERCHANT).await;
    let orders = tender
        .order_heads(MERCHANT, &OrderFilter::default(), 0, ORDERS_MAX)
        .await;
    let orders = orders.expect("the ledger is readable").items;
    assert_eq!(orders.len(), 18, "six checks at three locations");
    for order in orders {
        let plans = &directory.locations[&order.location.0].floor_plans;
        let names: Vec<String> = plans
            .iter()
            .flat_map(|plan| plan.tables.iter().map(move |table| (plan, table)))
            .filter(|(_, table)| Some(table.number) == order.table_number)
            .map(|(plan, table)| format!("{} {}", plan.name, table.description))
            .collect();
        assert_eq!(names, [order.name.clone().expect("a name")]);
        let staff = order.staff.expect("an employee").0;
        assert!(directory.staff.contains_key(&staff), "{staff}");
    }
}
