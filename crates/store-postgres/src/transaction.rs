//! A transaction as a batch sees it, and the writing of what a batch returns.

use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::Poll;
use std::time::Instant;

use futures_util::FutureExt;
use futures_util::future::{MaybeDone, join, maybe_done};
use tender_store::{Batch, BoxFuture, Key, Row, Scan, StoreError, Table, Transaction, Wake, Writes};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Statement};

use crate::assumed::{self, Assumed};
use crate::error::{
    Failure, WHOLE_DATABASE, classify, classify_begin, classify_commit, classify_proof, describe, unanswered,
};
use crate::lease::{self, Fence};
use crate::link::Epoch;
use crate::lookup::{Lookup, corrupt, read_rows};
use crate::plan::{Action, Missing, Step, is_proof, plan};
use crate::session::Session;
use crate::sql::{self, Rows, Selection, statements};
use crate::versions::{Version, Versions};
use crate::{together, wake};

type Answer = Vec<tokio_postgres::Row>;
type Parameters<'p> = &'p [&'p (dyn ToSql + Sync)];

/// What a transaction is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Reads on one snapshot, without locks.
    Reading,
    /// Locks what it reads, and writes. If the node has a number, the transaction counts only while the number is
    /// its own.
    Writing(Option<Fence>),
}

impl Kind {
    fn begin(self) -> &'static str {
        match self {
            Self::Reading => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            // What a batch decides on and others may change it locks or proves, so the weakest level suffices, and has no failures of its
            // own.
            Self::Writing(_) => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        }
    }

    fn fence(self) -> Option<Fence> {
        match self {
            Self::Reading => None,
            Self::Writing(fence) => fence,
        }
    }
}

/// A session while a transaction is open on it, or about to be: `BEGIN` travels with the first statement.
#[derive(Debug)]
pub(crate) struct Open<'s> {
    session: &'s Session,
    kind: Kind,
    begun: bool,
    /// A statement has failed, and the server refuses everything but the end.
    aborted: bool,
    missing: Missing,
    /// The rows this node knows, for a batch that may be committed, and the epoch in which it began.
    versions: Option<(&'s Versions, Epoch)>,
    /// Whether the batch may go by them.
    may_assume: bool,
    access: Access<'s>,
    /// What it went by instead of reading, and has to prove.
    assumed: Option<Assumed>,
    /// What ended the transaction, where that is not for the batch to judge.
    decisive: Option<Failure>,
}

/// Who else may send statements on the session.
#[derive(Debug)]
enum Access<'s> {
    /// Those that send transactions of one statement.
    Shared(&'s RwLock<()>, Option<RwLockReadGuard<'s, ()>>),
    /// Nobody, until this is over.
    Own(#[expect(dead_code, reason = "held")] RwLockWriteGuard<'s, ()>),
    /// Nobody ever.
    Whole,
}

impl Access<'_> {
    /// Waits until what others have sent is answered, and keeps them from sending more.
    async fn take_whole(&mut self) {
        if let Self::Shared(turns, share) = self {
            let turns = *turns;
            drop(share.take());
            *self = Self::Own(turns.write().await);
        }
    }
}

/// How a transaction begins on the server.
struct Beginning {
    text: &'static str,
    check: Option<(Statement, Fence)>,
}

impl<'s> Open<'s> {
    pub(crate) fn new(session: &'s Session, kind: Kind) -> Self {
        Self {
            session,
            kind,
            begun: false,
            aborted: false,
            missing: Missing::new(),
            versions: None,
            may_assume: false,
            access: Access::Whole,
            assumed: None,
            decisive: None,
        }
    }

