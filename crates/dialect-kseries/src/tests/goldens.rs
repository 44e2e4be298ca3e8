//! Requests and their responses as text files: every file below `golden/http` is played against a fresh restaurant.
//!
//! A file is a list of steps parted by lines of three hyphens. A step is a request (request line, headers, an empty line, a
//! body), then a line `=>`, then the response; or a line that begins with `!` and does something beside the wire:
//! `! confirm` (the till does what it has), `! advance <ms>`. Lines that begin with `#` are comments. A request is sent
//! as `app1` unless it has a header `as`, which names another token, or `nobody`.

use std::fs;

use axum::body::Body;
use axum::http::Request;

use super::golden::{compare, folder, names, normalise};
use super::world::{Answer, World, token};

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

#[tokio::test]
async fn every_request_gets_the_response_of_its_file() {
    for name in names(&folder("http")) {
        let path = folder("http").join(&name);
        let text = fs::read_to_string(&path).expect("a golden file");
        let world = World::new().await;
        let mut steps = Vec::new();
        for step in text.split("\n---\n") {
            steps.push(play(&world, step.trim_end(), &name).await);
        }
        compare(&path, &format!("{}\n", steps.join("\n---\n")));
    }
}

/// Every route of the dialect and its method, as its file names begin.
#[test]
fn every_route_has_a_file() {
    let texts: Vec<String> = names(&folder("http"))
        .iter()
        .map(|name| fs::read_to_string(folder("http").join(name)).expect("a golden file"))
        .collect();
    for (method, path) in super::routes::ROUTES {
        let beginning = path.split('{').next().unwrap_or(path);
        let is_played = texts.iter().any(|text| {
            text.lines().any(|line| {
                line.strip_prefix(method)
                    .and_then(|rest| rest.strip_prefix(' '))
                    .is_some_and(|rest| rest.starts_with(beginning))
            })
        });
        assert!(is_played, "no golden file plays {method} {path}");
    }
}

async fn play(world: &World, step: &str, name: &str) -> String {
    let (asked, _) = step.split_once("\n=>").unwrap_or((step, ""));
    let line = asked
        .lines()
        .find(|line| !line.starts_with('#'))
        .unwrap_or_default();
    if let Some(command) = line.strip_prefix("! ") {
        match command.split_once(' ').unwrap_or((command, "")) {
            ("confirm", _) => assert!(world.confirm().await > 0, "{name}: nothing to confirm"),
            ("advance", ms) => world.tender.clock().advance(ms.parse().expect("milliseconds")),
            _ => panic!("{name}: unknown command {command}"),
        }
        return step.to_owned();
    }
    let answer = world.call(request(asked, name)).await;
    format!("{asked}\n=> {}", shown(&answer))
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
