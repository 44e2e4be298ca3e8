//! What the pages say.

use tender_engine::{Command, Direction, PaymentState};
use tender_engine::{Failure, FailureCode, FenceReference, LocationId, Settle, TaskAnswer, Via};

use super::place::{APP, EUR, JPY, MERCHANT, Place, Who};
use crate::{orders, show, words};

#[tokio::test]
async fn the_overview_counts_today() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    browser
        .get("/console")
        .await
        .expect(200)
        .shows("Golden Spoon EUR")
        .shows("0.00 EUR")
        .shows("Nothing has happened yet");
    let order = place.order(MERCHANT, EUR, "Soup", "50.05").await;
    place.pay(&order, "20.06", "ref-1", Settle::Immediate).await;
    place.pay_at_till(&order, "1.01", "ref-2").await;
    let tokyo = place.order(MERCHANT, JPY, "Ramen", "900").await;
    place.pay(&tokyo, "900", "ref-3", Settle::Immediate).await;
    let page = browser.get("/console").await.expect(200);
    let page = page
        .shows("20.06 EUR")
        .shows("1.01 EUR")
        .shows("900 JPY")
        .shows("1 payment<")
        .shows("Payment complete");
    // What is paid on one day is not paid on the next.
    drop(page);
    place.tender.clock().advance(86_400_000);
    let browser = place.sign_in(Who::All).await;
    let page = browser.get("/console").await.expect(200);
    page.shows("<dt>Paid today</dt><dd class=\"big\">0.00 EUR</dd>");
}

#[tokio::test]
async fn a_payment_page_says_whether_money_moved() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    let order = place.order(MERCHANT, EUR, "Soup", "50").await;
    let paid = place.pay(&order, "5", "ref-1", Settle::Immediate).await;
    let open = place
        .pay(&order, "5", "ref-2", Settle::Open(PaymentState::Pending))
        .await;
    let waits = place.pay_at_till(&order, "6", "ref-3").await;
    let address = |payment: &tender_engine::Payment| show::payment_address(payment.id);
    browser
        .get(&address(&paid))
        .await
        .expect(200)
        .shows("Did the money move?")
        .shows("Yes, the money was taken<")
        .shows("5.00 EUR changed hands");
    browser
        .get(&address(&open))
        .await
        .expect(200)
        .shows("No, not yet<")
        .shows("waits to be confirmed");
    browser
        .get(&address(&waits))
        .await
        .expect(200)
        .shows("No, not yet<")
        .shows("It waits for a till.");
    let task = place.claim(MERCHANT, EUR, 501).await;
    let page = browser.get(&address(&waits)).await.expect(200);
    page.shows("Not known yet: a till is at it<")
        .shows("Till 501 Golden Spoon took it")
        .shows("Do not take the money a second time");
    let reason = Failure {
        code: FailureCode::UpdateFailed,
        message: None,
    };
    place.resolve(&task, TaskAnswer::Refuse(reason)).await;
    let page = browser.get(&address(&waits)).await.expect(200);
    page.shows("No, no money was taken<")
        .shows("the till could not change the check")
        .shows("The till refused the task");
    let case = place.case(MERCHANT, EUR, "ref-4").await;
    let page = browser
        .get(&show::payment_address(case.payment))
        .await
        .expect(200);
    page.shows("Not known: somebody has to find out<")
        .shows("then resolve the case")
        .shows("To the cases")
        .shows("the app was told that nothing moved")
        .hides("confirmed-after-end");
    let overview = browser.get("/console").await.expect(200);
    overview.shows("One payment needs a person").shows("To the cases");
}

#[tokio::test]
async fn a_refund_page_speaks_of_giving_back() {
    let place = Place::new().await;
    let order = place.order(MERCHANT, EUR, "Soup", "50").await;
    let mut refund = place.pay(&order, "5", "ref-1", Settle::Immediate).await;
    assert_eq!(verdict(&refund), "Yes, the money was taken");
    refund.direction = Direction::Refund;
    for (state, answer) in [
        (PaymentState::Complete, "Yes, the guest has the money back"),
        (PaymentState::Failed, "No, nothing was given back"),
        (PaymentState::Voided, "No, nothing was given back"),
    ] {
        refund.state = state;
        assert_eq!(verdict(&refund), answer);
    }
}

fn verdict(payment: &tender_engine::Payment) -> &'static str {
    words::verdict(payment, words::Circumstances::default()).answer
}

#[tokio::test]
async fn an_order_page_begins_with_whether_it_is_paid() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    let order = place.order(MERCHANT, EUR, "Soup", "50").await;
    let address = show::order_address(order.id);
    let page = async || browser.get(&address).await.expect(200);
    page().await.shows("<strong>Not paid: 50.00 EUR is due</strong>");
    place.pay(&order, "20", "ref-1", Settle::Immediate).await;
    let seen = page().await;
    seen.shows("<strong>Partly paid: 30.00 EUR is still due</strong>");
    let waiting = || Settle::Open(PaymentState::Pending);
    place.pay(&order, "10", "ref-2", waiting()).await;
    let seen = page().await;
    seen.shows("20.00 EUR is still due")
        .shows("10.00 EUR more is promised");
    place.pay(&order, "20", "ref-3", waiting()).await;
    page().await.shows("<strong>Not paid yet</strong>");
    let other = place.order(MERCHANT, EUR, "Soup", "50").await;
    place.pay(&other, "50", "ref-4", Settle::Immediate).await;
    let seen = browser.get(&show::order_address(other.id)).await.expect(200);
    seen.shows("<strong>Paid and closed</strong>");
}

