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
    let locations = get("/api/v1/locations").await.unwrap_or_default();
    findings.push(tills(&locations, &devices));
    if let Ok(endpoints) = get("/api/v1/webhook-endpoints").await {
        let newest = get(NEWEST_DELIVERIES).await.unwrap_or_default();
        findings.push(webhooks(&endpoints, &newest));
    }
    if let Ok(cases) = get("/api/v1/cases?open=true").await {
        findings.push(match items(&cases).count() {
            0 => finding("cases", true, "no money needs a person"),
            open => finding(
                "cases",
                false,
                format!(
                    "{open} open: money that needs a person; look at {}/console/cases",
                    remote.url
                ),
            ),
        });
    }
    findings
}

/// The deliveries that the doctor looks at.
const NEWEST_DELIVERIES: &str = "/api/v1/deliveries?limit=50";

/// A location without a till takes no payments that need one; a device that is switched off beside others harms nobody.
fn tills(locations: &Value, devices: &Value) -> Finding {
    let is_online = |device: &&Value| device["online"] == json!(true);
    let online = items(devices).filter(is_online).count();
    let count = items(devices).count();
    let without: Vec<&str> = items(locations)
        .filter(|location| {
            let own = || items(devices).filter(|device| device["location_id"] == location["id"]);
            own().next().is_some() && !own().any(|device| is_online(&device))
        })
        .filter_map(|location| location["name"].as_str())
        .collect();
    let is_fine = online > 0 && without.is_empty();
    let at = if without.is_empty() {
        String::new()
    } else {
        format!(", none at {}", without.join(", "))
    };
    let then = if is_fine {
        ""
    } else {
        "; K-Series payments there end as TIMEOUT: switch a till on, or be one with tender till"
    };
    finding("tills", is_fine, format!("{online} of {count} online{at}{then}"))
}

/// Endpoints that are switched off, or have something that was tried and not received. No endpoint at all is fine.
fn webhooks(endpoints: &Value, newest: &Value) -> Finding {
    let count = items(endpoints).count();
    let names = |is_meant: &dyn Fn(&Value) -> bool| -> Vec<&str> {
        let meant = items(endpoints).filter(|endpoint| is_meant(endpoint));
        meant
            .filter_map(|endpoint| {
                let name = endpoint["name"].as_str().filter(|name| !name.is_empty());
                name.or_else(|| endpoint["id"].as_str())
            })
            .collect()
    };
    let disabled = names(&|endpoint| endpoint["disabled"] == json!(true));
    let silent = names(&|endpoint| {
        endpoint["disabled"] != json!(true)
            && items(newest).any(|delivery| {
                let is_tried = delivery["attempts"]
                    .as_array()
                    .is_some_and(|tries| !tries.is_empty());
                delivery["endpoint_id"] == endpoint["id"] && delivery["state"] == json!("pending") && is_tried
            })
    });
    let mut says = vec![format!("{count} endpoint{}", if count == 1 { "" } else { "s" })];
    if !disabled.is_empty() {
        says.push(format!(
            "disabled after failing for long: {}",
            disabled.join(", ")
        ));
    }
    if !silent.is_empty() {
        says.push(format!(
            "not receiving at the moment, tried again later: {}",
            silent.join(", ")
        ));
    }
    // A receiver that is away for a while misses nothing; one that was given up does.
    finding("webhooks", disabled.is_empty(), says.join("; "))
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{tills, webhooks};

    #[test]
    fn a_location_without_a_till_is_named() {
        let locations = json!({"items": [{"id": "1", "name": "Bar"}, {"id": "2", "name": "Shop"}, {"id": "3", "name": "Web"}]});
        let device = |location: &str, online: bool| json!({"location_id": location, "online": online});
        let both = json!({"items": [device("1", true), device("1", false), device("2", true)]});
        let found = tills(&locations, &both);
        assert!(found.fine, "{}", found.says);
        assert_eq!(found.says, "2 of 3 online");
        let one = json!({"items": [device("1", false), device("2", true)]});
        let found = tills(&locations, &one);
        assert!(!found.fine);
        assert!(
            found.says.starts_with("1 of 2 online, none at Bar; "),
            "{}",
            found.says
        );
        let none = json!({"items": []});
        assert!(!tills(&locations, &none).fine, "nobody can confirm");
    }

    #[test]
    fn endpoints_that_do_not_receive_are_named() {
        let endpoint =
            |id: &str, name: &str, disabled: bool| json!({"id": id, "name": name, "disabled": disabled});
        let list = json!({"items": [endpoint("whe_1", "app", false), endpoint("whe_2", "", false)]});
        let delivery = |endpoint: &str, state: &str, tries: usize| json!({"endpoint_id": endpoint, "state": state, "attempts": vec![json!({}); tries]});
        let well = json!({"items": [delivery("whe_1", "delivered", 2), delivery("whe_2", "pending", 0)]});
        let found = webhooks(&list, &well);
        assert_eq!((found.fine, found.says.as_str()), (true, "2 endpoints"));
        let silent = json!({"items": [delivery("whe_2", "pending", 1)]});
        let found = webhooks(&list, &silent);
        assert_eq!(
            (found.fine, found.says.as_str()),
            (
                true,
                "2 endpoints; not receiving at the moment, tried again later: whe_2"
            )
        );
        let list = json!({"items": [endpoint("whe_1", "app", true)]});
        let found = webhooks(&list, &well);
        assert_eq!(
            (found.fine, found.says.as_str()),
            (false, "1 endpoint; disabled after failing for long: app")
        );
    }
}
