//! A fenced reference never lands, whoever sends it and through whatever.

use std::collections::BTreeSet;

use tender_engine::{
    AmountSpec, ApplicationId, Command, Direction, FenceReference, KeyClaim, KeySpace, LocationId, OnRefusal,
    OrderSelector, PaymentSpec, Rejection, Settle, TaskSpec, Via,
};
use tender_money::Decimal;
use tender_service::{Caller, Done, Failure, TokenKind, TokenSpec};

use super::place::{APP, Answer, EUR, JPY, MERCHANT, OTHER_EUR, POS_APP, Place, Who};
use crate::ids;

async fn look(place: &Place, who: Who, reference: &str) -> Answer {
    place
        .get(who, &format!("/api/v1/payments/by-reference/{reference}"))
        .await
}

async fn fence(place: &Place, who: Who, reference: &str) -> Answer {
    place
        .post(
            who,
            &format!("/api/v1/payments/by-reference/{reference}/fence"),
            "",
        )
        .await
}

/// A payment as K-Series sends it: a repeated reference is refused, failures are recorded.
pub(super) async fn kseries(
    place: &Place,
    order: &str,
    reference: &str,
    application: tender_engine::ApplicationId,
    location: LocationId,
) -> Result<Done, Failure> {
    let order = ids::read_order(order).unwrap();
    let amount = AmountSpec::Exact(Decimal::parse("1").unwrap());
    let settle = Settle::Till(TaskSpec {
        ttl_ms: 60_000,
        device: None,
        not_before: None,
    });
    let mut spec = PaymentSpec::new(OrderSelector::Id(order), Direction::Receipt, amount, settle);
    spec.location = Some(location);
    spec.reference = Some(reference.to_owned());
    spec.on_refusal = OnRefusal::RecordFailure;
    spec.keys = vec![KeyClaim {
        space: KeySpace::PaymentReference,
        text: reference.to_owned(),
        fields: vec![("paymentAmount".to_owned(), "1".to_owned())],
        refuse_repeats: true,
    }];
    let caller = Caller {
        merchant: MERCHANT,
        application,
        via: Via::Kseries,
    };
    place.tender.execute(&caller, Command::Pay(Box::new(spec))).await
}

#[tokio::test]
async fn a_payment_that_no_till_has_seen_is_voided() {
    let place = Place::new().await;
    let order = place.order("10").await;
    let payment = place.pay_at_till(&order, "4", "r-1").await;
    let seen = look(&place, Who::Admin, "r-1").await.expect(200);
    assert_eq!(
        (seen.at("/state"), seen.at("/payment/id")),
        ("in-flight".to_owned(), payment.clone())
    );
    assert_eq!(seen.at("/until"), seen.at("/payment/expires_at"));
    let fenced = fence(&place, Who::Admin, "r-1").await.expect(200);
    assert_eq!(
        (fenced.at("/state"), fenced.at("/payment/state")),
        ("will-never-apply".to_owned(), "voided".to_owned())
    );
    assert_eq!(fenced.at("/money_moved"), "no");
    assert!(place.claim(501).await.is_none());
    let order = place.get(Who::Admin, &format!("/api/v1/orders/{order}")).await;
    assert_eq!(order.at("/due"), "10.00");
    assert_eq!(
        fence(&place, Who::Admin, "r-1").await.expect(200).text,
        fenced.text
    );
}

