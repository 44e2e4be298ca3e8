//! What commands read: collected for a whole batch, loaded in a few steps, handed to the engine as one snapshot.
//!
//! Steps follow from what only loaded records tell: an alias leads to an order, a task to its payment, a payment to its source.
//! Within a step every table is asked once for all its keys.

use std::collections::BTreeSet;

use tender_engine::{
    Case, CaseId, Command, DeviceId, Hash128, KeyClaim, KeyOutcome, KeySpace, LocationId, Lookup, MerchantId,
    Order, OrderId, OrderLines, OrderSelector, Payment, PaymentId, Snapshot, TASKS_PER_CLAIM_MAX, Task,
    TaskId, TaskKind, Timestamp, key_hash,
};
use tender_store::{
    Counter, CounterName, Direction, Key, Lock, Op, Record, Row, Scan, StoreError, StoredAlias, StoredKey,
    Table, Transaction,
};

use crate::Caller;
use crate::accounts::{Accounts, accounts_among};
use crate::queries::{decode, order_key, payment_key, payments_scan};

type Of<T> = BTreeSet<(MerchantId, T)>;

/// Whose claims wait for an order's location before they can be hashed.
#[derive(Debug, Clone)]
struct Deferred {
    caller: Caller,
    selector: OrderSelector,
    claims: Vec<(KeySpace, String)>,
}

/// Everything a batch reads.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    aliases: Of<Hash128>,
    /// Aliases that were not read, because this node knew them.
    known_aliases: Of<Hash128>,
    orders: Of<OrderId>,
    lines: Of<OrderId>,
    payments: Of<PaymentId>,
    all_payments: Of<OrderId>,
    lines_of_aliases: Of<Hash128>,
    keys: Of<Hash128>,
    /// Keys that lead to payments of which nothing else is known.
    leading_keys: Of<Hash128>,
    /// Payments that may end together with their tasks, which are looked up before anything is locked.
    ending_payments: Of<PaymentId>,
    deferred: Vec<Deferred>,
    tasks: Of<TaskId>,
    claims: BTreeSet<(MerchantId, LocationId, DeviceId)>,
    check_numbers: Of<LocationId>,
    cases: Of<CaseId>,
}

impl Reads {
    /// Adds what one command reads.
    pub(crate) fn add(&mut self, caller: &Caller, command: &Command) {
        let merchant = caller.merchant;
        match command {
            Command::OpenOrder(open) => {
                self.check_numbers.insert((merchant, open.location));
                self.add_keys(caller, &open.keys, open.location);
            }
            Command::AddLines(add) => {
                self.add_selector(merchant, &add.order, true);
                self.add_claims(caller, &add.order, add.location, &add.keys);
                if let Some(location) = add.location {
                    self.check_numbers.insert((merchant, location));
                }
                for payment in &add.payments {
                    if let Lookup::Known(source) = &payment.source {
                        self.payments.insert((merchant, *source));
                    }
                }
            }
            Command::ChangeLine(change) => self.add_order_with_lines(merchant, change.order),
            Command::RemoveLine(remove) => self.add_order_with_lines(merchant, remove.order),
            Command::UpdateOrder(update) => drop(self.orders.insert((merchant, update.order))),
            Command::SettleOrder(settle) => drop(self.orders.insert((merchant, settle.order))),
            Command::Pay(spec) => {
                self.add_selector(merchant, &spec.order, false);
                self.add_claims(caller, &spec.order, spec.location, &spec.keys);
                if let Lookup::Known(source) = &spec.source {
                    self.payments.insert((merchant, *source));
                }
                if let (Some(_), OrderSelector::Id(order)) = (&spec.transaction_ref, &spec.order) {
                    self.all_payments.insert((merchant, *order));
                }
            }
            Command::AmendPayment(amend) => {
                self.add_payment(merchant, amend.payment);
                self.add_claims(caller, &OrderSelector::Id(amend.payment.order), None, &amend.keys);
            }
            Command::UpdatePayment(update) => {
                self.add_ending(merchant, update.payment);
                if let Some(Lookup::Known(source)) = &update.patch.source {
                    self.payments.insert((merchant, *source));
                }
            }
            Command::ConfirmPayment(confirm) => self.add_ending(merchant, confirm.payment),
            Command::VoidPayment(void) => self.add_ending(merchant, void.payment),
            Command::DeletePayment(delete) => self.add_ending(merchant, delete.payment),
            Command::FenceReference(fence) => {
                let hash = key_hash(
                    KeySpace::PaymentReference,
                    fence.application,
                    fence.location,
                    &fence.text,
                );
                self.keys.insert((merchant, hash));
                self.leading_keys.insert((merchant, hash));
            }
            Command::ClaimTasks(claim) => drop(self.claims.insert((merchant, claim.location, claim.device))),
            Command::ResolveTask(resolve) => drop(self.tasks.insert((merchant, resolve.task))),
            Command::ExpireTask(expire) => drop(self.tasks.insert((merchant, expire.task))),
            Command::PostMessage(_) => {}
            Command::ResolveCase(resolve) => drop(self.cases.insert((merchant, resolve.case))),
        }
    }

