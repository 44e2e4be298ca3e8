//! An order that has had as many payments as one can have, which would take long to make.

use tender_engine::{Order, PAYMENTS_PER_ORDER_MAX};
use tender_store::{Batch, BoxFuture, Record, Store, StoreError, Table, Transaction, Write, Writes};

use super::world::{O1, order_id};

/// Makes one of an order of O1.
pub(super) async fn fill(store: &dyn Store, order: &str) {
    let key = vec![O1.to_i64(), order_id(order).to_i64()];
    let filled = store.commit(Box::new(Fill { key })).await;
    filled.1.expect("the scratch database writes");
}

struct Fill {
    key: Vec<i64>,
}

impl Batch for Fill {
    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        Box::pin(async move {
            let rows = transaction
                .get(Table::Orders, std::slice::from_ref(&self.key))
                .await?;
            let mut orders: Vec<Order> = rows.iter().map(Order::from_row).collect::<Result<_, _>>()?;
            for order in &mut orders {
                order.last_payment_number = PAYMENTS_PER_ORDER_MAX;
            }
            let rows = orders.iter().map(|order| Write::Put(order.to_row())).collect();
            Ok(Writes {
                rows,
                wakes: Vec::new(),
            })
        })
    }
}
