//! A store whose batches go through a source, so that the whole suite says of [`Store::serve`] what it says of
//! [`Store::commit`].

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, broadcast, oneshot};

use crate::job::{Answer, receive};
use crate::{
    Batch, BoxFuture, FeedPosition, Lane, NodeLease, Row, Source, Sourced, Store, StoreError, Transaction,
    Wake, Writes,
};

/// A store in front of another one. Of its batches, every second one goes to the writer for a few, if there is one.
#[derive(Debug)]
pub struct Served {
    store: Arc<dyn Store>,
    queue: Arc<Queue>,
}

impl Served {
    /// To be called on the runtime that commits.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        let queue = Arc::new(Queue::default());
        store.serve(Arc::clone(&queue) as Arc<dyn Source>);
        Self { store, queue }
    }

    /// Whether there is a writer for a few, and it has asked for work.
    #[must_use]
    pub fn takes_few(&self) -> bool {
        self.queue.lock().takes_few
    }
}

/// Those that wait, and who waits for them.
#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    few: Notify,
    many: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    few: VecDeque<Carried>,
    many: VecDeque<Carried>,
    takes_few: bool,
    is_even: bool,
}

/// A batch with the way back to its caller.
struct Carried {
    batch: Box<dyn Batch>,
    reply: oneshot::Sender<Answer>,
}

impl std::fmt::Debug for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Carried").finish_non_exhaustive()
    }
}

impl Batch for Carried {
    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        self.batch.run(transaction)
    }
}

impl Sourced for Carried {
    fn ended(self: Box<Self>, outcome: Result<(), StoreError>) {
        // A caller that went away does not undo what it asked for.
        let _ = self.reply.send((self.batch, outcome));
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Queue {
    fn next(&self, lane: Lane) -> BoxFuture<'_, Option<Box<dyn Sourced>>> {
        Box::pin(async move {
            loop {
                {
                    let mut waiting = self.lock();
                    let taken = match lane {
                        Lane::Few(_) => {
                            waiting.takes_few = true;
                            waiting.few.pop_front()
                        }
                        Lane::Many | Lane::More => waiting.many.pop_front(),
                    };
                    if let Some(carried) = taken {
                        return Some(Box::new(carried) as Box<dyn Sourced>);
                    }
                }
                match lane {
                    Lane::Few(_) => self.few.notified().await,
                    Lane::Many | Lane::More => self.many.notified().await,
                }
            }
        })
    }
}

impl Store for Served {
    fn commit(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        let (reply, answer) = oneshot::channel();
        let mut waiting = self.queue.lock();
        waiting.is_even = !waiting.is_even;
        if waiting.takes_few && waiting.is_even {
            waiting.few.push_back(Carried { batch, reply });
            self.queue.few.notify_one();
        } else {
            waiting.many.push_back(Carried { batch, reply });
            self.queue.many.notify_one();
        }
        Box::pin(receive(answer))
    }

    fn serve(&self, source: Arc<dyn Source>) {
        self.store.serve(source);
    }

    fn writers(&self) -> usize {
        self.store.writers()
    }

    fn read(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        self.store.read(batch)
    }

    fn feed(
        &self,
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<(FeedPosition, Row)>, StoreError>> {
        self.store.feed(merchant_id, after, limit)
    }

    fn node(&self) -> BoxFuture<'_, Result<NodeLease, StoreError>> {
        self.store.node()
    }

    fn check_writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.check_writable()
    }

    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.backup(to)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.store.close()
    }

    fn wakes(&self) -> broadcast::Receiver<Wake> {
        self.store.wakes()
    }
}
