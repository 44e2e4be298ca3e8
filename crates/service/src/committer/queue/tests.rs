use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};

use super::{BATCH_MAX, BESIDE_MIN, Queue};
use crate::committer::{Job, JobWork};

fn job() -> Job {
    Job {
        work: JobWork::Rows {
            rows: Vec::new(),
            wakes: Vec::new(),
        },
        reply: oneshot::channel().0,
    }
}

fn queue() -> (mpsc::Sender<Job>, Queue) {
    queue_of(2)
}

fn queue_of(committers: usize) -> (mpsc::Sender<Job>, Queue) {
    let (sender, receiver) = mpsc::channel(4 * BATCH_MAX);
    (sender, Queue::new(receiver, committers))
}

fn send(sender: &mpsc::Sender<Job>, jobs: usize) {
    for _ in 0..jobs {
        assert!(sender.try_send(job()).is_ok(), "room in the queue");
    }
}

#[tokio::test]
async fn a_job_that_is_alone_waits_for_nobody() {
    let (sender, queue) = queue();
    for _ in 0..3 {
        send(&sender, 1);
        let taken = queue.take().now_or_never().expect("it does not wait");
        let (jobs, _under_way) = taken.expect("a batch");
        assert_eq!(jobs.len(), 1);
    }
}

#[tokio::test]
async fn a_few_jobs_wait_for_the_batch_that_is_under_way_and_then_go_together() {
    let (sender, queue) = queue();
    send(&sender, 1);
    let (_, first) = queue.take().await.expect("a batch");
    send(&sender, 1);
    let mut second = std::pin::pin!(queue.take());
    assert!(second.as_mut().now_or_never().is_none());
    send(&sender, BESIDE_MIN - 2);
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    let (jobs, _under_way) = second.await.expect("a batch");
    assert_eq!(jobs.len(), BESIDE_MIN - 1);
}

#[tokio::test]
async fn enough_jobs_go_beside_the_batch_that_is_under_way() {
    let (sender, queue) = queue();
    send(&sender, 1);
    let (_, _first) = queue.take().await.expect("a batch");
    send(&sender, BESIDE_MIN - 1);
    let mut second = std::pin::pin!(queue.take());
    assert!(second.as_mut().now_or_never().is_none());
    send(&sender, 1);
    let (jobs, _second) = second.await.expect("a batch");
    assert_eq!(jobs.len(), BESIDE_MIN);
}

#[tokio::test]
async fn a_batch_takes_its_share_and_leaves_the_others_theirs() {
    const JOBS: usize = 101;
    let (sender, queue) = queue();
    send(&sender, JOBS);
    let (first, under_way) = queue.take().await.expect("a batch");
    let (second, _under_way) = queue.take().await.expect("a batch");
    assert_eq!([first.len(), second.len()], [51, 50]);
    // What is under way counts: of those that come back while the other half is still away, all go.
    drop(under_way);
    send(&sender, first.len());
    let (third, _under_way) = queue.take().await.expect("a batch");
    assert_eq!(third.len(), first.len());
}

#[tokio::test]
async fn however_much_is_queued_a_batch_has_its_limit() {
    for committers in [1, 3] {
        let (sender, queue) = queue_of(committers);
        send(&sender, 4 * BATCH_MAX);
        let (jobs, _under_way) = queue.take().await.expect("a batch");
        assert_eq!(jobs.len(), BATCH_MAX);
    }
}

#[tokio::test]
async fn a_single_committer_takes_all() {
    let (sender, queue) = queue_of(1);
    send(&sender, BATCH_MAX - 1);
    let (jobs, _under_way) = queue.take().await.expect("a batch");
    assert_eq!(jobs.len(), BATCH_MAX - 1);
}

#[tokio::test]
async fn the_end_of_an_earlier_batch_lets_nobody_go_too_soon() {
    let (sender, queue) = queue();
    send(&sender, 1);
    drop(queue.take().await.expect("a batch"));
    send(&sender, 1);
    let (_, _under_way) = queue.take().await.expect("a batch");
    send(&sender, 1);
    let mut waiting = std::pin::pin!(queue.take());
    assert!(waiting.as_mut().now_or_never().is_none());
}

#[tokio::test]
async fn a_closed_queue_gives_out_what_it_has() {
    let (sender, queue) = queue();
    send(&sender, 1);
    let (_, _first) = queue.take().await.expect("a batch");
    send(&sender, 2);
    drop(sender);
    let (jobs, _under_way) = queue.take().await.expect("the rest");
    assert_eq!(jobs.len(), 2);
    assert!(queue.take().await.is_none());
}
