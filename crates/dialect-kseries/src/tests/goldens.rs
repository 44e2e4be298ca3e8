//! Requests, the commands they become, the responses and what endpoints are told, as text files: every file below
//! `golden/http` is played against a fresh restaurant.
//!
//! A file is a list of steps parted by lines of three hyphens. A step is a request (request line, headers, an empty line, a
//! body), then what came of it: `=> command` with the command that went to the ledger (members that are empty left out),
//! `=> <status>` with the response, `=> told <endpoint>` with each new notification. Or it is a line that begins with `!`
//! and does something beside the wire: `! confirm` (the till does what it has), `! refuse <code> [<words>]`,
//! `! advance <ms>`, `! time-out <ms>` (and somebody is told), `! no-staff` (the location has no API staff any more).
//! Lines that begin with `#` are comments. A request is sent as
//! `app1` unless it has a header `as`, which names another token, or `nobody`.
//!
//! That the files are whole is tested in `whole`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use axum::body::Body;
use axum::http::Request;
use tender_engine::{Failure, FailureCode};
use tender_service::DirectoryKind;

use super::golden::{compare, folder, names, normalise};
use super::watch;
use super::world::{Answer, L, World, token};
use crate::errors::Refusal;

/// Headers of responses that are contract.
const SHOWN_HEADERS: [&str; 7] = [
    "content-type",
    "www-authenticate",
    "allow",
    "retry-after",
    "tender-money-moved",
    "tender-retry",
    "location",
];

/// One request of a file and what came of it.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) status: u16,
    pub(super) refusal: Option<Refusal>,
}

/// Plays all files.
pub(super) async fn play_all() -> Vec<Played> {
    let mut played = Vec::new();
    for file in names(&folder("http")) {
        let path = folder("http").join(&file);
        let text = fs::read_to_string(&path).expect("a golden file");
        let mut scene = Scene::new(file).await;
        let mut steps = Vec::new();
        for step in text.split("\n---\n") {
            steps.push(scene.play(step.trim_end()).await);
        }
        compare(&path, &format!("{}\n", steps.join("\n---\n")));
        played.append(&mut scene.played);
    }
    played
}

/// All that the files tell endpoints, one body after another.
pub(super) fn told_in_files() -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    for file in names(&folder("http")) {
        let text = fs::read_to_string(folder("http").join(file)).expect("a golden file");
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("=> told ") {
                told.extend(lines.next().map(str::to_owned));
            }
        }
    }
    told
}

/// A restaurant in which a file is played.
struct Scene {
    file: String,
    world: World,
    /// How many messages of each endpoint were shown.
    shown: BTreeMap<&'static str, usize>,
    played: Vec<Played>,
}

impl Scene {
    async fn new(file: String) -> Self {
        let world = World::new().await;
        watch::take_commands();
        Self {
            file,
            world,
            shown: BTreeMap::new(),
            played: Vec::new(),
        }
    }

    async fn play(&mut self, step: &str) -> String {
        let (asked, _) = step.split_once("\n=>").unwrap_or((step, ""));
        let line = asked
            .lines()
            .find(|line| !line.starts_with('#'))
            .unwrap_or_default();
        let mut came = String::new();
        if let Some(command) = line.strip_prefix("! ") {
            self.act(command).await;
        } else {
            let answer = self.world.call(request(asked, &self.file)).await;
            for command in watch::take_commands() {
                came.push_str(&format!("\n=> command\n{}", normalise(&brief(&command))));
            }
            came.push_str(&format!("\n=> {}", shown(&answer)));
            let (method, path) = line.split_once(' ').unwrap_or_default();
            self.played.push(Played {
                method: method.to_owned(),
                path: path.to_owned(),
                status: answer.status.as_u16(),
                refusal: answer.refusal,
            });
        }
        for endpoint in ["E1", "E2"] {
            let told = self.world.messages_if_there(endpoint).await;
            let seen = self.shown.entry(endpoint).or_default();
            for body in told.iter().skip(*seen) {
                came.push_str(&format!("\n=> told {endpoint}\n{}", normalise(body)));
            }
            *seen = told.len().max(*seen);
        }
        format!("{asked}{came}")
    }

    /// Does something beside the wire.
    async fn act(&self, command: &str) {
        let world = &self.world;
        match command.split_once(' ').unwrap_or((command, "")) {
            ("confirm", _) => assert!(world.confirm().await > 0, "{}: nothing to confirm", self.file),
            ("refuse", answer) => {
                let (code, words) = answer.split_once(' ').unwrap_or((answer, ""));
                let code = FailureCode::ALL.into_iter().find(|known| known.code() == code);
                let message = (!words.is_empty()).then(|| words.to_owned());
                let code = code.unwrap_or_else(|| panic!("{}: {command}", self.file));
                world.refuse(Failure { code, message }).await;
            }
            ("advance", ms) => world.tender.clock().advance(ms.parse().expect("milliseconds")),
            ("time-out", ms) => {
                let _expiry = world.tender.spawn_expiry();
                let before = world.messages("E1").await.len();
                world.tender.clock().advance(ms.parse().expect("milliseconds"));
                world
                    .until(async || world.messages("E1").await.len() > before)
                    .await;
            }
            ("no-staff", _) => {
                let mut location = world.directory().await.locations[&L].clone();
                location.api_staff = None;
                world.put(DirectoryKind::Location, L, &location).await;
            }
            _ => panic!("{}: unknown command {command}", self.file),
        }
    }
}

/// A command without its empty members.
fn brief(command: &str) -> String {
    let is_empty = |part: &&str| {
        let value = part.split_once(": ").map(|(_, value)| value);
        !matches!(value, Some("None" | "false" | "Absent" | "[]" | "Decimal(0)"))
    };
    command
        .split(", ")
        .filter(is_empty)
        .collect::<Vec<_>>()
        .join(", ")
}

fn request(text: &str, name: &str) -> Request<Body> {
    let mut lines = text.lines().skip_while(|line| line.starts_with('#'));
    let line = lines.next().unwrap_or_else(|| panic!("{name}: no request line"));
    let (method, path) = line.split_once(' ').unwrap_or_else(|| panic!("{name}: {line}"));
    let mut request = Request::builder().method(method).uri(path);
    let (mut caller, mut content_type) = ("app1".to_owned(), None);
    for header in lines.by_ref().take_while(|line| !line.is_empty()) {
        let (name, value) = header
            .split_once(": ")
            .unwrap_or_else(|| panic!("{name}: {header}"));
        match name {
            "as" => value.clone_into(&mut caller),
            "content-type" => content_type = Some(value.to_owned()),
            _ => request = request.header(name, value),
        }
    }
    let body: String = lines.collect::<Vec<_>>().join("\n");
    if caller != "nobody" {
        request = request.header("authorization", format!("Bearer {}", token(&caller)));
    }
    match content_type.as_deref() {
        Some("none") => {}
        Some(content_type) => request = request.header("content-type", content_type),
        None if !body.is_empty() => request = request.header("content-type", "application/json"),
        None => {}
    }
    request.body(Body::from(body)).expect("a request")
}

fn shown(answer: &Answer) -> String {
    let mut text = answer.status.as_u16().to_string();
    for name in SHOWN_HEADERS {
        if let Some(value) = answer.header(name) {
            text.push_str(&format!("\n{name}: {value}"));
        }
    }
    if !answer.body.is_empty() {
        text.push_str("\n\n");
        text.push_str(&normalise(&answer.body));
    }
    text
}
