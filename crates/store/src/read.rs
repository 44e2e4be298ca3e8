//! Reading with a closure: what most reads want instead of a [`Batch`] of their own.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{Batch, BoxFuture, Store, StoreError, Transaction, Writes};

type Output<T> = Arc<Mutex<Option<T>>>;

/// A read as a batch: keeps its result where the caller finds it.
struct ReadBatch<T, F> {
    run: F,
    output: Output<T>,
}

impl<T, F> Batch for ReadBatch<T, F>
where
    T: Send + 'static,
    F: for<'a> FnMut(&'a mut dyn Transaction) -> BoxFuture<'a, Result<T, StoreError>> + Send + Sync,
{
    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        let future = (self.run)(transaction);
        let output = Arc::clone(&self.output);
        Box::pin(async move {
            let value = future.await?;
            *output.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(Writes::default())
        })
    }
}

/// Runs `run` on one consistent, read-only snapshot and answers what it found.
///
/// # Errors
/// What the backend or `run` reports.
pub async fn read<T, F>(store: &dyn Store, run: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: for<'a> FnMut(&'a mut dyn Transaction) -> BoxFuture<'a, Result<T, StoreError>> + Send + Sync + 'static,
{
    let output: Output<T> = Arc::default();
    let batch = ReadBatch {
        run,
        output: Arc::clone(&output),
    };
    let (_, result) = store.read(Box::new(batch)).await;
    result?;
    let value = output.lock().unwrap_or_else(PoisonError::into_inner).take();
    value.ok_or_else(|| StoreError::Internal("a read ended without a result".to_owned()))
}
