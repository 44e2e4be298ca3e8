//! A request in the making, and what comes back.

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use serde_json::Value;

use super::shop::TOKEN_B;

/// A request in the making.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
}

impl Call {
    /// A bare request of application B.
    pub(super) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
        }
        .header("Authorization", &format!("Bearer {TOKEN_B}"))
    }

    pub(super) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(super) fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }

    pub(super) fn post(path: &str, body: &str) -> Self {
        Self::new("POST", path).body(body)
    }

    pub(super) fn put(path: &str, body: &str) -> Self {
        Self::new("PUT", path).body(body)
    }

    pub(super) fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        if self.has("Content-Type") {
            self
        } else {
            self.header("Content-Type", "application/json")
        }
    }

    fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// Sets a header, replacing what was there.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// By the bearer of another token.
    pub(super) fn by(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub(super) fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    pub(super) fn request(self) -> Request<Body> {
        let mut request = Request::builder().method(self.method.as_str()).uri(self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if !self
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("Host"))
        {
            request = request.header("Host", "pos.example");
        }
        request
            .body(self.body.map_or_else(Body::empty, Body::from))
            .unwrap()
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The value at a JSON pointer as text; strings without quotes.
    pub(super) fn at(&self, pointer: &str) -> String {
        match self.json().pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => panic!("nothing at {pointer}: {}", self.text),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Asserts a status and values.
    pub(super) fn expect(self, status: u16, values: &[(&str, &str)]) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        for (pointer, value) in values {
            assert_eq!(self.at(pointer), *value, "{pointer} of {}", self.text);
        }
        self
    }

    /// The ids of a list's rows.
    pub(super) fn ids(&self) -> Vec<u64> {
        let rows = self.json();
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_u64().unwrap())
            .collect()
    }
}
