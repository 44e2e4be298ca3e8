use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tender_store::Lane;
use tokio::sync::oneshot;

use super::{BATCH_MAX, BESIDE_MIN, MORE_MIN, QUEUE_MAX, Queue, Sender, UnderWay, queue};
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

fn send(sender: &Sender, jobs: usize) {
    for _ in 0..jobs {
        assert!(sender.send(job()).is_ok(), "room in the queue");
    }
}

/// What a writer gets at once.
fn taken(queue: &Arc<Queue>, lane: Lane) -> Option<(usize, UnderWay)> {
    let taken = queue.take(lane).now_or_never()?;
    let (jobs, under_way) = taken.expect("a batch");
    Some((jobs.len(), under_way))
}

fn size(taken: &Option<(usize, UnderWay)>) -> Option<usize> {
    taken.as_ref().map(|(jobs, _)| *jobs)
}

#[tokio::test]
async fn a_job_that_is_alone_waits_for_nobody() {
    let (sender, queue) = queue(2);
    for _ in 0..3 {
        send(&sender, 1);
        assert_eq!(size(&taken(&queue, Lane::Many)), Some(1));
    }
}

#[tokio::test]
async fn a_few_jobs_wait_for_the_batch_that_is_under_way_and_then_go_together() {
    let (sender, queue) = queue(2);
    send(&sender, 1);
    let first = taken(&queue, Lane::Many);
    send(&sender, 1);
    assert_eq!(size(&taken(&queue, Lane::Many)), None);
    send(&sender, BESIDE_MIN - 2);
    assert_eq!(size(&taken(&queue, Lane::Many)), None);
    drop(first);
    assert_eq!(size(&taken(&queue, Lane::Many)), Some(BESIDE_MIN - 1));
}

#[tokio::test]
async fn enough_jobs_go_beside_the_batch_that_is_under_way() {
    let (sender, queue) = queue(2);
    send(&sender, 1);
    let _first = taken(&queue, Lane::Many);
    send(&sender, BESIDE_MIN - 1);
    let mut second = std::pin::pin!(queue.take(Lane::Many));
    assert!(second.as_mut().now_or_never().is_none());
    send(&sender, 1);
    let (jobs, _second) = second.await.expect("a batch");
    assert_eq!(jobs.len(), BESIDE_MIN);
}

#[tokio::test]
async fn a_batch_takes_its_share_and_leaves_the_others_theirs() {
    const JOBS: usize = 101;
    let (sender, queue) = queue(2);
    send(&sender, JOBS);
    let (first, second) = (taken(&queue, Lane::Many), taken(&queue, Lane::Many));
    assert_eq!([size(&first), size(&second)], [Some(51), Some(50)]);
    // What is under way counts: of those that come back while the other half is still away, all go.
    drop(first);
    send(&sender, 51);
    assert_eq!(size(&taken(&queue, Lane::Many)), Some(51));
}

#[tokio::test]
async fn however_much_is_queued_a_batch_has_its_limit() {
    for writers in [1, 3] {
        let (sender, queue) = queue(writers);
        send(&sender, 4 * BATCH_MAX);
        assert_eq!(size(&taken(&queue, Lane::Many)), Some(BATCH_MAX));
    }
}

#[tokio::test]
async fn a_single_writer_takes_all() {
    let (sender, queue) = queue(1);
    send(&sender, BATCH_MAX - 1);
    assert_eq!(size(&taken(&queue, Lane::Many)), Some(BATCH_MAX - 1));
}

#[tokio::test]
async fn a_few_are_for_the_one_who_takes_a_few_and_all_else_is_not() {
    let (sender, queue) = queue(2);
    // Nobody has asked for a few yet.
    send(&sender, 1);
    assert_eq!(size(&taken(&queue, Lane::Many)), Some(1));
    for jobs in 1..=4 {
        send(&sender, jobs);
        let few = taken(&queue, Lane::Few(2));
        let many = taken(&queue, Lane::Many);
        let expected = if jobs <= 2 {
            (Some(jobs), None)
        } else {
            (None, Some(jobs))
        };
        assert_eq!((size(&few), size(&many)), expected, "{jobs} jobs");
    }
    // And nothing is few beside another batch.
    send(&sender, 3);
    let _first = taken(&queue, Lane::Many);
    send(&sender, 2);
    assert_eq!(size(&taken(&queue, Lane::Few(2))), None);
    send(&sender, BESIDE_MIN - 2);
    assert_eq!(size(&taken(&queue, Lane::Few(2))), None);
    assert_eq!(size(&taken(&queue, Lane::Many)), Some(BESIDE_MIN));
}

