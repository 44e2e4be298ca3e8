//! The node number: which one this program has, and that nobody else uses it.
//!
//! Two programs that make ids with one node number could make the same id. A number is therefore a lease in the
//! table `nodes`: a random token, renewed well before it ends; all times are the server's, so clocks do not matter.
//! A lease alone would not be enough, because a program that was paused or cut off goes on making ids while another
//! takes its number. So every writing transaction checks at its beginning that the token is still its own and that
//! the lease lasts far longer than a transaction can (the session's timeouts end one that hangs). An id counts only
//! when it is committed, so an id made without the number never does.
//!
//! A lease that ran out but that nobody took goes on with its next renewal. One that another program took is lost
//! for good: ids made in the meantime could collide with that program's, so every commit is refused until this
//! program is started again.

use tender_store::StoreError;
use tokio_postgres::{Client, Error, Statement};

use crate::error::{Failure, WHOLE_DATABASE, classify};
use crate::link::random;
use crate::session::Session;

/// The numbers are 0 up to this.
const NODE_MAX: i64 = 63;

/// For how long a number is reserved, in seconds. A program that is killed leaves its number unused for so long.
const TTL_S: i64 = 120;

/// A transaction may begin only while the lease lasts for at least so long, in seconds.
const MARGIN_S: i64 = 60;

/// The time between renewals, in seconds: several can fail before the margin is reached.
pub(crate) const RENEWAL_S: u64 = 15;

/// Answers a row while the lease is held. It locks nothing: the margin does that work.
pub(crate) const CHECK: &str = "SELECT node FROM nodes \
    WHERE node = $1 AND token = $2 AND expires_at > now() + $3::bigint * interval '1 second'";

/// How many parameters it has: [`Fence::parameters`].
pub(crate) const CHECK_PARAMETERS: usize = 3;

const TAKE: &str = "INSERT INTO nodes (node, token, expires_at) \
    SELECT free.node, $1, now() + $2::bigint * interval '1 second' \
    FROM generate_series(0::bigint, $3::bigint) AS free (node) \
    WHERE NOT EXISTS (SELECT 1 FROM nodes AS taken WHERE taken.node = free.node AND taken.expires_at > now()) \
    ORDER BY free.node LIMIT 1 \
    ON CONFLICT (node) DO UPDATE SET token = EXCLUDED.token, expires_at = EXCLUDED.expires_at \
    WHERE nodes.expires_at <= now() \
    RETURNING node";

const RENEW: &str = "UPDATE nodes SET expires_at = now() + $3::bigint * interval '1 second' \
    WHERE node = $1 AND token = $2";

const RELEASE: &str = "UPDATE nodes SET expires_at = now() WHERE node = $1 AND token = $2";

/// The proof that a node number is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fence {
    pub node: u8,
    token: i64,
}

impl Fence {
    /// What [`CHECK`] is asked with: the number, the token and the margin in seconds.
    pub(crate) fn parameters(self) -> [i64; CHECK_PARAMETERS] {
        [i64::from(self.node), self.token, MARGIN_S]
    }
}

/// Takes the lowest free number.
pub(crate) async fn take(session: &Session) -> Result<Fence, Failure> {
    let fail = |error| classify(WHOLE_DATABASE, &error);
    let statement = session.prepare(TAKE).await.map_err(fail)?;
    let token = random().cast_signed();
    // Each failed round means that another program took the number we saw free.
    for _ in 0..=NODE_MAX {
        let row = session
            .client()
            .query_opt(&statement, &[&token, &TTL_S, &NODE_MAX])
            .await
            .map_err(fail)?;
        if let Some(row) = row {
            let node: i64 = row.try_get(0).map_err(fail)?;
            let node = u8::try_from(node)
                .map_err(|_| StoreError::Internal(format!("the table nodes gave out number {node}")))?;
            return Ok(Fence { node, token });
        }
    }
    Err(Failure::Answer(StoreError::Unavailable(format!(
        "all {} node numbers are in use, or were until less than {TTL_S} seconds ago",
        NODE_MAX + 1
    ))))
}

/// Whether the number is still ours for long enough. `statement` is [`CHECK`].
pub(crate) async fn is_held(client: &Client, statement: &Statement, fence: Fence) -> Result<bool, Error> {
    let [node, token, margin_s] = fence.parameters();
    let row = client.query_opt(statement, &[&node, &token, &margin_s]).await?;
    Ok(row.is_some())
}

/// Extends the lease; `false` when somebody else has the number.
pub(crate) async fn renew(session: &Session, fence: Fence) -> Result<bool, Error> {
    let statement = session.prepare(RENEW).await?;
    let changed = session
        .client()
        .execute(&statement, &[&i64::from(fence.node), &fence.token, &TTL_S])
        .await?;
    Ok(changed > 0)
}

/// Gives the number back.
pub(crate) async fn release(session: &Session, fence: Fence) -> Result<(), Error> {
    let statement = session.prepare(RELEASE).await?;
    session
        .client()
        .execute(&statement, &[&i64::from(fence.node), &fence.token])
        .await?;
    Ok(())
}

/// The answer to a commit of a program that has lost its number, or may be about to.
pub(crate) fn not_held() -> StoreError {
    StoreError::Unavailable(
        "this program's node number ran out or was taken by another program; if that lasts, start it again"
            .to_owned(),
    )
}
