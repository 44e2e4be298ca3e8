//! Reading the journal in commit order without gaps. The first migration explains the method.

use std::sync::LazyLock;

use tender_store::{FeedPosition, Row, StoreError, Table};

use crate::error::{Failure, classify};
use crate::lookup::read_row;
use crate::session::Session;
use crate::sql::selected;

/// The upper 16 bits of the advisory lock numbers that stand for floors.
const FLOOR_TAG: i64 = 0x7466;

/// The bits of a lock number that hold the position.
const POSITION_BITS: u32 = 48;

static FLOOR: LazyLock<String> = LazyLock::new(|| {
    let tag = FLOOR_TAG << POSITION_BITS;
    format!("SELECT pg_advisory_xact_lock_shared({tag} | last_value) FROM journal_position")
});

static BOUND: LazyLock<String> = LazyLock::new(bound);

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let spec = Table::Journal.spec();
    format!(
        "SELECT position, {} FROM {} WHERE merchant_id = $1 AND position > $2 AND position <= $3 \
         ORDER BY position LIMIT $4",
        selected(spec),
        spec.name
    )
});

/// To be run by a transaction right before it inserts entries.
pub(crate) fn floor_text() -> &'static str {
    &FLOOR
}

/// The highest position up to which no entry can appear any more. The sequence has to be read before the locks:
/// the outer query is computed once and the inner one depends on its row, so it comes after. A lock number is shown
/// in two halves of 32 bits.
fn bound() -> String {
    let tag_bits = POSITION_BITS - 32;
    let high_mask = (1_i64 << tag_bits) - 1;
    format!(
        "WITH ceiling AS MATERIALIZED (SELECT last_value FROM journal_position) \
         SELECT LEAST(ceiling.last_value, ( \
             SELECT min(((held.classid::bigint & {high_mask}) << 32) | held.objid::bigint) \
             FROM pg_locks AS held \
             WHERE held.locktype = 'advisory' AND held.objsubid = 1 \
                 AND held.classid::bigint >> {tag_bits} = {FLOOR_TAG} \
                 AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                 AND ceiling.last_value IS NOT NULL)) \
         FROM ceiling"
    )
}

/// A page of one merchant's journal.
pub(crate) async fn read(
    session: &Session,
    merchant_id: i64,
    after: FeedPosition,
    limit: u32,
) -> Result<Vec<(FeedPosition, Row)>, Failure> {
    let table = Table::Journal;
    let fail = |error| classify(table.spec().name, &error);
    let statement = session.prepare(&BOUND).await.map_err(fail)?;
    let row = session.client().query_one(&statement, &[]).await.map_err(fail)?;
    let bound: i64 = row.try_get(0).map_err(fail)?;
    if bound <= after.position {
        return Ok(Vec::new());
    }
    let statement = session.prepare(&PAGE).await.map_err(fail)?;
    let limit = i64::from(limit);
    let rows = session
        .client()
        .query(&statement, &[&merchant_id, &after.position, &bound, &limit])
        .await
        .map_err(fail)?;
    let page: Result<Vec<_>, StoreError> = (rows.iter())
        .map(|row| {
            let position = row.try_get(0).map_err(|error| fail(error).into_error())?;
            let position = FeedPosition { epoch: 0, position };
            Ok((position, read_row(table, row, 1)?))
        })
        .collect();
    page.map_err(Failure::Answer)
}