#[tokio::test]
async fn what_is_left_is_for_one_more_only_when_it_is_much() {
    let (sender, queue) = queue(4);
    send(&sender, MORE_MIN);
    // While nothing is under way it is for those who take many, however much it is.
    assert_eq!(size(&taken(&queue, Lane::More)), None);
    let _first = taken(&queue, Lane::Many);
    send(&sender, MORE_MIN - 1 - BESIDE_MIN);
    assert_eq!(size(&taken(&queue, Lane::More)), None);
    send(&sender, 1);
    let more = taken(&queue, Lane::More);
    assert_eq!(size(&more), Some(48));
    // Those who take many take it as well.
    send(&sender, MORE_MIN);
    assert_eq!(size(&taken(&queue, Lane::Many)), Some(MORE_MIN));
}

#[tokio::test]
async fn shares_are_halves_until_there_is_enough_for_everybody() {
    for (jobs, share) in [(33, 32), (80, 40), (128, 64), (200, 64), (256, 64), (400, 100)] {
        let (sender, queue) = queue(4);
        send(&sender, jobs);
        assert_eq!(size(&taken(&queue, Lane::Many)), Some(share), "of {jobs}");
    }
}

#[tokio::test]
async fn jobs_that_go_alone_go_first_and_wait_for_no_other_batch() {
    let (sender, queue) = queue(2);
    send(&sender, 1);
    let _first = taken(&queue, Lane::Many);
    send(&sender, BESIDE_MIN);
    let (jobs, second) = queue.take(Lane::Many).await.expect("a batch");
    second.send_alone(jobs.into_iter().take(2).collect());
    send(&sender, 3);
    let alone = [taken(&queue, Lane::Many), taken(&queue, Lane::Many)];
    assert_eq!(alone.each_ref().map(size), [Some(1), Some(1)]);
    assert_eq!(size(&taken(&queue, Lane::Many)), None);
}

#[tokio::test]
async fn a_queue_that_is_full_says_so() {
    let (sender, queue) = queue(1);
    send(&sender, QUEUE_MAX);
    assert!(sender.send(job()).is_err());
    drop(taken(&queue, Lane::Many));
    assert!(sender.send(job()).is_ok());
}

#[tokio::test]
async fn a_closed_queue_gives_out_what_it_has_and_then_sends_everybody_home() {
    let (sender, queue) = queue(2);
    send(&sender, 1);
    let _first = taken(&queue, Lane::Many);
    let waiting: Vec<_> = [Lane::Few(2), Lane::Many, Lane::More]
        .map(|lane| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move { queue.take(lane).await.is_none() })
        })
        .into();
    tokio::task::yield_now().await;
    drop(sender);
    for waiting in waiting {
        let ended = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(ended.expect("in time").expect("no panic"));
    }
    let (sender, queue) = super::queue(2);
    send(&sender, 1);
    let first = taken(&queue, Lane::Many);
    send(&sender, 2);
    drop((sender, first));
    assert_eq!(size(&taken(&queue, Lane::Many)), Some(2));
    assert!(queue.take(Lane::Many).await.is_none());
    assert!(Sender::closed().send(job()).is_err());
}

/// Every job is taken exactly once, and nobody sleeps while it is his turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_forgotten_between_many_senders_and_takers() {
    const JOBS: usize = 20_000;
    let (sender, queue) = queue(2);
    let takers: Vec<_> = [Lane::Few(2), Lane::Many, Lane::Many, Lane::More]
        .map(|lane| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move {
                let mut sum = 0;
                while let Some((jobs, _under_way)) = queue.take(lane).await {
                    for job in jobs {
                        sum += 1;
                        let _ = job.reply.send(Err(crate::Failure::Internal));
                    }
                    tokio::task::yield_now().await;
                }
                sum
            })
        })
        .into();
    let sender = Arc::new(sender);
    let senders: Vec<_> = (0..200)
        .map(|_| {
            let sender = Arc::clone(&sender);
            tokio::spawn(async move {
                for _ in 0..JOBS / 200 {
                    let (reply, answer) = oneshot::channel();
                    let work = job().work;
                    assert!(sender.send(Job { work, reply }).is_ok());
                    let answer = tokio::time::timeout(Duration::from_secs(20), answer).await;
                    let _ = answer.expect("somebody took it").expect("an answer");
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.expect("no panic");
    }
    drop(sender);
    let mut sum = 0;
    for taker in takers {
        sum += taker.await.expect("no panic");
    }
    assert_eq!(sum, JOBS);
}
