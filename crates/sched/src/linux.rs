//! The calls on Linux: `sched_getattr` and `sched_setattr`, see sched_setattr(2).
//!
//! Owns: their arguments. Must not know: why somebody asks.

#![allow(
    unsafe_code,
    reason = "system calls; the C library of many distributions has no functions for these two"
)]

use std::io;
use std::mem::size_of;

use libc::{SCHED_OTHER, c_long, sched_attr};

#[cfg(test)]
mod tests;

/// The kernel grants nothing shorter.
const SHORTEST_TURN_NS: u64 = 100_000;

/// The calling thread, where a thread is named.
const CALLER: c_long = 0;

const NO_FLAGS: c_long = 0;

pub(crate) fn prefer_short_turns() -> io::Result<()> {
    let mut attributes = attributes()?;
    if i64::from(attributes.sched_policy) != i64::from(SCHED_OTHER) {
        return Ok(());
    }
    attributes.sched_runtime = SHORTEST_TURN_NS;
    // SAFETY: the kernel reads as many bytes as the structure's first field says, which is its size, during the call only.
    let answer = unsafe { libc::syscall(libc::SYS_sched_setattr, CALLER, &raw const attributes, NO_FLAGS) };
    checked(answer)
}

/// How the calling thread is scheduled.
fn attributes() -> io::Result<sched_attr> {
    let size = u32::try_from(size_of::<sched_attr>()).unwrap_or(u32::MAX);
    let mut attributes = sched_attr {
        size,
        sched_policy: 0,
        sched_flags: 0,
        sched_nice: 0,
        sched_priority: 0,
        sched_runtime: 0,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the kernel writes at most `size` bytes to the structure, which is that large, during the call only. Any bytes make
    // whole numbers, of which it consists.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_sched_getattr,
            CALLER,
            &raw mut attributes,
            c_long::from(size),
            NO_FLAGS,
        )
    };
    checked(answer)?;
    Ok(attributes)
}

fn checked(answer: c_long) -> io::Result<()> {
    match answer {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
