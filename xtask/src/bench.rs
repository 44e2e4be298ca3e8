//! `cargo xtask bench`: what a payment costs, beside what it would cost if nothing were done with it.
//!
//! Owns: what is measured in which order, how often, and how it is told. Must not know: how load is made, which is
//! `tender-bench`'s business. Absolute figures belong to one machine at one hour; so everything that is compared is
//! measured in one run, in turns, and the ratio of medians is what counts.

mod document;
mod figures;
mod machine;
mod server;
mod tool;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::{process, test};
use figures::{Figures, Round};
use server::Server;
use tool::{Load, Tool};

/// The profile that releases are built with.
const PROFILE: &str = "dist";

/// The page that a run writes its result into.
const PAGE: &str = "docs/benchmarks.md";

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// The most rounds, each of which measures everything once.
    rounds_max: usize,
    /// No round begins when so much time has passed.
    time_for_rounds: Duration,
    /// Requests to the bare handler per round.
    bare: u64,
    /// Payments accepted, and payments written into the bare storage, per round.
    accepted: u64,
    /// Whole payments per round.
    settled: u64,
}

const FULL: Plan = Plan {
    rounds_max: 5,
    time_for_rounds: Duration::from_secs(150),
    bare: 100_000,
    accepted: 40_000,
    settled: 4_000,
};

/// Enough to see that everything runs.
const QUICK: Plan = Plan {
    rounds_max: 1,
    bare: 10_000,
    accepted: 4_000,
    settled: 400,
    ..FULL
};

/// Clients at a time, for everything that has clients.
const CLIENTS: u32 = 128;

/// Measures, prints the result and writes it into the page. A quick run writes nothing.
pub fn run(workspace: &Path, is_quick: bool) -> Result<ExitCode> {
    let target = test::target_directory(workspace)?;
    build(workspace)?;
    let bench = Bench {
        tender: test::binary(&target, PROFILE, "tender"),
        tool: Tool::new(test::binary(&target, PROFILE, "tender-bench"), workspace),
        workspace,
        scratch: target.join("xtask/bench"),
        plan: if is_quick { QUICK } else { FULL },
    };
    let started = Instant::now();
    let rounds = bench.rounds()?;
    let machine = machine::describe(workspace, &bench.scratch)?;
    fs::remove_dir_all(&bench.scratch).context("cannot remove what was measured")?;
    let figures = Figures {
        rounds: &rounds,
        binary_bytes: fs::metadata(&bench.tender)?.len(),
        payments: bench.plan.accepted,
        clients: CLIENTS,
    };
    let table = figures.table();
    print!("{table}");
    println!("\n{machine}\nMeasured in {:.0?}", started.elapsed());
    if is_quick {
        eprintln!("{PAGE} is left to the run without --quick");
    } else {
        document::replace(&workspace.join(PAGE), &format!("{machine}\n\n{table}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One after the other, so that the product is built with its own dependencies' features and no others.
fn build(workspace: &Path) -> Result<()> {
    for package in ["tender-cli", "tender-bench"] {
        let arguments = ["build", "--profile", PROFILE, "--package", package];
        process::run(process::cargo(workspace).args(arguments))?;
    }
    Ok(())
}

struct Bench<'a> {
    tender: PathBuf,
    tool: Tool<'a>,
    workspace: &'a Path,
    /// Beside what is built, because a temporary folder may be in memory, where nothing has to be synced.
    scratch: PathBuf,
    plan: Plan,
}

impl Bench<'_> {
    fn rounds(&self) -> Result<Vec<Round>> {
        let started = Instant::now();
        let mut rounds = Vec::new();
        while rounds.len() < self.plan.rounds_max
            && (rounds.is_empty() || started.elapsed() < self.plan.time_for_rounds)
        {
            eprintln!("==> round {}", rounds.len() + 1);
            rounds.push(self.round()?);
        }
        Ok(rounds)
    }

    /// Everything once, each on a fresh folder and, where there is one, a fresh server.
    fn round(&self) -> Result<Round> {
        let (start, idle_kib) = self.start()?;
        let bare = {
            let server = Server::bare(&self.tool)?;
            self.tool.bare(server.address(), self.load(self.plan.bare))?
        };
        let storage = self
            .tool
            .engine(&self.folder("engine")?, self.load(self.plan.accepted))?;
        let (accepted, loaded_kib) = {
            let server = self.demo()?;
            let sample = self
                .tool
                .pay(&server.credentials(), self.load(self.plan.accepted))?;
            (sample, server.memory_kib()?)
        };
        let settled = {
            let server = self.demo()?;
            self.tool
                .settle(&server.credentials(), self.load(self.plan.settled))?
        };
        let round = Round {
            start,
            idle_kib,
            loaded_kib,
            bare,
            storage,
            accepted,
            settled,
        };
        eprintln!("{round:?}");
        Ok(round)
    }

    /// How long a server takes to be ready on an empty database, and its memory then.
    fn start(&self) -> Result<(Duration, u64)> {
        let folder = self.folder("start")?;
        let server = Server::serve(&self.tender, self.workspace, &folder)?;
        Ok((server.ready_after(), server.memory_kib()?))
    }

    fn demo(&self) -> Result<Server> {
        Server::demo(&self.tender, self.workspace, &self.folder("demo")?)
    }

    fn load(&self, payments: u64) -> Load {
        Load {
            payments,
            clients: CLIENTS,
        }
    }

    /// An empty folder.
    fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.scratch.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }
}
