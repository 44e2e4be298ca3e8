//! Two nodes on one database behave as one.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Receiver, json_answer};
use tokio::task::JoinSet;

use super::{Scene, id_of, until};
use crate::clients::in_order;
use crate::concurrency::one_is_accepted;

/// Requests at the same time.
const MANY: usize = 64;
/// How long news may take from one node to the other. A busy machine needs far more than the two or three milliseconds
/// that are usual; waiting for a poll to end or a cache to grow old takes far longer.
const NEWS_MAX: Duration = Duration::from_secs(3);
/// How often a till waits for a payment, and how long in half of the cases at most. A median holds on a busy machine too,
/// because single tries may take as long as [`NEWS_MAX`].
const POLLS: usize = 20;
const POLL_MEDIAN_MAX: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_print_the_same_credentials() -> anyhow::Result<()> {
    let mut scene = Scene::start(tender_testkit::postgres::Cluster::shared(), 3, &[]).await?;
    for node in &mut scene.nodes {
        // What is made of the port differs, and nothing else does.
        for address in ["base_url", "console_url"] {
            node.credentials[address] = Value::Null;
        }
    }
    for node in &scene.nodes {
        assert_eq!(node.credentials, scene.nodes[0].credentials);
    }
    let (_, orders) = json_answer(
        scene.nodes[0]
            .client
            .get(first_url(&scene)?)
            .bearer_auth(scene.first().secret("/admin/token")),
    )
    .await?;
    let orders = orders["items"].as_array().context("a list")?.clone();
    let mut tables: Vec<String> = orders
        .iter()
        .map(|order| format!("{}:{}", order["location_id"], order["table_number"]))
        .collect();
    tables.sort_unstable();
    let count = tables.len();
    tables.dedup();
    ensure!(
        count >= 3 && tables.len() == count,
        "a table has two checks: {orders:?}"
    );
    scene.first().audit().await
}

