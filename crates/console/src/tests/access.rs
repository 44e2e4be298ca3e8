//! Who reaches what: signing in everywhere, one merchant's people never see another's, forged forms do nothing.

use axum::http::Method;
use tender_engine::{Case, Delivery, Order, Payment, Settle};

use super::place::{Answer, EUR, JPY, MERCHANT, OTHER_EUR, OTHER_MERCHANT, PASSWORD, Place, Who, call};
use crate::show;
use tender_service::Settings;

/// Every route, with ids of this order, payment, case and delivery.
fn routes(order: &Order, payment: &Payment, case: &Case, delivery: &Delivery) -> Vec<(Method, String)> {
    let (get, post) = (Method::GET, Method::POST);
    vec![
        (get.clone(), "/console".to_owned()),
        (get.clone(), "/console/".to_owned()),
        (get.clone(), "/console/orders".to_owned()),
        (get.clone(), show::order_address(order.id)),
        (get.clone(), show::payment_address(payment.id)),
        (get.clone(), "/console/find?q=x".to_owned()),
        (get.clone(), "/console/cases".to_owned()),
        (get.clone(), "/console/webhooks".to_owned()),
        (get.clone(), "/console/tills".to_owned()),
        (get, "/console/events".to_owned()),
        (post.clone(), "/console/sign-out".to_owned()),
        (post.clone(), format!("/console/cases/case_{}/resolve", case.id.0)),
        (
            post.clone(),
            format!("/console/deliveries/dlv_{}/replay", delivery.id.0),
        ),
        (post.clone(), "/console/tills/501/behaviour".to_owned()),
        (post, "/console/sandbox/clock".to_owned()),
    ]
}

async fn world(place: &Place) -> (Order, Payment, Case, Delivery) {
    let order = place.order(MERCHANT, EUR, "Soup", "5").await;
    let payment = place.pay(&order, "5", "ref-1", Settle::Immediate).await;
    let case = place.case(MERCHANT, EUR, "ref-2").await;
    let delivery = place.delivery(MERCHANT).await;
    (order, payment, case, delivery)
}

