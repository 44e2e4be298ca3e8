//! Conversations as text: requests by hand, answers blessed.
//!
//! A file has steps. A step begins with `> METHOD path who`, then `> Name: value` headers, then the body; the answer
//! follows, from `< status` on. Lines of `#` are comments. Long numbers (ids, times in ids) are shown as `#1`, `#2` in the
//! order in which they first appear, in requests as well, so that a later request can name what an earlier one made; times,
//! hashes, secrets and message ids are shown as what they are. With `BLESS=1` in the environment the answers are written
//! anew.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use axum::http::Method;
use tender_wire::{Json, Limits};

use super::place::{Place, Who};

/// Headers of answers that are shown.
const HEADERS: [&str; 7] = [
    "content-type",
    "content-disposition",
    "allow",
    "retry-after",
    "tender-money-moved",
    "tender-retry",
    "www-authenticate",
];
/// Numbers with at least this many digits are ids.
const ID_DIGITS_MIN: usize = 13;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/golden")
}

/// Every file of the folder is played, so none can be left behind unused.
#[tokio::test]
async fn conversations_are_as_written() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let is_blessing = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.ends_with(".txt"), "{name} is no conversation");
        let expected = std::fs::read_to_string(&file).unwrap();
        let found = play(&name, &expected).await;
        if found == expected {
            continue;
        }
        if is_blessing {
            std::fs::write(&file, found).unwrap();
        } else {
            wrong.push(difference(&name, &expected, &found));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\nBLESS=1 writes the answers anew.",
        wrong.join("\n")
    );
}

fn difference(name: &str, expected: &str, found: &str) -> String {
    let pairs = expected.lines().zip(found.lines()).enumerate();
    match pairs.into_iter().find(|(_, (expected, found))| expected != found) {
        Some((number, (expected, found))) => {
            format!("{name}:{}: expected {expected}\n    found    {found}", number + 1)
        }
        None => format!("{name}: one is longer than the other"),
    }
}

struct Step {
    comments: String,
    method: String,
    path: String,
    who: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// Plays a conversation; answers its text as it should have been.
async fn play(name: &str, text: &str) -> String {
    let place = Place::new().await;
    let mut numbers = Numbers::default();
    let mut played = String::new();
    let steps = steps(text);
    assert!(!steps.is_empty(), "{name} has no step");
    for step in steps {
        let path = numbers.fill(&step.path);
        let body = numbers.fill(&step.body);
        let headers: Vec<(String, String)> = step
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), numbers.fill(value)))
            .collect();
        let borrowed: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let method: Method = step.method.parse().unwrap();
        let answer = place
            .call(Who::named(&step.who), method, &path, &borrowed, &body)
            .await;
        played.push_str(&step.comments);
        let _ = writeln!(played, "> {} {} {}", step.method, step.path, step.who);
        for (name, value) in &step.headers {
            let _ = writeln!(played, "> {name}: {value}");
        }
        played.push_str(&step.body);
        let _ = writeln!(played, "< {}", answer.status);
        for name in HEADERS {
            if let Some(value) = answer.headers.get(name) {
                let _ = writeln!(played, "< {name}: {}", numbers.hide(value.to_str().unwrap()));
            }
        }
        if !answer.text.is_empty() {
            let shown = match Json::parse(answer.text.as_bytes(), Limits::REQUEST) {
                Ok(json) => pretty(&json),
                Err(_) => answer.text.replace("\r\n", "\n").trim_end().to_owned(),
            };
            let _ = writeln!(played, "{}", numbers.hide(&shown));
        }
        played.push('\n');
    }
    played
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut comments = String::new();
    let mut in_answer = true;
    for line in text.lines() {
        if let Some(request) = line.strip_prefix("> ") {
            if in_answer {
                let mut words = request.split(' ');
                let mut word = || {
                    words
                        .next()
                        .unwrap_or_else(|| panic!("no request: {line}"))
                        .to_owned()
                };
                steps.push(Step {
                    comments: std::mem::take(&mut comments),
                    method: word(),
                    path: word(),
                    who: word(),
                    headers: Vec::new(),
                    body: String::new(),
                });
                in_answer = false;
            } else if let (Some(step), Some((name, value))) = (steps.last_mut(), request.split_once(": ")) {
                step.headers.push((name.to_owned(), value.to_owned()));
            }
        } else if line.starts_with("< ") {
            in_answer = true;
        } else if line.starts_with('#') {
            in_answer = true;
            comments.push_str(line);
            comments.push('\n');
        } else if !in_answer && !line.is_empty() {
            let step = steps.last_mut().unwrap();
            step.body.push_str(line);
            step.body.push('\n');
        }
    }
    steps
}