    fn add_payment(&mut self, merchant: MerchantId, id: PaymentId) {
        self.payments.insert((merchant, id));
        self.orders.insert((merchant, id.order));
    }

    /// A payment that may end, and its task with it.
    fn add_ending(&mut self, merchant: MerchantId, id: PaymentId) {
        self.add_payment(merchant, id);
        self.ending_payments.insert((merchant, id));
    }

    fn add_order_with_lines(&mut self, merchant: MerchantId, order: OrderId) {
        self.orders.insert((merchant, order));
        self.lines.insert((merchant, order));
    }

    fn add_selector(&mut self, merchant: MerchantId, selector: &OrderSelector, with_lines: bool) {
        match selector {
            OrderSelector::Nothing => {}
            OrderSelector::Id(order) => {
                self.orders.insert((merchant, *order));
                if with_lines {
                    self.lines.insert((merchant, *order));
                }
            }
            OrderSelector::Alias(hash) => {
                self.aliases.insert((merchant, *hash));
                if with_lines {
                    self.lines_of_aliases.insert((merchant, *hash));
                }
            }
        }
    }

    fn add_keys(&mut self, caller: &Caller, claims: &[KeyClaim], location: LocationId) {
        for claim in claims {
            let hash = key_hash(claim.space, caller.application, location, &claim.text);
            self.keys.insert((caller.merchant, hash));
        }
    }

    /// Keys are unique per location. Where the caller names it they can be looked up at once, else when the order is known.
    fn add_claims(
        &mut self,
        caller: &Caller,
        selector: &OrderSelector,
        location: Option<LocationId>,
        claims: &[KeyClaim],
    ) {
        if let Some(location) = location {
            self.add_keys(caller, claims, location);
        } else if !claims.is_empty() {
            let claims = claims
                .iter()
                .map(|claim| (claim.space, claim.text.clone()))
                .collect();
            self.deferred.push(Deferred {
                caller: caller.clone(),
                selector: selector.clone(),
                claims,
            });
        }
    }

    /// Loads everything.
    pub(crate) async fn load(
        mut self,
        transaction: &mut dyn Transaction,
        now: Timestamp,
        accounts: &Accounts,
    ) -> Result<Snapshot, StoreError> {
        let mut snapshot = Snapshot::default();
        self.find_known(&mut snapshot, accounts);
        self.load_names(transaction, &mut snapshot).await?;
        self.look_ahead(transaction).await?;
        self.load_tasks(transaction, &mut snapshot, now).await?;
        self.load_named(transaction, &mut snapshot).await?;
        self.load_mistaken(transaction, &mut snapshot, accounts).await?;
        let read = (snapshot.aliases.iter()).filter(|(alias, _)| !self.known_aliases.contains(*alias));
        accounts.learn(accounts_among(read, &snapshot));
        self.load_deferred_keys(transaction, &mut snapshot).await?;
        self.load_led(transaction, &mut snapshot).await?;
        self.load_all_payments(transaction, &mut snapshot).await?;
        Ok(snapshot)
    }

    /// Aliases that this node need not read.
    fn find_known(&mut self, snapshot: &mut Snapshot, accounts: &Accounts) {
        for (merchant, alias) in std::mem::take(&mut self.aliases) {
            match accounts.find(merchant, alias) {
                Some(order) => {
                    self.known_aliases.insert((merchant, alias));
                    self.add_alias(snapshot, merchant, alias, order);
                }
                None => drop(self.aliases.insert((merchant, alias))),
            }
        }
    }

