//! The feed as pages, and the choice between pages and stream.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::ACCEPT;
use axum::http::{Extensions, HeaderMap};
use axum::response::{IntoResponse, Response};
use tender_engine::{EntryKind, JournalEntry, LocationId};
use tender_http::Problem;
use tender_service::{FeedPosition, Principal};

use super::render::write_event;
use super::{cursor, stream};
use crate::access::Client;
use crate::query::{Query, QueryText};
use crate::{Native, answer, ids, lookup, refusal};

const PARAMETERS: [&str; 4] = ["after", "limit", "location_id", "type"];
pub(super) const LIMIT_USUAL: u32 = 100;
pub(super) const LIMIT_MAX: u32 = 1_000;

/// Which events a reader wants and may see.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    location: Option<LocationId>,
    kind: Option<EntryKind>,
    principal: Arc<Principal>,
}

impl Selection {
    fn read(query: &Query<'_>, principal: Arc<Principal>) -> Result<Self, Problem> {
        let location = query.parsed("location_id", "the decimal id of a location", ids::read_plain)?;
        let location = location.map(LocationId);
        if location.is_some_and(|location| !principal.covers(location)) {
            return Err(refusal::location_not_found());
        }
        let kind = query.parsed(
            "type",
            "the type of an event, such as payment.completed",
            |text| EntryKind::ALL.into_iter().find(|kind| kind.code() == text),
        )?;
        Ok(Self {
            location,
            kind,
            principal,
        })
    }

    /// Whether an entry is wanted, and its reader may see it.
    pub(super) fn takes(&self, entry: &JournalEntry) -> bool {
        self.principal.covers(entry.location)
            && self.location.is_none_or(|location| entry.location == location)
            && self.kind.is_none_or(|kind| entry.kind == kind)
    }

    /// The same for a principal that was looked up again.
    pub(super) fn renew(&mut self, principal: Arc<Principal>) {
        self.principal = principal;
    }

    pub(super) fn principal(&self) -> &Principal {
        &self.principal
    }
}

/// `GET /api/v1/events`: a page, or a stream for those who accept `text/event-stream`.
pub(crate) async fn events(
    State(native): State<Native>,
    Client(principal): Client,
    query: QueryText,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, Response> {
    let read = || -> Result<(Option<FeedPosition>, u32, Selection), Problem> {
        let query = query.read(&PARAMETERS)?;
        let after = query.after(cursor::read)?;
        let limit = query.limit(LIMIT_USUAL, LIMIT_MAX)?;
        Ok((after, limit, Selection::read(&query, principal)?))
    };
    let (after, limit, selection) = read().map_err(IntoResponse::into_response)?;
    if accepts_stream(&headers) {
        return stream::open(native, selection, after, &headers, &extensions).await;
    }
    page(&native, &selection, after.unwrap_or_default(), limit)
        .await
        .map_err(IntoResponse::into_response)
}

fn accepts_stream(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut types = accepted.flat_map(|value| value.split(',')).map(|range| {
        let media_type = range.split(';').next().unwrap_or_default();
        media_type.trim().to_ascii_lowercase()
    });
    types.any(|media_type| media_type == "text/event-stream")
}

/// A page looks at `limit` entries. With a filter it may hold fewer while there is a next one.
async fn page(
    native: &Native,
    selection: &Selection,
    after: FeedPosition,
    limit: u32,
) -> Result<Response, Problem> {
    let merchant = selection.principal().merchant;
    let mut entries = lookup::read(native.tender().feed(merchant, after, limit).await)?;
    let is_full = u32::try_from(entries.len()).is_ok_and(|count| count >= limit);
    let last = entries.last().map(|(position, _)| *position);
    let next = last.filter(|_| is_full).map(cursor::write);
    entries.retain(|(_, entry)| selection.takes(entry));
    Ok(answer::page(&entries, next, |array, (position, entry)| {
        array.object(|object| write_event(object, *position, entry));
    }))
}
