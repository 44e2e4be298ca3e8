//! Which order an account identifier leads to, as far as this node has seen it.
//!
//! Owns: a bounded memory. Must not know: how the ledger keeps aliases.
//!
//! An account identifier is given once, because the numbers of a location's checks only rise. So what was true once is true on
//! every node, and the alias need not be read again for each of a check's payments. Other aliases can move to a newer order;
//! they are never kept.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tender_engine::{Hash128, MerchantId, OrderId, Snapshot};

/// Accounts of one generation. There are two: when the young one is full it becomes the old one, and the old one is forgotten.
const GENERATION_MAX: usize = 16_384;

/// An alias that is an account identifier, and its order.
pub(crate) type Account = (MerchantId, Hash128, OrderId);

type Generation = HashMap<(MerchantId, Hash128), OrderId>;

/// The accounts seen lately.
#[derive(Debug, Default)]
pub(crate) struct Accounts(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: Generation,
    old: Generation,
}

impl Accounts {
    /// The order that an alias leads to, if it was seen lately.
    pub(crate) fn find(&self, merchant: MerchantId, alias: Hash128) -> Option<OrderId> {
        let key = (merchant, alias);
        let mut generations = self.lock();
        if let Some(order) = generations.young.get(&key) {
            return Some(*order);
        }
        let order = generations.old.remove(&key)?;
        generations.keep(key, order);
        Some(order)
    }

    /// Keeps accounts whose orders are in the ledger.
    pub(crate) fn learn(&self, accounts: impl IntoIterator<Item = Account>) {
        let mut generations = self.lock();
        for (merchant, alias, order) in accounts {
            generations.keep((merchant, alias), order);
        }
    }

    /// Forgets an account whose order is not there: a database that came back without its last commits gives its number again.
    pub(crate) fn forget(&self, merchant: MerchantId, alias: Hash128) {
        let mut generations = self.lock();
        generations.young.remove(&(merchant, alias));
        generations.old.remove(&(merchant, alias));
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn keep(&mut self, key: (MerchantId, Hash128), order: OrderId) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, order);
    }
}

/// Those of some aliases that are account identifiers, as the orders tell.
pub(crate) fn accounts_among<'a>(
    aliases: impl IntoIterator<Item = (&'a (MerchantId, Hash128), &'a OrderId)>,
    snapshot: &Snapshot,
) -> Vec<Account> {
    aliases
        .into_iter()
        .filter_map(|((merchant, alias), id)| {
            let order = snapshot.orders.get(&(*merchant, *id))?;
            (order.account_alias() == *alias).then_some((*merchant, *alias, *id))
        })
        .collect()
}

#[cfg(test)]
mod tests;
