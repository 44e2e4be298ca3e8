//! Golden files: scenarios as text, requests and the answers they get.
//!
//! A file below `golden/` is a list of steps between blank lines. A step is a request (lines that begin with `> `: method
//! and path, headers, an empty line, a body), the command that it became (lines that begin with `= `, without what is
//! empty) and its answer, or a line that begins with `! `: something that happens elsewhere. `> name=` keeps the answer's
//! `id` under a name for the steps after it. Each file starts with a fresh company and the order of the checklist as
//! `{order}`. With `BLESS=1` commands and answers are written instead of compared.
//!
//! That every route and every refusal is in one of the files is held against them in `coverage`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tender_engine::{OrderChange, OrderId, Outcome, Stage, Via};
use tender_service::Settings;
use tender_testbed::Broken;
use tender_wire::{Json, Limits};

use super::record::recorded;
use super::shop::{Bill, Call, Reply, Shop, TOKEN_A, TOKEN_B, TOKEN_C, TOKEN_SITE, TOKEN_TILL, settings};

mod coverage;

/// The headers that answers are compared by.
const SHOWN: [&str; 12] = [
    "content-type",
    "location",
    "allow",
    "www-authenticate",
    "retry-after",
    "x-pages",
    "x-next-page",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "tender-money-moved",
    "tender-retry",
];

/// The most lines of one command that are shown.
const COMMAND_LINES_MAX: usize = 100;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn every_scenario_answers_as_recorded() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut stale = Vec::new();
    for file in files() {
        assert_eq!(
            file.extension().and_then(|extension| extension.to_str()),
            Some("txt"),
            "{}",
            file.display()
        );
        let recorded = fs::read_to_string(&file).unwrap();
        let played = play(&recorded).await.text;
        if bless {
            fs::write(&file, &played).unwrap();
        } else if played != recorded {
            stale.push(format!(
                "{}\n{}",
                file.display(),
                first_difference(&recorded, &played)
            ));
        }
    }
    assert!(
        stale.is_empty(),
        "run with BLESS=1 and look at the difference:\n{}",
        stale.join("\n\n")
    );
}

fn first_difference(recorded: &str, played: &str) -> String {
    let lines = recorded.lines().map(Some).chain(std::iter::repeat(None));
    let differs = played
        .lines()
        .zip(lines)
        .enumerate()
        .find(|(_, (new, old))| Some(*new) != *old);
    match differs {
        Some((at, (new, old))) => format!("line {}: recorded {old:?}\nnow {new:?}", at + 1),
        None => "recorded has lines that are not answered any more".to_owned(),
    }
}

enum Step<'t> {
    Comment(&'t str),
    Event(&'t str),
    Request { call: Vec<&'t str>, text: Vec<&'t str> },
}

fn steps(text: &str) -> Vec<Step<'_>> {
    let blocks = text.split("\n\n").filter(|block| !block.trim().is_empty());
    blocks
        .map(|block| {
            let block = block.trim_matches('\n');
            if block.starts_with('#') {
                return Step::Comment(block);
            }
            if let Some(event) = block.strip_prefix("! ") {
                return Step::Event(event);
            }
            let text: Vec<&str> = block.lines().take_while(|line| line.starts_with('>')).collect();
            let call = text
                .iter()
                .map(|line| line.strip_prefix("> ").unwrap_or_default())
                .collect();
            Step::Request { call, text }
        })
        .collect()
}

/// A file that was played.
struct Played {
    text: String,
    /// Method, path and status of every request.
    answered: Vec<(String, String, u16)>,
    /// Codes of every refusal.
    refusals: Vec<String>,
}

async fn play(recorded: &str) -> Played {
    let limited = recorded.contains("! limit 3");
    let settings = Settings {
        rate_limits: limited,
        rate_limit_token: 3,
        ..settings()
    };
    let mut stage = Play {
        shop: Shop::with(settings).await,
        names: BTreeMap::new(),
        order: OrderId(0),
        answered: Vec::new(),
        refusals: Vec::new(),
    };
    stage.order = stage.shop.order().await;
    stage.name("order", stage.order.0);
    let mut out = Vec::new();
    for step in steps(recorded) {
        match step {
            Step::Comment(text) => out.push(text.to_owned()),
            Step::Event(event) => {
                stage.happen(event).await;
                out.push(format!("! {event}"));
            }
            Step::Request { call, text } => {
                let answer = stage.ask(&call).await;
                out.push(format!("{}\n{answer}", text.join("\n")));
            }
        }
    }
    Played {
        text: out.join("\n\n") + "\n",
        answered: stage.answered,
        refusals: stage.refusals,
    }
}

struct Play {
    shop: Shop,
    /// Values by name, as `{name}` in requests and answers.
    names: BTreeMap<String, String>,
    order: OrderId,
    answered: Vec<(String, String, u16)>,
    refusals: Vec<String>,
}

