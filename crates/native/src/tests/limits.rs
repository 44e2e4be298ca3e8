//! Every request is checked to the last member, and every size has its end.

use axum::http::Method;

use super::place::{EUR, Place, Who};

async fn open(place: &Place, members: &str) -> super::place::Answer {
    let body = format!(r#"{{"location_id":"{}",{members}}}"#, EUR.0);
    place.post(Who::Admin, "/api/v1/orders", &body).await
}

const LINE: &str = r#"{"name":"x","quantity":1,"unit_amount":"1"}"#;

#[tokio::test]
async fn malformed_orders_are_refused_naming_the_field() {
    let place = Place::new().await;
    let long = "x".repeat(101);
    let table = [
        (r#""lines":{}"#.to_owned(), 400, "invalid-field", "lines"),
        (r#""lines":[1]"#.to_owned(), 400, "invalid-field", "lines[0]"),
        (
            r#""tables":1,"lines":[]"#.to_owned(),
            400,
            "unknown-field",
            "tables",
        ),
        (
            r#""lines":[],"lines":[]"#.to_owned(),
            400,
            "duplicate-field",
            "lines",
        ),
        (String::from(r#""name":"x""#), 400, "missing-field", "lines"),
        (
            r#""lines":[{"name":"x","quantity":1}]"#.to_owned(),
            400,
            "missing-field",
            "lines[0].unit_amount",
        ),
        (
            r#""lines":[{"name":"x","quantity":1,"unit_amount":1}]"#.to_owned(),
            400,
            "invalid-field",
            "lines[0].unit_amount",
        ),
        (
            r#""lines":[{"name":"x","quantity":1,"unit_amount":"1,0"}]"#.to_owned(),
            400,
            "invalid-field",
            "lines[0].unit_amount",
        ),
        (
            r#""lines":[{"name":"x","quantity":1,"unit_amount":"1","vat":1}]"#.to_owned(),
            400,
            "unknown-field",
            "lines[0].vat",
        ),
        (
            r#""lines":[{"name":"x","quantity":0,"unit_amount":"1"}]"#.to_owned(),
            422,
            "not-positive",
            "lines[0].quantity",
        ),
        (
            r#""lines":[{"name":"x","quantity":"1.0001","unit_amount":"1"}]"#.to_owned(),
            422,
            "too-many-digits",
            "lines[0].quantity",
        ),
        (
            r#""lines":[{"name":"x","quantity":1,"unit_amount":"1.001"}]"#.to_owned(),
            422,
            "too-many-digits",
            "lines[0].unit_amount",
        ),
        (
            r#""lines":[{"name":"x","quantity":1,"unit_amount":"-1"}]"#.to_owned(),
            422,
            "negative",
            "lines[0].unit_amount",
        ),
        (
            r#""lines":[{"name":"x","quantity":1,"unit_amount":"1e30"}]"#.to_owned(),
            422,
            "out-of-range",
            "lines[0].unit_amount",
        ),
        (
            r#""lines":[{"name":"","quantity":1,"unit_amount":"1"}]"#.to_owned(),
            400,
            "invalid-field",
            "lines[0].name",
        ),
        (
            format!(r#""lines":[],"name":"{long}""#),
            400,
            "invalid-field",
            "name",
        ),
        (
            r#""lines":[],"name":"a\u0007b""#.to_owned(),
            400,
            "invalid-field",
            "name",
        ),
        (
            r#""lines":[],"table_number":0"#.to_owned(),
            400,
            "invalid-field",
            "table_number",
        ),
        (
            r#""lines":[],"table_number":1.5"#.to_owned(),
            400,
            "invalid-field",
            "table_number",
        ),
        (
            r#""lines":[],"covers":"2""#.to_owned(),
            400,
            "invalid-field",
            "covers",
        ),
        (
            r#""lines":[],"close_when_paid":"yes""#.to_owned(),
            400,
            "invalid-field",
            "close_when_paid",
        ),
        (
            r#""lines":[],"service_charge":{}"#.to_owned(),
            400,
            "invalid-field",
            "service_charge",
        ),
        (
            r#""lines":[],"service_charge":{"rate":"0.1","amount":"1"}"#.to_owned(),
            400,
            "invalid-field",
            "service_charge",
        ),
        (
            r#""lines":[],"service_charge":{"rate":0.1}"#.to_owned(),
            400,
            "invalid-field",
            "service_charge.rate",
        ),
        (
            r#""lines":[],"service_charge":{"rate":"10"}"#.to_owned(),
            422,
            "out-of-range",
            "service_charge.rate",
        ),
        (
            r#""lines":[],"service_charge":{"amount":"1.001"}"#.to_owned(),
            422,
            "too-many-digits",
            "service_charge.amount",
        ),
        (
            r#""lines":[],"staff_id":"43""#.to_owned(),
            422,
            "staff-not-found",
            "staff_id",
        ),
    ];
    for (members, status, code, field) in table {
        let answer = open(&place, &members).await;
        answer.problem(status, code);
        assert_eq!(answer.at("/field"), field, "{members}");
    }
    assert_eq!(place.get(Who::Admin, "/api/v1/orders").await.at("/items"), "[]");
}

#[tokio::test]
async fn what_fits_is_taken() {
    let place = Place::new().await;
    let name = "ü".repeat(100);
    let members = format!(
        r#""name":"{name}","table_number":2147483647,"covers":1,"staff_id":42,"notes":"no\nnuts","lines":[{LINE},
        {{"name":"Soup","sku":"SOUP","quantity":"0.125","unit_amount":"8.00"}}],"service_charge":{{"rate":"1"}}"#
    );
    let answer = open(&place, &members).await.expect(201);
    assert_eq!(answer.at("/total"), "4.00");
    assert_eq!(answer.at("/lines/1/total"), "1.00");
    // The catalogue knows the soup, and its tax of 19 percent.
    assert_eq!(answer.at("/lines/1/tax"), "0.16");
    assert_eq!(answer.at("/staff_id"), "42");
}

#[tokio::test]
async fn malformed_payments_are_refused_naming_the_field() {
    let place = Place::new().await;
    let order = place.order("10").await;
    let table = [
        ("{}", 400, "missing-field", "amount"),
        (r#"{"amount":1}"#, 400, "invalid-field", "amount"),
        (r#"{"amount":"1 "}"#, 400, "invalid-field", "amount"),
        (r#"{"amount":"1.001"}"#, 422, "too-many-digits", "amount"),
        (r#"{"amount":"-1"}"#, 422, "not-positive", "amount"),
        (r#"{"amount":"0"}"#, 422, "nothing-to-pay", "amount"),
        (r#"{"amount":"1","tip":"-1"}"#, 422, "negative", "tip"),
        (r#"{"amount":"1","tip":"0.001"}"#, 422, "too-many-digits", "tip"),
        (
            r#"{"amount":"1","surcharge":"-0.01"}"#,
            422,
            "negative",
            "surcharge",
        ),
        (r#"{"amount":"10.01"}"#, 422, "exceeds-due", "amount"),
        (r#"{"amount":"1","mode":"later"}"#, 400, "invalid-field", "mode"),
        (r#"{"amount":"1","ttl_ms":1000}"#, 400, "invalid-field", "ttl_ms"),
        (
            r#"{"amount":"1","device_id":"501"}"#,
            400,
            "invalid-field",
            "device_id",
        ),
        (
            r#"{"amount":"1","mode":"till","ttl_ms":0}"#,
            400,
            "invalid-field",
            "ttl_ms",
        ),
        (
            r#"{"amount":"1","mode":"till","ttl_ms":86400001}"#,
            400,
            "invalid-field",
            "ttl_ms",
        ),
        (
            r#"{"amount":"1","mode":"till","device_id":"999"}"#,
            422,
            "device-not-found",
            "device_id",
        ),
        (
            r#"{"amount":"1","mode":"till","device_id":"601"}"#,
            422,
            "device-not-found",
            "device_id",
        ),
        (
            r#"{"amount":"1","mode":"till","device_id":"0501"}"#,
            422,
            "device-not-found",
            "device_id",
        ),
        (
            r#"{"amount":"1","method_code":"cash"}"#,
            422,
            "method-not-found",
            "method_code",
        ),
        (
            r#"{"amount":"1","method_code":"TERMINAL"}"#,
            422,
            "method-is-terminal",
            "method_code",
        ),
        (
            r#"{"amount":"1","staff_id":"7"}"#,
            422,
            "staff-not-found",
            "staff_id",
        ),
        (
            r#"{"amount":"1","reference":""}"#,
            400,
            "invalid-field",
            "reference",
        ),
        (r#"{"amount":"1","Tip":"1"}"#, 400, "unknown-field", "Tip"),
    ];
    for (body, status, code, field) in table {
        let answer = place.pay(&order, body).await;
        answer.problem(status, code);
        assert_eq!(answer.at("/field"), field, "{body}");
        assert_eq!(answer.at("/money_moved"), "no");
    }
    let order = place.get(Who::Admin, &format!("/api/v1/orders/{order}")).await;
    assert_eq!(
        (order.at("/due").as_str(), order.at("/payments").as_str()),
        ("10.00", "[]")
    );
}

#[tokio::test]
async fn bodies_are_json_objects_of_bounded_size_and_depth() {
    let place = Place::new().await;
    let deep = format!(r#"{{"lines":{}{}}}"#, "[".repeat(16), "]".repeat(16));
    let huge = format!(r#"{{"name":"{}"}}"#, "x".repeat(256 * 1024));
    let many = format!(
        r#"{{"location_id":"101","lines":[{}]}}"#,
        vec![LINE; 1_001].join(",")
    );
    for (body, status, code) in [
        ("[]", 400, "invalid-field"),
        ("null", 400, "invalid-field"),
        ("{", 400, "invalid-json"),
        ("{}{}", 400, "invalid-json"),
        (r#"{"a":01}"#, 400, "invalid-json"),
        ("\u{feff}{}", 400, "invalid-json"),
        (&deep, 400, "invalid-json"),
        (&huge, 413, "body-too-large"),
        (&many, 400, "invalid-field"),
    ] {
        let answer = place.post(Who::Admin, "/api/v1/orders", body).await;
        answer.problem(status, code);
    }
}

#[tokio::test]
async fn an_empty_body_is_an_empty_object() {
    let place = Place::new().await;
    let order = place.order("10").await;
    for body in ["", " \n", "{}"] {
        place
            .post(Who::Admin, &format!("/api/v1/orders/{order}/close"), body)
            .await
            .expect(200);
    }
    let refused = place
        .post(
            Who::Admin,
            &format!("/api/v1/orders/{order}/close"),
            r#"{"force":true}"#,
        )
        .await;
    refused.problem(400, "unknown-field");
}

#[tokio::test]
async fn queries_are_checked_too() {
    let place = Place::new().await;
    for (path, code) in [
        ("orders?state=done", "invalid-parameter"),
        ("orders?limit=0", "invalid-parameter"),
        ("orders?limit=101", "invalid-parameter"),
        ("orders?page=2", "unknown-parameter"),
        ("orders?after=xyz", "invalid-parameter"),
        ("orders?table_number=x", "invalid-parameter"),
        ("events?after=1", "invalid-parameter"),
        ("events?type=payment", "invalid-parameter"),
        ("reports/day-close", "invalid-parameter"),
        (
            "reports/day-close?location_id=101&date=today",
            "invalid-parameter",
        ),
        (
            "reports/day-close?location_id=101&format=xml",
            "invalid-parameter",
        ),
        ("cases?open=yes", "invalid-parameter"),
        ("methods?dry_run=true", "unknown-parameter"),
    ] {
        place
            .get(Who::Admin, &format!("/api/v1/{path}"))
            .await
            .problem(400, code);
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_problems() {
    let place = Place::new().await;
    place
        .get(Who::Admin, "/api/v1/nothing")
        .await
        .problem(404, "not-found");
    place
        .get(Who::Admin, "/api/v1/orders/%FF")
        .await
        .problem(404, "not-found");
    let answer = place
        .call(Who::Admin, Method::DELETE, "/api/v1/orders", &[], "")
        .await;
    answer.problem(405, "method-not-allowed");
    let mut allowed: Vec<&str> = answer.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[tokio::test]
async fn ids_have_one_text() {
    let place = Place::new().await;
    let order = place.order("10").await;
    let number = order.strip_prefix("ord_").unwrap();
    for id in [
        number,
        &format!("ord_0{number}"),
        &format!("ORD_{number}"),
        &format!("pay_{number}"),
        "ord_",
        "ord_-1",
    ] {
        place
            .get(Who::Admin, &format!("/api/v1/orders/{id}"))
            .await
            .problem(404, "order-not-found");
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let place = Place::new().await;
    let mut opened = Vec::new();
    for number in 1..=5 {
        opened.push(
            open(
                &place,
                &format!(r#""table_number":{},"lines":[{LINE}]"#, number % 2 + 1),
            )
            .await
            .at("/id"),
        );
    }
    opened.reverse();
    let mut seen = Vec::new();
    let mut path = "/api/v1/orders?limit=2".to_owned();
    loop {
        let page = place.get(Who::Admin, &path).await.expect(200);
        for item in page.json()["items"].as_array().unwrap() {
            seen.push(item["id"].as_str().unwrap().to_owned());
        }
        match page.json()["next"].as_str() {
            Some(next) => path = format!("/api/v1/orders?limit=2&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, opened);
    let table = place
        .get(Who::Admin, "/api/v1/orders?table_number=2&state=open&limit=1")
        .await
        .expect(200);
    assert_eq!(table.at("/items/0/id"), opened[0]);
    let next = table.at("/next");
    let rest = place
        .get(Who::Admin, &format!("/api/v1/orders?table_number=2&after={next}"))
        .await
        .expect(200);
    assert_eq!(
        (rest.at("/items/0/id"), rest.at("/items/1/id")),
        (opened[2].clone(), opened[4].clone())
    );
    assert!(!rest.has("/items/2"));
}

#[tokio::test]
async fn an_external_reference_leads_to_its_order() {
    let place = Place::new().await;
    let order = open(
        &place,
        &format!(r#""external_reference":"T 7/é","lines":[{LINE}]"#),
    )
    .await
    .at("/id");
    place.order("1").await;
    let found = place
        .get(Who::Admin, "/api/v1/orders?external_reference=T%207/%C3%A9")
        .await
        .expect(200);
    assert_eq!(found.at("/items/0/id"), order);
    assert!(!found.has("/items/1"));
    let none = place
        .get(Who::Admin, "/api/v1/orders?external_reference=T%208")
        .await
        .expect(200);
    assert_eq!(none.at("/items"), "[]");
}
