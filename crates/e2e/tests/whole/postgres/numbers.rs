//! A node that ends in good order gives its number back at once, a program that only looks in does, too.

use anyhow::ensure;
use tender_testkit::postgres::Cluster;

use super::Scene;

/// How many numbers are taken.
const TAKEN: &str = "SELECT count(*) FROM nodes WHERE expires_at > now()";

async fn taken(scene: &Scene) -> anyhow::Result<i64> {
    let (client, connection) = tokio_postgres::connect(&scene.url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client.query_one(TAKEN, &[]).await?.get(0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_free_when_the_node_has_ended() -> anyhow::Result<()> {
    let mut scene = Scene::start(Cluster::shared(), 2, &[]).await?;
    assert_eq!(taken(&scene).await?, 2);
    let second = scene.nodes.remove(1);
    ensure!(second.stop().await?, "it ended in good order");
    assert_eq!(taken(&scene).await?, 1);
    let merchant = scene.first().secret("/kounta/company_id");
    let token = [
        "token",
        "list",
        "--merchant",
        &merchant,
        "--database-url",
        &scene.url,
    ];
    let (code, _, err) = scene.first().cli(&token).await?;
    ensure!(code == 0, "{code}: {err}");
    assert_eq!(taken(&scene).await?, 1);
    // One that is killed keeps it, because nobody can know that it is gone.
    scene.nodes[0].kill().await?;
    assert_eq!(taken(&scene).await?, 1);
    Ok(())
}
