use std::collections::BTreeSet;

use tender_engine::{EntryKind, FailureCode, Rejection, Via};
use tender_openapi::faults;

use crate::routes::{routes, sandbox_routes};
use crate::tests::place::{Place, Who};
use crate::tests::schema::document;

#[test]
fn the_document_is_sound() {
    assert_eq!(faults(document()), Vec::<String>::new());
}

/// Two routes with one path and method would be one operation.
#[test]
fn the_document_has_exactly_the_routes_of_the_server() {
    let all = routes().into_iter().chain(sandbox_routes());
    let served: BTreeSet<(String, String)> = all
        .map(|route| (route.method.to_string(), route.path.to_owned()))
        .collect();
    assert_eq!(tender_openapi::routes(document()), served);
}

fn enumeration(pointer: &str) -> BTreeSet<&'static str> {
    let values = document()
        .pointer(pointer)
        .unwrap_or_else(|| panic!("no {pointer}"));
    values
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_str().unwrap())
        .collect()
}

#[test]
fn lists_of_words_are_those_of_the_ledger() {
    let codes = enumeration("/components/schemas/Problem/properties/code/enum");
    for rejection in Rejection::examples() {
        assert!(codes.contains(rejection.code()), "{}", rejection.code());
    }
    let kinds: BTreeSet<&str> = EntryKind::ALL.into_iter().map(EntryKind::code).collect();
    assert_eq!(
        enumeration("/components/schemas/Event/properties/type/enum"),
        kinds
    );
    let failures: BTreeSet<&str> = FailureCode::ALL.into_iter().map(FailureCode::code).collect();
    assert_eq!(
        enumeration("/components/schemas/Failure/properties/code/enum"),
        failures
    );
    let channels: BTreeSet<&str> = Via::ALL.into_iter().map(Via::code).collect();
    assert_eq!(
        enumeration("/components/schemas/Payment/properties/created_via/enum"),
        channels
    );
}

#[tokio::test]
async fn the_document_is_served_to_everybody() {
    let place = Place::new().await;
    let answer = place.get(Who::Nobody, "/api/v1/openapi.json").await.expect(200);
    assert_eq!(&answer.json(), document());
    assert_eq!(answer.header("content-type"), "application/json");
}