    fn add_alias(&mut self, snapshot: &mut Snapshot, merchant: MerchantId, alias: Hash128, order: OrderId) {
        self.orders.insert((merchant, order));
        if self.lines_of_aliases.contains(&(merchant, alias)) {
            self.lines.insert((merchant, order));
        }
        snapshot.aliases.insert((merchant, alias), order);
    }

    /// Reads what this node thought it knew, where the order is not there. See [`Accounts::forget`].
    async fn load_mistaken(
        &mut self,
        transaction: &mut dyn Transaction,
        snapshot: &mut Snapshot,
        accounts: &Accounts,
    ) -> Result<(), StoreError> {
        let is_there = |(merchant, alias): &(MerchantId, Hash128)| {
            let order = snapshot.aliases.get(&(*merchant, *alias));
            order.is_some_and(|order| snapshot.orders.contains_key(&(*merchant, *order)))
        };
        let mistaken: Of<Hash128> = (self.known_aliases.iter().copied())
            .filter(|alias| !is_there(alias))
            .collect();
        if mistaken.is_empty() {
            return Ok(());
        }
        for (merchant, alias) in &mistaken {
            accounts.forget(*merchant, *alias);
            snapshot.aliases.remove(&(*merchant, *alias));
        }
        self.known_aliases.clear();
        self.aliases = mistaken;
        self.load_names(transaction, snapshot).await?;
        self.load_named(transaction, snapshot).await
    }

    /// Aliases, cases and check numbers: what leads to orders, or needs none.
    async fn load_names(
        &mut self,
        transaction: &mut dyn Transaction,
        snapshot: &mut Snapshot,
    ) -> Result<(), StoreError> {
        let cases = (self.cases.iter())
            .map(|(merchant, id)| vec![merchant.to_i64(), id.to_i64()])
            .collect();
        let check_number = CounterName::CheckNumber as i64;
        let numbers = (self.check_numbers.iter())
            .map(|(merchant, location)| vec![merchant.to_i64(), check_number, location.to_i64()])
            .collect();
        let wanted = [
            (Table::Aliases, hash_keys(&self.aliases)),
            (Table::Cases, cases),
            (Table::Counters, numbers),
        ];
        let [aliases, cases, numbers] = get_tables(transaction, wanted).await?;
        for alias in decode::<StoredAlias>(&aliases)? {
            self.add_alias(snapshot, alias.merchant, alias.hash, alias.order);
        }
        for case in decode::<Case>(&cases)? {
            self.orders.insert((case.merchant, case.order));
            snapshot.cases.insert((case.merchant, case.id), case);
        }
        for counter in decode::<Counter>(&numbers)? {
            let location = LocationId::from_i64(counter.owner);
            snapshot
                .check_numbers
                .insert((counter.merchant, location), counter.value.cast_unsigned());
        }
        Ok(())
    }

    /// Finds out, without locking anything, which tasks and orders the next steps are going to need. Every batch locks tasks
    /// before orders, and all orders in one go: two nodes that did it in different orders would wait for each other.
    async fn look_ahead(&mut self, transaction: &mut dyn Transaction) -> Result<(), StoreError> {
        for key in get::<StoredKey>(transaction, hash_keys(&self.leading_keys)).await? {
            if let KeyOutcome::Payment(id, _) = &key.record.outcome {
                self.add_ending(key.merchant, *id);
            }
        }
        let keys = payment_keys(&self.ending_payments);
        if keys.is_empty() {
            return Ok(());
        }
        for payment in decode::<Payment>(&transaction.peek(Table::Payments, &keys).await?)? {
            self.tasks
                .extend(payment.task.map(|task| (payment.merchant, task)));
        }
        Ok(())
    }

