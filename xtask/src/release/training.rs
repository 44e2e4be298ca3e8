//! What the program does to be counted: payments alone and many at once through every dialect, on both storages, on one node and on
//! two, with tills and webhooks.
//!
//! Owns: how much of what. What it does not do is taken for rare by the compiler.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::rig::empty_folder;
use crate::rig::postgres::Postgres;
use crate::rig::server::{Ledger, Server};
use crate::rig::tool::{Load, Tool};

/// What is done on a server. With counters all of it takes a few seconds.
#[derive(Debug, Clone, Copy)]
enum Work {
    /// Payments by many at once.
    Crowd,
    /// Payments by one client alone.
    Alone,
    /// Payments whose guests wait until a till has taken them.
    Settle,
    /// Orders that are opened, paid through every dialect, and read.
    Tour,
}

const ALL: [Work; 4] = [Work::Crowd, Work::Alone, Work::Settle, Work::Tour];

impl Work {
    const fn load(self) -> Load {
        let (payments, clients) = match self {
            Self::Crowd => (10_000, 128),
            Self::Alone => (500, 1),
            Self::Settle => (1_000, 128),
            Self::Tour => (1_000, 16),
        };
        Load { payments, clients }
    }
}

/// Lets the program with counters work.
///
/// # Errors
/// When it refuses anything, or does not end as it should: then its counts would be lost.
pub fn run(program: &Path, tool: &Tool<'_>, workspace: &Path, target: &Path) -> Result<()> {
    eprintln!("==> training");
    let scratch = empty_folder(target, "xtask/training")?;
    let training = Training {
        program,
        tool,
        workspace,
        scratch: &scratch,
    };
    let worked = training.work(&target.join("xtask/postgres"));
    let removed = fs::remove_dir_all(&scratch).context("cannot remove what training has left");
    worked.and(removed)
}

struct Training<'a> {
    program: &'a Path,
    tool: &'a Tool<'a>,
    workspace: &'a Path,
    /// Beside what is built, because a temporary folder may be in memory.
    scratch: &'a Path,
}

impl Training<'_> {
    fn work(&self, temporary: &Path) -> Result<()> {
        let mut postgres = Postgres::start(self.tool, temporary)?;
        for work in ALL {
            self.on(Ledger::Folder, 1, work)?;
            self.on(Ledger::Postgres(&postgres.database()?), 1, work)?;
        }
        self.on(Ledger::Postgres(&postgres.database()?), 2, Work::Crowd)
    }

    /// Does it on so many fresh servers.
    fn on(&self, ledger: Ledger<'_>, servers: usize, work: Work) -> Result<()> {
        let servers = Server::demos(self.program, self.workspace, self.scratch, servers, ledger)?;
        let (first, load) = (servers.first().context("work needs a server")?, work.load());
        match work {
            Work::Crowd | Work::Alone => self.tool.pay(&servers.iter().collect::<Vec<_>>(), load),
            Work::Settle => self.tool.settle(first, load),
            Work::Tour => self.tool.tour(first, load),
        }?;
        servers.into_iter().try_for_each(Server::end)
    }
}