/// Long numbers, in the order of their first appearance.
#[derive(Default)]
struct Numbers {
    names: HashMap<String, usize>,
    values: Vec<String>,
}

impl Numbers {
    /// Puts numbers in place of their names.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('#') {
            filled.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: usize = rest[..digits]
                .parse()
                .unwrap_or_else(|_| panic!("no number after # in {text}"));
            filled.push_str(
                self.values
                    .get(number - 1)
                    .unwrap_or_else(|| panic!("no #{number} yet: {text}")),
            );
            rest = &rest[digits..];
        }
        filled.push_str(rest);
        filled
    }

    /// Puts names in place of numbers, and says what kind of thing differs from run to run.
    fn hide(&mut self, text: &str) -> String {
        let mut hidden = String::new();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if let Some((shown, length)) = changing(rest) {
                hidden.push_str(shown);
                rest = &rest[length..];
                continue;
            }
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits >= ID_DIGITS_MIN {
                let _ = write!(hidden, "#{}", self.name(&rest[..digits]));
                rest = &rest[digits..];
            } else {
                let length = digits.max(character.len_utf8());
                hidden.push_str(&rest[..length]);
                rest = &rest[length..];
            }
        }
        hidden
    }

    fn name(&mut self, number: &str) -> usize {
        if let Some(name) = self.names.get(number) {
            return *name;
        }
        self.values.push(number.to_owned());
        self.names.insert(number.to_owned(), self.values.len());
        self.values.len()
    }
}

/// What a text begins with, if it is something that differs from run to run, and how long it is.
fn changing(text: &str) -> Option<(&'static str, usize)> {
    let shapes = [
        ("<time>", "dddd-dd-ddTdd:dd:dd.dddZ"),
        ("<date>", "dddd-dd-dd"),
        ("<message-id>", "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"),
        ("<hash>", &"h".repeat(64)),
    ];
    for (shown, shape) in shapes {
        let fits = |(found, wanted): (u8, u8)| match wanted {
            b'd' => found.is_ascii_digit(),
            b'h' => found.is_ascii_hexdigit(),
            other => found == other,
        };
        if text.len() >= shape.len() && text.bytes().zip(shape.bytes()).all(fits) {
            return Some((shown, shape.len()));
        }
    }
    let secret = text.strip_prefix("whsec_")?;
    let length = secret
        .bytes()
        .take_while(|byte| !byte.is_ascii_whitespace() && *byte != b'"')
        .count();
    (length > 20).then_some(("<secret>", "whsec_".len() + length))
}

/// JSON with a member per line, objects and arrays without containers in them on one line.
fn pretty(json: &Json<'_>) -> String {
    let mut text = String::new();
    write_pretty(&mut text, json, 0);
    text
}

fn is_flat(json: &Json<'_>) -> bool {
    let is_scalar = |value: &Json<'_>| !matches!(value, Json::Array(_) | Json::Object(_));
    let length = json.to_text().len();
    let is_shallow = match json {
        Json::Array(elements) => elements.iter().all(is_scalar),
        Json::Object(members) => members.iter().all(|(_, value)| is_scalar(value)),
        _ => true,
    };
    is_shallow && length < 100
}

fn write_pretty(text: &mut String, json: &Json<'_>, depth: usize) {
    if depth > 0 && is_flat(json) {
        text.push_str(&json.to_text());
        return;
    }
    let indent = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    };
    match json {
        Json::Array(elements) => {
            text.push('[');
            for (number, element) in elements.iter().enumerate() {
                text.push_str(if number > 0 { "," } else { "" });
                indent(text, depth + 1);
                write_pretty(text, element, depth + 1);
            }
            if !elements.is_empty() {
                indent(text, depth);
            }
            text.push(']');
        }
        Json::Object(members) => {
            text.push('{');
            for (number, (name, value)) in members.iter().enumerate() {
                text.push_str(if number > 0 { "," } else { "" });
                indent(text, depth + 1);
                let _ = write!(text, "{}: ", Json::String(name.into()).to_text());
                write_pretty(text, value, depth + 1);
            }
            if !members.is_empty() {
                indent(text, depth);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_text()),
    }
}
