//! The state machine (spec om 5): every status of every type, on an open and on a closed order, under every operation.

use serde_json::{Value, json};
use tender_engine::OrderChange;

use super::world::{Answer, CARD, EUR, World};

/// What a request is answered: `ok` and the members of the item that it changed, or the code of the refusal.
const TABLE: &str = "
receipt open pending: confirm=ok:status,completedAt,can delete=ok:gone pending=ok progress=ok:status complete=ok:status,completedAt,can reversed=INVALID_STATUS amount=ok:amount amount!=ok:amount method=ok:methodUid custom=ok:custom customer=ok: note=ok:note source=ok same=ok empty=ok
receipt open progress: confirm=ok:status,completedAt,can delete=ok:gone pending=ok:status progress=ok complete=ok:status,completedAt,can reversed=INVALID_STATUS amount=ok:amount amount!=ok:amount method=ok:methodUid custom=ok:custom customer=ok: note=ok:note source=ok same=ok empty=ok
receipt open complete: confirm=ok delete=ok:gone pending=INVALID_STATUS progress=INVALID_STATUS complete=ok reversed=ok:status,reversedAt amount=INVALID_STATUS amount!=ok:amount method=INVALID_STATUS custom=INVALID_STATUS customer=ok: note=ok:note source=ok same=ok empty=ok
receipt open reversed: confirm=INVALID_STATUS delete=ok:gone pending=INVALID_STATUS progress=INVALID_STATUS complete=INVALID_STATUS reversed=ok amount=INVALID_STATUS amount!=INVALID_STATUS method=INVALID_STATUS custom=INVALID_STATUS customer=INVALID_STATUS note=INVALID_STATUS source=ok same=ok empty=ok
receipt closed complete: confirm=ok delete=ORDER_CLOSED pending=ORDER_CLOSED progress=ORDER_CLOSED complete=ok reversed=ORDER_CLOSED amount=ORDER_CLOSED amount!=ORDER_CLOSED method=ORDER_CLOSED custom=ORDER_CLOSED customer=ORDER_CLOSED note=ORDER_CLOSED source=ok same=ok empty=ok
receipt closed reversed: confirm=ORDER_CLOSED delete=ORDER_CLOSED pending=ORDER_CLOSED progress=ORDER_CLOSED complete=ORDER_CLOSED reversed=ok amount=ORDER_CLOSED amount!=ORDER_CLOSED method=ORDER_CLOSED custom=ORDER_CLOSED customer=ORDER_CLOSED note=ORDER_CLOSED source=ok same=ok empty=ok
receipt cancelled reversed: confirm=ORDER_CANCELED delete=ORDER_CANCELED pending=ORDER_CANCELED progress=ORDER_CANCELED complete=ORDER_CANCELED reversed=ok amount=ORDER_CANCELED amount!=ORDER_CANCELED method=ORDER_CANCELED custom=ORDER_CANCELED customer=ORDER_CANCELED note=ORDER_CANCELED source=ok same=ok empty=ok
refund open pending: confirm=ok:status,completedAt,can delete=ok:gone pending=ok progress=ok:status complete=ok:status,completedAt,can reversed=INVALID_STATUS amount=ok:amount amount!=ok:amount method=ok:methodUid custom=ok:custom customer=ok: note=ok:note source=ok:sourcePaymentId same=ok empty=ok
refund open progress: confirm=ok:status,completedAt,can delete=ok:gone pending=ok:status progress=ok complete=ok:status,completedAt,can reversed=INVALID_STATUS amount=ok:amount amount!=ok:amount method=ok:methodUid custom=ok:custom customer=ok: note=ok:note source=ok:sourcePaymentId same=ok empty=ok
refund open complete: confirm=ok delete=ok:gone pending=INVALID_STATUS progress=INVALID_STATUS complete=ok reversed=ok:status,reversedAt amount=INVALID_STATUS amount!=ok:amount method=INVALID_STATUS custom=INVALID_STATUS customer=ok: note=ok:note source=INVALID_STATUS same=ok empty=ok
refund open reversed: confirm=INVALID_STATUS delete=ok:gone pending=INVALID_STATUS progress=INVALID_STATUS complete=INVALID_STATUS reversed=ok amount=INVALID_STATUS amount!=INVALID_STATUS method=INVALID_STATUS custom=INVALID_STATUS customer=INVALID_STATUS note=INVALID_STATUS source=INVALID_STATUS same=ok empty=ok
refund closed pending: confirm=ok:status,completedAt,can delete=ok:gone pending=ok progress=ok:status complete=ok:status,completedAt,can reversed=INVALID_STATUS amount=ok:amount amount!=ok:amount method=ok:methodUid custom=ok:custom customer=ok: note=ok:note source=ok:sourcePaymentId same=ok empty=ok
refund closed progress: confirm=ok:status,completedAt,can delete=ok:gone pending=ok:status progress=ok complete=ok:status,completedAt,can reversed=INVALID_STATUS amount=ok:amount amount!=ok:amount method=ok:methodUid custom=ok:custom customer=ok: note=ok:note source=ok:sourcePaymentId same=ok empty=ok
refund closed complete: confirm=ok delete=ok:gone pending=INVALID_STATUS progress=INVALID_STATUS complete=ok reversed=ok:status,reversedAt amount=INVALID_STATUS amount!=ok:amount method=INVALID_STATUS custom=INVALID_STATUS customer=ok: note=ok:note source=INVALID_STATUS same=ok empty=ok
refund closed reversed: confirm=INVALID_STATUS delete=ok:gone pending=INVALID_STATUS progress=INVALID_STATUS complete=INVALID_STATUS reversed=ok amount=INVALID_STATUS amount!=INVALID_STATUS method=INVALID_STATUS custom=INVALID_STATUS customer=INVALID_STATUS note=INVALID_STATUS source=INVALID_STATUS same=ok empty=ok
";