/// The orders' address, which the test above has cleared from the credentials.
fn first_url(scene: &Scene) -> anyhow::Result<String> {
    let printed = scene.first().printed()?;
    let line = printed
        .lines()
        .find(|line| line.starts_with("tender demo is ready at "))
        .context("the first line")?;
    Ok(format!(
        "{}/api/v1/orders?limit=100",
        line.trim_start_matches("tender demo is ready at ")
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_on_one_node_reaches_a_till_that_polls_the_other() -> anyhow::Result<()> {
    let scene = Scene::pair().await?;
    scene.behave("offline").await?;
    let (polled, paid) = (scene.first(), scene.second());
    let order = polled.open_check("500.00").await?;
    let device = polled.secret("/till/device_ids/0");
    let mut waits = Vec::new();
    for number in 0..POLLS {
        let claim = json!({"device_id": device, "max": 1, "wait_ms": 30_000});
        let polling = tokio::spawn(json_answer(polled.till("/api/v1/till/claim", &claim)));
        let body = paid.pay_body(&order, &format!("poll-{number}"), "demo", &json!(1));
        let (status, answer) = json_answer(paid.kseries(Method::POST, "/o/op/1/pay").json(&body)).await?;
        let accepted = Instant::now();
        ensure!(status == StatusCode::OK, "{status}: {answer}");
        let (status, claimed) = polling.await??;
        waits.push(accepted.elapsed());
        let task = &claimed["tasks"][0];
        ensure!(
            status == StatusCode::OK && task["payment"]["amount"] == json!("1.00"),
            "{status}: {claimed}"
        );
        // The till answers whichever node it reaches.
        let path = format!(
            "/api/v1/till/tasks/{}/confirm",
            task["id"].as_str().context("a task has an id")?
        );
        let lease = json!({"lease": task["lease"]});
        let (status, confirmed) = json_answer(scene.node(number).till(&path, &lease)).await?;
        ensure!(
            status == StatusCode::OK && confirmed["outcome"] == json!("applied"),
            "{status}: {confirmed}"
        );
    }
    waits.sort_unstable();
    let (median, longest) = (waits[POLLS / 2], waits[POLLS - 1]);
    eprintln!(
        "from the answer on one node to the claim on the other: median {median:?}, longest {longest:?}"
    );
    ensure!(
        median < POLL_MEDIAN_MAX && longest < NEWS_MAX,
        "a till waited {median:?} in the median, {longest:?} at the longest; {POLL_MEDIAN_MAX:?} and {NEWS_MAX:?} are allowed: {waits:?}"
    );
    for node in &scene.nodes {
        assert_eq!(node.order(id_of(&order)?).await?["paid"], json!("20.00"));
    }
    scene.first().audit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_requests_with_one_reference_on_two_nodes_one_is_accepted() -> anyhow::Result<()> {
    let scene = Scene::pair().await?;
    let order = scene.first().open_check("20.06").await?;
    let body = scene.first().pay_body(&order, "same", "demo", &json!(20.06));
    let mut requests = JoinSet::new();
    for number in 0..MANY {
        requests.spawn(json_answer(
            scene
                .node(number)
                .kseries(Method::POST, "/o/op/1/pay")
                .json(&body),
        ));
    }
    one_is_accepted(requests, "same").await?;
    scene.first().audit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_from_two_nodes_never_take_more_than_is_due() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let scene = Scene::pair().await?;
    scene.endpoint("E", &receiver.url).await?;
    let order = scene.second().open_check("100.00").await?;
    let mut requests = JoinSet::new();
    for number in 0..MANY {
        let node = scene.node(number);
        let body = node.pay_body(&order, &format!("guest-{number}"), "E", &json!(3));
        requests.spawn(json_answer(node.kseries(Method::POST, "/o/op/1/pay").json(&body)));
    }
    while let Some(answer) = requests.join_next().await {
        let (status, body) = answer??;
        ensure!(status == StatusCode::OK, "{status}: {body}");
    }
    let messages = receiver.wait_for(MANY + 33).await?;
    let count = |status: &str| {
        let is = |body: &Value| body["type"] == json!("PAYMENT") && body["status"] == json!(status);
        messages.iter().filter(|message| is(&message.body)).count()
    };
    // 33 × 3.00 fit into 100.00.
    assert_eq!((count("SUCCESS"), count("FAILURE")), (33, MANY - 33));
    let order = scene.first().order(id_of(&order)?).await?;
    assert_eq!(
        (&order["paid"], &order["due"], &order["reserved"]),
        (&json!("99.00"), &json!("1.00"), &json!("0.00"))
    );
    scene.second().audit().await
}

/// Both nodes relay, and both write to every order: the messages of an order still come in the order of its commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_of_an_order_come_in_order_while_two_nodes_relay() -> anyhow::Result<()> {
    const ORDERS: usize = 12;
    const PAYMENTS: usize = 20;
    let receivers = [Receiver::start().await?, Receiver::start().await?];
    let scene = Scene::pair().await?;
    for (name, receiver) in ["first", "second"].iter().zip(&receivers) {
        scene.endpoint(name, &receiver.url).await?;
    }
    let mut requests = JoinSet::new();
    let mut references = BTreeSet::new();
    for number in 0..ORDERS {
        let order = scene.node(number).open_check("1000.00").await?;
        for payment in 0..PAYMENTS {
            let node = scene.node(payment);
            let endpoint = ["first", "second"][payment / 2 % 2];
            let reference = format!("w-{number}-{payment}");
            let body = node.pay_body(&order, &reference, endpoint, &json!(1));
            references.insert(reference);
            requests.spawn(json_answer(node.kseries(Method::POST, "/o/op/1/pay").json(&body)));
        }
    }
    let began = Instant::now();
    while let Some(answer) = requests.join_next().await {
        let (status, body) = answer??;
        ensure!(status == StatusCode::OK, "{status}: {body}");
    }
    eprintln!(
        "{} payments on two nodes took {:?}",
        ORDERS * PAYMENTS,
        began.elapsed()
    );
    until("a message of every payment", async || {
        let told: BTreeSet<String> = (receivers.iter().flat_map(Receiver::received))
            .filter(|message| message.body["status"] == json!("SUCCESS"))
            .filter_map(|message| message.body["thirdPartyReference"].as_str().map(str::to_owned))
            .collect();
        Ok(told.is_superset(&references))
    })
    .await?;
    for receiver in &receivers {
        in_order(&receiver.received())?;
    }
    scene.first().audit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_directory_on_one_node_is_heard_by_the_other() -> anyhow::Result<()> {
    let scene = Scene::pair().await?;
    // Both caches are warm.
    for node in &scene.nodes {
        node.order(id_of(&node.open_check("1.00").await?)?).await?;
    }
    let began = Instant::now();
    scene.behave("refuse:no").await?;
    let tills = began.elapsed();
    let began = Instant::now();
    scene.endpoint("new", "http://127.0.0.1:9/").await?;
    let endpoint = began.elapsed();
    eprintln!(
        "heard on the other node: tills' behaviour in {tills:?}, an endpoint in {endpoint:?}, both with the writing"
    );
    ensure!(tills < NEWS_MAX && endpoint < NEWS_MAX, "{tills:?}, {endpoint:?}");
    // The other node's tills refuse, whichever node plays them.
    let order = scene.second().open_check("10.00").await?;
    let body = scene.second().pay_body(&order, "refused", "new", &json!(10));
    let (status, answer) =
        json_answer(scene.second().kseries(Method::POST, "/o/op/1/pay").json(&body)).await?;
    ensure!(status == StatusCode::OK, "{status}: {answer}");
    until("the refusal", async || {
        let path = "/api/v1/payments/by-reference/refused";
        let (_, body) = json_answer(scene.second().native(Method::GET, path)).await?;
        Ok(body["state"] == json!("will-never-apply"))
    })
    .await?;
    scene.second().audit().await
}
