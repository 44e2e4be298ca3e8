use std::sync::mpsc;

use super::*;

/// In a thread of its own, because threads of the test runner are used again.
fn in_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::spawn(work).join().unwrap()
}

/// Whether the kernel knows turns of a thread's own.
fn has_turns() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release
        .split(|byte: char| !byte.is_ascii_digit())
        .map(|number| number.parse::<u32>().unwrap());
    (numbers.next(), numbers.next()) >= (Some(6), Some(12))
}

#[test]
fn a_thread_gets_the_turns_it_asked_for_and_its_neighbour_does_not() {
    let (own, neighbours) = in_a_thread(|| {
        // It begins before, because a thread inherits the turns of its maker, and looks after.
        let (now, asked) = mpsc::sync_channel(1);
        let neighbour = std::thread::spawn(move || {
            asked.recv().unwrap();
            attributes().unwrap().sched_runtime
        });
        crate::prefer_short_turns().unwrap();
        now.send(()).unwrap();
        (attributes().unwrap().sched_runtime, neighbour.join().unwrap())
    });
    assert!(own == SHORTEST_TURN_NS || !has_turns(), "{own} ns");
    assert_ne!(neighbours, SHORTEST_TURN_NS);
}

#[test]
fn everything_else_stays_as_it_was() {
    let (before, after) = in_a_thread(|| {
        // SAFETY: no pointers are involved.
        let answer = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 7) };
        assert_eq!(answer, 0);
        let before = attributes().unwrap();
        prefer_short_turns().unwrap();
        (before, attributes().unwrap())
    });
    assert_eq!(before.sched_nice, 7);
    assert_eq!(
        (before.sched_policy, before.sched_flags, before.sched_nice),
        (after.sched_policy, after.sched_flags, after.sched_nice)
    );
}

#[test]
fn a_thread_that_is_scheduled_in_another_way_is_left_alone() {
    let (before, after) = in_a_thread(|| {
        let parameters = libc::sched_param { sched_priority: 0 };
        // SAFETY: the kernel reads the structure during the call only.
        let answer = unsafe { libc::sched_setscheduler(0, libc::SCHED_BATCH, &raw const parameters) };
        assert_eq!(answer, 0);
        let before = attributes().unwrap();
        prefer_short_turns().unwrap();
        (before, attributes().unwrap())
    });
    assert_eq!(before.sched_policy, u32::try_from(libc::SCHED_BATCH).unwrap());
    assert_eq!(
        (before.sched_policy, before.sched_runtime),
        (after.sched_policy, after.sched_runtime)
    );
}
