//! Exit codes, a table that scripts rely on. 0 is success.

use std::process::ExitCode;

/// Something failed that no other code names. (`1`)
pub const FAILURE: u8 = 1;
/// The command line is wrong; clap uses the same. (`2`)
pub const USAGE: u8 = 2;
/// The server answered that it refuses: a payment was declined, a credential is not good. (`3`)
pub const REFUSED: u8 = 3;
/// The server or the database cannot be reached, or is busy; or the ledger is not there, of another version, or has to be migrated
/// first. (`4`)
pub const UNAVAILABLE: u8 = 4;
/// A check found something wrong: `audit verify`, `doctor`. (`5`)
pub const FINDINGS: u8 = 5;

/// An error with an exit code of its own.
#[derive(Debug)]
pub struct Coded {
    /// The code.
    pub code: u8,
    /// What to tell.
    pub message: String,
}

impl std::fmt::Display for Coded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Coded {}

/// An error that ends the program with `code`.
pub fn coded(code: u8, message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Coded {
        code,
        message: message.into(),
    })
}

/// Tells an error with its causes, and gives its exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("tender: {error:#}");
    let code = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<Coded>())
        .map_or(FAILURE, |coded| coded.code);
    ExitCode::from(code)
}
