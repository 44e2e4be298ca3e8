//! Rows 27 to 34 of the acceptance checklist: webhook endpoints and what they are told. Rows 31 and 33 and the signatures of
//! row 32 are about sending, which the service's relay does.

use super::world::{L, Pay, World, quoted};

const PATH: &str = "/o/wh/1/webhook";

#[tokio::test]
async fn row_27_an_endpoint_is_created_and_replaced_by_put() {
    let world = World::new().await;
    let answer = world.send("PUT", PATH, r#"{"endpointId":"E3"}"#).await;
    let message = "Validation failed for object='webhookEndpointDto'. Error count: 1";
    assert_eq!(answer.told(), (400, message.to_owned()));
    let error = &answer.json()["errors"][0];
    assert_eq!(
        (&error["code"], &error["field"]),
        (&"NotNull".into(), &"url".into())
    );
    for url in ["http://127.0.0.1:9/one", "http://127.0.0.1:9/two"] {
        let body = format!(r#"{{"endpointId":"E3","url":"{url}","username":"u","password":"secret"}}"#);
        let put = world.send("PUT", PATH, &body).await;
        let get = world.get("/o/wh/1/webhook/E3").await;
        let post = world.send("POST", PATH, &body).await;
        for answer in [put, get, post] {
            assert_eq!(answer.status.as_u16(), 200);
            assert_eq!(answer.json()["url"], url);
            assert!(
                !answer.body.contains("password") && !answer.body.contains("secret"),
                "{}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn row_28_a_post_resets_the_three_flags_and_nothing_else() {
    let world = World::new().await;
    let full = r#"{"endpointId":"E3","url":"http://127.0.0.1:9/","withBasicAuth":true,"username":"u","password":"p",
        "provideAccount":true,"expandTransactions":true,"expandPayments":true}"#;
    assert_eq!(world.send("PUT", PATH, full).await.json()["provideAccount"], true);
    let answer = world
        .send("POST", PATH, r#"{"endpointId":"E3","url":"http://127.0.0.1:9/"}"#)
        .await
        .json();
    for flag in ["provideAccount", "expandTransactions", "expandPayments"] {
        assert_eq!(answer[flag], false, "{flag}");
    }
    assert_eq!(
        (&answer["withBasicAuth"], &answer["username"]),
        (&true.into(), &"u".into())
    );
    let answer = world
        .send("POST", PATH, r#"{"endpointId":"E9","url":"http://127.0.0.1:9/"}"#)
        .await;
    assert_eq!(answer.told(), (404, "endpoint ID not found for E9".to_owned()));
}

#[tokio::test]
async fn row_29_a_missing_endpoint_is_404_and_a_deleted_one_is_missing() {
    let world = World::new().await;
    let told = (404, "endpoint ID not found for MISSING-ENDPOINT".to_owned());
    assert_eq!(world.get("/o/wh/1/webhook/MISSING-ENDPOINT").await.told(), told);
    assert_eq!(
        world
            .send("DELETE", "/o/wh/1/webhook/MISSING-ENDPOINT", "")
            .await
            .told(),
        told
    );
    world
        .send("PUT", PATH, r#"{"endpointId":"E3","url":"http://127.0.0.1:9/"}"#)
        .await;
    let deleted = world.send("DELETE", "/o/wh/1/webhook/E3", "").await;
    assert_eq!((deleted.status.as_u16(), deleted.body.as_str()), (200, ""));
    assert_eq!(
        world
            .send("DELETE", "/o/wh/1/webhook/E3", "")
            .await
            .status
            .as_u16(),
        404
    );
}

#[tokio::test]
async fn row_30_associations_come_and_go_and_payments_do_not_need_them() {
    let world = World::new().await;
    let path = format!("/o/wh/1/webhook/E1/business-locations/{L}");
    let list = "/o/wh/1/webhook/E1/business-locations";
    let made = world.send("PUT", &path, "").await;
    assert_eq!(made.status.as_u16(), 200);
    assert_eq!(made.json()["businessLocationId"], L);
    for time in ["createdAt", "updatedAt"] {
        assert!(
            made.json()[time]
                .as_str()
                .is_some_and(|text| text.ends_with("+0000")),
            "{time}"
        );
    }
    world.tender.clock().advance(1_000);
    let again = world.send("PUT", &path, "").await.json();
    assert_eq!(again["createdAt"], made.json()["createdAt"]);
    assert_ne!(again["updatedAt"], made.json()["updatedAt"]);
    assert_eq!(world.get(list).await.json(), serde_json::json!([again]));
    assert_eq!(world.send("DELETE", &path, "").await.json(), again);
    assert_eq!(world.get(list).await.body, "[]");
    world.pay_ok(&Pay::new("R1")).await;
    assert_eq!(world.confirm().await, 1);
    assert_eq!(world.messages("E1").await.len(), 2);
}

#[tokio::test]
async fn replacing_an_endpoint_keeps_its_associations_and_its_secret() {
    let world = World::new().await;
    let path = format!("/o/wh/1/webhook/E1/business-locations/{L}");
    world.send("PUT", &path, "").await;
    let secret = |directory: &tender_service::Directory| {
        let endpoint = directory
            .endpoints
            .values()
            .find(|endpoint| endpoint.name == "E1")
            .cloned();
        endpoint.expect("E1").secrets
    };
    let before = secret(&*world.directory().await);
    assert!(before[0].value.starts_with("whsec_"));
    world
        .send(
            "PUT",
            PATH,
            r#"{"endpointId":"E1","url":"http://127.0.0.1:9/new"}"#,
        )
        .await;
    assert_eq!(secret(&*world.directory().await), before);
    assert_ne!(
        world.get("/o/wh/1/webhook/E1/business-locations").await.body,
        "[]"
    );
}

#[tokio::test]
async fn row_34_an_account_is_shown_to_who_asked_for_it() {
    let world = World::new().await;
    world.pay_ok(&Pay::new("R1").amount("10.00")).await;
    assert_eq!(world.confirm().await, 1);
    world
        .pay_ok(&Pay::new("R2").amount("10.06").set("endpointId", &quoted("E2")))
        .await;
    assert_eq!(world.confirm().await, 1);
    let closed = |body: String| serde_json::from_str::<serde_json::Value>(&body).expect("JSON");
    let full = closed(world.last_message("E2").await);
    assert_eq!(full["status"], "CLOSED");
    assert!(full["ikentooAccountId"].is_u64());
    assert_eq!(full["thirdPartyReference"], "R2");
    let account = &full["account"];
    assert_eq!(account["paidAmount"], "20.06");
    assert_eq!(account["salesEntries"].as_array().map(Vec::len), Some(1));
    assert_eq!(account["paymentEntries"].as_array().map(Vec::len), Some(2));
    let plain = closed(world.last_message("E1").await);
    assert_eq!((&plain["status"], plain.get("account")), (&"CLOSED".into(), None));
    assert_eq!(plain["thirdPartyReference"], "R1");
}

#[tokio::test]
async fn many_endpoints_made_at_once_are_one() {
    let world = std::sync::Arc::new(World::new().await);
    let mut requests = tokio::task::JoinSet::new();
    for index in 0..20 {
        let world = std::sync::Arc::clone(&world);
        requests.spawn(async move {
            let body = format!(r#"{{"endpointId":"SAME","url":"http://127.0.0.1:9/{index}"}}"#);
            world.send("PUT", PATH, &body).await.status.as_u16()
        });
    }
    assert_eq!(requests.join_all().await, [200; 20]);
    let directory = world.directory().await;
    assert_eq!(
        directory
            .endpoints
            .values()
            .filter(|endpoint| endpoint.name == "SAME")
            .count(),
        1
    );
}