    /// Keeps the rows that it writes, and goes by those kept if it may.
    pub(crate) fn with_versions(mut self, versions: Option<(&'s Versions, Epoch)>, may_assume: bool) -> Self {
        // The proof includes that of the number.
        self.may_assume = may_assume && self.kind.fence().is_some();
        self.versions = versions;
        self
    }

    /// Shares the session with others, as long as nothing but statements that are transactions of their own are sent.
    pub(crate) fn sharing(mut self, turns: &'s RwLock<()>, turn: RwLockReadGuard<'s, ()>) -> Self {
        self.access = Access::Shared(turns, Some(turn));
        self
    }

    /// Runs a batch's body. A panic in it is an error of this batch alone.
    pub(crate) async fn run(&mut self, batch: &mut dyn Batch) -> Result<Writes, Failure> {
        let outcome = AssertUnwindSafe(async { batch.run(&mut *self).await })
            .catch_unwind()
            .await;
        if let Some(failure) = self.decisive.take() {
            return Err(failure);
        }
        match outcome {
            Ok(Ok(_)) if self.aborted => Err(Failure::Answer(StoreError::Internal(
                "a batch went on after a failed read".to_owned(),
            ))),
            Ok(outcome) => outcome.map_err(Failure::Answer),
            Err(panic) => Err(Failure::Answer(StoreError::Internal(format!(
                "a batch panicked: {}",
                panic_text(panic.as_ref())
            )))),
        }
    }

    /// Ends the transaction without a trace. After an error the session is of no use any more.
    pub(crate) async fn roll_back(self) -> Result<(), Failure> {
        if !self.begun {
            return Ok(());
        }
        let ending = self.session.client().batch_execute("ROLLBACK");
        let outcome = timeout(self.session.answer_timeout(), ending).await;
        let outcome = outcome.map_err(|_| unanswered())?;
        outcome.map_err(|error| Failure::Lost(describe(&error)))
    }

    /// Runs a batch and commits what it returns. `wakes` are then those of the batch, also when nobody knows whether it was
    /// committed.
    pub(crate) async fn commit(
        mut self,
        batch: &mut dyn Batch,
        origin: u64,
        wakes: &mut Vec<Wake>,
    ) -> Result<(), Failure> {
        let planned = match self.run(batch).await {
            Ok(writes) => match plan(writes.rows, &self.missing) {
                Ok(steps) => Ok((steps, writes.wakes)),
                Err(error) => Err(Failure::Answer(error)),
            },
            Err(failure) => Err(failure),
        };
        let assumed = self.assumed.take();
        match planned {
            Ok((mut steps, planned)) => {
                let mut untouched = Vec::new();
                if let Some(assumed) = assumed {
                    // What travels with the commit would need a statement of its own.
                    let is_alone = !planned.iter().copied().any(wake::must_arrive);
                    let proof = assumed.prove(&mut steps).filter(|_| is_alone);
                    untouched = proof.ok_or(Failure::Assumed)?;
                }
                *wakes = planned;
                let answer = self.write(&steps, wakes, origin, End::Commit).await?;
                self.keep(steps, &answer, untouched);
                Ok(())
            }
            // Nor is it known that what it went by led it to a true answer.
            Err(Failure::Answer(_)) if assumed.is_some() => Err(Failure::Assumed),
            // Without its session there is nothing to roll back, and the server does so by itself.
            Err(Failure::Lost(what)) => Err(Failure::Lost(what)),
            Err(failure) => {
                self.roll_back().await?;
                Err(failure)
            }
        }
    }

    /// Writes a row and takes it back.
    pub(crate) async fn trial(mut self, row: Row) -> Result<(), Failure> {
        let steps = plan(vec![tender_store::Write::Put(row)], &self.missing)?;
        self.write(&steps, &[], 0, End::RollBack).await.map(drop)
    }

    /// Keeps what has been written, and what was proven beside it.
    fn keep(&self, steps: Vec<Step>, answer: &[tokio_postgres::Row], untouched: Vec<Version>) {
        let Some((versions, epoch)) = self.versions else {
            return;
        };
        let now = Instant::now();
        let writing = answer.first().and_then(|row| row.try_get(0).ok());
        // Whatever went by versions has taken them out.
        if is_proof(&steps) {
            versions.were_right();
            versions.keep(untouched, epoch, now);
        } else {
            versions.forget(assumed::left_behind(&steps, writing.is_some()));
        }
        if let Some(writing) = writing {
            versions.keep(assumed::written_versions(steps, writing), epoch, now);
        }
    }

    /// Writes and ends the transaction. Without an answer in time, nobody knows how it ended.
    async fn write(
        &mut self,
        steps: &[Step],
        wakes: &[Wake],
        origin: u64,
        end: End,
    ) -> Result<Answer, Failure> {
        let is_nothing = steps.is_empty() && wakes.is_empty();
        if !is_nothing && !is_proof(steps) {
            self.access.take_whole().await;
        }
        let (limit, doubts) = (self.session.answer_timeout(), self.session.doubts());
        let writing = async {
            match self.kind.fence() {
                Some(fence) if is_proof(steps) => self.write_with_proof(steps, fence).await,
                _ => self.write_all(steps, wakes, origin, end).await,
            }
        };
        let outcome = timeout(limit, writing).await;
        let answer = outcome.unwrap_or_else(|_| {
            let what = format!("no answer to the commit in {limit:?}");
            Err(Failure::Unknown(what))
        })?;
        if self.session.doubts() == doubts {
            Ok(answer)
        } else {
            Err(Failure::Unknown(
                "the server committed without waiting for the standby".to_owned(),
            ))
        }
    }

    /// Sends the only statement of a batch that has read nothing. It is a transaction of its own.
    async fn write_with_proof(&mut self, steps: &[Step], fence: Fence) -> Result<Answer, Failure> {
        let statement = self.session.prepare_together(together::shape(steps)).await;
        let statement = statement.map_err(|error| classify(WHOLE_DATABASE, &error))?;
        let held = fence.parameters();
        let mut parameters = as_parameters(&held);
        parameters.extend(steps.iter().flat_map(|step| step.parameters(Rows::Many)));
        let outcome = self.session.client().query(&statement, &parameters).await;
        outcome.map_err(|error| classify_proof(&error))
    }

    /// Sends all statements and the end of the transaction at once, then waits for the answers. If a statement
    /// fails, the server skips those after it and makes a rollback of the commit.
    async fn write_all(
        &mut self,
        steps: &[Step],
        wakes: &[Wake],
        origin: u64,
        end: End,
    ) -> Result<Answer, Failure> {
        if !self.begun {
            if steps.is_empty() && wakes.is_empty() {
                return Ok(Vec::new());
            }
            if let Some(beginning) = self.beginning().await? {
                self.begun = true;
                begin(self.session.client(), &beginning).await?;
            }
        }
        let mut sends: Vec<(Statement, Vec<&(dyn ToSql + Sync)>)> = Vec::new();
        match steps {
            [] => {}
            [step] if !together::appends_to_journal(step.table, step.action) => {
                let rows = step.rows();
                let statement = self.prepare(step.action.text(step.table, rows)).await?;
                sends.push((statement, step.parameters(rows)));
            }
            steps => {
                let statement = self.session.prepare_together(together::shape(steps)).await;
                let statement = statement.map_err(|error| classify(WHOLE_DATABASE, &error))?;
                let parameters = steps.iter().flat_map(|step| step.parameters(Rows::Many));
                sends.push((statement, parameters.collect()));
            }
        }
        let payloads = wake::payloads(wakes.iter().filter(|wake| wake::must_arrive(**wake)), origin);
        if !payloads.is_empty() {
            sends.push((self.prepare(wake::NOTIFY).await?, vec![&wake::CHANNEL, &payloads]));
        }
        let client = self.session.client();
        let mut statements: Vec<BoxFuture<'_, Result<Answer, Error>>> = Vec::with_capacity(sends.len() + 1);
        for (statement, parameters) in &sends {
            statements.push(Box::pin(client.query(statement, parameters)));
        }
        statements.push(Box::pin(async {
            client.batch_execute(end.text()).await.map(|()| Vec::new())
        }));
        let mut answers = answers_in_order(statements).await;
        self.begun = false;
        let ended = answers.pop().unwrap_or_else(|| Ok(Vec::new()));
        let mut written = Vec::new();
        for answer in answers {
            written.append(&mut answer.map_err(|error| write_failure(&error, steps))?);
        }
        ended.map_err(|error| classify_commit(&error))?;
        Ok(written)
    }

    async fn prepare(&mut self, text: &str) -> Result<Statement, Failure> {
        let outcome = self.session.prepare(text).await;
        outcome.map_err(|error| classify(WHOLE_DATABASE, &error))
    }

    /// What is to be sent first, if anything still is.
    async fn beginning(&mut self) -> Result<Option<Beginning>, Failure> {
        if self.begun {
            return Ok(None);
        }
        let check = match self.kind.fence() {
            Some(fence) => Some((self.prepare(lease::CHECK).await?, fence)),
            None => None,
        };
        Ok(Some(Beginning {
            text: self.kind.begin(),
            check,
        }))
    }

    /// Runs one statement that reads, and begins the transaction with it if that is still to be done.
    async fn query(
        &mut self,
        table: Table,
        text: &str,
        parameters: Parameters<'_>,
    ) -> Result<Answer, StoreError> {
        let wanted = [(table, text, parameters)];
        let mut found = self.query_all(&wanted).await?;
        Ok(found.pop().unwrap_or_default())
    }

    /// The same with several statements, which the server runs in this order. All are sent before the first answer.
    async fn query_all(
        &mut self,
        wanted: &[(Table, &str, Parameters<'_>)],
    ) -> Result<Vec<Answer>, StoreError> {
        if self.assumed.is_some() {
            // What is read now may be newer than what the batch went by.
            return Err(self.abort(Failure::Assumed));
        }
        self.access.take_whole().await;
        let limit = self.session.answer_timeout();
        let outcome = timeout(limit, self.send_queries(wanted)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(unanswered()));
        outcome.map_err(|failure| self.abort(failure))
    }

    /// Notes a failure that ends the transaction, and tells what the batch may know of it.
    fn abort(&mut self, failure: Failure) -> StoreError {
        self.aborted = true;
        match failure {
            Failure::Answer(error) => error,
            decisive => {
                let shown = match &decisive {
                    Failure::Retry | Failure::Assumed => StoreError::Conflict,
                    _ => StoreError::Unavailable("the session was lost".to_owned()),
                };
                self.decisive = Some(decisive);
                shown
            }
        }
    }

    async fn send_queries(
        &mut self,
        wanted: &[(Table, &str, Parameters<'_>)],
    ) -> Result<Vec<Answer>, Failure> {
        let mut statements = Vec::with_capacity(wanted.len());
        for (_, text, _) in wanted {
            statements.push(self.prepare(text).await?);
        }
        let beginning = self.beginning().await?;
        self.begun = true;
        let client = self.session.client();
        let begun = async {
            match &beginning {
                Some(beginning) => begin(client, beginning).await,
                None => Ok(()),
            }
        };
        let sent = (statements.iter().zip(wanted))
            .map(|(statement, (_, _, parameters))| client.query(statement, parameters))
            .collect();
        // Everything is sent when it is first polled, which `join` does in this order.
        let (begun, found) = join(begun, answers_in_order(sent)).await;
        begun?;
        (wanted.iter().zip(found))
            .map(|((table, ..), rows)| rows.map_err(|error| classify(table.spec().name, &error)))
            .collect()
    }

    async fn get_rows(&mut self, wanted: &[(Table, &[Key])]) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut lookups = Vec::with_capacity(wanted.len());
        for (table, keys) in wanted {
            lookups.push(Lookup::new(*table, keys)?);
        }
        if let Some(found) = self.assume(&lookups) {
            return Ok(found);
        }
        let sought: Vec<&Lookup<'_>> = lookups.iter().filter(|lookup| !lookup.keys.is_empty()).collect();
        let parameters: Vec<_> = sought.iter().map(|lookup| lookup.parameters()).collect();
        let queries: Vec<(Table, &str, Parameters<'_>)> = (sought.iter().zip(&parameters))
            .map(|(lookup, parameters)| (lookup.table, lookup.text(self.kind), parameters.as_slice()))
            .collect();
        let mut answers = match queries.is_empty() {
            true => Vec::new(),
            false => self.query_all(&queries).await?,
        }
        .into_iter();
        let mut found = Vec::with_capacity(wanted.len());
        for lookup in &lookups {
            if lookup.keys.is_empty() {
                found.push(Vec::new());
                continue;
            }
            let mut rows = read_rows(lookup.table, &answers.next().unwrap_or_default(), 0)?;
            rows.sort_unstable_by(|a, b| a.key().cmp(b.key()));
            if let Kind::Writing(_) = self.kind {
                self.note_missing(lookup, &rows);
            }
            found.push(rows);
        }
        Ok(found)
    }

    /// What this node knows instead of an answer, if that is all that is wanted: newest versions, and no row where rows never
    /// change. A batch goes by the latter only beside a version, so that it has something to prove with.
    fn assume(&mut self, lookups: &[Lookup<'_>]) -> Option<Vec<Vec<Row>>> {
        let (versions, epoch) = self.versions.filter(|_| self.may_assume && !self.begun)?;
        let mut assumed = self.assumed.take().unwrap_or_default();
        let found = assumed.find(lookups, versions, epoch);
        if found.is_some() || assumed.is_anything() {
            self.assumed = Some(assumed);
        }
        for (lookup, rows) in lookups.iter().zip(found.iter().flatten()) {
            self.note_missing(lookup, rows);
        }
        found
    }

    async fn peek_rows(&mut self, table: Table, keys: &[Key]) -> Result<Vec<Row>, StoreError> {
        let lookup = Lookup::new(table, keys)?;
        if lookup.keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = self
            .query(
                table,
                &statements(table).of(lookup.rows()).get,
                &lookup.parameters(),
            )
            .await?;
        read_rows(table, &found, 0)
    }

    fn note_missing(&mut self, lookup: &Lookup<'_>, found: &[Row]) {
        if found.len() == lookup.keys.len() {
            return;
        }
        let mut present = found.iter().map(Row::key).peekable();
        let missing = self.missing.entry(lookup.table).or_default();
        for key in &lookup.keys {
            if present.peek() == Some(&key.as_slice()) {
                present.next();
            } else {
                missing.insert((*key).clone());
            }
        }
    }

    async fn scan_rows(&mut self, scan: &Scan) -> Result<Vec<Row>, StoreError> {
        let selection = match self.kind {
            Kind::Reading => Selection::Rows,
            Kind::Writing(_) => Selection::LockedRows,
        };
        let (text, values) = sql::scan(scan, selection)?;
        let found = self.query(scan.table, &text, &as_parameters(&values)).await?;
        read_rows(scan.table, &found, 0)
    }

    async fn count_rows(&mut self, scan: &Scan) -> Result<u64, StoreError> {
        let (text, values) = sql::scan(scan, Selection::Count)?;
        let found = self.query(scan.table, &text, &as_parameters(&values)).await?;
        match found.first() {
            Some(row) => row
                .try_get::<_, i64>(0)
                .map(i64::cast_unsigned)
                .map_err(|error| corrupt(scan.table, &error)),
            None => Ok(0),
        }
    }
}

impl Transaction for Open<'_> {
    fn get<'a>(&'a mut self, table: Table, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        Box::pin(async move {
            let mut found = self.get_rows(&[(table, keys)]).await?;
            Ok(found.pop().unwrap_or_default())
        })
    }

    fn peek<'a>(&'a mut self, table: Table, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        Box::pin(self.peek_rows(table, keys))
    }

    fn get_all<'a>(
        &'a mut self,
        wanted: &'a [(Table, Vec<Key>)],
    ) -> BoxFuture<'a, Result<Vec<Vec<Row>>, StoreError>> {
        Box::pin(async move {
            let wanted: Vec<(Table, &[Key])> = (wanted.iter())
                .map(|(table, keys)| (*table, keys.as_slice()))
                .collect();
            self.get_rows(&wanted).await
        })
    }

    fn scan<'a>(&'a mut self, scan: &'a Scan) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        Box::pin(self.scan_rows(scan))
    }

