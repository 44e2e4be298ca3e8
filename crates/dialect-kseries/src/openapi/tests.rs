use tender_openapi::{faults, routes};

use super::openapi;
use crate::tests::routes::served;

#[test]
fn the_document_is_well_formed() {
    assert_eq!(faults(&openapi()), Vec::<String>::new());
}

#[test]
fn the_document_has_exactly_the_routes_of_the_server() {
    let served = served().into_iter();
    let served = served.map(|(method, path)| (method, path.to_owned()));
    assert_eq!(routes(&openapi()), served.collect());
}
