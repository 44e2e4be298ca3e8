//! Section 9: what holds after every call of any sequence.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tender_engine::{Command, Direction, OrderChange, SettleOrder};

use super::world::{CARD, CASH, OLD, World, engine_caller, order_id};

/// One call; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Act {
    Create {
        refund: bool,
        amount: Option<u8>,
        status: u8,
        method: u8,
        source: Option<u8>,
        key: Option<u8>,
    },
    Patch {
        at: u8,
        amount: Option<u8>,
        status: Option<u8>,
        method: Option<u8>,
        correction: bool,
        note: bool,
    },
    Confirm(u8),
    /// Confirms what says that it can be.
    ConfirmOffered(u8),
    Delete(u8),
    Close,
}

const STATUSES: [&str; 4] = ["pending", "progress", "complete", "reversed"];
const METHODS: [&str; 4] = [CASH, CARD, OLD, "mth_99"];

fn act() -> impl Strategy<Value = Act> {
    let create = (
        any::<bool>(),
        prop::option::weighted(0.8, 0..70_u8),
        0..4_u8,
        0..5_u8,
        prop::option::of(any::<u8>()),
        prop::option::weighted(0.3, 0..3_u8),
    );
    let create = create.prop_map(|(refund, amount, status, method, source, key)| Act::Create {
        refund,
        amount,
        status,
        method,
        source,
        key,
    });
    let patch = (
        any::<u8>(),
        prop::option::of(0..70_u8),
        prop::option::of(0..4_u8),
        prop::option::weighted(0.2, 0..4_u8),
        any::<bool>(),
        any::<bool>(),
    );
    let patch = patch.prop_map(|(at, amount, status, method, correction, note)| Act::Patch {
        at,
        amount,
        status,
        method,
        correction,
        note,
    });
    prop_oneof![
        8 => create,
        5 => patch,
        2 => any::<u8>().prop_map(Act::Confirm),
        3 => any::<u8>().prop_map(Act::ConfirmOffered),
        3 => any::<u8>().prop_map(Act::Delete),
        1 => Just(Act::Close),
    ]
}

fn pick(list: &[String], at: u8) -> String {
    match list.len() {
        0 => "pay_4711_1".to_owned(),
        length => list[usize::from(at) % length].clone(),
    }
}

struct Play {
    world: World,
    made: Vec<String>,
}

impl Play {
    async fn act(&mut self, act: &Act) {
        let world = &self.world;
        let before = world.state(&world.e).await;
        let answer = match act {
            Act::Create {
                refund,
                amount,
                status,
                method,
                source,
                key,
            } => {
                let mut params =
                    json!({"orderId": world.e, "type": if *refund { "refund" } else { "receipt" }});
                params["status"] = json!(STATUSES[usize::from(*status)]);
                if let Some(amount) = amount {
                    params["amount"] = json!(amount);
                }
                if let Some(method) = METHODS.get(usize::from(*method)) {
                    params["methodId"] = json!(method);
                }
                if let (true, Some(source)) = (refund, source) {
                    params["sourcePaymentId"] = json!(pick(&self.made, *source));
                }
                let params = params.to_string();
                match key {
                    None => world.post_text(&params).await,
                    Some(key) => {
                        let answer = world.post_keyed(&format!("key-{key}"), &params).await;
                        let after = world.state(&world.e).await;
                        let again = world.post_keyed(&format!("key-{key}"), &params).await;
                        assert_eq!(again.status, answer.status);
                        assert_eq!(again.json()["data"], answer.json()["data"]);
                        assert_eq!(again.json()["error"], answer.json()["error"]);
                        assert_eq!(world.state(&world.e).await, after, "a repeat changed something");
                        answer
                    }
                }
            }
            Act::Patch {
                at,
                amount,
                status,
                method,
                correction,
                note,
            } => {
                let mut params = json!({"correction": correction});
                if let Some(amount) = amount {
                    params["amount"] = json!(amount);
                }
                if let Some(status) = status {
                    params["status"] = json!(STATUSES[usize::from(*status)]);
                }
                if let Some(method) = method {
                    params["methodId"] = json!(METHODS[usize::from(*method)]);
                }
                if *note {
                    params["note"] = json!(format!("note {at}"));
                }
                world.patch(&pick(&self.made, *at), &params).await
            }
            Act::Confirm(at) => world.confirm(&pick(&self.made, *at)).await,
            Act::ConfirmOffered(at) => {
                let offered = self.offered().await;
                if offered.is_empty() {
                    return;
                }
                let uid = pick(&offered, *at);
                let answer = world.confirm(&uid).await;
                assert_eq!(answer.item(&uid)["status"], json!("complete"), "can held confirm");
                answer
            }
            Act::Delete(at) => world.delete(&pick(&self.made, *at)).await,
            Act::Close => {
                let close = Command::SettleOrder(SettleOrder {
                    order: order_id(&world.e),
                    change: OrderChange::Close,
                });
                // Refused while payments are open.
                let _ = world
                    .tender
                    .execute(&engine_caller(tender_engine::Via::Native), close)
                    .await;
                return;
            }
        };
        if answer.status != 200 {
            assert_eq!(
                world.state(&world.e).await,
                before,
                "a failed call changed something"
            );
            assert_eq!(answer.header("tender-money-moved"), Some("no"));
        } else if let Some(uid) = answer.json()["data"]["id"].as_str() {
            self.made.push(uid.to_owned());
        }
    }

    async fn offered(&self) -> Vec<String> {
        let data = self.world.list(&self.world.e).await.data();
        let items = data["items"].as_array().expect("items");
        let offered = items.iter().filter(|item| item["can"] == json!(["confirm"]));
        offered
            .filter_map(|item| item["id"].as_str().map(str::to_owned))
            .collect()
    }

    async fn check(&self) {
        let view = self.world.view(&self.world.e).await;
        assert!(view.order.due_minor() >= 0);
        assert!(view.order.refundable_minor() >= 0);
        for payment in &view.payments {
            if payment.direction == Direction::Receipt {
                assert!(payment.refundable_minor() >= 0, "{payment:?}");
            }
        }
        let list = self.world.list(&self.world.e).await;
        let data = list.data();
        let mut used: Vec<String> = Vec::new();
        let of_order = self.world.e.replacen("ord", "pay", 1);
        for item in data["items"].as_array().expect("items") {
            check_times(item);
            let id = item["id"].as_str().expect("an id");
            assert!(id.starts_with(&format!("{of_order}_")), "{id}");
            assert!(
                item["amount"].as_f64().is_some_and(|amount| amount > 0.0),
                "{item}"
            );
            if let Some(method) = item.get("methodUid").and_then(Value::as_str)
                && !used.iter().any(|known| known == method)
            {
                used.push(method.to_owned());
            }
        }
        assert_eq!(list.methods(), used);
    }
}

fn check_times(item: &Value) {
    let status = item["status"].as_str().expect("a status");
    let is_done = matches!(status, "complete" | "reversed");
    assert_eq!(item.get("completedAt").is_some(), is_done, "{item}");
    assert_eq!(item.get("reversedAt").is_some(), status == "reversed", "{item}");
}

#[test]
fn whatever_is_called() {
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let acts = prop::collection::vec(act(), 1..40);
    let played = TestRunner::new(config).run(&acts, |acts| {
        runtime.block_on(async {
            let mut play = Play {
                world: World::new().await,
                made: Vec::new(),
            };
            for act in &acts {
                play.act(act).await;
                play.check().await;
            }
        });
        Ok(())
    });
    if let Err(error) = played {
        panic!("{error}");
    }
}
