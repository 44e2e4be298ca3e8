//! Query strings, strictly: every parameter is known, given once, and what it must be.
//!
//! Owns: reading parameters, paging limits, the dry-run switch. Must not know: what a parameter selects.

use std::convert::Infallible;
use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tender_http::Problem;
use tender_wire::Form;

use crate::refusal::{self, Code};

#[cfg(test)]
mod tests;

/// Parameters of one request.
const PARAMETERS_MAX: usize = 32;

/// A request's query string as it was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct QueryText(String);

impl<S: Sync> FromRequestParts<S> for QueryText {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.uri.query().unwrap_or_default().to_owned()))
    }
}

impl QueryText {
    /// Reads the parameters, all of which must be among the known ones.
    pub(crate) fn read(&self, known: &[&str]) -> Result<Query<'_>, Problem> {
        let form = Form::parse(self.0.as_bytes(), PARAMETERS_MAX).map_err(|_| {
            refusal::malformed(Code::InvalidParameter, "There are too many query parameters.")
        })?;
        let mut seen: Vec<&str> = Vec::new();
        for (name, _) in form.iter() {
            let Some(name) = known.iter().find(|known| **known == name) else {
                let names = if known.is_empty() {
                    "This route takes no query parameters.".to_owned()
                } else {
                    format!("This route takes: {}.", known.join(", "))
                };
                return Err(
                    refusal::malformed(Code::UnknownParameter, "There is no such query parameter.")
                        .detail(names),
                );
            };
            if seen.contains(name) {
                return Err(refusal::invalid_parameter(name, "It is given more than once."));
            }
            seen.push(name);
        }
        Ok(Query(form))
    }
}

/// Known parameters, each given at most once.
#[derive(Debug)]
pub(crate) struct Query<'q>(Form<'q>);

impl Query<'_> {
    /// A parameter as it was given. An empty one counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).filter(|value| !value.is_empty())
    }

    /// `true` or `false`; absent is false.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(refusal::invalid_parameter(name, "It is true or false.")),
        }
    }

    /// A whole number in a range.
    pub(crate) fn number(&self, name: &str, range: RangeInclusive<u32>) -> Result<Option<u32>, Problem> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let number = number.filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        match number {
            Some(number) => Ok(Some(number)),
            None => Err(refusal::invalid_parameter(
                name,
                format!("It is a whole number from {} to {}.", range.start(), range.end()),
            )),
        }
    }

    /// How many items a page has.
    pub(crate) fn limit(&self, usual: u32, max: u32) -> Result<u32, Problem> {
        Ok(self.number("limit", 1..=max)?.unwrap_or(usual))
    }

    /// A parameter that `read` understands; `what` completes the sentence "It is …".
    pub(crate) fn parsed<T>(
        &self,
        name: &str,
        what: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        match self.text(name) {
            None => Ok(None),
            Some(text) => match read(text) {
                Some(value) => Ok(Some(value)),
                None => Err(refusal::invalid_parameter(name, format!("It is {what}."))),
            },
        }
    }

    /// Where the last page ended: the `next` that came with it.
    pub(crate) fn after<T>(&self, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        self.parsed("after", "the `next` of an earlier page, unchanged", read)
    }
}
