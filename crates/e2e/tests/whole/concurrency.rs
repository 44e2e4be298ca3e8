//! Many at once: one reference, one check, one task.

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Receiver, Server, json_answer};
use tokio::task::JoinSet;

use crate::clients::ALREADY_THERE;

/// Requests at the same time.
const MANY: usize = 64;

/// Of K-Series payments that are under way with one reference, one is accepted, and all others hear why they are not.
pub(super) async fn one_is_accepted(
    mut requests: JoinSet<anyhow::Result<(StatusCode, Value)>>,
    reference: &str,
) -> anyhow::Result<()> {
    let others = requests.len() - 1;
    let (mut accepted, mut refused) = (0, 0);
    while let Some(answer) = requests.join_next().await {
        match answer?? {
            (StatusCode::OK, body) if body == json!({"status": "ok"}) => accepted += 1,
            (StatusCode::BAD_REQUEST, body)
                if body["message"] == json!(format!("{ALREADY_THERE} {reference}")) =>
            {
                refused += 1;
            }
            (status, body) => anyhow::bail!("{status}: {body}"),
        }
    }
    assert_eq!((accepted, refused), (1, others));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_requests_with_one_reference_one_is_accepted() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let order = server.open_check("20.06").await?;
    let body = server.pay_body(&order, "same", "demo", &json!(20.06));
    let mut requests = JoinSet::new();
    for _ in 0..MANY {
        requests.spawn(json_answer(
            server.kseries(Method::POST, "/o/op/1/pay").json(&body),
        ));
    }
    one_is_accepted(requests, "same").await?;
    server.audit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_payments_on_one_check_no_more_than_the_due_amount_is_taken() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let server = Server::start(Options::default()).await?;
    server
        .endpoint(&json!({"endpointId": "E", "url": receiver.url}))
        .await?;
    let order = server.open_check("100.00").await?;
    let mut requests = JoinSet::new();
    for number in 0..MANY {
        let body = server.pay_body(&order, &format!("guest-{number}"), "E", &json!(3));
        requests.spawn(json_answer(
            server.kseries(Method::POST, "/o/op/1/pay").json(&body),
        ));
    }
    while let Some(answer) = requests.join_next().await {
        let (status, body) = answer??;
        ensure!(status == StatusCode::OK, "{status}: {body}");
    }
    // 33 × 3.00 fit into 100.00. Every payment is told about once, and every applied one changes the check.
    let messages = receiver.wait_for(MANY + 33).await?;
    let count = |status: &str| {
        let is = |body: &Value| body["type"] == json!("PAYMENT") && body["status"] == json!(status);
        messages.iter().filter(|message| is(&message.body)).count()
    };
    assert_eq!((count("SUCCESS"), count("FAILURE")), (33, MANY - 33));
    let order = server.order(order["id"].as_str().context("an id")?).await?;
    assert_eq!(
        (&order["paid"], &order["due"], &order["reserved"]),
        (&json!("99.00"), &json!("1.00"), &json!("0.00"))
    );
    server.audit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_task_is_confirmed_by_exactly_one_of_12_tills() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    server.behave("offline").await?;
    let order = server.open_check("500.00").await?;
    for number in 0..40 {
        let body = server.pay_body(&order, &format!("task-{number}"), "demo", &json!(1));
        let (status, body) = json_answer(server.kseries(Method::POST, "/o/op/1/pay").json(&body)).await?;
        ensure!(status == StatusCode::OK, "{status}: {body}");
    }
    let devices: Vec<String> = (0..3)
        .map(|index| server.secret(&format!("/till/device_ids/{index}")))
        .collect();
    let mut tills = JoinSet::new();
    for till in 0..12 {
        let claim = json!({"device_id": devices[till % 3], "max": 5, "wait_ms": 0});
        let claims: Vec<_> = (0..8)
            .map(|_| server.till("/api/v1/till/claim", &claim))
            .collect();
        tills.spawn(async move {
            let mut tasks = Vec::new();
            for claim in claims {
                let (status, body) = json_answer(claim).await?;
                ensure!(status == StatusCode::OK, "{status}: {body}");
                tasks.extend(body["tasks"].as_array().cloned().unwrap_or_default());
            }
            anyhow::Ok(tasks)
        });
    }
    let mut claimed: Vec<Value> = Vec::new();
    while let Some(tasks) = tills.join_next().await {
        claimed.extend(tasks??);
    }
    let mut ids: Vec<&str> = claimed.iter().filter_map(|task| task["id"].as_str()).collect();
    ids.sort_unstable();
    let total = ids.len();
    ids.dedup();
    assert_eq!(
        (total, ids.len()),
        (40, 40),
        "a task went to two tills, or to none"
    );
    for task in &claimed {
        let path = format!(
            "/api/v1/till/tasks/{}/confirm",
            task["id"].as_str().unwrap_or_default()
        );
        let lease = json!({"lease": task["lease"]});
        let (status, first) = json_answer(server.till(&path, &lease)).await?;
        ensure!(
            status == StatusCode::OK && first["outcome"] == json!("applied"),
            "{status}: {first}"
        );
        let (_, again) = json_answer(server.till(&path, &lease)).await?;
        assert_eq!(
            first["outcome"], again["outcome"],
            "a repeated confirm answers the same"
        );
    }
    let order = server.order(order["id"].as_str().context("an id")?).await?;
    assert_eq!(order["paid"], json!("40.00"));
    server.audit().await
}
