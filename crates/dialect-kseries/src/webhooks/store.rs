//! Endpoints in the directory: finding, writing and deleting them.
//!
//! An endpoint's name is unique per application and exact in its case. Its record id is made from both, so two nodes that
//! create the same endpoint at once write the same record instead of two. Every change is made on the record as it stands
//! when it is written, so of two at once neither is lost.

use tender_engine::{ApplicationId, EndpointId, Hash128, LocationId, Lookup, alias_hash};
use tender_service::{Directory, DirectoryKind, Edit, Endpoint, Failure};

use crate::errors::{Fault, Refusal, of_trouble};
use crate::visit::Visit;

/// The name under which endpoints of this dialect are kept.
pub(crate) const DIALECT: &str = "kseries";

/// Ids are below 2^53.
const ID_MASK: u64 = (1 << 53) - 1;
/// How many ids are tried when another endpoint has the first one.
const ID_ATTEMPTS: u32 = 16;

/// The caller's endpoint with this name. One that was made here has an id that its name leads to; only for others, and for
/// names that nobody has, all endpoints are looked at.
pub(super) fn find<'d>(
    directory: &'d Directory,
    application: ApplicationId,
    name: &str,
) -> Option<&'d Endpoint> {
    let named = directory
        .endpoints
        .get(&record_id(application, name, 0))
        .filter(|endpoint| is_named(endpoint, application, name));
    named.or_else(|| {
        let mut endpoints = directory.endpoints.values();
        endpoints.find(|endpoint| is_named(endpoint, application, name))
    })
}

/// The caller's endpoint with this name, for a command.
pub(crate) fn lookup(visit: &Visit, name: &str) -> Lookup<EndpointId> {
    match find(&visit.directory, visit.principal.application, name) {
        Some(endpoint) => Lookup::Known(EndpointId(endpoint.id)),
        None => Lookup::Unknown,
    }
}

/// The caller's endpoint with this name, or 404.
pub(super) fn require<'d>(
    directory: &'d Directory,
    application: ApplicationId,
    name: &str,
) -> Result<&'d Endpoint, Refusal> {
    find(directory, application, name).ok_or_else(|| unknown(name))
}

/// An id for a new endpoint that no other one has.
fn free_id(directory: &Directory, application: ApplicationId, name: &str) -> Result<u64, Refusal> {
    let ids = (0..ID_ATTEMPTS).map(|attempt| record_id(application, name, attempt));
    let mut free = ids.filter(|id| !directory.endpoints.contains_key(id));
    free.next()
        .ok_or_else(|| of_trouble(&tender_service::Failure::Internal))
}

/// Changes the caller's endpoint with this name. `edit` is given its record as it stands, or the id of a new one.
pub(super) async fn edit<R: Send>(
    visit: &Visit,
    directory: &Directory,
    name: &str,
    mut edit: impl FnMut(Result<Endpoint, u64>) -> Result<(Edit<Endpoint>, R), Refusal> + Send,
) -> Result<R, Refusal> {
    let application = visit.principal.application;
    let id = match find(directory, application, name) {
        Some(endpoint) => endpoint.id,
        None => free_id(directory, application, name)?,
    };
    let mut judge = |record: Option<Endpoint>| {
        let record = record.ok_or(id);
        if record
            .as_ref()
            .is_ok_and(|record| !is_named(record, application, name))
        {
            // The id was taken since the directory was read. With the next one it is known.
            return Err(of_trouble(&Failure::Busy { retry_after_s: 1 }));
        }
        edit(record)
    };
    let judged = |record| match judge(record) {
        Ok((edit, answer)) => (edit, Ok(answer)),
        Err(refusal) => (Edit::Keep, Err(refusal)),
    };
    let kind = DirectoryKind::Endpoint;
    let edited = visit.tender().edit_directory(visit.merchant(), kind, id, judged);
    edited.await.map_err(|failure| of_trouble(&failure))?
}

/// The answer about an endpoint that is not there.
pub(super) fn unknown(name: &str) -> Refusal {
    let name = name.to_owned();
    Fault::EndpointUnknown { name }.into()
}

fn is_named(endpoint: &Endpoint, application: ApplicationId, name: &str) -> bool {
    endpoint.dialect == DIALECT && endpoint.application == application.0 && endpoint.name == name
}

fn record_id(application: ApplicationId, name: &str, attempt: u32) -> u64 {
    let Hash128 { high, .. } = alias_hash(
        "kseries-endpoint",
        LocationId(0),
        &format!("{}/{attempt}/{name}", application.0),
    );
    high.cast_unsigned() & ID_MASK
}

#[cfg(test)]
mod tests {
    use tender_engine::ApplicationId;
    use tender_service::{Directory, Endpoint};

    use super::{DIALECT, find, free_id, record_id};

    fn endpoint(id: u64, application: u64, name: &str) -> Endpoint {
        Endpoint {
            id,
            application,
            dialect: DIALECT.to_owned(),
            name: name.to_owned(),
            ..Endpoint::default()
        }
    }

    #[test]
    fn an_id_taken_by_another_endpoint_is_passed_over() {
        let application = ApplicationId(7);
        let first = record_id(application, "E1", 0);
        let mut directory = Directory::default();
        directory.endpoints.insert(first, endpoint(first, 9, "other"));
        let id = free_id(&directory, application, "E1").expect("a free id");
        assert_eq!(id, record_id(application, "E1", 1));
        directory.endpoints.insert(id, endpoint(id, 7, "E1"));
        assert_eq!(
            find(&directory, application, "E1").map(|found| found.id),
            Some(id)
        );
    }

    #[test]
    fn an_endpoint_with_any_other_id_is_found_too() {
        let mut directory = Directory::default();
        directory.endpoints.insert(5, endpoint(5, 7, "E1"));
        assert_eq!(
            find(&directory, ApplicationId(7), "E1").map(|found| found.id),
            Some(5)
        );
        directory.endpoints.insert(
            6,
            Endpoint {
                dialect: "native".to_owned(),
                ..endpoint(6, 7, "E2")
            },
        );
        assert_eq!(
            find(&directory, ApplicationId(7), "E2"),
            None,
            "another dialect's"
        );
    }

    #[test]
    fn names_belong_to_their_application_and_are_exact() {
        let mut directory = Directory::default();
        let id = record_id(ApplicationId(7), "E1", 0);
        directory.endpoints.insert(id, endpoint(id, 7, "E1"));
        assert!(find(&directory, ApplicationId(7), "E1").is_some());
        assert!(find(&directory, ApplicationId(7), "e1").is_none());
        assert!(find(&directory, ApplicationId(8), "E1").is_none());
        assert!(id < 1 << 53);
    }
}