impl Play {
    fn name(&mut self, name: &str, value: impl ToString) {
        self.names.insert(format!("{{{name}}}"), value.to_string());
    }

    async fn happen(&mut self, event: &str) {
        match event.split(' ').collect::<Vec<&str>>().as_slice() {
            ["limit", "3"] => {}
            ["complete"] => self.shop.settle(self.order, OrderChange::Close).await,
            ["reject"] => self.shop.settle(self.order, OrderChange::Reject).await,
            ["cancel"] => self.shop.settle(self.order, OrderChange::Cancel).await,
            ["delete"] => self.shop.settle(self.order, OrderChange::Delete).await,
            ["reserve", amount] => drop(self.shop.reserve(self.order, amount).await),
            ["till", "heartbeat"] => self
                .shop
                .tender
                .heartbeat(super::shop::SITE, tender_engine::DeviceId(31)),
            ["a", "token", "expires"] => self.shop.issue_useless("token-past-its-life", false).await,
            ["a", "token", "is", "revoked"] => self.shop.issue_useless("token-taken-back", true).await,
            ["application", "C", "is", "switched", "off"] => self.shop.switch_off().await,
            ["commits", "conflict"] => self.shop.store.set(Broken::CommitsConflict),
            ["commits", "break"] => self.shop.store.set(Broken::CommitsLost),
            ["commits", "fail"] => self.shop.store.set(Broken::CommitsFail),
            ["the", "store", "is", "away"] => self.shop.store.set(Broken::All),
            ["the", "store", "works"] => self.shop.store.set(Broken::Nothing),
            ["many", "sites"] => self.shop.open_many_sites().await,
            ["a", "hundred", "webhooks"] => {
                for _ in 0..100 {
                    let body = r#"{"topic":"orders/created","address":"https://client.example/hook"}"#;
                    self.shop
                        .post("/v1/companies/me/webhooks.json", body)
                        .await
                        .expect(201, &[]);
                }
            }
            ["as", "many", "callbacks", "as", "are", "kept"] => {
                drop(super::callbacks::fill(&self.shop).await)
            }
            ["an", "order", "waits", "for", "a", "till"] => {
                let proposal = self.shop.proposal();
                match self.shop.elsewhere(Via::Kseries, proposal).await.unwrap() {
                    Outcome::Opened(opened) => self.order = opened.order.id,
                    other => panic!("not an order: {other:?}"),
                }
                self.name("order", self.order.0);
            }
            ["fresh", "order"] => {
                self.order = self.shop.order().await;
                self.name("order", self.order.0);
            }
            ["accepted", "order"] => {
                self.order = self
                    .shop
                    .bill(Bill {
                        stage: Stage::Accepted,
                        ..Bill::default()
                    })
                    .await;
                self.name("order", self.order.0);
            }
            other => panic!("unknown event {other:?}"),
        }
    }

    async fn ask(&mut self, lines: &[&str]) -> String {
        let mut lines = lines.iter().copied().peekable();
        let name = lines.next_if(|line| line.ends_with('='));
        let (method, path) = lines.next().and_then(|line| line.split_once(' ')).unwrap();
        let mut call = Call::new(method, &self.filled(path)).header("Accept", "application/json");
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            let (header, value) = line.split_once(": ").unwrap();
            let value = match value {
                // What no header carries is left out.
                "nothing" => {
                    call = call.without(header);
                    continue;
                }
                "A" => format!("Bearer {TOKEN_A}"),
                "B" => format!("Bearer {TOKEN_B}"),
                "C" => format!("Bearer {TOKEN_C}"),
                "one site" => format!("Bearer {TOKEN_SITE}"),
                "a till" => format!("Bearer {TOKEN_TILL}"),
                other => self.filled(other),
            };
            call = call.header(header, &value);
        }
        let body: Vec<String> = lines.map(|line| self.filled(line)).collect();
        let body = match body.as_slice() {
            [huge] if huge == "(two megabytes)" => Some(" ".repeat(2 * 1024 * 1024)),
            [] => None,
            lines => Some(lines.join("\n")),
        };
        if let Some(body) = body {
            call = call.body(&body);
        }
        let (method, path) = (call.method.clone(), call.path.clone());
        let (reply, record) = recorded(self.shop.send(call)).await;
        self.answered.push((method, path, reply.status));
        self.refusals.extend(record.refusals);
        if let Some(name) = name {
            let name = name.trim_end_matches('=').to_owned();
            self.name(&name, reply.at("/id"));
        }
        let mut text = String::new();
        for command in &record.commands {
            let lines = folded(command);
            for line in lines.iter().take(COMMAND_LINES_MAX) {
                text.push_str(&format!("= {line}\n"));
            }
            if lines.len() > COMMAND_LINES_MAX {
                text.push_str(&format!("= ({} lines in all)\n", lines.len()));
            }
        }
        self.anonymous(&text) + &self.shown(&reply)
    }

    fn filled(&self, text: &str) -> String {
        let text = self
            .names
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
        repeated(&text)
    }

    fn shown(&self, reply: &Reply) -> String {
        let mut text = format!("{}\n", reply.status);
        for name in SHOWN {
            for value in reply.headers.get_all(name) {
                text.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
            }
        }
        if !reply.text.is_empty() {
            let json = Json::parse(reply.text.as_bytes(), Limits::REQUEST).unwrap();
            pretty(&json, 0, &mut text);
        }
        without_times(&self.anonymous(&text)).trim_end().to_owned()
    }

    /// Ids of this run as their names.
    fn anonymous(&self, text: &str) -> String {
        let named = self.names.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(value.as_str(), name)
        });
        without_ids(&named)
    }
}

