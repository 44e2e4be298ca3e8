use tender_engine::{EndpointId, LocationId, OrderId, PaymentId};

use super::{CompanyRef, OrderPart, Route, StaffRef, Suffix, Target};

fn route(path: &str) -> Option<Route> {
    Target::of(&format!("/v1/companies/me/{path}")).map(|target| target.route)
}

#[test]
fn every_form_of_path() {
    let order = OrderId(9);
    let forms = [
        ("sites", Route::Sites(None)),
        ("sites/3", Route::Site(LocationId(3))),
        ("sites/3/status", Route::SiteStatus(LocationId(3))),
        ("sites/3/registers", Route::SiteRegisters(LocationId(3))),
        ("sites/3/payment_methods", Route::Methods(Some(LocationId(3)))),
        ("status", Route::Statuses),
        ("registers", Route::Registers),
        ("registers/4", Route::Register(4)),
        ("staff", Route::StaffList),
        ("staff/me", Route::Staff(StaffRef::Me)),
        ("staff/5/sites", Route::Sites(Some(StaffRef::Id(5)))),
        ("payment_methods", Route::Methods(None)),
        ("webhooks", Route::Webhooks),
        ("webhooks/6", Route::Webhook(EndpointId(6))),
        ("orders", Route::Orders(Vec::new())),
        ("orders/9", Route::Order(order)),
        ("orders/saleid/a b", Route::OrderBySaleId("a b".to_owned())),
        ("orders/9/lines", Route::Lines(order)),
        ("orders/9/lines/1", Route::Line(order, 1)),
        ("orders/9/payments", Route::Payments(order)),
        (
            "orders/9/payments/1",
            Route::Payment(PaymentId { order, number: 1 }),
        ),
        (
            "orders/pending/accounts",
            Route::Orders(vec![OrderPart::PendingAccounts]),
        ),
        (
            "customers/1/sites/2/orders/registers/3/staff/4/on_hold/discounted",
            Route::Orders(vec![
                OrderPart::Customer(1),
                OrderPart::Site(LocationId(2)),
                OrderPart::Register(3),
                OrderPart::Staff(StaffRef::Id(4)),
                OrderPart::OnHold,
                OrderPart::Discounted,
            ]),
        ),
    ];
    for (path, expected) in forms {
        assert_eq!(route(path).as_ref(), Some(&expected), "{path}");
        assert!(Route::TEMPLATES.contains(&expected.template()), "{path}");
        assert_eq!(route(&format!("{path}.json")), Some(expected), "{path}.json");
    }
    assert_eq!(
        Target::of("/v1/sites_status.json").map(|target| target.route),
        Some(Route::SitesStatus)
    );
}

#[test]
fn what_is_no_path_of_the_dialect() {
    for path in [
        "products",
        "sites/x",
        "sites/3/staff",
        "staff/x",
        "registers/me",
        "webhooks/-1",
        "webhooks/1/2",
        "orders/x",
        "orders/9/x",
        "orders/9/lines/x",
        "orders/9/lines/1/2",
        "orders/9/payments/4294967296",
        "orders/saleid",
        "orders/orders",
        "pending/orders",
        "orders/sites",
        "orders/+9",
        "orders/99999999999999999999",
        "orders/09",
        "orders/9/payments/01",
        "sites/00",
        "orders/%ff",
        "customers/1",
        "orders/accounts",
        "x/orders",
    ] {
        assert_eq!(route(path), None, "{path}");
    }
    for path in [
        "/v1",
        "/v1/companies",
        "/v1/companies/x",
        "/v2/companies/me",
        "/v1/sites_status/1",
        "/",
        "",
    ] {
        assert_eq!(Target::of(path), None, "{path}");
    }
}

#[test]
fn suffixes_and_encodings() {
    for (path, suffix) in [
        ("/v1/companies/5", Suffix::None),
        ("/v1/companies/5.json", Suffix::Json),
        ("/v1/companies/5.xml", Suffix::Xml),
        ("/v1/companies/5%2Ejson", Suffix::Json),
        ("//v1//companies/%35.json/", Suffix::Json),
    ] {
        let target = Target::of(path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(
            (target.company, target.suffix),
            (Some(CompanyRef::Id(5)), suffix),
            "{path}"
        );
    }
    // An encoded slash divides nothing, and a segment is decoded once.
    let sale = |path: &str| match route(path) {
        Some(Route::OrderBySaleId(text)) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(sale("orders/saleid/a%2Fb"), "a/b");
    assert_eq!(sale("orders/saleid/a%252Fb"), "a%2Fb");
    assert_eq!(sale("orders/saleid/.json"), ".json");
    assert_eq!(sale("orders/saleid/a.json.json"), "a.json");
}

#[test]
fn methods_and_money() {
    use axum::http::Method;
    let named = |route: &Route| {
        route
            .methods()
            .iter()
            .map(Method::as_str)
            .collect::<Vec<&str>>()
            .join(", ")
    };
    let order = OrderId(1);
    let payment = Route::Payment(PaymentId { order, number: 1 });
    assert_eq!(named(&payment), "PUT");
    assert_eq!(named(&Route::Orders(vec![OrderPart::Complete])), "GET");
    assert!(payment.is_about_money(&Method::GET));
    assert!(Route::Orders(Vec::new()).is_about_money(&Method::POST));
    assert!(!Route::Orders(Vec::new()).is_about_money(&Method::GET));
    assert!(!Route::Orders(vec![OrderPart::Complete]).is_about_money(&Method::POST));
    assert!(!Route::Order(order).is_about_money(&Method::PUT));
    assert_eq!(payment.within(), Route::Order(order));
}