    fn count<'a>(&'a mut self, scan: &'a Scan) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.count_rows(scan))
    }
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Commit,
    RollBack,
}

impl End {
    fn text(self) -> &'static str {
        match self {
            Self::Commit => "COMMIT",
            Self::RollBack => "ROLLBACK",
        }
    }
}

/// Begins the transaction, and makes sure that the node's number is its own.
async fn begin(client: &Client, beginning: &Beginning) -> Result<(), Failure> {
    let check = async {
        match &beginning.check {
            Some((statement, fence)) => lease::is_held(client, statement, *fence).await,
            None => Ok(true),
        }
    };
    let (begun, held) = join(client.batch_execute(beginning.text), check).await;
    begun.map_err(|error| classify_begin(&error))?;
    if held.map_err(|error| classify(WHOLE_DATABASE, &error))? {
        Ok(())
    } else {
        Err(Failure::Answer(lease::not_held()))
    }
}

/// What it means that a statement failed that was sent together with the commit.
fn write_failure(error: &Error, steps: &[Step]) -> Failure {
    let Some(cause) = error.as_db_error() else {
        // The connection broke before this answer; the commit was on its way.
        return Failure::Unknown(describe(error));
    };
    let of_table = |step: &&Step| cause.table() == Some(step.table.spec().name);
    let table = (steps.iter().find(of_table)).map_or(WHOLE_DATABASE, |step| step.table.spec().name);
    let was_missing = (steps.iter().filter(of_table)).any(|step| step.action == Action::InsertMissing);
    match classify(table, error) {
        // Somebody inserted it after the batch had looked. Had it been a row for which nobody looks because its id is new,
        // running again would come to the same, and end as a conflict.
        Failure::Answer(StoreError::Duplicate { .. }) if was_missing => Failure::Retry,
        failure => failure,
    }
}

/// Sends statements in this order, all before the first answer, and waits for all answers. A statement is sent when
/// its future is first polled.
async fn answers_in_order<F: Future>(statements: Vec<F>) -> Vec<F::Output> {
    let mut under_way: Vec<Pin<Box<MaybeDone<F>>>> = statements
        .into_iter()
        .map(|statement| Box::pin(maybe_done(statement)))
        .collect();
    poll_fn(|context| {
        for statement in &mut under_way {
            let _ = statement.as_mut().poll(context);
        }
        Poll::Ready(())
    })
    .await;
    let mut answers = Vec::with_capacity(under_way.len());
    for statement in &mut under_way {
        statement.as_mut().await;
        answers.extend(statement.as_mut().take_output());
    }
    answers
}

fn as_parameters(values: &[i64]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text
    } else {
        "no message"
    }
}
