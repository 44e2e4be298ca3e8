//! Many at once, through three dialects.

use std::sync::Arc;

use anyhow::{Context, ensure};
use serde_json::json;
use tender_e2e::eventually;
use tokio::task::JoinSet;

use super::House;

/// Guests at one table.
const GUESTS: usize = 40;

/// 100.01 by forty: thirty-nine pay 2.50, the last 2.51.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_guests_split_one_bill_to_the_cent() -> anyhow::Result<()> {
    let house = Arc::new(House::open().await?);
    let order = Arc::new(house.order("EUR", "100.01", true).await?);
    let mut guests = JoinSet::new();
    for guest in 0..GUESTS {
        let (house, order) = (Arc::clone(&house), Arc::clone(&order));
        guests.spawn(async move {
            let share = if guest == 0 { "2.51" } else { "2.5" };
            match guest % 3 {
                0 => {
                    house
                        .kseries_pay(&order, &format!("guest-{guest}"), share, "0")
                        .await
                }
                1 => house.kounta_pay(&order, share, "0").await?.ok().map(drop),
                _ => house
                    .om_pay(&order, "receipt", share, "complete")
                    .await?
                    .ok()
                    .map(drop),
            }
        });
    }
    while let Some(paid) = guests.join_next().await {
        paid??;
    }
    let native = eventually("closed order", async || {
        let native = house.native(&order).await?;
        Ok((native["state"] == json!("closed")).then_some(native))
    })
    .await?;
    let sums = ["paid", "reserved", "due", "tips"].map(|name| &native[name]);
    assert_eq!(
        sums,
        [&json!("100.01"), &json!("0.00"), &json!("0.00"), &json!("0.00")]
    );
    assert_eq!(house.items(&order).await?.len(), GUESTS);
    assert_eq!(house.check(&order).await?["paidAmount"], json!("100.01"));
    assert_eq!(house.kounta(&order).await?["paid"], json!(100.01));
    // One more cent is one too many, whoever asks.
    ensure!(
        !house
            .om_pay(&order, "receipt", "0.01", "complete")
            .await?
            .is_success()
    );
    ensure!(!house.kounta_pay(&order, "0.01", "0").await?.is_success());
    house.kseries_pay(&order, "late", "0.01", "0").await?;
    ensure!(!house.landed("late").await?);
    Arc::into_inner(house).context("the last handle")?.close().await
}

/// Refunds of ten against a hundred that three dialects took.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_refunds_ten_succeed() -> anyhow::Result<()> {
    let house = Arc::new(House::open().await?);
    let order = Arc::new(house.order("EUR", "100.00", false).await?);
    house.kseries_pay(&order, "guest", "40", "0").await?;
    ensure!(house.landed("guest").await?);
    house.kounta_pay(&order, "35", "0").await?.ok()?;
    house.om_pay(&order, "receipt", "25", "complete").await?.ok()?;
    let mut refunds = JoinSet::new();
    for number in 0..50 {
        let (house, order) = (Arc::clone(&house), Arc::clone(&order));
        refunds.spawn(async move {
            if number % 2 == 0 {
                house.om_pay(&order, "refund", "10", "complete").await
            } else {
                house.kounta_pay(&order, "-10", "0").await
            }
        });
    }
    let mut succeeded = 0;
    while let Some(told) = refunds.join_next().await {
        let told = told??;
        if told.is_success() {
            succeeded += 1;
        } else {
            ensure!(told.status == 400, "{}: {}", told.status, told.body);
        }
    }
    assert_eq!(succeeded, 10);
    let native = house.native(&order).await?;
    assert_eq!(
        (&native["paid"], &native["refunded"]),
        (&json!("0.00"), &json!("100.00"))
    );
    Arc::into_inner(house).context("the last handle")?.close().await
}
