//! Rows 35 to 38 and 43 of the acceptance checklist: reading checks and what is configured.

use tender_service::Settings;

use super::world::{CHECK, DEVICE, L, Pay, World};

fn all() -> String {
    format!("/o/op/1/order/table/getCheck?businessLocationId={L}")
}

#[tokio::test]
async fn row_35_checks_are_a_bare_array_with_the_published_keys() {
    let world = World::new().await;
    let checks = world.get(&all()).await.json();
    let checks = checks.as_array().expect("a bare array");
    assert_eq!(checks.len(), 1);
    let keys: Vec<&String> = checks[0].as_object().expect("an object").keys().collect();
    let mut expected = vec![
        "clientCount",
        "uuid",
        "openDate",
        "paidAmount",
        "serviceCharge",
        "name",
        "currentAmount",
        "staffName",
        "staffId",
        "salesEntries",
        "paymentEntries",
        "ikaccountId",
        "tableNumber",
        "posId",
    ];
    expected.sort_unstable();
    // The tree sorts its keys; their order on the wire is in the golden files.
    assert_eq!(keys, expected);
    assert_eq!(checks[0]["tableNumber"], 3);
    assert_eq!(checks[0]["currentAmount"], "20.06");
    world.pay_ok(&Pay::new("R1")).await;
    assert_eq!(world.confirm().await, 1);
    assert_eq!(world.get(&all()).await.body, "[]");
}

#[tokio::test]
async fn row_35_money_is_numbers_when_the_server_is_set_so() {
    let settings = Settings {
        kseries_money_as_numbers: true,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let body = world.get(&all()).await.body;
    assert!(body.contains(r#""currentAmount":20.06"#), "{body}");
    assert!(body.contains(r#""paidAmount":0"#), "{body}");
}

#[tokio::test]
async fn row_36_without_the_query_spring_says_what_is_missing() {
    let world = World::new().await;
    let message =
        "Required request parameter 'businessLocationId' for method parameter type Long is not present";
    let answer = world.get("/o/op/1/order/table/getCheck").await;
    assert_eq!(answer.told(), (400, message.to_owned()));
}

#[tokio::test]
async fn row_37_a_table_shows_its_oldest_check_of_the_day() {
    let world = World::new().await;
    let at = |table: u32| format!("/o/op/1/order/table/{table}/getCheck?businessLocationId={L}");
    assert_eq!(
        world.get(&at(99)).await.told(),
        (404, format!("account not found for BL {L}"))
    );
    world.open(L, Some(3), &[("Second", "1.00", "0")]).await;
    assert_eq!(world.get(&at(3)).await.json()["ikaccountId"], CHECK);
    world.tender.clock().advance(16 * 60 * 60 * 1_000);
    assert_eq!(world.get(&all()).await.body, "[]");
    assert_eq!(world.get(&at(3)).await.status.as_u16(), 404);
    let young = world.open(L, Some(3), &[("Third", "1.00", "0")]).await;
    assert_eq!(
        world.get(&at(3)).await.json()["ikaccountId"],
        young.account.to_string()
    );
    // An older check can still be read by its identifier, and paid.
    let read = world
        .get(&format!("/o/op/1/order/accounts/{CHECK}?businessLocationId={L}"))
        .await;
    assert_eq!(read.status.as_u16(), 200);
    world.pay_ok(&Pay::new("R1")).await;
    assert_eq!(world.confirm().await, 1);
    assert!(world.is_closed(CHECK).await);
}

#[tokio::test]
async fn row_38_account_identifiers_are_judged_before_they_are_looked_up() {
    let world = World::new().await;
    let path = |identifier: &str| format!("/o/op/1/order/accounts/{identifier}?businessLocationId={L}");
    let answer = world.get(&path("-1")).await;
    assert_eq!(answer.told(), (400, "Invalid account identifier".to_owned()));
    let answer = world.get(&path("A78094.697/")).await;
    assert_eq!(answer.status.as_u16(), 404);
    assert_eq!(answer.json()["path"], "/o/op/1/order/accounts/A78094.697/");
    world.pay_ok(&Pay::new("R1")).await;
    assert_eq!(world.confirm().await, 1);
    let closed = world.get(&path(CHECK)).await.json();
    assert!(
        closed["closeDate"]
            .as_str()
            .is_some_and(|text| text.ends_with("+0000"))
    );
    let other = world
        .get(&format!(
            "/o/op/1/order/accounts/{CHECK}?businessLocationId={}",
            super::world::L2
        ))
        .await;
    assert_eq!(other.status.as_u16(), 404);
}

#[tokio::test]
async fn row_43_readiness_follows_its_four_inputs() {
    let world = World::new().await;
    let path = format!("/o/op/1/onlineOrderReadiness?businessLocationId={L}");
    let read = async || world.get(&path).await.json();
    assert_eq!(read().await["status"], "NOT_READY");
    assert_eq!(world.claim(DEVICE).await.len(), 0);
    let ready = read().await;
    assert_eq!(
        (&ready["status"], &ready["posStatus"]["availableDevices"]),
        (&"READY".into(), &true.into())
    );
    let location = world.directory().await.locations[&L].clone();
    for change in 0..3 {
        let mut location = location.clone();
        match change {
            0 => location.online_ordering.enabled = false,
            1 => location.online_ordering.period_open = false,
            _ => location.online_ordering.accepting = false,
        }
        world
            .put(tender_service::DirectoryKind::Location, L, &location)
            .await;
        assert_eq!(read().await["status"], "NOT_READY", "{change}");
    }
}

#[tokio::test]
async fn row_43_a_printed_message_reaches_the_till() {
    let world = World::new().await;
    let path = format!("/o/op/1/printMsg?businessLocationId={L}");
    let answer = world
        .send("POST", &path, r#"{"message":"Hello","alsoToPrinter":true}"#)
        .await;
    assert_eq!(answer.body, r#"{"status":"ok"}"#);
    world.tender.clock().advance(24 * 60 * 60 * 1_000 - 60_000);
    let tasks = world.claim(DEVICE).await;
    let message = tender_engine::TaskKind::Message {
        text: "Hello".to_owned(),
        also_print: true,
    };
    assert_eq!(
        tasks.iter().map(|task| task.kind.clone()).collect::<Vec<_>>(),
        [message]
    );
}
