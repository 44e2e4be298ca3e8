//! The tasks that own the reading sessions.

use std::sync::Arc;

use tender_store::job::BatchJob;
use tender_store::{FeedPosition, Row, StoreError};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::error::{Failure, unanswered};
use crate::feed;
use crate::link::{Comebacks, Link};
use crate::queue::SharedReceiver;
use crate::servers::Servers;
use crate::transaction::{Kind, Open};

/// One page of the feed.
pub(crate) type FeedPage = Vec<(FeedPosition, Row)>;

/// What a reader is asked for.
pub(crate) enum Job {
    Read(BatchJob),
    Feed {
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
        reply: oneshot::Sender<Result<FeedPage, StoreError>>,
    },
}

/// One task with one session.
#[derive(Debug)]
pub(crate) struct Reader {
    link: Link,
}

impl Reader {
    pub(crate) fn new(servers: Arc<Servers>, comebacks: Comebacks) -> Self {
        Self {
            link: Link::new(servers, comebacks),
        }
    }

    /// Serves the queue until it is closed and empty.
    pub(crate) async fn serve(mut self, jobs: SharedReceiver<Job>) {
        while let Some(job) = jobs.take().await {
            match job {
                Job::Read(job) => self.read(job).await,
                Job::Feed {
                    merchant_id,
                    after,
                    limit,
                    reply,
                } => {
                    let _ = reply.send(self.feed(merchant_id, after, limit).await);
                }
            }
        }
    }

    async fn read(&mut self, mut job: BatchJob) {
        let mut runs = 0;
        loop {
            // A session that was open before may have died unnoticed; then a fresh one deserves a try.
            let was_open = self.link.is_open();
            let session = match self.link.session().await {
                Ok(session) => session,
                Err(error) => return job.answer(Err(error)),
            };
            let Some(batch) = job.batch() else {
                return;
            };
            let mut open = Open::new(&session, Kind::Reading);
            let outcome = open.run(batch).await;
            runs += 1;
            if let Err(Failure::Lost(_)) = &outcome {
                self.link.close(&session);
                if was_open && runs == 1 {
                    continue;
                }
            } else if open.roll_back().await.is_err() {
                self.link.close(&session);
            }
            return job.answer(match outcome {
                Ok(writes) if writes.rows.is_empty() && writes.wakes.is_empty() => Ok(()),
                Ok(_) => Err(StoreError::Internal("a reading batch returned writes".to_owned())),
                Err(failure) => Err(failure.into_error()),
            });
        }
    }

    async fn feed(
        &mut self,
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        let mut runs = 0;
        loop {
            let was_open = self.link.is_open();
            let session = self.link.session().await?;
            let reading = timeout(
                session.answer_timeout(),
                feed::read(&session, merchant_id, after, limit),
            );
            let outcome = reading.await.unwrap_or_else(|_| Err(unanswered()));
            runs += 1;
            if let Err(Failure::Lost(_)) = &outcome {
                self.link.close(&session);
                if was_open && runs == 1 {
                    continue;
                }
            }
            return outcome.map_err(Failure::into_error);
        }
    }
}
