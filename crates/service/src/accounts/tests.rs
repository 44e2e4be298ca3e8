use tender_engine::{
    AmountSpec, Command, Direction, Order, OrderSelector, Outcome, PaymentSpec, Rejection, Settle,
};
use tender_money::Decimal;
use tender_store::{Record, StoredAlias, Write};

use super::*;
use crate::testing::{LOCATION, MERCHANT, caller, cash, node, open_order, restaurant, seed, settings, store};
use crate::{Failure, Tender};

/// Pays an order named by its alias, and tells which order that was.
async fn pay(tender: &Tender, alias: Hash128) -> Result<OrderId, Failure> {
    let amount = AmountSpec::Exact(Decimal::parse("0.01").expect("an amount"));
    let order = OrderSelector::Alias(alias);
    let mut spec = PaymentSpec::new(order, Direction::Receipt, amount, Settle::Immediate);
    spec.location = Some(LOCATION);
    spec.method = cash();
    let done = tender.execute(&caller(), Command::Pay(Box::new(spec))).await?;
    match done.outcome {
        Some(Outcome::Payment(payment)) => Ok(payment.id.order),
        other => panic!("not a payment: {other:?}"),
    }
}

async fn remove_alias(tender: &Tender, order: &Order) {
    let row = StoredAlias {
        merchant: MERCHANT,
        hash: order.account_alias(),
        order: order.id,
    }
    .to_row();
    let gone = Write::Delete(StoredAlias::TABLE, row.key().to_vec());
    tender.write_rows(vec![gone], Vec::new()).await.expect("written");
}

#[tokio::test]
async fn an_account_is_read_once_by_each_node() {
    let store = store();
    let tender = node(&store, settings(), Vec::new()).await;
    seed(&tender).await;
    let [here, elsewhere] = [
        open_order(&tender, LOCATION, "1").await,
        open_order(&tender, LOCATION, "1").await,
    ];
    let other = node(&store, settings(), Vec::new()).await;
    assert_eq!(pay(&other, elsewhere.account_alias()).await, Ok(elsewhere.id));
    for order in [&here, &elsewhere] {
        remove_alias(&tender, order).await;
    }
    assert_eq!(pay(&tender, here.account_alias()).await, Ok(here.id));
    assert_eq!(pay(&other, elsewhere.account_alias()).await, Ok(elsewhere.id));
    let unknown = Failure::Rejected(Rejection::OrderNotFound);
    assert_eq!(pay(&other, here.account_alias()).await, Err(unknown));
}

#[tokio::test]
async fn a_number_given_again_after_a_loss_leads_to_the_order_that_is_there() {
    let tender = restaurant().await;
    let order = open_order(&tender, LOCATION, "1").await;
    let alias = order.account_alias();
    let lost = OrderId(order.id.0 + 1);
    tender.inner().accounts.learn([(MERCHANT, alias, lost)]);
    assert_eq!(pay(&tender, alias).await, Ok(order.id));
    assert_eq!(tender.inner().accounts.find(MERCHANT, alias), Some(order.id));
}

#[test]
fn the_memory_is_bounded_and_keeps_what_is_used() {
    let accounts = Accounts::default();
    let alias = |number: i64| Hash128 { high: number, low: 0 };
    let far = i64::try_from(3 * GENERATION_MAX).expect("a number");
    accounts.learn([(MERCHANT, alias(-1), OrderId(7))]);
    for number in 0..far {
        accounts.learn([(MERCHANT, alias(number), OrderId(8))]);
        assert_eq!(accounts.find(MERCHANT, alias(-1)), Some(OrderId(7)));
    }
    assert_eq!(accounts.find(MERCHANT, alias(0)), None);
    let kept = accounts.lock();
    assert!(kept.young.len() + kept.old.len() <= 2 * GENERATION_MAX + 1);
    assert!(kept.young.len() <= GENERATION_MAX);
}