#[tokio::test]
async fn every_route_asks_who_it_is() {
    let place = Place::new().await;
    let (order, payment, case, delivery) = world(&place).await;
    let forged = format!("tender-console={}", "A".repeat(43));
    for (method, path) in routes(&order, &payment, &case, &delivery) {
        for headers in [
            vec![],
            vec![("cookie", forged.as_str())],
            vec![("cookie", "tender-console=x; a=b")],
        ] {
            let answer = call(&place.router, method.clone(), &path, &headers, "").await;
            if path == "/console/events" {
                answer.expect(401);
                continue;
            }
            let answer = answer.expect(303);
            assert!(
                answer.header("location").starts_with("/console/sign-in"),
                "{path}"
            );
            assert_eq!(answer.text, "", "{path}");
        }
    }
    for path in ["/console/sign-in", "/console/console.css", "/console/console.js"] {
        place.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn signing_in_and_out() {
    let place = Place::new().await;
    place
        .try_sign_in("ada", "another password", "/console")
        .await
        .expect(401)
        .shows("is wrong");
    place
        .try_sign_in("nobody", PASSWORD, "/console")
        .await
        .expect(401)
        .shows("is wrong");
    let answer = place
        .try_sign_in("ada", PASSWORD, "/console/orders?state=all")
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/console/orders?state=all");
    let cookie = answer.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Max-Age=43200", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    // Nobody is led away from here.
    let answer = place
        .try_sign_in("ada", PASSWORD, "https://evil.example/")
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/console");
    let browser = place.sign_in(Who::All).await;
    assert_eq!(
        browser
            .get("/console/sign-in")
            .await
            .expect(303)
            .header("location"),
        "/console"
    );
    let out = browser.post("/console/sign-out", "").await.expect(303);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    browser.get("/console").await.expect(303);
}

#[tokio::test]
async fn a_form_to_sign_in_that_is_not_ours_is_refused() {
    let place = Place::new().await;
    let form = format!(
        "name=ada&password={}&csrf={}",
        PASSWORD.replace(' ', "+"),
        "A".repeat(43)
    );
    let answer = call(&place.router, Method::POST, "/console/sign-in", &[], &form)
        .await
        .expect(403);
    assert!(
        !answer.headers.contains_key("set-cookie")
            || !answer.header("set-cookie").starts_with("tender-console=")
    );
}

#[tokio::test]
async fn cookies_are_secure_where_the_address_is() {
    let settings = Settings {
        public_url: Some("https://pay.example".to_owned()),
        ..Settings::default()
    };
    let place = Place::with(settings).await;
    let cookie = place
        .get("/console/sign-in")
        .await
        .expect(200)
        .header("set-cookie")
        .to_owned();
    assert!(
        cookie.starts_with("__Host-tender-console-form=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn sessions_end_by_the_clock_and_with_the_person() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    place.tender.clock().advance(11 * 3_600_000);
    browser.get("/console/find").await.expect(200);
    place.tender.clock().advance(3_600_001);
    browser.get("/console/find").await.expect(303);

    let browser = place.sign_in(Who::EurOnly).await;
    let filter = tender_service::CredentialFilter {
        kinds: vec![tender_service::CredentialKind::Person],
        ..tender_service::CredentialFilter::default()
    };
    let persons = place
        .tender
        .list_credentials(&filter, None, 10)
        .await
        .unwrap()
        .items;
    let ben = persons.iter().find(|person| person.actor == "ben").unwrap();
    place.tender.revoke_credential(ben.id).await.unwrap();
    place.tender.clock().advance(60_001);
    browser.get("/console/find").await.expect(303);
}

#[tokio::test]
async fn looking_a_person_up_reads_once_however_many_credentials_there_are() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    let reads = async || {
        let before = place.store.reads();
        browser.get("/console/find").await.expect(200);
        place.store.reads() - before
    };
    let usual = reads().await;
    place.tender.clock().advance(60_001);
    assert_eq!(reads().await, usual + 1);
    assert_eq!(reads().await, usual, "once in a minute");
}

#[tokio::test]
async fn moving_the_clock_keeps_whoever_moved_it() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    let before = place.tender.now();
    browser
        .post("/console/sandbox/clock", "advance_ms=86400000")
        .await
        .expect(303);
    assert!(place.tender.now().0 - before.0 >= 86_400_000);
    browser.get("/console/find").await.expect(200);
    browser
        .post("/console/sandbox/clock", "advance_ms=604800001")
        .await
        .expect(400);
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let place = Place::new().await;
    let (order, payment, case, delivery) = world(&place).await;
    let browser = place.sign_in(Who::All).await;
    let other = place.sign_in(Who::EurOnly).await;
    let before = place.tender.now();
    for (method, path) in routes(&order, &payment, &case, &delivery) {
        if method != Method::POST {
            continue;
        }
        let rest = "note=done&advance_ms=3600000&behaviour=offline";
        let own = format!("csrf={}&{rest}", browser.csrf);
        for (form, site) in [
            (rest.to_owned(), None),
            (format!("csrf=&{rest}"), None),
            (format!("csrf={}&{rest}", other.csrf), None),
            (own.clone(), Some("cross-site")),
            (own, Some("same-site")),
        ] {
            let mut headers = vec![("cookie", browser.cookie.as_str())];
            headers.extend(site.map(|site| ("sec-fetch-site", site)));
            call(&place.router, Method::POST, &path, &headers, &form)
                .await
                .expect(403)
                .shows("Nothing was done");
        }
    }
    browser.get("/console/find").await.expect(200);
    assert!(place.tender.now().0 - before.0 < 3_600_000);
    assert_eq!(
        place
            .tender
            .cases(MERCHANT, true, None, 10)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    let directory = place.tender.directory(MERCHANT).await.unwrap().unwrap();
    assert_eq!(directory.devices[&501].behaviour.as_deref(), Some("auto"));
}

/// Everything that the pages of one person show.
async fn everything(place: &Place, who: Who) -> String {
    let browser = place.sign_in(who).await;
    let mut text = String::new();
    for path in [
        "/console",
        "/console/orders?state=all",
        "/console/cases",
        "/console/webhooks",
        "/console/tills",
    ] {
        text.push_str(&browser.get(path).await.expect(200).text);
    }
    text
}

#[tokio::test]
async fn nobody_sees_what_is_not_theirs() {
    let place = Place::new().await;
    let (order, payment, case, delivery) = world(&place).await;
    let tokyo = place.order(MERCHANT, JPY, "Ramen", "900").await;
    let tokyo_payment = place.pay(&tokyo, "900", "ref-jpy", Settle::Immediate).await;
    let tokyo_delivery = place.delivery(MERCHANT).await;
    let foreign = place.order(OTHER_MERCHANT, OTHER_EUR, "Crepe", "7").await;
    place.pay(&foreign, "7", "ref-other", Settle::Immediate).await;

    let eve = place.sign_in(Who::Other).await;
    for (method, path) in routes(&order, &payment, &case, &delivery) {
        let names_something = path.contains('_') || path.contains("501");
        if !names_something {
            continue;
        }
        let answer: Answer = match method {
            Method::GET => eve.get(&path).await,
            _ => eve.post(&path, "note=done&behaviour=offline").await,
        };
        answer.expect(404).hides("Soup").hides("Golden Spoon");
    }
    for reference in [
        "ref-1",
        "ref-2",
        "A101.1",
        &show::order_text(order.id),
        &show::payment_text(payment.id),
    ] {
        eve.get(&format!("/console/find?q={reference}"))
            .await
            .expect(200)
            .shows("Nothing is known as");
    }
    let ben = place.sign_in(Who::EurOnly).await;
    for path in [
        show::order_address(tokyo.id),
        show::payment_address(tokyo_payment.id),
        format!("/console/orders?location={}", JPY.0),
        format!("/console/find?q=x&location={}", OTHER_EUR.0),
    ] {
        ben.get(&path).await.expect(404);
    }
    ben.get("/console/find?q=ref-jpy")
        .await
        .expect(200)
        .shows("Nothing is known as");
    ben.post(
        &format!("/console/deliveries/dlv_{}/replay", tokyo_delivery.id.0),
        "",
    )
    .await
    .expect(404);
    ben.post(
        &format!("/console/tills/{}/behaviour", 400 + JPY.0),
        "behaviour=offline",
    )
    .await
    .expect(404);
    ben.get(&show::payment_address(payment.id)).await.expect(200);

    let seen = everything(&place, Who::All).await;
    assert!(
        seen.contains("Ramen")
            && seen.contains("Soup")
            && !seen.contains("Crepe")
            && !seen.contains("Silver Fork")
    );
    let seen = everything(&place, Who::EurOnly).await;
    assert!(
        seen.contains("Soup") && !seen.contains("Ramen") && !seen.contains("JPY"),
        "{seen}"
    );
    assert!(!seen.contains(&show::order_text(tokyo.id)), "{seen}");
    let seen = everything(&place, Who::Other).await;
    assert!(seen.contains("Crepe") && !seen.contains("Soup") && !seen.contains("Golden Spoon"));
}

#[tokio::test]
async fn unknown_things_are_pages_too() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    for path in [
        "/console/nothing",
        "/console/orders/ord_1",
        "/console/orders/1",
        "/console/orders/ord_01",
        "/console/orders/%FF",
        "/console/payments/pay_1_1",
        "/console/payments/x",
        "/console/orders?state=lost",
        "/console/orders?location=9",
        "/console/orders?before=x",
        "/console/cases?before=1",
        "/console/webhooks?endpoint=whe_9",
        "/console/webhooks?before=x",
    ] {
        browser.get(path).await.expect(404).shows("Nothing here");
    }
    browser.post("/console/orders", "").await.expect(405);
}

#[tokio::test]
async fn pages_are_strict() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    for path in ["/console", "/console/tills", "/console/nothing"] {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(
            !page.text.contains(" style=")
                && !page.text.contains(" onclick")
                && !page.text.contains("<style")
        );
    }
}

#[tokio::test]
async fn who_is_who() {
    let place = Place::new().await;
    for who in Who::ALL {
        place
            .sign_in(who)
            .await
            .get("/console")
            .await
            .expect(200)
            .shows(&format!(">{}<", who.name()));
    }
}
