//! Answers for requests that no route takes, each part of the path space in its own manner.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;

#[cfg(test)]
mod tests;

/// What is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missing {
    /// There is no such path.
    Route,
    /// The path exists, but not with this method. The answer gets its `Allow` header from the router.
    Method,
}

impl Missing {
    /// 404 or 405.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Route => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
        }
    }
}

/// Values by path prefix: the longest prefix wins, and prefixes end where segments do (`/v1` covers `/v1/x` but not
/// `/v10`). Empty segments of a path do not count, so `//v1//x` is covered too.
#[derive(Debug, Clone)]
pub struct PrefixTable<T> {
    /// The segments of each prefix. Longer prefixes come first, and of equal ones the later added.
    entries: Vec<(Vec<String>, T)>,
    otherwise: T,
}

impl<T> PrefixTable<T> {
    /// A table with the value for paths that no prefix covers.
    pub fn new(otherwise: T) -> Self {
        Self {
            entries: Vec::new(),
            otherwise,
        }
    }

    /// Adds a prefix, such as `/v1/om`; of two equal ones the later counts.
    #[must_use]
    pub fn on(mut self, prefix: &str, value: T) -> Self {
        let prefix: Vec<String> = segments(prefix).map(str::to_owned).collect();
        let at = self
            .entries
            .partition_point(|(other, _)| other.len() > prefix.len());
        self.entries.insert(at, (prefix, value));
        self
    }

    /// The value for a path.
    pub fn get(&self, path: &str) -> &T {
        // The first segment decides about most prefixes, and is looked for once.
        let first = segments(path).next();
        let may_cover =
            |prefix: &[String]| (prefix.first()).is_none_or(|segment| Some(segment.as_str()) == first);
        self.entries
            .iter()
            .find(|(prefix, _)| may_cover(prefix) && covers(prefix, path))
            .map_or(&self.otherwise, |(_, value)| value)
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn covers(prefix: &[String], path: &str) -> bool {
    let mut of_path = segments(path);
    prefix.iter().all(|segment| of_path.next() == Some(segment))
}

type Fallback = Arc<dyn Fn(Parts, Missing) -> BoxFuture<'static, Response> + Send + Sync>;

/// Which part of the path space answers how when there is no route, or not with the method.
///
/// The answers may wait, because some dialects check credentials before they say what is missing.
#[derive(Clone)]
pub struct Fallbacks {
    table: PrefixTable<Fallback>,
}

impl Fallbacks {
    /// Bare statuses everywhere.
    #[must_use]
    pub fn new() -> Self {
        Self {
            table: PrefixTable::new(boxed(async |_, missing: Missing| {
                missing.status().into_response()
            })),
        }
    }

    /// Lets `answer` speak for the paths under a prefix.
    #[must_use]
    pub fn on<F, A>(self, prefix: &str, answer: F) -> Self
    where
        F: Fn(Parts, Missing) -> A + Send + Sync + 'static,
        A: Future<Output = Response> + Send + 'static,
    {
        Self {
            table: self.table.on(prefix, boxed(answer)),
        }
    }

    /// The router with these fallbacks. It must have all its routes, and no fallback of its own: a fallback for the
    /// method reaches only the routes that are there.
    pub fn apply(self, router: Router) -> Router {
        let table = Arc::new(self.table);
        let answer = move |missing: Missing| {
            let table = Arc::clone(&table);
            move |request: Request| {
                let (parts, _) = request.into_parts();
                let answer = table.get(parts.uri.path());
                answer(parts, missing)
            }
        };
        router
            .fallback(answer(Missing::Route))
            .method_not_allowed_fallback(answer(Missing::Method))
    }
}

impl Default for Fallbacks {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Fallbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefixes = (self.table.entries.iter()).map(|(prefix, _)| format!("/{}", prefix.join("/")));
        f.debug_set().entries(prefixes).finish()
    }
}

fn boxed<F, A>(answer: F) -> Fallback
where
    F: Fn(Parts, Missing) -> A + Send + Sync + 'static,
    A: Future<Output = Response> + Send + 'static,
{
    Arc::new(move |parts, missing| Box::pin(answer(parts, missing)))
}
