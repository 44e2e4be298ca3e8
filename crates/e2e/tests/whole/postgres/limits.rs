//! Limits are one over all nodes: what one of them let through, the others have counted.

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use tender_e2e::{Options, Server};
use tender_testkit::postgres::Cluster;
use tokio::task::JoinSet;

use super::Scene;

/// Requests a minute that the nodes of this test allow.
const LIMIT: usize = 40;

async fn ask(request: reqwest::RequestBuilder) -> anyhow::Result<(StatusCode, usize)> {
    let answer = request.send().await?;
    let remaining = answer.headers().get("x-ratelimit-remaining");
    let remaining = remaining.context("a limit is told")?.to_str()?.parse()?;
    Ok((answer.status(), remaining))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_and_one_that_starts_again_let_through_exactly_the_limit() -> anyhow::Result<()> {
    let limit = LIMIT.to_string();
    let arguments = ["--rate-limits", "--rate-limit-basic", limit.as_str()];
    let mut scene = Scene::start(Cluster::shared(), 2, &arguments).await?;
    let mut requests = JoinSet::new();
    for number in 0..LIMIT * 3 {
        // Two of three come to the first node.
        let node = scene.node(usize::from(number % 3 == 2));
        requests.spawn(ask(node.kounta(Method::GET, "/v1/companies/me.json")));
    }
    let mut places = Vec::new();
    while let Some(answer) = requests.join_next().await {
        match answer?? {
            (StatusCode::OK, remaining) => places.push(remaining),
            (StatusCode::TOO_MANY_REQUESTS, 0) => {}
            (status, remaining) => anyhow::bail!("{status}, {remaining} left"),
        }
    }
    places.sort_unstable();
    let each_once: Vec<usize> = (0..LIMIT).collect();
    assert_eq!(places, each_once, "each place of the window is given once");

    let options = Options {
        arguments: arguments.map(str::to_owned).to_vec(),
        database_url: Some(scene.url.clone()),
    };
    scene.nodes[0].kill().await?;
    let third = Server::start(options).await?;
    for node in [scene.second(), &third] {
        let (status, _) = ask(node.kounta(Method::GET, "/v1/companies/me.json")).await?;
        ensure!(
            status == StatusCode::TOO_MANY_REQUESTS,
            "{status} after the limit"
        );
    }
    scene.second().advance(61_000).await?;
    let (status, remaining) = ask(scene.second().kounta(Method::GET, "/v1/companies/me.json")).await?;
    ensure!(
        status == StatusCode::OK && remaining == LIMIT - 1,
        "{status}, {remaining} left"
    );
    scene.second().audit().await
}
