//! What a thread asks of the operating system's scheduler.
//!
//! Owns: the calls, and the only `unsafe` code of the workspace. Must not know: which threads there are and what they do.
//!
//! A storage's writer works for a moment and then sleeps, because it waits for the disk or for PostgreSQL, and everybody waits for
//! it. When it wakes on a core where something else runs, the kernel lets that finish its turn first, which may last for a millisecond
//! and more: longer than the writer's whole batch. What it asks for here is not more time than its share, but to have it sooner and in
//! smaller pieces.

#[cfg(target_os = "linux")]
mod linux;

/// Asks for the shortest turns for the calling thread, and so to be let in before those who have longer ones. Whatever else is set for
/// it, its niceness too, stays as it is; a thread that is not scheduled as ordinary ones are is left alone.
///
/// Linux does so since 6.12; before that, and on other systems, this changes nothing and is no error.
///
/// # Errors
/// What the system said when it refused, for example because of a sandbox. The thread then runs as it did.
pub fn prefer_short_turns() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    linux::prefer_short_turns()?;
    Ok(())
}
