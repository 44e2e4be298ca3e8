//! Requests and their responses as text files: every file below `golden` is played against fresh organisations.
//!
//! A file is a list of steps parted by lines of three hyphens. A step is a request (request line, headers, an empty line, a
//! body), then the command that the ledger gets, on a line that begins with `->` (members at their defaults are left out),
//! then a line `=>`, then the response; or a line that begins with `!` and does something beside the wire. Lines that
//! begin with `#` are comments. Requests have the key and organisation of O1 unless they have these headers themselves
//! (`none` leaves one out); `pad` fills the body up to so many bytes, `stretch` puts so many letters in place of `~`, and
//! `break` lets the body break off. `ord_E` and `pay_E_1` stand for ids: the letters are those of the checklist. `BLESS=1`
//! writes what is answered now.
//!
//! That no route, no method of a path, no error and no warning is missing is proven here too: from the table of routes, and
//! from the closed lists of errors and refusals.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::Request;
use http_body_util::{BodyExt, Full, Limited};
use tender_engine::{Command, Rejection};
use tender_http::{Missing, RequestId};
use tender_service::{Failure, Settings};
use tender_testbed::{Breakable, Broken};

use super::full::fill;
use super::world::{Answer, K1, World, sandbox, scratch, set_quota};
use crate::envelope::Envelope;
use crate::errors::{Keyed, NO_PLACE, OmError};
use crate::routes::Call;

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
/// Methods that each path is asked with.
const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE",
];
/// Every warning.
const WARNINGS: [&str; 3] = ["UnknownParameter", "DuplicateTransactionRef", "NotApplied"];

tokio::task_local! {
    /// Commands that the ledger got from the request that is being played.
    static COMMANDS: RefCell<Vec<String>>;
}

/// Notes a command on its way to the ledger, where somebody wants to know.
pub(crate) fn note(command: &Command) {
    let _ = COMMANDS.try_with(|commands| commands.borrow_mut().push(brief(command)));
}

/// A command on one line, without members at their defaults.
fn brief(command: &Command) -> String {
    let text = format!("{command:#?}");
    let defaults = [": None,", ": [],", ": false,", ": Absent,", ": Decimal(0),"];
    let lines = text
        .lines()
        .filter(|line| !defaults.iter().any(|default| line.ends_with(default)));
    let words: Vec<&str> = lines.map(str::trim).collect();
    let tight = [
        ("( ", "("),
        (", )", ")"),
        ("[ ", "["),
        (", ]", "]"),
        (", }", " }"),
    ];
    tight
        .iter()
        .fold(words.join(" "), |text, (wide, tight)| text.replace(wide, tight))
}

