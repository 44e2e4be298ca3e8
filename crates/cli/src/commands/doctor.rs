//! `tender doctor`: looks for what would keep payments from working, and says what to do about it.

use std::process::ExitCode;

use reqwest::Method;
use serde_json::{Value, json};

use super::remote::Remote;
use crate::args::DoctorOptions;
use crate::{exit, out};

/// One thing looked at.
struct Finding {
    check: &'static str,
    fine: bool,
    says: String,
}

fn finding(check: &'static str, fine: bool, says: impl Into<String>) -> Finding {
    Finding {
        check,
        fine,
        says: says.into(),
    }
}

/// Looks at the server from outside, the way an app and a till would.
///
/// # Errors
/// When the command line does not say where the server is. What is wrong with the server is a finding: exit code 5.
pub async fn run(options: DoctorOptions) -> anyhow::Result<ExitCode> {
    let remote = Remote::new(&options.remote)?;
    let mut findings = vec![reach(&remote).await];
    if findings.iter().all(|finding| finding.fine) {
        findings.push(ready(&remote).await);
        match remote.token(|credentials| &credentials.admin.token) {
            Ok(token) => findings.extend(administration(&remote, &token).await),
            Err(_) => findings.push(finding(
                "credentials",
                false,
                "no administrator's token: give --token",
            )),
        }
    }
    for finding in &findings {
        let Finding { check, fine, says } = finding;
        let text = if options.json {
            json!({"check": check, "ok": fine, "says": says}).to_string()
        } else {
            format!("{} {check}: {says}", if *fine { "ok  " } else { "FAIL" })
        };
        out::unless_gone(out::line(text))?;
    }
    let fine = findings.iter().all(|finding| finding.fine);
    Ok(if fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(exit::FINDINGS)
    })
}

async fn reach(remote: &Remote) -> Finding {
    match remote.send(remote.request(Method::GET, "/healthz")).await {
        Ok((status, _)) if status.is_success() => finding("server", true, format!("{} answers", remote.url)),
        Ok((status, _)) => finding(
            "server",
            false,
            format!("{} answers {status}: is this tender?", remote.url),
        ),
        Err(error) => finding("server", false, format!("{error:#}")),
    }
}

async fn ready(remote: &Remote) -> Finding {
    match remote.send(remote.request(Method::GET, "/readyz")).await {
        Ok((status, _)) if status.is_success() => finding("storage", true, "a commit could be made now"),
        Ok((_, body)) => finding(
            "storage",
            false,
            format!("not writable: {body}; is the disk full, the database away?"),
        ),
        Err(error) => finding("storage", false, format!("{error:#}")),
    }
}

async fn administration(remote: &Remote, token: &str) -> Vec<Finding> {
    let get = async |path: &str| {
        remote
            .call(remote.request(Method::GET, path).bearer_auth(token))
            .await
    };
    let devices = match get("/api/v1/devices").await {
        Ok(list) => list,
        Err(error) => {
            return vec![finding(
                "credentials",
                false,
                format!("{error:#}; is the token right?"),
            )];
        }
    };
    let mut findings = vec![finding("credentials", true, "the token is good")];
    let online = items(&devices)
        .filter(|device| device["online"] == json!(true))
        .count();
    findings.push(finding(
        "tills",
        online > 0,
        format!(
            "{online} of {} online; without one, K-Series payments end as TIMEOUT",
            items(&devices).count()
        ),
    ));
    if let Ok(endpoints) = get("/api/v1/webhook-endpoints").await {
        let disabled = items(&endpoints)
            .filter(|endpoint| endpoint["disabled"] == json!(true))
            .count();
        let says = format!(
            "{} endpoints, {disabled} disabled after failing for long",
            items(&endpoints).count()
        );
        findings.push(finding("webhooks", disabled == 0, says));
    }
    if let Ok(cases) = get("/api/v1/cases?open=true").await {
        let open = items(&cases).count();
        findings.push(finding(
            "cases",
            open == 0,
            format!("{open} open: money that needs a person"),
        ));
    }
    findings
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().into_iter().flatten()
}
