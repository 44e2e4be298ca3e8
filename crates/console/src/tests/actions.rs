//! What people do here: resolve a case, send a message again, script a till; and that open pages hear of news.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use tender_engine::{DeliveryState, Settle};
use tender_service::Settings;
use tower::ServiceExt;

use super::place::{EUR, MERCHANT, OTHER_EUR, OTHER_MERCHANT, Place, Who};

#[tokio::test]
async fn a_case_is_resolved_with_a_note() {
    let place = Place::new().await;
    let case = place.case(MERCHANT, EUR, "ref-1").await;
    let browser = place.sign_in(Who::EurOnly).await;
    browser
        .get("/console/cases")
        .await
        .expect(200)
        .shows("12.00 EUR")
        .shows(">Open<")
        .shows("Ask the guest");
    let path = format!("/console/cases/case_{}/resolve", case.id.0);
    browser
        .post(&path, "note=++")
        .await
        .expect(400)
        .shows("write down what was done");
    browser
        .post(&path, &format!("note={}", "x".repeat(1_001)))
        .await
        .expect(400);
    let answer = browser
        .post(&path, "note=Gave+it+back&back=/console/cases")
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/console/cases");
    let page = browser.get("/console/cases").await.expect(200);
    page.shows("No open cases")
        .shows("ben: Gave it back")
        .shows(">Resolved<");
    // A second person is told that somebody was faster, or changes nothing.
    browser.post(&path, "note=Once+more").await;
    browser
        .get("/console/cases")
        .await
        .expect(200)
        .shows("ben: Gave it back")
        .hides("Once more");
    assert!(
        place
            .tender
            .cases(MERCHANT, true, None, 10)
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

#[tokio::test]
async fn a_delivery_is_sent_again() {
    let place = Place::new().await;
    let order = place.order(MERCHANT, EUR, "Soup", "5").await;
    place.pay(&order, "5", "ref-1", Settle::Immediate).await;
    let delivery = place.delivery(MERCHANT).await;
    let due = delivery.next_at;
    place.tender.clock().advance(60_000);
    let browser = place.sign_in(Who::All).await;
    browser
        .get("/console/webhooks")
        .await
        .expect(200)
        .shows(&format!("dlv_{}", delivery.id.0))
        .shows("payment.changed");
    browser
        .post(
            &format!("/console/deliveries/dlv_{}/replay", delivery.id.0),
            "back=/console/webhooks",
        )
        .await
        .expect(303);
    let replayed = place
        .tender
        .delivery(MERCHANT, delivery.id)
        .await
        .unwrap()
        .unwrap();
    assert!(replayed.next_at.0 >= due.0 + 60_000 && replayed.state == DeliveryState::Pending);
    browser
        .post("/console/deliveries/dlv_1/replay", "")
        .await
        .expect(404);
}

#[tokio::test]
async fn tills_are_scripted_in_a_sandbox_only() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    browser
        .get("/console/tills")
        .await
        .expect(200)
        .shows("Till 501")
        .shows("None is online")
        .shows("Advance by");
    browser
        .post("/console/tills/501/behaviour", "behaviour=refuse:UPDATE_FAILED")
        .await
        .expect(303);
    let directory = place.tender.directory(MERCHANT).await.unwrap().unwrap();
    assert_eq!(
        directory.devices[&501].behaviour.as_deref(),
        Some("refuse:UPDATE_FAILED")
    );
    browser
        .post("/console/tills/501/behaviour", "behaviour=explode")
        .await
        .expect(400);
    browser
        .post("/console/tills/9/behaviour", "behaviour=auto")
        .await
        .expect(404);

    let place = Place::with(Settings::default()).await;
    let browser = place.sign_in(Who::All).await;
    browser
        .get("/console/tills")
        .await
        .expect(200)
        .hides("behaviour")
        .hides("Advance by");
    browser
        .post("/console/tills/501/behaviour", "behaviour=offline")
        .await
        .expect(404);
    browser
        .post("/console/sandbox/clock", "advance_ms=1000")
        .await
        .expect(404);
}

#[tokio::test]
async fn open_pages_hear_of_their_merchants_news_only() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    let request = Request::builder()
        .uri("/console/events")
        .header("cookie", &browser.cookie);
    let answer = place
        .router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let mut body = answer.into_body();
    place.order(OTHER_MERCHANT, OTHER_EUR, "Crepe", "7").await;
    let nothing = tokio::time::timeout(Duration::from_millis(200), body.frame()).await;
    assert!(nothing.is_err(), "another merchant's news were told");
    place.order(MERCHANT, EUR, "Soup", "5").await;
    let news = tokio::time::timeout(Duration::from_secs(10), body.frame())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(news.into_data().unwrap(), "data: look\n\n");
}