pub(super) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Every file of steps.
fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("the golden folder");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Every step as it is written. That they are what happens is another test.
fn steps() -> Vec<String> {
    let texts = files()
        .into_iter()
        .map(|path| fs::read_to_string(path).expect("a golden file"));
    texts
        .flat_map(|text| {
            text.trim_end()
                .split("\n---\n")
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The request line of a step, without its query.
fn asked(step: &str) -> (&str, &str) {
    let line = step.lines().find(|line| !line.starts_with('#'));
    let (method, path) = line.unwrap_or_default().split_once(' ').unwrap_or_default();
    (method, path.split('?').next().unwrap_or_default())
}

/// How many letters `~` stands for in a step.
fn letters_of(step: &str) -> Option<usize> {
    let value = step.lines().find_map(|line| line.strip_prefix("stretch: "))?;
    Some(value.parse().expect("a number"))
}

/// Whether a path is one of a template.
fn is_of(path: &str, template: &str) -> bool {
    let (mut path, mut template) = (path.split('/'), template.split('/'));
    path.by_ref()
        .zip(template.by_ref())
        .all(|(segment, name)| segment == name || (name == "{uid}" && segment.starts_with("pay_")))
        && path.next().is_none()
        && template.next().is_none()
}

/// The error of an answer as it is written in a file: status, advice, and the member `error`.
pub(super) fn shown_error(error: &OmError) -> [String; 4] {
    let envelope = Envelope::new("", RequestId::of(&axum::http::Extensions::new()));
    let response = envelope.refuse(error);
    let header = |name: &str| {
        let value = response.headers().get(name).expect("advice");
        format!("{name}: {}", value.to_str().expect("visible ASCII"))
    };
    let (moved, retry) = (header("tender-money-moved"), header("tender-retry"));
    let status = format!("=> {}", response.status().as_u16());
    let body = futures_body(response.into_body());
    let (_, error) = body.split_once(r#""error":"#).expect("an error");
    [status, moved, retry, format!(r#""error":{error}"#)]
}

/// A body that is there already.
fn futures_body(body: Body) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let body = runtime.expect("a runtime").block_on(body.collect());
    String::from_utf8(body.expect("a body").to_bytes().to_vec()).expect("text")
}

/// Every error, each refusal of the ledger and each failure of the service for itself.
pub(super) fn all_errors() -> Vec<OmError> {
    let mut errors = OmError::examples();
    errors.push(OmError::UnknownService(Missing::Method));
    errors.push(OmError::Unknown(Keyed::Yes));
    let failures = [
        Failure::Busy { retry_after_s: 1 },
        Failure::OutcomeUnknown,
        Failure::Internal,
    ];
    errors.extend(failures.iter().map(OmError::from_failure));
    errors.extend(Rejection::examples().into_iter().map(OmError::Rejected));
    errors
}

#[test]
fn every_error_has_an_example() {
    let kinds: BTreeSet<String> = OmError::examples()
        .iter()
        .map(|error| {
            format!("{error:?}")
                .split(['(', ' '])
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(kinds.len(), OmError::examples().len(), "{kinds:?}");
}

#[test]
fn every_error_is_shown() {
    let steps = steps();
    for error in all_errors() {
        if error.told().message == NO_PLACE {
            continue;
        }
        let mut marks = shown_error(&error);
        match &error {
            // Where the reader stopped follows.
            OmError::Unreadable(_) => marks[3].truncate(marks[3].len() - 3),
            // How long until midnight depends on the day.
            OmError::Quota(_) => {
                marks[2] = "tender-retry: after:<seconds>".to_owned();
                marks[3] = marks[3].replace(r#""retryAfter":1}"#, r#""retryAfter":<seconds>}"#);
            }
            // The members are those of this dialect.
            OmError::Rejected(Rejection::KeyReused { .. }) => {
                marks[3] = marks[3].replace(r#""field":"amount""#, r#""field":"params.amount""#);
            }
            _ => {}
        }
        let is_shown = steps
            .iter()
            .any(|step| marks.iter().all(|mark| step.contains(mark.as_str())));
        assert!(is_shown, "no golden file shows {error:?}: {marks:?}");
    }
}

#[test]
fn every_path_is_asked_with_every_method() {
    let steps = steps();
    for call in Call::ALL {
        for method in METHODS {
            let is_asked = steps.iter().any(|step| {
                let (asked, path) = asked(step);
                asked == method && is_of(path, call.path())
            });
            assert!(is_asked, "no golden file shows {method} {}", call.path());
        }
    }
}

#[test]
fn every_call_succeeds_somewhere_and_shows_its_command() {
    let steps = steps();
    for call in Call::ALL {
        let command = match call {
            Call::Create => Some("-> Pay("),
            Call::Update => Some("-> UpdatePayment("),
            Call::Delete => Some("-> DeletePayment("),
            Call::Confirm => Some("-> ConfirmPayment("),
            Call::List | Call::Methods => None,
        };
        let success = format!(
            r#""service":"{}","warnings":[],"instanceId":"om-org_1","requestId":"<request>","data""#,
            call.service()
        );
        let is_shown = steps.iter().any(|step| {
            step.contains(&success)
                && match command {
                    Some(command) => step.contains(&format!("\n{command}")),
                    None => !step.contains("\n-> "),
                }
        });
        assert!(is_shown, "no golden file shows a success of {call:?}");
    }
    for warning in WARNINGS {
        let shown = format!(r#"{{"code":"{warning}","#);
        assert!(
            steps.iter().any(|step| step.contains(&shown)),
            "no golden file shows {warning}"
        );
    }
}

#[tokio::test]
async fn every_request_gets_the_response_of_its_file() {
    let mut seen = BTreeSet::new();
    for path in files() {
        let text = fs::read_to_string(&path).expect("a golden file");
        let stage = Stage::new().await;
        let mut steps = Vec::new();
        for step in text.trim_end().split("\n---\n") {
            steps.push(stage.play(step.trim_end(), &mut seen).await);
        }
        let actual = format!("{}\n", steps.join("\n---\n"));
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
}

struct Stage {
    world: World,
    store: Arc<Breakable>,
    /// Letters and the numbers of their orders.
    orders: [(&'static str, String); 6],
}

impl Stage {
    async fn new() -> Self {
        let store = Breakable::new(scratch());
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
        let (asked, _) = asked.split_once("\n-> ").unwrap_or((asked, ""));
        let line = asked
            .lines()
            .find(|line| !line.starts_with('#'))
            .unwrap_or_default();
        if let Some(command) = line.strip_prefix("! ") {
            match command {
                "busy" => self.store.set(Broken::CommitsConflict),
                "break" => self.store.set(Broken::CommitsLost),
                "mend" => self.store.set(Broken::Nothing),
                "quota" => set_quota(&self.world.tender, 1).await,
                "full" => fill(self.store.as_ref(), &self.world.e).await,
                _ => panic!("unknown command {command}"),
            }
            return step.to_owned();
        }
        let call = async {
            let answer = self.world.call(self.request(asked)).await;
            (answer, COMMANDS.with(RefCell::take))
        };
        let (answer, commands) = COMMANDS.scope(RefCell::default(), call).await;
        let code = match answer.status.as_u16() {
            200 => String::new(),
            // An answer to HEAD has no body.
            _ if answer.body.is_empty() => String::new(),
            _ => answer.told().1,
        };
        seen.insert((answer.status.as_u16(), code));
        let mut played = asked.to_owned();
        for mut command in commands {
            for (letter, number) in &self.orders {
                command = command.replace(number, letter);
            }
            if let Some(letters) = letters_of(asked) {
                command = command.replace(&"x".repeat(letters), "~");
            }
            played.push_str(&format!("\n-> {command}"));
        }
        format!("{played}\n=> {}", self.shown(&answer))
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
        let letters = letters_of(&text);
        let (mut bytes, mut breaks) = (0, false);
        for header in lines.by_ref().take_while(|line| !line.is_empty()) {
            let (name, value) = header.split_once(": ").unwrap_or_else(|| panic!("{header}"));
            match name {
                "pad" => bytes = value.parse().expect("a number"),
                "break" => breaks = true,
                _ => {}
            }
            if matches!(name, "pad" | "stretch" | "break") {
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
        if let Some(letters) = letters {
            body = body.replace('~', &"x".repeat(letters));
        }
        if body.is_empty() {
            headers.retain(|(name, _)| *name != "content-type");
        }
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let body = if breaks {
            // It has a byte where none is allowed.
            Body::new(Limited::new(Full::new(Bytes::from_static(b"{")), 0))
        } else {
            Body::from(body)
        };
        request.body(body).expect("a request")
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