    /// Named tasks, and those that claims may get: unlocked by others, for any device or the claiming one.
    async fn load_tasks(
        &mut self,
        transaction: &mut dyn Transaction,
        snapshot: &mut Snapshot,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for (merchant, location, device) in &self.claims {
            for target in [0, device.to_i64()] {
                let scan = Scan::new(Table::Tasks, TASKS_PER_CLAIM_MAX)
                    .equals("merchant_id", merchant.to_i64())
                    .equals("location_id", location.to_i64())
                    .equals("open", 1)
                    .equals("device_id", target)
                    .filter("available_at_ms", Op::Le, now.0)
                    .filter("expires_at_ms", Op::Gt, now.0)
                    .order_by("task_id", Direction::Ascending)
                    .lock(Lock::Skip);
                for task in decode::<Task>(&transaction.scan(&scan).await?)? {
                    snapshot.tasks.insert((task.merchant, task.id), task);
                }
            }
        }
        for task in get::<Task>(transaction, task_keys(&self.tasks)).await? {
            self.add_task_needs(&task);
            snapshot.tasks.insert((task.merchant, task.id), task);
        }
        Ok(())
    }

    fn add_task_needs(&mut self, task: &Task) {
        let Some(order) = task.order else { return };
        self.orders.insert((task.merchant, order));
        if let Some(payment) = task.payment {
            self.payments.insert((task.merchant, payment));
        }
        match &task.kind {
            TaskKind::Order => drop(self.all_payments.insert((task.merchant, order))),
            TaskKind::Lines { payments, .. } => {
                self.lines.insert((task.merchant, order));
                let sources = payments.iter().filter_map(|draft| draft.source);
                self.payments
                    .extend(sources.map(|source| (task.merchant, source)));
            }
            TaskKind::Payment | TaskKind::Message { .. } => {}
        }
    }

    /// What is known by name so far, all in one exchange. The order of the tables is the order in which every batch locks.
    async fn load_named(
        &mut self,
        transaction: &mut dyn Transaction,
        snapshot: &mut Snapshot,
    ) -> Result<(), StoreError> {
        let wanted = [
            (Table::Orders, order_keys(&self.orders)),
            (Table::OrderLines, order_keys(&self.lines)),
            (Table::Payments, payment_keys(&self.payments)),
            (Table::Keys, hash_keys(&self.keys)),
        ];
        let [orders, lines, payments, keys] = get_tables(transaction, wanted).await?;
        add_orders(snapshot, &orders)?;
        for lines in decode::<OrderLines>(&lines)? {
            snapshot.lines.insert((lines.merchant, lines.order), lines);
        }
        add_payments(snapshot, &payments)?;
        add_keys(snapshot, &keys)
    }

    /// Keys whose location is that of an order, which is known by now.
    async fn load_deferred_keys(
        &mut self,
        transaction: &mut dyn Transaction,
        snapshot: &mut Snapshot,
    ) -> Result<(), StoreError> {
        let mut hashes: Of<Hash128> = BTreeSet::new();
        for deferred in std::mem::take(&mut self.deferred) {
            let merchant = deferred.caller.merchant;
            let order = match &deferred.selector {
                OrderSelector::Nothing => None,
                OrderSelector::Id(order) => Some(*order),
                OrderSelector::Alias(hash) => snapshot.aliases.get(&(merchant, *hash)).copied(),
            };
            let Some(order) = order.and_then(|order| snapshot.orders.get(&(merchant, order))) else {
                continue;
            };
            for (space, text) in &deferred.claims {
                let hash = key_hash(*space, deferred.caller.application, order.location, text);
                hashes.insert((merchant, hash));
            }
        }
        let [keys] = get_tables(transaction, [(Table::Keys, hash_keys(&hashes))]).await?;
        add_keys(snapshot, &keys)
    }

