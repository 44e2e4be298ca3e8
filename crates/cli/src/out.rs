//! stdout: data, for a reader that may leave at any time (`| head`).

use std::fmt::Display;
use std::io::Write;
use std::time::Duration;

use indicatif::ProgressBar;

/// How often a spinner moves.
const TICK: Duration = Duration::from_millis(100);

/// The reader of stdout has gone. Nothing is wrong: it has seen enough.
#[derive(Debug)]
pub struct ReaderGone;

impl Display for ReaderGone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nobody reads stdout any more")
    }
}

impl std::error::Error for ReaderGone {}

/// Writes a line.
///
/// # Errors
/// [`ReaderGone`], on which a command ends as a success, or what is wrong with stdout.
pub fn line(text: impl Display) -> anyhow::Result<()> {
    write(format_args!("{text}\n"))
}

/// Writes text as it is, and makes it visible.
///
/// # Errors
/// As [`line`].
pub fn write(text: impl Display) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let written = write!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => anyhow::Error::new(ReaderGone),
        _ => anyhow::Error::new(error).context("cannot write to stdout"),
    })
}

/// Something that moves on stderr while a thing of unknown length goes on. It shows only at a terminal.
pub fn spinner(what: &'static str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(TICK);
    spinner
}

/// Goes on without a reader: for commands whose exit code says more than their words.
///
/// # Errors
/// Whatever else is wrong with stdout.
pub fn unless_gone(written: anyhow::Result<()>) -> anyhow::Result<()> {
    written.or_else(|error| if is_gone(&error) { Ok(()) } else { Err(error) })
}

/// Whether an error only says that the reader has gone.
pub fn is_gone(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.is::<ReaderGone>())
}