/// A text in which `(3 times ab)` stands for `ababab`.
fn repeated(text: &str) -> String {
    let repeat = || {
        let (before, rest) = text.split_once('(')?;
        let (inner, after) = rest.split_once(')')?;
        let (count, unit) = inner.split_once(" times ")?;
        let count: usize = count.parse().ok()?;
        Some(format!("{before}{}{after}", unit.repeat(count)))
    };
    repeat().unwrap_or_else(|| text.to_owned())
}

/// The lines of a command, without what is empty, and with what holds one thing on one line.
fn folded(command: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in command.lines().filter(|line| !is_empty_member(line)) {
        let end = line.trim();
        if let [.., open, inner] = lines.as_slice()
            && matches!(end, ")" | ")," | "]" | "],")
            && open.ends_with(['(', '['])
            && !inner.ends_with(['(', '[', '{'])
            && !inner.trim().starts_with([')', ']', '}'])
        {
            let one = format!("{open}{}{end}", inner.trim().trim_end_matches(','));
            lines.truncate(lines.len() - 2);
            lines.push(one);
        } else {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// Whether a line of a command says that something is not there.
fn is_empty_member(line: &str) -> bool {
    [": None,", ": [],"].iter().any(|end| line.ends_with(end))
}

/// Indented, with members in their order and numbers as they are written.
fn pretty(json: &Json<'_>, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth + 1);
    let list = |open: char, close: char, items: Vec<(String, &Json<'_>)>, out: &mut String| {
        out.push(open);
        for (index, (name, value)) in items.iter().enumerate() {
            out.push_str(if index == 0 { "\n" } else { ",\n" });
            out.push_str(&indent);
            out.push_str(name);
            pretty(value, depth + 1, out);
        }
        if !items.is_empty() {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
        out.push(close);
    };
    match json {
        Json::Object(object) => {
            list(
                '{',
                '}',
                object
                    .iter()
                    .map(|(name, value)| (format!("\"{name}\": "), value))
                    .collect(),
                out,
            );
        }
        Json::Array(items) => list(
            '[',
            ']',
            items.iter().map(|item| (String::new(), item)).collect(),
            out,
        ),
        scalar => out.push_str(&scalar.to_text()),
    }
}

/// Ids that no step named: whole numbers too long to be anything else.
fn without_ids(text: &str) -> String {
    replace_runs(text, |before, run| run.len() >= 13 && before != '.', "{id}")
}

fn replace_runs(text: &str, is_replaced: impl Fn(char, &str) -> bool, with: &str) -> String {
    let (mut out, mut run, mut before) = (String::new(), String::new(), ' ');
    for character in text.chars().chain(std::iter::once('\0')) {
        if character.is_ascii_digit() {
            run.push(character);
            continue;
        }
        out.push_str(if is_replaced(before, &run) { with } else { &run });
        run.clear();
        before = character;
        if character != '\0' {
            out.push(character);
        }
    }
    out
}

/// Times of this run, and the reset of a rate limit; those that a scenario sets are years away and stay.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut line = line.to_owned();
        for name in ["\"created_at\": \"", "\"updated_at\": \""] {
            if let Some((before, rest)) = line.split_once(name)
                && !rest.starts_with("2023-")
                && let Some((time, after)) = rest.split_once('"')
            {
                assert_eq!(time.len(), "2026-05-29T11:14:06+10:00".len(), "{time}");
                line = format!("{before}{name}{{time}}\"{after}");
            }
        }
        if line.starts_with("x-ratelimit-reset: ") {
            line = "x-ratelimit-reset: {time}".to_owned();
        }
        for name in ["retry-after: ", "tender-retry: after:"] {
            if line.starts_with(name) {
                line = format!("{name}{{seconds}}");
            }
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}
