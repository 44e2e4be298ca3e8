use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Result, bail};

use super::{Shape, Worker, closed_loop};

/// Notes its numbers, and fails at one of them.
struct Noting {
    done: Arc<Mutex<Vec<u64>>>,
    fails_at: Option<u64>,
}

impl Worker for Noting {
    async fn work(&mut self, number: u64) -> Result<()> {
        if self.fails_at == Some(number) {
            bail!("number {number}");
        }
        self.done.lock().unwrap().push(number);
        tokio::task::yield_now().await;
        Ok(())
    }
}

fn workers(count: usize, fails_at: Option<u64>) -> (Vec<Noting>, Arc<Mutex<Vec<u64>>>) {
    let done = Arc::new(Mutex::new(Vec::new()));
    let workers = std::iter::repeat_with(|| Noting {
        done: Arc::clone(&done),
        fails_at,
    });
    (workers.take(count).collect(), done)
}

const SHAPE: Shape = Shape {
    requests: 100,
    clients: 3,
    time_max: Duration::from_secs(60),
};

#[tokio::test]
async fn every_number_is_done_once() {
    let (workers, done) = workers(3, None);
    let sample = closed_loop(workers, SHAPE).await.unwrap();
    assert_eq!(sample.count, 100);
    let mut done = done.lock().unwrap().clone();
    done.sort_unstable();
    assert_eq!(done, (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn time_ends_a_run_before_its_requests_do() {
    let (workers, done) = workers(3, None);
    let shape = Shape {
        time_max: Duration::ZERO,
        ..SHAPE
    };
    assert_eq!(closed_loop(workers, shape).await.unwrap().count, 0);
    assert!(done.lock().unwrap().is_empty());
}

#[tokio::test]
async fn one_failure_fails_the_run() {
    let (workers, _) = workers(3, Some(50));
    let error = closed_loop(workers, SHAPE).await.unwrap_err();
    assert_eq!(error.to_string(), "number 50");
}
