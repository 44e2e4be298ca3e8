//! The closed loop: so many clients, each sending its next request when it has the answer to its last.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::sample::Sample;

#[cfg(test)]
mod tests;

/// How much load.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How many requests in all.
    pub requests: u64,
    /// How many clients.
    pub clients: u32,
    /// When to stop although requests are left.
    pub time_max: Duration,
}

/// One client: something that can do the request of a number, again and again.
pub trait Worker: Send + 'static {
    /// Does the request and waits for its end.
    fn work(&mut self, number: u64) -> impl Future<Output = Result<()>> + Send;
}

/// Lets all workers work until the requests or the time are used up. Each number is given out once, from zero.
///
/// # Errors
/// The first error of any worker.
pub async fn closed_loop<W: Worker>(workers: Vec<W>, shape: Shape) -> Result<Sample> {
    let next = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    let started = Instant::now();
    for mut worker in workers {
        let next = Arc::clone(&next);
        running.spawn(async move {
            let mut durations = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let begun = Instant::now();
                if number >= shape.requests || begun.duration_since(started) >= shape.time_max {
                    return anyhow::Ok(durations);
                }
                worker.work(number).await?;
                durations.push(begun.elapsed());
            }
        });
    }
    let mut durations = Vec::new();
    while let Some(outcome) = running.join_next().await {
        durations.append(&mut outcome??);
    }
    Ok(Sample::of(durations, started.elapsed()))
}
