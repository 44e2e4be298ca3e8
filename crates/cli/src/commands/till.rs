//! `tender till`: a till in the terminal, over the same protocol that every till speaks.

use std::io::BufRead;
use std::process::ExitCode;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::remote::{Remote, text};
use crate::args::TillOptions;
use crate::{exit, out};

/// How long one claim waits for work.
const WAIT_MS: u64 = 20_000;
/// Longer than a claim waits.
const PATIENCE: Duration = Duration::from_secs(40);

/// Claims tasks, asks the person at the terminal (or answers as told), and confirms or refuses.
///
/// # Errors
/// When the server cannot be reached or refuses the token.
pub async fn run(options: TillOptions) -> anyhow::Result<ExitCode> {
    let remote = Remote::new(&options.remote)?;
    let token = remote.token(|credentials| &credentials.till.token)?;
    let demo = remote
        .credentials
        .as_ref()
        .and_then(|credentials| credentials.till.device_ids.first().cloned());
    let device = options.device.clone().or(demo);
    let device = device.ok_or_else(|| exit::coded(exit::USAGE, "which device? Give --device"))?;
    eprintln!(
        "tender: being till {device} at {}; press Ctrl-C to stop",
        remote.url
    );
    let mut left = options.count;
    while left != Some(0) {
        let claim = json!({"device_id": device, "max": 1, "wait_ms": WAIT_MS});
        let request = remote
            .request(Method::POST, "/api/v1/till/claim")
            .bearer_auth(&token)
            .timeout(PATIENCE);
        let answer = remote.call(request.json(&claim)).await?;
        for task in answer["tasks"].as_array().into_iter().flatten() {
            show(task)?;
            let refusal = decide(&options)?;
            let outcome = answer_task(&remote, &token, task, refusal.as_deref()).await?;
            out::line(format_args!("  -> {outcome}"))?;
            left = left.map(|left| left.saturating_sub(1));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(task: &Value) -> anyhow::Result<()> {
    let payment = &task["payment"];
    let order = &task["order"];
    out::line(format_args!(
        "{} {}: {} {} (tip {}) on {} {}, due {}",
        task["kind"].as_str().unwrap_or("task"),
        task["id"].as_str().unwrap_or_default(),
        payment["amount"].as_str().unwrap_or("-"),
        order["currency"].as_str().unwrap_or_default(),
        payment["tip"].as_str().unwrap_or("0"),
        order["name"].as_str().unwrap_or("order"),
        order["id"].as_str().unwrap_or_default(),
        order["due"].as_str().unwrap_or("-"),
    ))
}

/// The reason to refuse with, or nothing to confirm.
fn decide(options: &TillOptions) -> anyhow::Result<Option<String>> {
    if options.auto {
        return Ok(None);
    }
    if let Some(reason) = &options.refuse {
        return Ok(Some(reason.clone()));
    }
    out::write("  confirm? [Y/n, or a reason to refuse] ")?;
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(exit::coded(
            exit::USAGE,
            "nobody answers; use --auto or --refuse REASON",
        ));
    }
    Ok(match line.trim() {
        "" | "y" | "Y" | "yes" => None,
        "n" | "N" | "no" => Some("UPDATE_FAILED".to_owned()),
        reason => Some(reason.to_owned()),
    })
}

async fn answer_task(
    remote: &Remote,
    token: &str,
    task: &Value,
    refusal: Option<&str>,
) -> anyhow::Result<String> {
    let id = text(task, "/id")?;
    let (verb, body) = match refusal {
        None => ("confirm", json!({"lease": task["lease"]})),
        Some(reason) => ("refuse", json!({"lease": task["lease"], "reason": reason})),
    };
    let request = remote
        .request(Method::POST, &format!("/api/v1/till/tasks/{id}/{verb}"))
        .bearer_auth(token);
    let answer = remote.call(request.json(&body)).await?;
    Ok(text(&answer, "/outcome")?.to_owned())
}
