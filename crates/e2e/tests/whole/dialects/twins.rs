//! The same intentions through three dialects on three orders lead to the same ledger.

use anyhow::ensure;
use serde_json::Value;

use super::House;

/// Where random intentions begin; each is a test of its own sequence.
const SEEDS: [u64; 3] = [1, 20_260_529, 0x5eed];
/// Intentions of one sequence.
const INTENTIONS: usize = 30;

/// What a person wants, in minor units.
#[derive(Debug, Clone, Copy)]
enum Intention {
    Pay { amount: u64, tip: u64 },
    GiveBack { amount: u64 },
}

/// Knuth's multiplier: a sequence that is the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn intention(&mut self) -> Intention {
        match self.below(4) {
            0 => Intention::GiveBack {
                amount: self.below(3_000) + 1,
            },
            kind => Intention::Pay {
                amount: self.below(2_500) + 1,
                tip: if kind == 1 { self.below(500) + 1 } else { 0 },
            },
        }
    }
}

fn money(minor: u64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// One dialect's way to do what is wanted; what it has no words for is done with another's.
#[derive(Debug, Clone, Copy)]
enum Twin {
    Kseries,
    Kounta,
    Om,
}

impl Twin {
    /// Answers whether it was done.
    async fn do_it(
        self,
        house: &House,
        order: &Value,
        number: usize,
        wish: Intention,
    ) -> anyhow::Result<bool> {
        match (self, wish) {
            (Self::Kseries, Intention::Pay { amount, tip }) => {
                let reference = format!("{}-{number}", order["id"].as_str().unwrap_or_default());
                house
                    .kseries_pay(order, &reference, &money(amount), &money(tip))
                    .await?;
                house.landed(&reference).await
            }
            (Self::Kounta, Intention::Pay { amount, tip }) => Ok(house
                .kounta_pay(order, &money(amount), &money(tip))
                .await?
                .is_success()),
            (Self::Om, Intention::Pay { amount, tip: 0 }) => {
                let made = house.om_pay(order, "receipt", &money(amount), "pending").await?;
                if !made.is_success() {
                    return Ok(false);
                }
                // Confirmed in a second step, as om's clients do.
                let path = format!(
                    "/{}/confirm",
                    made.body["data"]["id"].as_str().unwrap_or_default()
                );
                house.om(reqwest::Method::PATCH, &path, None).await?.ok()?;
                Ok(true)
            }
            // om knows no tips.
            (Self::Om, Intention::Pay { amount, tip }) => Ok(house
                .native_pay(order, &money(amount), &money(tip))
                .await?
                .is_success()),
            // K-Series knows no refunds.
            (Self::Kounta | Self::Kseries, Intention::GiveBack { amount }) => {
                let amount = format!("-{}", money(amount));
                Ok(house.kounta_pay(order, &amount, "0").await?.is_success())
            }
            (Self::Om, Intention::GiveBack { amount }) => Ok(house
                .om_pay(order, "refund", &money(amount), "complete")
                .await?
                .is_success()),
        }
    }
}

#[tokio::test]
async fn twins_end_alike() -> anyhow::Result<()> {
    let house = House::open().await?;
    for seed in SEEDS {
        let mut dice = Dice(seed);
        let mut orders = Vec::new();
        for twin in [Twin::Kseries, Twin::Kounta, Twin::Om] {
            orders.push((twin, house.order("EUR", "100.00", false).await?));
        }
        let (mut done, mut refused) = (0, 0);
        for number in 0..INTENTIONS {
            let wish = dice.intention();
            let mut ledgers = Vec::new();
            for (twin, order) in &orders {
                let is_done = twin.do_it(&house, order, number, wish).await?;
                let native = house.native(order).await?;
                let ledger =
                    ["paid", "due", "reserved", "refunded", "tips", "state"].map(|name| native[name].clone());
                ledgers.push((is_done, ledger));
            }
            let alike = ledgers.iter().all(|ledger| *ledger == ledgers[0]);
            ensure!(alike, "seed {seed}, step {number}, {wish:?}: {ledgers:#?}");
            if ledgers[0].0 {
                done += 1;
            } else {
                refused += 1;
            }
        }
        ensure!(
            done > 0 && refused > 0,
            "seed {seed} proves little: {done} done, {refused} refused"
        );
    }
    house.close().await
}
