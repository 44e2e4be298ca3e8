use std::collections::BTreeSet;

use tender_openapi::{faults, routes};

use super::openapi;
use crate::route::{Route, Target};

#[test]
fn the_document_is_well_formed() {
    assert_eq!(faults(&openapi()), Vec::<String>::new());
}

/// What a template means, by the grammar that reads every request's path.
fn route(template: &str) -> Route {
    let fill = |part: &str| {
        if part.starts_with('{') {
            "1".to_owned()
        } else {
            part.to_owned()
        }
    };
    let path: Vec<String> = template.split('/').map(fill).collect();
    Target::of(&path.join("/")).expect(template).route
}

#[test]
fn the_document_has_exactly_the_routes_of_the_server() {
    let mut served = BTreeSet::new();
    for template in Route::TEMPLATES {
        for method in route(template).methods() {
            served.insert((method.to_string(), template.to_owned()));
        }
    }
    assert_eq!(routes(&openapi()), served);
}
