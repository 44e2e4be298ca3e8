//! Requests and their responses as text files: every file below `golden` is played against fresh organisations.
//!
//! A file is a list of steps parted by lines of three hyphens. A step is a request (request line, headers, an empty line, a
//! body), then a line `=>`, then the response; or a line that begins with `!` and does something beside the wire. Lines that
//! begin with `#` are comments. Requests have the key and organisation of O1 unless they have these headers themselves
//! (`none` leaves one out); `pad` fills the body up to so many bytes. `ord_E` and `pay_E_1` stand for ids: the letters are
//! those of the checklist. `BLESS=1` writes what is answered now.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use tender_service::Settings;

use super::store::{Break, Breakable};
use super::world::{Answer, K1, World, sandbox, scratch, set_quota};

/// Headers of responses that are contract.
const SHOWN_HEADERS: [&str; 5] = [
    "content-type",
    "allow",
    "retry-after",
    "tender-money-moved",
    "tender-retry",
];

/// Every row of the table of errors (spec om 8.2) that is ever sent.
const CODES: [(u16, &str); 20] = [
    (400, "InvalidParameter"),
    (400, "ORDER_NOT_FOUND"),
    (400, "ORDER_CLOSED"),
    (400, "ORDER_CANCELED"),
    (400, "INVALID_STATUS"),
    (400, "MethodNotFound"),
    (400, "LIMIT_REACHED"),
    (401, "MISSING_TOKEN"),
    (401, "INVALID_TOKEN"),
    (403, "UNAUTHORIZED"),
    (404, "PAYMENT_NOT_FOUND"),
    (404, "UNKNOWN_SERVICE"),
    (405, "UNKNOWN_SERVICE"),
    (409, "CONFLICT"),
    (413, "InvalidParameter"),
    (415, "InvalidParameter"),
    (429, "ServerError"),
    (503, "ServerError"),
    (500, "Unknown"),
    (200, ""),
];
/// Every operation.
const SERVICES: [&str; 6] = [
    "createPayment",
    "updatePayment",
    "confirmPayment",
    "deletePayment",
    "listPayments",
    "listPaymentMethods",
];
/// Every warning.
const WARNINGS: [&str; 3] = ["UnknownParameter", "DuplicateTransactionRef", "NotApplied"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

#[tokio::test]
async fn every_request_gets_the_response_of_its_file() {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the golden folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut seen = BTreeSet::new();
    let mut told = String::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("a golden file");
        let stage = Stage::new().await;
        let mut steps = Vec::new();
        for step in text.trim_end().split("\n---\n") {
            steps.push(stage.play(step.trim_end(), &mut seen).await);
        }
        let actual = format!("{}\n", steps.join("\n---\n"));
        told.push_str(&actual);
        if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
            fs::write(&path, actual).expect("a golden file");
        } else {
            assert_eq!(
                actual,
                text,
                "{} differs; run with BLESS=1 if that is right",
                path.display()
            );
        }
    }
    for (status, code) in CODES {
        assert!(
            seen.contains(&(status, code.to_owned())),
            "no golden file shows {status} {code}"
        );
    }
    for service in SERVICES {
        let shown = format!(
            r#""service":"{service}","warnings":[],"instanceId":"om-org_1","requestId":"<request>","data""#
        );
        assert!(
            told.contains(&shown),
            "no golden file shows a success of {service}"
        );
    }
    for warning in WARNINGS {
        assert!(
            told.contains(&format!(r#"{{"code":"{warning}","#)),
            "no golden file shows {warning}"
        );
    }
}

struct Stage {
    world: World,
    store: Arc<Breakable>,
    /// Letters and the numbers of their orders.
    orders: [(&'static str, String); 6],
}

impl Stage {
    async fn new() -> Self {
        let store = Arc::new(Breakable::new(scratch()));
        let settings = Settings {
            rate_limits: true,
            ..sandbox()
        };
        let world = World::on(store.clone(), settings).await;
        let number = |order: &str| order.trim_start_matches("ord_").to_owned();
        let orders = [
            ("E", number(&world.e)),
            ("W", number(&world.w)),
            ("J", number(&world.j)),
            ("C", number(&world.c)),
            ("X", number(&world.x)),
            ("F", number(&world.f)),
        ];
        Self { world, store, orders }
    }

    async fn play(&self, step: &str, seen: &mut BTreeSet<(u16, String)>) -> String {
        let (asked, _) = step.split_once("\n=>").unwrap_or((step, ""));
        let line = asked
            .lines()
            .find(|line| !line.starts_with('#'))
            .unwrap_or_default();
        if let Some(command) = line.strip_prefix("! ") {
            match command {
                "busy" => self.store.set(Break::Busy),
                "break" => self.store.set(Break::BeforeWriting),
                "mend" => self.store.set(Break::Never),
                "quota" => set_quota(&self.world.tender, 1).await,
                _ => panic!("unknown command {command}"),
            }
            return step.to_owned();
        }
        let answer = self.world.call(self.request(asked)).await;
        let code = match answer.status.as_u16() {
            200 => String::new(),
            _ => answer.told().1,
        };
        seen.insert((answer.status.as_u16(), code));
        format!("{asked}\n=> {}", self.shown(&answer))
    }

    fn request(&self, text: &str) -> Request<Body> {
        let mut text = text.to_owned();
        for (letter, number) in &self.orders {
            text = text.replace(&format!("ord_{letter}"), &format!("ord_{number}"));
            text = text.replace(&format!("pay_{letter}_"), &format!("pay_{number}_"));
        }
        let mut lines = text.lines().skip_while(|line| line.starts_with('#'));
        let line = lines.next().expect("a request line");
        let (method, path) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        let mut headers = vec![
            ("api-key", K1),
            ("organization-id", "org_1"),
            ("content-type", "application/json"),
        ];
        let mut bytes = 0;
        for header in lines.by_ref().take_while(|line| !line.is_empty()) {
            let (name, value) = header.split_once(": ").unwrap_or_else(|| panic!("{header}"));
            if name == "pad" {
                bytes = value.parse().expect("a number");
                continue;
            }
            headers.retain(|(known, _)| *known != name);
            if value != "none" {
                headers.push((name, value));
            }
        }
        let mut body: String = lines.collect::<Vec<_>>().join("\n");
        while body.len() < bytes {
            body.push(' ');
        }
        if body.is_empty() {
            headers.retain(|(name, _)| *name != "content-type");
        }
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(Body::from(body)).expect("a request")
    }

    fn shown(&self, answer: &Answer) -> String {
        let mut text = answer.status.as_u16().to_string();
        for name in SHOWN_HEADERS {
            if let Some(value) = answer.header(name) {
                text.push_str(&format!("\n{name}: {value}"));
            }
        }
        let mut body = answer.body.clone();
        let request = answer.header("x-request-id").expect("a request id");
        body = body.replace(request, "<request>");
        for (letter, number) in &self.orders {
            body = body.replace(&format!("ord_{number}\""), &format!("ord_{letter}\""));
            body = body.replace(&format!("pay_{number}_"), &format!("pay_{letter}_"));
        }
        for name in ["createdAt", "updatedAt", "completedAt", "reversedAt"] {
            body = timeless(&body, name);
        }
        // How long until midnight depends on the day.
        if answer.status == 429 {
            let seconds = answer.header("retry-after").expect("seconds");
            body = body.replace(seconds, "<seconds>");
            text = text.replace(seconds, "<seconds>");
        }
        format!("{text}\n\n{body}")
    }
}

/// Replaces the values of a member that holds a time, keeping what has the form of no time.
fn timeless(text: &str, member: &str) -> String {
    const TIME: &str = "9999-99-99T99:99:99.999Z\"";
    let start = format!(r#""{member}":""#);
    let mut parts = text.split(&start);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(&start);
        let is_time = part.len() >= TIME.len()
            && TIME.bytes().zip(part.bytes()).all(|(form, byte)| match form {
                b'9' => byte.is_ascii_digit(),
                other => other == byte,
            });
        out.push_str(if is_time { "<time>\"" } else { "" });
        out.push_str(if is_time { &part[TIME.len()..] } else { part });
    }
    out
}
