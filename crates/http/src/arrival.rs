//! What is known about a request before anybody looks at it, kept once for the request and for its answer.

use std::sync::Arc;

use axum::http::Extensions;

use crate::{ConnectionHandle, RawPath, RequestId};

/// How a request came in. It is in the extensions of every request that came over a socket, as one value, because each
/// value there is an allocation and an entry of a map.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) id: RequestId,
    pub(crate) raw_path: RawPath,
    pub(crate) connection: ConnectionHandle,
}

impl Arrival {
    pub(crate) fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get::<Arc<Self>>().map(AsRef::as_ref)
    }
}
