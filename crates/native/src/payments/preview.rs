//! `?dry_run=true`: what a command would lead to, without doing it.
//!
//! Owns: reading what the command reads, letting the engine decide on it, and showing the payment and its order as they
//! would be. Must not know: any rule; the decision is the same pure function that a commit uses.
//!
//! Nothing here can write: the decision's changes are shown and dropped, all reads are on connections that block no
//! writer, and no place in the committer's queue is taken.

use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{
    Command, Context, IdSource, KeyOutcome, Lookup, OrderId, OrderSelector, Outcome, PaymentId, Snapshot,
    decide, key_hash,
};
use tender_http::{Problem, advise};
use tender_service::{Caller, Directory, Failure, Tender};
use tender_wire::JsonWriter;

use super::render::write_payment;
use crate::advice::{self, Circumstances};
use crate::orders::render::write_head;
use crate::refusal::Repeatable;
use crate::{Native, answer, lookup, refusal};

/// Answers with the payment as it would be, and its order in `order`. Always 200: nothing is created.
pub(super) async fn answer(
    native: &Native,
    caller: &Caller,
    directory: &Directory,
    command: Command,
) -> Result<Response, Problem> {
    let tender = native.tender();
    let snapshot = lookup::read(load(tender, caller, &command).await)?;
    let locations = |id| directory.facts(id);
    let mut ids = NewIds(tender);
    let mut context = Context {
        now: tender.now(),
        merchant: caller.merchant,
        application: caller.application,
        via: caller.via,
        locations: &locations,
        ids: &mut ids,
    };
    let decision = decide(&snapshot, &command, &mut context);
    let payment = match decision.outcome {
        Ok(Outcome::Payment(payment)) => payment,
        Ok(_) => return Err(refusal::internal(Repeatable::Yes)),
        Err(rejection) => return Err(refusal::of_rejection(&rejection)),
    };
    let id = payment.id.order;
    let changed = decision.changes.orders.iter().find(|order| order.id == id);
    let order = changed.or_else(|| snapshot.orders.get(&(caller.merchant, id)));
    let order = order.ok_or_else(refusal::order_not_found)?;
    let circumstances = if decision.repeated {
        Circumstances::unread(&payment)
    } else {
        Circumstances::default()
    };
    let body = JsonWriter::object(|object| {
        write_payment(object, &payment, order.currency, circumstances);
        object.bool("dry_run", true);
        object.object("order", |object| write_head(object, order));
    });
    let mut response = answer::json(StatusCode::OK, body);
    let money_moved = advice::money_moved(&payment, circumstances);
    advise(response.headers_mut(), money_moved, advice::RETRY);
    Ok(response)
}

/// Ids for what is never written.
struct NewIds<'t>(&'t Tender);

impl IdSource for NewIds<'_> {
    fn next_id(&mut self) -> u64 {
        self.0.new_id()
    }
}

/// Reads what the commands that can be previewed read: the order, the payment with its task and source, the keys.
async fn load(tender: &Tender, caller: &Caller, command: &Command) -> Result<Snapshot, Failure> {
    let mut snapshot = Snapshot::default();
    match command {
        Command::Pay(spec) => {
            if let Lookup::Known(source) = spec.source {
                load_payment(tender, caller, source, &mut snapshot).await?;
            }
            let OrderSelector::Id(order) = spec.order else {
                return Ok(snapshot);
            };
            load_order(tender, caller, order, &mut snapshot).await?;
            let Some(location) = snapshot
                .orders
                .get(&(caller.merchant, order))
                .map(|order| order.location)
            else {
                return Ok(snapshot);
            };
            for claim in &spec.keys {
                let hash = key_hash(claim.space, caller.application, location, &claim.text);
                let Some(record) = tender.key(caller.merchant, hash).await? else {
                    continue;
                };
                if let KeyOutcome::Payment(id, _) = record.outcome {
                    load_payment(tender, caller, id, &mut snapshot).await?;
                }
                snapshot.keys.insert((caller.merchant, hash), record);
            }
        }
        Command::ConfirmPayment(confirm) => {
            load_payment(tender, caller, confirm.payment, &mut snapshot).await?
        }
        Command::VoidPayment(void) => load_payment(tender, caller, void.payment, &mut snapshot).await?,
        _ => {}
    }
    Ok(snapshot)
}

async fn load_order(
    tender: &Tender,
    caller: &Caller,
    id: OrderId,
    snapshot: &mut Snapshot,
) -> Result<(), Failure> {
    if let Some(order) = tender.order_head(caller.merchant, id).await? {
        snapshot.orders.insert((caller.merchant, id), order);
    }
    Ok(())
}

async fn load_payment(
    tender: &Tender,
    caller: &Caller,
    id: PaymentId,
    snapshot: &mut Snapshot,
) -> Result<(), Failure> {
    load_order(tender, caller, id.order, snapshot).await?;
    let Some(payment) = tender.payment(caller.merchant, id).await? else {
        return Ok(());
    };
    if let Some(task) = payment.task
        && let Some(task) = tender.task(caller.merchant, task).await?
    {
        snapshot.tasks.insert((caller.merchant, task.id), task);
    }
    if let Some(source) = payment.source
        && let Some(source) = tender.payment(caller.merchant, source).await?
    {
        snapshot.payments.insert((caller.merchant, source.id), source);
    }
    snapshot.payments.insert((caller.merchant, payment.id), payment);
    Ok(())
}