/// Members that show a change, apart from the time of it.
const SHOWN: [&str; 9] = [
    "status",
    "completedAt",
    "reversedAt",
    "custom",
    "amount",
    "sourcePaymentId",
    "note",
    "can",
    "methodUid",
];

/// A payment of 20 with a status, on an order in a state.
async fn arrange(world: &World, kind: &str, order_state: &str, status: &str) -> String {
    let order = world.open(EUR, "100.00").await;
    let receipt = world.pay(&order, "receipt", 50, "complete").await;
    let made_with = if status == "reversed" { "complete" } else { status };
    let make = async || {
        let answer = if kind == "refund" {
            world.refund(&order, &receipt, 20, made_with).await
        } else {
            let params = json!({"orderId": order, "type": "receipt", "amount": 20, "status": made_with});
            world.post(&params).await
        };
        let uid = answer.id();
        if status == "reversed" {
            world.patch(&uid, &json!({"status": "reversed"})).await.data();
        }
        uid
    };
    match order_state {
        "open" => make().await,
        "cancelled" => {
            let uid = make().await;
            world.patch(&receipt, &json!({"status": "reversed"})).await.data();
            world.settle(&order, OrderChange::Cancel).await;
            uid
        }
        // An order with open payments does not close, and one that is closed takes refunds.
        _ if kind == "refund" => {
            world.settle(&order, OrderChange::Close).await;
            make().await
        }
        _ => {
            let uid = make().await;
            world.settle(&order, OrderChange::Close).await;
            uid
        }
    }
}

async fn perform(world: &World, uid: &str, operation: &str) -> Answer {
    let params = match operation {
        "confirm" => return world.confirm(uid).await,
        "delete" => return world.delete(uid).await,
        "amount" => json!({"amount": 10}),
        "amount!" => json!({"amount": 10, "correction": true}),
        "method" => json!({"methodId": CARD}),
        "custom" => json!({"custom": true}),
        "customer" => json!({"customerUid": "c"}),
        "note" => json!({"note": "n"}),
        "source" => json!({"sourcePaymentId": null}),
        "same" => json!({"amount": 20.0, "custom": false, "correction": true}),
        "empty" => json!({}),
        status => json!({"status": status}),
    };
    world.patch(uid, &params).await
}

/// `ok` and what changed, or the code.
fn outcome(answer: &Answer, before: &Value, after: Option<&Value>) -> String {
    if answer.status != 200 {
        assert_eq!(after, Some(before), "a refusal changes nothing: {}", answer.body);
        assert_eq!(answer.header("tender-money-moved"), Some("no"));
        return answer.told().1;
    }
    let Some(after) = after else {
        return "ok:gone".to_owned();
    };
    let stands = if after["status"] == "complete" {
        "yes"
    } else {
        "no"
    };
    assert_eq!(answer.header("tender-money-moved"), Some(stands));
    let changed: Vec<&str> = SHOWN
        .into_iter()
        .filter(|name| before[name] != after[name])
        .collect();
    if before["updatedAt"] == after["updatedAt"] {
        assert_eq!(after, before, "a change moves the time: {}", answer.body);
        "ok".to_owned()
    } else {
        format!("ok:{}", changed.join(","))
    }
}

#[tokio::test]
async fn every_status_under_every_operation() {
    let world = World::new().await;
    for row in TABLE.trim().lines() {
        let (start, cells) = row.split_once(": ").expect("a row");
        let [kind, order_state, status] = start.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{start}");
        };
        for cell in cells.split(' ') {
            let (operation, expected) = cell.split_once('=').expect("a cell");
            let (operation, expected) = match operation.strip_suffix('!') {
                Some(_) => ("amount!", expected),
                None => (operation, expected),
            };
            let uid = arrange(&world, kind, order_state, status).await;
            let before = world.item(&uid).await;
            let confirmable = matches!(status, "pending" | "progress");
            let can = if confirmable {
                json!(["confirm"])
            } else {
                json!([])
            };
            assert_eq!(before["can"], can, "{start}");
            world.tick();
            let answer = perform(&world, &uid, operation).await;
            let (order, _) = uid.rsplit_once('_').expect("a payment's id");
            let list = world.list(&order.replace("pay_", "ord_")).await.data();
            let items = list["items"].as_array().expect("items");
            let after = items.iter().find(|item| item["id"] == json!(uid));
            assert_eq!(outcome(&answer, &before, after), expected, "{start}: {operation}");
        }
    }
}