    /// What loaded records lead to: used keys to their payments and orders, payments that may end to their tasks, and
    /// refunds to their sources.
    async fn load_led(
        &mut self,
        transaction: &mut dyn Transaction,
        snapshot: &mut Snapshot,
    ) -> Result<(), StoreError> {
        let mut orders: Of<OrderId> = BTreeSet::new();
        let mut payments: Of<PaymentId> = BTreeSet::new();
        for ((merchant, _), key) in &snapshot.keys {
            if let KeyOutcome::Payment(id, _) = &key.outcome {
                if !snapshot.orders.contains_key(&(*merchant, id.order)) {
                    orders.insert((*merchant, id.order));
                }
                if !snapshot.payments.contains_key(&(*merchant, *id)) {
                    payments.insert((*merchant, *id));
                }
            }
        }
        let wanted = [
            (Table::Orders, order_keys(&orders)),
            (Table::Payments, payment_keys(&payments)),
        ];
        let [orders, payments] = get_tables(transaction, wanted).await?;
        add_orders(snapshot, &orders)?;
        add_payments(snapshot, &payments)?;

        let mut tasks: Of<TaskId> = BTreeSet::new();
        let mut sources: Of<PaymentId> = BTreeSet::new();
        for payment in snapshot.payments.values() {
            let may_end = self.ending_payments.contains(&(payment.merchant, payment.id));
            if let Some(task) = payment.task.filter(|_| may_end)
                && !snapshot.tasks.contains_key(&(payment.merchant, task))
            {
                tasks.insert((payment.merchant, task));
            }
            if let Some(source) = payment.source
                && !snapshot.payments.contains_key(&(payment.merchant, source))
            {
                sources.insert((payment.merchant, source));
            }
        }
        let wanted = [
            (Table::Payments, payment_keys(&sources)),
            (Table::Tasks, task_keys(&tasks)),
        ];
        let [sources, tasks] = get_tables(transaction, wanted).await?;
        add_payments(snapshot, &sources)?;
        for task in decode::<Task>(&tasks)? {
            snapshot.tasks.insert((task.merchant, task.id), task);
        }
        Ok(())
    }

    /// All payments of an order, where a command is about the order as a whole.
    async fn load_all_payments(
        &mut self,
        transaction: &mut dyn Transaction,
        snapshot: &mut Snapshot,
    ) -> Result<(), StoreError> {
        for (merchant, order) in &self.all_payments {
            for payment in decode::<Payment>(&transaction.scan(&payments_scan(*merchant, *order)).await?)? {
                snapshot.payments.insert((payment.merchant, payment.id), payment);
            }
        }
        Ok(())
    }
}

fn add_orders(snapshot: &mut Snapshot, rows: &[Row]) -> Result<(), StoreError> {
    snapshot.orders.reserve(rows.len());
    for row in rows {
        let order = Order::from_row(row)?;
        snapshot.orders.insert((order.merchant, order.id), order);
    }
    Ok(())
}

fn add_payments(snapshot: &mut Snapshot, rows: &[Row]) -> Result<(), StoreError> {
    for payment in decode::<Payment>(rows)? {
        snapshot.payments.insert((payment.merchant, payment.id), payment);
    }
    Ok(())
}

fn add_keys(snapshot: &mut Snapshot, rows: &[Row]) -> Result<(), StoreError> {
    for key in decode::<StoredKey>(rows)? {
        snapshot.keys.insert((key.merchant, key.hash), key.record);
    }
    Ok(())
}

fn order_keys(of: &Of<OrderId>) -> Vec<Key> {
    of.iter()
        .map(|(merchant, order)| order_key(*merchant, *order))
        .collect()
}

fn hash_keys(of: &Of<Hash128>) -> Vec<Key> {
    of.iter()
        .map(|(merchant, hash)| vec![merchant.to_i64(), hash.high, hash.low])
        .collect()
}

fn task_keys(of: &Of<TaskId>) -> Vec<Key> {
    of.iter()
        .map(|(merchant, id)| vec![merchant.to_i64(), id.to_i64()])
        .collect()
}

fn payment_keys(of: &Of<PaymentId>) -> Vec<Key> {
    of.iter()
        .map(|(merchant, id)| payment_key(*merchant, *id))
        .collect()
}

/// Reads rows by key from several tables at once; asks nothing of the store where there is nothing to ask.
async fn get_tables<const N: usize>(
    transaction: &mut dyn Transaction,
    wanted: [(Table, Vec<Key>); N],
) -> Result<[Vec<Row>; N], StoreError> {
    let mut found = [const { Vec::new() }; N];
    if wanted.iter().all(|(_, keys)| keys.is_empty()) {
        return Ok(found);
    }
    for (place, rows) in found.iter_mut().zip(transaction.get_all(&wanted).await?) {
        *place = rows;
    }
    Ok(found)
}

/// Reads records by key; asks nothing of the store when there is nothing to ask.
pub(crate) async fn get<T: Record>(
    transaction: &mut dyn Transaction,
    keys: Vec<Key>,
) -> Result<Vec<T>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    decode(&transaction.get(T::TABLE, &keys).await?)
}
