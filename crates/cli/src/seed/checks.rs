//! Open checks at the demo's tables. A table whose check was closed gets a new one on the next start.

use anyhow::anyhow;
use tender_engine::{
    ApplicationId, Command, Discount, KeyClaim, KeySpace, LineSpec, LocationId, OpenOrder, Order, OrderState,
    Outcome, ServiceCharge, StaffId, Stage, Via,
};
use tender_money::Decimal;
use tender_service::{Caller, Directory, Field, OrderFilter, Tender};
use tender_store::Op;

use super::places::{EUR, LOCATIONS, OTHER, Place, WAITER, check_name};
use super::told;

/// How far back a table's last check is looked for.
const ORDERS_LOOKED_AT: u32 = 1_000;

/// What a guest had: code and quantity.
type Had = (&'static str, &'static str);

/// The checks of a location: table, covers, service charge rate, lines. Every code is sold everywhere.
const CHECKS: [(u32, u32, Option<&str>, &[Had]); 6] = [
    (1, 1, None, &[("20", "1")]),
    (2, 2, Some("0.1"), &[("11", "1"), ("30", "2")]),
    (3, 4, None, &[("10", "2"), ("20", "2"), ("30", "4")]),
    (4, 2, None, &[("11", "2"), ("20", "1")]),
    (
        5,
        6,
        Some("0.125"),
        &[("10", "3"), ("11", "3"), ("20", "6"), ("30", "8")],
    ),
    (6, 1, None, &[("10", "1"), ("30", "1")]),
];

/// An open check of the euro location.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its table.
    pub table: u32,
    /// Its account identifier.
    pub account: String,
    /// Its order id.
    pub order: u64,
}

/// Opens what is missing and answers the checks of the euro location, by table.
pub async fn open(tender: &Tender) -> anyhow::Result<Vec<Check>> {
    let mut open = Vec::new();
    for place in LOCATIONS.iter().chain([&OTHER]) {
        let directory = tender.directory(place.merchant).await.map_err(told)?;
        let directory = directory.ok_or_else(|| anyhow!("the demo's merchant is not there"))?;
        let filter = OrderFilter::default().with(Field::Location, Op::Eq, place.id.cast_signed());
        let heads = tender
            .order_heads(place.merchant, &filter, 0, ORDERS_LOOKED_AT)
            .await
            .map_err(told)?;
        for (table, covers, service, had) in &CHECKS {
            let last = heads
                .items
                .iter()
                .find(|order| order.table_number == Some(*table));
            if let Some(order) = last.filter(|order| order.state == OrderState::Open) {
                open.push((place.id, Check::of(*table, order)));
                continue;
            }
            // The key names the check before this one, so that nodes that start together open one and the same.
            let key = format!("demo-check:{table}:{}", last.map_or(0, |order| order.id.0));
            let lines = had
                .iter()
                .map(|had| line(&directory, place, had))
                .collect::<anyhow::Result<Vec<_>>>()?;
            let command = check(place, *table, *covers, *service, lines, key)?;
            let caller = Caller {
                merchant: place.merchant,
                application: ApplicationId(0),
                via: Via::Till,
            };
            let done = tender
                .execute(&caller, Command::OpenOrder(Box::new(command)))
                .await
                .map_err(told)?;
            let order = match done.outcome {
                Some(Outcome::Opened(opened)) => opened.order,
                Some(Outcome::Repeated(id)) => {
                    let order = tender.order_head(place.merchant, id).await.map_err(told)?;
                    order.ok_or_else(|| anyhow!("the check of table {table} is not there"))?
                }
                other => return Err(anyhow!("opening a check answered {other:?}")),
            };
            open.push((place.id, Check::of(*table, &order)));
        }
    }
    Ok(open
        .into_iter()
        .filter(|(location, _)| *location == EUR)
        .map(|(_, check)| check)
        .collect())
}

impl Check {
    fn of(table: u32, order: &Order) -> Self {
        Self {
            table,
            account: order.account.to_string(),
            order: order.id.0,
        }
    }
}

fn check(
    place: &Place,
    table: u32,
    covers: u32,
    service: Option<&str>,
    lines: Vec<LineSpec>,
    key: String,
) -> anyhow::Result<OpenOrder> {
    let service_charge = match service {
        Some(rate) => ServiceCharge::Rate(decimal(rate)?),
        None => ServiceCharge::None,
    };
    Ok(OpenOrder {
        location: LocationId(place.id),
        lines,
        service_charge,
        close_when_paid: true,
        payments_locked: false,
        stage: Stage::Pending,
        table_number: Some(table),
        name: Some(check_name(table)),
        covers: Some(covers),
        staff: Some(StaffId(WAITER)),
        external_reference: None,
        notes: None,
        labels: Vec::new(),
        keys: vec![KeyClaim {
            space: KeySpace::IdempotencyKey,
            text: key,
            fields: Vec::new(),
            refuse_repeats: false,
        }],
        payments: Vec::new(),
        settle: None,
        delivery: None,
        maker: None,
        refusal: None,
    })
}

fn line(directory: &Directory, place: &Place, (sku, quantity): &Had) -> anyhow::Result<LineSpec> {
    let item = directory.item_by_sku(LocationId(place.id), sku);
    let item = item.ok_or_else(|| anyhow!("the demo's item {sku} is not sold at {}", place.name))?;
    Ok(LineSpec {
        name: item.name.clone(),
        sku: Some(item.sku.clone()),
        product_id: Some(item.id),
        quantity: decimal(quantity)?,
        unit_price: decimal(&item.price)?,
        price_is_amount: true,
        price_includes_tax: true,
        tax_rate: decimal(&item.tax_rate)?,
        price_variation: Decimal::ONE,
        discount: Discount::None,
        modifiers: Vec::new(),
        notes: None,
        client_line_id: None,
        parent: None,
    })
}

fn decimal(text: &str) -> anyhow::Result<Decimal> {
    Decimal::parse(text).map_err(|error| anyhow!("{text}: {error}"))
}
