//! The contribution rule on the wire: rows 32 to 45 of the checklist.

use tender_engine::{LocationId, OrderId, ServiceCharge};

use super::shop::{Bill, DINAR_SITE, SITE, Shop, YEN_SITE, decimal};

/// One payment and what it must lead to.
struct Step {
    amount: &'static str,
    tip: &'static str,
    /// What it contributes.
    contributes: &'static str,
}

const fn step(amount: &'static str, contributes: &'static str) -> Step {
    Step {
        amount,
        tip: "0",
        contributes,
    }
}

const fn tipped(amount: &'static str, tip: &'static str, contributes: &'static str) -> Step {
    Step {
        amount,
        tip,
        contributes,
    }
}

async fn pay_all(shop: &Shop, order: OrderId, steps: &[Step]) {
    for (
        index,
        Step {
            amount,
            tip,
            contributes,
        },
    ) in steps.iter().enumerate()
    {
        let reply = shop.pay(order, amount, tip).await.expect(201, &[]);
        assert_eq!(
            decimal(&reply.at("/service_charge")),
            decimal(contributes),
            "payment {} of {amount}",
            index + 1
        );
    }
}

/// Plays payments on a fresh order and answers it with R, `paid` and `tips` after them.
async fn check(bill: Bill, steps: &[Step], sums: [&str; 3]) -> (Shop, OrderId) {
    let shop = Shop::open().await;
    let order = shop.bill(bill).await;
    pay_all(&shop, order, steps).await;
    assert_eq!(shop.sums(order).await, sums);
    (shop, order)
}

fn dollars(goods: &'static str, rate: &str) -> Bill {
    Bill::of(goods, ServiceCharge::Rate(decimal(rate)))
}

#[tokio::test]
async fn row_32_the_first_published_example() {
    let (shop, order) = check(Bill::default(), &[step("5.00", "0.45")], ["6", "5", "0"]).await;
    let charge = [
        ("/service_charge", "1"),
        ("/service_charge_rate", "0.1"),
        ("/total", "11"),
    ];
    shop.read(order).await.expect(200, &charge);
    pay_all(&shop, order, &[step("6.00", "0.55")]).await;
    assert_eq!(shop.sums(order).await, ["0", "11", "0"]);
    shop.read(order).await.expect(200, &charge);
}

#[tokio::test]
async fn row_33_the_second_published_example() {
    let (shop, order) = check(
        Bill::default(),
        &[tipped("4.00", "0.10", "0.37")],
        ["6.9", "4.1", "0"],
    )
    .await;
    pay_all(&shop, order, &[step("6.90", "0.63")]).await;
    assert_eq!(shop.remaining(order).await, "0");
}

#[tokio::test]
async fn row_34_the_third_published_example() {
    let (shop, order) = check(
        Bill::default(),
        &[tipped("4.00", "2.00", "1.00")],
        ["6", "5", "1"],
    )
    .await;
    pay_all(&shop, order, &[tipped("6.00", "0.50", "0")]).await;
    assert_eq!(shop.sums(order).await, ["0", "11", "1.5"]);
}

#[tokio::test]
async fn row_35_the_last_of_three_takes_the_residual() {
    let steps = [step("3.67", "0.33"), step("3.67", "0.33"), step("3.66", "0.34")];
    check(Bill::default(), &steps, ["0", "11", "0"]).await;
}

#[tokio::test]
async fn row_36_eleven_guests() {
    let mut steps: Vec<Step> = (0..10).map(|_| step("1.00", "0.09")).collect();
    steps.push(step("1.00", "0.10"));
    check(Bill::default(), &steps, ["0", "11", "0"]).await;
}

#[tokio::test]
async fn row_37_seven_guests() {
    let mut steps: Vec<Step> = (0..6).map(|_| step("1.57", "0.14")).collect();
    steps.push(step("1.58", "0.16"));
    check(Bill::default(), &steps, ["0", "11", "0"]).await;
}

#[tokio::test]
async fn row_38_half_of_a_cent_goes_up() {
    let mut steps: Vec<Step> = (0..7).map(|_| step("1.50", "0.13")).collect();
    steps.push(step("1.50", "0.09"));
    check(
        Bill::of("11.00", ServiceCharge::Amount(100)),
        &steps,
        ["0", "12", "0"],
    )
    .await;
}

#[tokio::test]
async fn row_39_an_eighth() {
    let steps = [
        step("37.50", "4.17"),
        step("37.50", "4.17"),
        step("37.50", "4.16"),
    ];
    check(dollars("100.00", "0.125"), &steps, ["0", "112.5", "0"]).await;
}

#[tokio::test]
async fn row_40_other_digits() {
    let at = |site: LocationId, goods| Bill {
        site,
        ..dollars(goods, "0.1")
    };
    check(
        at(YEN_SITE, "1000"),
        &[step("500", "45"), step("600", "55")],
        ["0", "1100", "0"],
    )
    .await;
    let dinars = [step("5.000", "0.455"), step("6.000", "0.545")];
    check(at(DINAR_SITE, "10.000"), &dinars, ["0", "11", "0"]).await;
}

#[tokio::test]
async fn row_41_the_known_corner() {
    let mut steps: Vec<Step> = (0..4).map(|_| step("2.69", "0.24")).collect();
    steps.extend([step("0.23", "0.02"), step("0.01", "0.02")]);
    check(at_site(), &steps, ["0", "11", "0"]).await;
}

fn at_site() -> Bill {
    Bill {
        site: SITE,
        ..Bill::default()
    }
}

#[tokio::test]
async fn row_42_a_tip_between_minimum_and_charge_is_service() {
    let (shop, order) = check(
        Bill::default(),
        &[tipped("4.00", "0.50", "0.50")],
        ["6.5", "4.5", "0"],
    )
    .await;
    pay_all(&shop, order, &[step("6.50", "0.50")]).await;
    assert_eq!(shop.remaining(order).await, "0");
}

#[tokio::test]
async fn row_43_a_guest_who_pays_everything_and_tips() {
    check(
        Bill::default(),
        &[tipped("11.00", "2.00", "1.00")],
        ["0", "11", "2"],
    )
    .await;
    check(
        Bill::default(),
        &[tipped("10.50", "1.00", "1.00")],
        ["0", "11", "0.5"],
    )
    .await;
}

#[tokio::test]
async fn row_44_a_tip_alone() {
    let steps = [step("10.00", "0.91"), tipped("0", "1.00", "0.09")];
    let (shop, order) = check(Bill::default(), &steps, ["0.91", "10.09", "0.91"]).await;
    pay_all(&shop, order, &[step("0.91", "0")]).await;
    assert_eq!(shop.remaining(order).await, "0");
}

#[tokio::test]
async fn row_45_without_service_charge_a_tip_is_a_tip() {
    check(
        Bill::of("10.00", ServiceCharge::None),
        &[tipped("4.00", "2.00", "0")],
        ["6", "4", "2"],
    )
    .await;
}
