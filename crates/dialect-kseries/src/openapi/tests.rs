use tender_openapi::{faults, routes};

use super::openapi;
use crate::tests::routes::ROUTES;

#[test]
fn the_document_is_well_formed() {
    assert_eq!(faults(&openapi()), Vec::<String>::new());
}

/// That the table of these tests is the router's is tested beside it.
#[test]
fn the_document_has_exactly_the_routes_of_the_server() {
    let served = ROUTES.map(|(method, path)| (method.to_owned(), path.to_owned()));
    assert_eq!(routes(&openapi()), served.into());
}