#[tokio::test]
async fn the_overview_calls_orders_by_their_names() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    let order = place.order(MERCHANT, EUR, "Soup at the window", "50").await;
    let page = browser.get("/console").await.expect(200);
    let link = format!("<a href=\"{}\">", show::order_address(order.id));
    let name = orders::title_of(&order);
    page.shows(&format!("{link}{name}</a>"))
        .shows("action=\"/console/find\"")
        // Who comes with a keyboard need not go through the navigation on every page.
        .shows("<body><a class=\"skip\" href=\"#main\">")
        .shows("<main id=\"main\"");
}

#[tokio::test]
async fn an_order_page_shows_everything_on_it() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    let order = place.order(MERCHANT, EUR, "Soup", "50.05").await;
    let payment = place.pay(&order, "5.05", "ref-1", Settle::Immediate).await;
    let page = browser.get(&show::order_address(order.id)).await.expect(200);
    let page = page
        .shows("50.05 EUR")
        .shows("45.00 EUR")
        .shows("Chain intact")
        .shows(&show::payment_text(payment.id));
    page.shows("ref-1").shows("A101.1").shows("receivable.goods");
}

#[tokio::test]
async fn orders_are_paged_without_gaps() {
    let place = Place::new().await;
    let mut ids = Vec::new();
    for number in 0..120 {
        let location = if number % 2 == 0 { EUR } else { JPY };
        ids.push((
            place
                .order(MERCHANT, location, &format!("Order {number}"), "1")
                .await
                .id,
            location,
        ));
    }
    for (who, location, wanted) in [
        (Who::All, None, 120),
        (Who::All, Some(EUR), 60),
        (Who::EurOnly, None, 60),
    ] {
        let browser = place.sign_in(who).await;
        let location = location.map(|LocationId(id)| id.to_string()).unwrap_or_default();
        let mut next = Some(format!("/console/orders?state=open&location={location}"));
        let mut seen = Vec::new();
        while let Some(path) = next {
            let page = browser.get(&path).await.expect(200).text;
            let ids = page.split("href=\"/console/orders/ord_").skip(1);
            seen.extend(ids.map(|rest| rest.split('"').next().unwrap().parse::<u64>().unwrap()));
            let link = page
                .split("<a href=\"")
                .find(|rest| rest.contains("rel=\"next\"") && rest.starts_with("/console"));
            next = link.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
        }
        let mut expected: Vec<u64> = ids
            .iter()
            .filter(|(_, at)| wanted == 120 || *at == EUR)
            .map(|(id, _)| id.0)
            .collect();
        expected.reverse();
        assert_eq!((seen.len(), &seen), (wanted, &expected), "{who:?} {location}");
    }
    let browser = place.sign_in(Who::All).await;
    browser
        .get("/console/orders?state=closed")
        .await
        .expect(200)
        .shows("There are no such orders");
}

#[tokio::test]
async fn everything_can_be_found() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    let order = place.order(MERCHANT, EUR, "Soup", "50").await;
    let payment = place.pay(&order, "5", "my ref/1", Settle::Immediate).await;
    let (order_page, payment_page) = (show::order_address(order.id), show::payment_address(payment.id));
    for (text, address) in [
        (show::order_text(order.id), &order_page),
        (order.id.0.to_string(), &order_page),
        (order.account.to_string(), &order_page),
        (order.account.to_string().to_lowercase(), &order_page),
        (show::payment_text(payment.id), &payment_page),
        ("my+ref/1".to_owned(), &payment_page),
        ("++my+ref%2F1++".to_owned(), &payment_page),
    ] {
        let answer = browser.get(&format!("/console/find?q={text}")).await.expect(303);
        assert_eq!(answer.header("location"), address, "{text}");
    }
    let fence = FenceReference {
        application: APP,
        location: EUR,
        text: "never".to_owned(),
    };
    place
        .execute(MERCHANT, Via::Native, Command::FenceReference(fence))
        .await;
    browser
        .get("/console/find?q=never")
        .await
        .expect(200)
        .shows("No, no money was taken.")
        .shows("nothing can land under it");
    browser
        .get("/console/find?q=nothing")
        .await
        .expect(200)
        .shows("Nothing is known as");
    let long = "x".repeat(201);
    browser
        .get(&format!("/console/find?q={long}"))
        .await
        .expect(200)
        .shows("Nothing has so long a name");
}

#[tokio::test]
async fn a_reference_used_twice_shows_both() {
    let place = Place::new().await;
    let browser = place.sign_in(Who::All).await;
    for location in [EUR, JPY] {
        let order = place.order(MERCHANT, location, "Soup", "50").await;
        place.pay(&order, "5", "same", Settle::Immediate).await;
    }
    let page = browser.get("/console/find?q=same").await.expect(200);
    page.shows("Golden Spoon EUR</small>")
        .shows("Golden Spoon JPY</small>");
}
