//! The examples of the Kounta page work as they stand, and there is one of every call.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use reqwest::Method;
use tender_e2e::{Options, Server, json_answer};

use super::page::{run, script};

const PAGE: &str = include_str!("../../../../../docs/kounta.md");

/// Method and path of every call, with `{}` for what stands for an id.
fn calls(script: &str) -> BTreeSet<String> {
    let joined = script.replace("\\\n", " ");
    joined.lines().filter_map(call).collect()
}

fn call(line: &str) -> Option<String> {
    let (_, curl) = line.split_once("curl ")?;
    let method = match curl.split_once("-X ") {
        Some((_, rest)) => rest.split(' ').next()?,
        None => "GET",
    };
    let (_, url) = curl.split_once("\"$")?;
    let url = url.split(['"', '?']).next()?;
    let path = url.replacen("api", "/v1/companies/me", 1).replacen("base", "", 1);
    let path = path.strip_suffix(".json").unwrap_or(&path).to_owned();
    let parts: Vec<&str> = path.split('/').map(shape).collect();
    Some(format!("{method} {}", parts.join("/")))
}

/// A part of a path: itself, or what it stands for.
fn shape(part: &str) -> &str {
    let is_id =
        part == "me" || part.starts_with(['$', '{']) || part.bytes().all(|byte| byte.is_ascii_digit());
    if is_id && !part.is_empty() { "{}" } else { part }
}

#[tokio::test]
async fn the_page_has_an_example_of_every_call() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let (_, document) = json_answer(server.request(Method::GET, "/openapi/kounta.json")).await?;
    let shown = calls(&script(PAGE));
    let mut missing = Vec::new();
    for (path, item) in document["paths"].as_object().context("paths")? {
        for method in item.as_object().into_iter().flatten().map(|(method, _)| method) {
            let parts: Vec<&str> = path.split('/').map(shape).collect();
            let call = format!("{} {}", method.to_uppercase(), parts.join("/"));
            if !shown.contains(&call) {
                missing.push(call);
            }
        }
    }
    ensure!(missing.is_empty(), "the page has no example of {missing:#?}");
    Ok(())
}

#[tokio::test]
async fn the_examples_of_the_page_work_as_they_stand() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let out = run(&server, &script(PAGE)).await?;
    ensure!(out.contains(r#""ref":"INV2-8M9F-B""#), "{out}");
    Ok(())
}
