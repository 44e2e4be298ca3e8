//! Names that come from outside are text on a page, never markup, and secrets are never on one.

use tender_engine::{Failure, FailureCode, Settle, TaskAnswer};

use super::place::{CALLBACK_HOST, ENDPOINT_SECRET, ENDPOINT_SETTING, EUR, HOSTILE, MERCHANT, Place, Who};
use crate::show;

#[tokio::test]
async fn hostile_names_stay_text() {
    let place = Place::new().await;
    let order = place.order(MERCHANT, EUR, HOSTILE, "5").await;
    let paid = place.pay(&order, "2", HOSTILE, Settle::Immediate).await;
    let failed = place.pay_at_till(&order, "1", "ref-2").await;
    let task = place.claim(MERCHANT, EUR, 501).await;
    let reason = Failure {
        code: FailureCode::Unknown,
        message: Some(HOSTILE.to_owned()),
    };
    place.resolve(&task, TaskAnswer::Refuse(reason)).await;
    let case = place.case(MERCHANT, EUR, "ref-3").await;
    let browser = place.sign_in(Who::All).await;
    let note = "note=%3Cscript%3Ealert('x')%3C/script%3E%26%22quoted%22";
    browser
        .post(&format!("/console/cases/case_{}/resolve", case.id.0), note)
        .await
        .expect(303);
    let escaped = "&lt;script&gt;alert('x')&lt;/script&gt;&amp;&quot;quoted&quot;";
    for path in [
        show::order_address(order.id),
        show::payment_address(paid.id),
        show::payment_address(failed.id),
        "/console/orders?state=all".to_owned(),
        "/console/cases".to_owned(),
        "/console/find?q=%3Cscript%3Ealert('x')%3C/script%3E%26%22quoted%22zzz".to_owned(),
    ] {
        browser
            .get(&path)
            .await
            .expect(200)
            .hides("<script>")
            .shows(escaped);
    }
    let answer = place
        .try_sign_in(
            "%3Cscript%3Ealert('x')%3C/script%3E%26%22quoted%22",
            "wrong",
            "/console",
        )
        .await;
    answer.expect(401).hides("<script>").shows(escaped);
}

#[tokio::test]
async fn secrets_are_nowhere() {
    let place = Place::new().await;
    let order = place.order(MERCHANT, EUR, "Soup", "5").await;
    let payment = place.pay(&order, "5", "ref-1", Settle::Immediate).await;
    for who in [Who::All, Who::EurOnly] {
        let browser = place.sign_in(who).await;
        for path in [
            "/console",
            "/console/webhooks",
            &show::payment_address(payment.id),
        ] {
            let page = browser.get(path).await.expect(200);
            let page = page
                .hides(ENDPOINT_SECRET)
                .hides(ENDPOINT_SETTING)
                .hides(CALLBACK_HOST);
            page.hides("query-must-never-be-shown").hides("nobody guesses");
        }
        let page = browser.get("/console/webhooks").await;
        page.shows("https://hooks.example")
            .shows("1 address(es)")
            .shows("the order's own address");
    }
}