#[tokio::test]
async fn a_payment_at_a_till_is_in_flight() {
    let place = Place::new().await;
    let order = place.order("10").await;
    place.pay_at_till(&order, "4", "r-2").await;
    let (task, lease) = place.claim(501).await.unwrap();
    let fenced = fence(&place, Who::Admin, "r-2").await.expect(200);
    assert_eq!(fenced.at("/state"), "in-flight");
    assert_eq!(
        (
            fenced.at("/money_moved").as_str(),
            fenced.header("tender-money-moved")
        ),
        ("unknown", "unknown")
    );
    assert!(fenced.has("/until"));
    let confirm = format!(r#"{{"lease":{lease}}}"#);
    place
        .post(Who::Till, &format!("/api/v1/till/tasks/{task}/confirm"), &confirm)
        .await
        .expect(200);
    let fenced = fence(&place, Who::Admin, "r-2").await.expect(200);
    assert_eq!(
        (fenced.at("/state"), fenced.at("/money_moved")),
        ("applied".to_owned(), "yes".to_owned())
    );
    assert!(!fenced.has("/until"));
}

#[tokio::test]
async fn an_applied_payment_stays_applied() {
    let place = Place::new().await;
    let order = place.order("10").await;
    place
        .pay(&order, r#"{"amount":"4","reference":"r-3"}"#)
        .await
        .expect(201);
    for answer in [
        look(&place, Who::Admin, "r-3").await,
        fence(&place, Who::Admin, "r-3").await,
    ] {
        assert_eq!(
            (answer.at("/state"), answer.at("/payment/amount")),
            ("applied".to_owned(), "4.00".to_owned())
        );
    }
    let order = place.get(Who::Admin, &format!("/api/v1/orders/{order}")).await;
    assert_eq!(order.at("/paid"), "4.00");
}

#[tokio::test]
async fn a_reference_that_nobody_has_seen_is_burned_for_every_application_and_location() {
    let place = Place::new().await;
    let order = place.order("10").await;
    let yen = place.order_at(JPY, "1000").await;
    look(&place, Who::Admin, "r-4")
        .await
        .problem(404, "reference-not-found");
    let fenced = fence(&place, Who::Admin, "r-4").await.expect(200);
    assert_eq!(
        (fenced.at("/state"), fenced.has("/payment")),
        ("will-never-apply".to_owned(), false)
    );
    // The late originals: of K-Series applications at both locations, and natively.
    for (application, order, location) in [(APP, &order, EUR), (POS_APP, &order, EUR), (POS_APP, &yen, JPY)] {
        let late = kseries(&place, order, "r-4", application, location).await;
        assert_eq!(late, Err(Failure::Rejected(Rejection::ReferenceUsed)));
    }
    let late = place.pay(&order, r#"{"amount":"1","reference":"r-4"}"#).await;
    late.problem(409, "reference-fenced");
    assert_eq!(
        place
            .get(Who::Admin, &format!("/api/v1/orders/{order}"))
            .await
            .at("/payments"),
        "[]"
    );
    // Burned in many places is one fate.
    assert_eq!(
        look(&place, Who::Admin, "r-4").await.expect(200).text,
        fenced.text
    );
    assert_eq!(
        fence(&place, Who::Admin, "r-4").await.expect(200).text,
        fenced.text
    );
}

#[tokio::test]
async fn an_application_fences_its_own_references_only() {
    let place = Place::new().await;
    let order = place.order("10").await;
    fence(&place, Who::App, "r-5").await.expect(200);
    let own = kseries(&place, &order, "r-5", APP, EUR).await;
    assert_eq!(own, Err(Failure::Rejected(Rejection::ReferenceUsed)));
    assert!(kseries(&place, &order, "r-5", POS_APP, EUR).await.is_ok());
    let named = format!(
        "/api/v1/payments/by-reference/r-5?application_id=app_{}",
        POS_APP.0
    );
    place
        .get(Who::App, &named)
        .await
        .problem(404, "application-not-found");
    // The administration sees that the reference has two fates, and asks which is meant.
    let found = look(&place, Who::Admin, "r-5").await.expect(200);
    assert_eq!(found.at("/state"), "in-flight");
    assert_eq!(
        place.get(Who::Admin, &named).await.expect(200).at("/state"),
        "in-flight"
    );
    let own = format!("/api/v1/payments/by-reference/r-5?application_id=app_{}", APP.0);
    assert_eq!(
        place.get(Who::Admin, &own).await.expect(200).at("/state"),
        "will-never-apply"
    );
}

#[tokio::test]
async fn two_payments_of_one_reference_are_not_taken_for_each_other() {
    let place = Place::new().await;
    let order = place.order("10").await;
    for application in [APP, POS_APP] {
        kseries(&place, &order, "r-6", application, EUR).await.unwrap();
    }
    look(&place, Who::Admin, "r-6")
        .await
        .problem(409, "ambiguous-reference");
    fence(&place, Who::Admin, "r-6")
        .await
        .problem(409, "ambiguous-reference");
    assert_eq!(
        look(&place, Who::App, "r-6").await.expect(200).at("/payment/id"),
        format!("{}_1", order.replace("ord", "pay"))
    );
    let named = format!(
        "/api/v1/payments/by-reference/r-6/fence?application_id=app_{}",
        POS_APP.0
    );
    let fenced = place.post(Who::Admin, &named, "").await.expect(200);
    assert_eq!(
        fenced.at("/payment/id"),
        format!("{}_2", order.replace("ord", "pay"))
    );
    assert_eq!(fenced.at("/state"), "will-never-apply");
}

#[tokio::test]
async fn a_fence_may_be_kept_to_one_location() {
    let place = Place::new().await;
    let yen = place.order_at(JPY, "1000").await;
    let path = format!("/api/v1/payments/by-reference/r-7/fence?location_id={}", EUR.0);
    place.post(Who::App, &path, "").await.expect(200);
    assert!(kseries(&place, &yen, "r-7", APP, JPY).await.is_ok());
}

#[tokio::test]
async fn a_fence_of_one_location_does_not_stand_for_a_fence_of_all() {
    let place = Place::new().await;
    let yen = place.order_at(JPY, "1000").await;
    let path = format!("/api/v1/payments/by-reference/r-9/fence?location_id={}", EUR.0);
    place.post(Who::App, &path, "").await.expect(200);
    // It may still land at the others, and whoever asks about one location is told about that one.
    look(&place, Who::App, "r-9")
        .await
        .problem(404, "reference-not-found");
    for (location, state) in [(EUR, Some("will-never-apply")), (JPY, None)] {
        let path = format!("/api/v1/payments/by-reference/r-9?location_id={}", location.0);
        let answer = place.get(Who::App, &path).await;
        match state {
            Some(state) => assert_eq!(answer.expect(200).at("/state"), state),
            None => answer.problem(404, "reference-not-found"),
        }
    }
    let all = fence(&place, Who::App, "r-9").await.expect(200);
    assert_eq!(all.at("/state"), "will-never-apply");
    assert_eq!(look(&place, Who::App, "r-9").await.expect(200).text, all.text);
    let late = kseries(&place, &yen, "r-9", APP, JPY).await;
    assert_eq!(late, Err(Failure::Rejected(Rejection::ReferenceUsed)));
}

#[tokio::test]
async fn a_reference_burned_for_the_caller_hides_no_payment_of_another_application() {
    let place = Place::new().await;
    let order = place.order("10").await;
    let own = ApplicationId(0);
    let burn = Command::FenceReference(FenceReference {
        application: own,
        location: EUR,
        text: "r-8".to_owned(),
    });
    let caller = Caller {
        merchant: MERCHANT,
        application: own,
        via: Via::Native,
    };
    place.tender.execute(&caller, burn).await.unwrap();
    look(&place, Who::Admin, "r-8")
        .await
        .problem(404, "reference-not-found");
    kseries(&place, &order, "r-8", POS_APP, EUR).await.unwrap();
    assert_eq!(
        look(&place, Who::Admin, "r-8").await.expect(200).at("/state"),
        "in-flight"
    );
}

#[tokio::test]
async fn a_refused_payment_will_never_apply() {
    let place = Place::new().await;
    let order = place.order("10").await;
    place.pay_at_till(&order, "4", "r-8").await;
    let (task, lease) = place.claim(501).await.unwrap();
    let refuse = format!(r#"{{"lease":{lease},"reason":"the drawer is stuck"}}"#);
    place
        .post(Who::Till, &format!("/api/v1/till/tasks/{task}/refuse"), &refuse)
        .await
        .expect(200);
    let seen = look(&place, Who::Admin, "r-8").await.expect(200);
    assert_eq!(
        (seen.at("/state"), seen.at("/money_moved")),
        ("will-never-apply".to_owned(), "no".to_owned())
    );
    assert_eq!(seen.at("/payment/failure/code"), "UNKNOWN");
    assert_eq!(seen.at("/payment/failure/message"), "the drawer is stuck");
    // The same reference answers the first time's answer again, and pays nothing.
    let body = r#"{"amount":"4","mode":"till","reference":"r-8","ttl_ms":60000}"#;
    let again = place.pay(&order, body).await.expect(201);
    assert_eq!(again.at("/id"), seen.at("/payment/id"));
}

#[tokio::test]
async fn references_may_have_any_characters() {
    let place = Place::new().await;
    let order = place.order("10").await;
    place
        .pay(&order, r#"{"amount":"4","reference":"T/7 é #1"}"#)
        .await
        .expect(201);
    assert_eq!(
        look(&place, Who::Admin, "T%2F7%20%C3%A9%20%231")
            .await
            .expect(200)
            .at("/state"),
        "applied"
    );
    look(&place, Who::Admin, &"x".repeat(101))
        .await
        .problem(400, "invalid-parameter");
    fence(&place, Who::Admin, &"x".repeat(101))
        .await
        .problem(400, "invalid-parameter");
}

/// Where no place was looked at, nothing can be said of a reference.
#[tokio::test]
async fn who_reaches_no_location_learns_nothing_of_a_reference() {
    let place = Place::new().await;
    let nowhere = TokenSpec {
        kind: TokenKind::Access,
        merchant: MERCHANT,
        application: APP,
        owner: MERCHANT,
        locations: Some(BTreeSet::from([OTHER_EUR])),
        scopes: BTreeSet::from(["native".to_owned()]),
        device: None,
        actor: "nowhere".to_owned(),
        label: "nowhere".to_owned(),
        ttl_ms: None,
        text: Some(Who::Stranger.token()),
    };
    place.tender.issue_token(nowhere).await.unwrap();
    for answer in [
        look(&place, Who::Stranger, "r-nowhere").await,
        fence(&place, Who::Stranger, "r-nowhere").await,
    ] {
        answer.problem(404, "location-not-found");
    }
}
