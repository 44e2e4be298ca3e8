//! `cargo xtask bench`: what a payment costs, beside what it would cost if nothing were done with it.
//!
//! Owns: what is measured in which order, how often, and how it is told. Must not know: how load is made, which is
//! `tender-bench`'s business. Absolute figures belong to one machine at one minute; so whatever is compared with the bare handler
//! has that handler measured right before and right after it, and the median of these ratios is what counts.

mod document;
mod figures;
mod machine;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::rig::empty_folder;
use crate::rig::postgres::{self, Postgres};
use crate::rig::server::{Ledger, Server};
use crate::rig::tool::{Load, Sample, TimedLoad, Tool};
use crate::{process, release, requirements, test};
use figures::{Beside, Figures, Round};

#[cfg(test)]
mod tests;

/// Cargo's own profile whose folder has another name.
const DEV_PROFILE: (&str, &str) = ("dev", "debug");

/// The page that a run writes its result into.
const PAGE: &str = "docs/benchmarks.md";

/// What is asked for on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options<'a> {
    is_quick: bool,
    /// What to build with. Only figures of what releases ship are written down; another profile is for work on the
    /// measurements themselves, and is not in the usage.
    profile: &'a str,
}

impl<'a> Options<'a> {
    /// Reads the words after `bench`; nothing when one of them is unknown.
    pub fn parse(words: &[&'a str]) -> Option<Self> {
        let mut options = Self {
            is_quick: false,
            profile: release::PROFILE,
        };
        let mut rest = words;
        loop {
            rest = match rest {
                [] => return Some(options),
                ["--quick", rest @ ..] => {
                    options.is_quick = true;
                    rest
                }
                ["--profile", profile, rest @ ..] => {
                    options.profile = profile;
                    rest
                }
                _ => return None,
            };
        }
    }

    fn is_written_down(self) -> bool {
        !self.is_quick && self.profile == release::PROFILE
    }

    /// The folder that Cargo builds into.
    fn folder(self) -> &'a str {
        let (dev, folder) = DEV_PROFILE;
        if self.profile == dev { folder } else { self.profile }
    }
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// The most rounds, each of which measures everything once.
    rounds_max: usize,
    /// No round begins when so much time has passed.
    time_for_rounds: Duration,
    /// Requests to the bare handler, each time.
    bare: u64,
    /// Payments accepted, and payments written into the bare storage, per round and per storage.
    accepted: u64,
    /// Payments accepted one after the other, per round and per storage.
    alone: u64,
    /// How long `pgbench` runs with many clients, and how long with one, per round.
    pgbench_seconds: u64,
    pgbench_alone_seconds: u64,
    /// Whole payments per round.
    settled: u64,
}

const FULL: Plan = Plan {
    rounds_max: 9,
    time_for_rounds: Duration::from_secs(300),
    bare: 50_000,
    accepted: 40_000,
    alone: 2_000,
    pgbench_seconds: 5,
    pgbench_alone_seconds: 2,
    settled: 4_000,
};

/// Enough to see that everything runs.
const QUICK: Plan = Plan {
    rounds_max: 1,
    bare: 10_000,
    accepted: 4_000,
    alone: 100,
    pgbench_seconds: 1,
    pgbench_alone_seconds: 1,
    settled: 400,
    ..FULL
};

/// Clients at a time, for everything that has clients, unless it is said.
const CLIENTS: u32 = 128;

/// Clients of `pgbench`: with more, each a server process, PostgreSQL on few cores writes less.
const PGBENCH_CLIENTS: u32 = 16;

/// As in `tender-bench`: there are orders for this many payments each.
const PAYMENTS_PER_ORDER: u64 = 4;

/// Measures, prints the result and writes it into the page. A quick run writes nothing.
pub fn run(workspace: &Path, options: Options<'_>) -> Result<ExitCode> {
    let postgres = requirements::ensure_postgres(workspace)?;
    let target = test::target_directory(workspace)?;
    let binary = |name| test::binary(&target, options.folder(), name);
    let tender = match options.is_written_down() {
        true => release::build(workspace)?,
        false => {
            release::package(workspace, release::PACKAGE, options.profile)?;
            binary(release::PROGRAM)
        }
    };
    release::package(workspace, release::TOOL, options.profile)?;
    let bench = Bench {
        tender,
        tool: Tool::new(binary(release::TOOL), workspace, &postgres),
        workspace,
        temporary: target.join("xtask/postgres"),
        scratch: target.join("xtask/bench"),
        plan: if options.is_quick { QUICK } else { FULL },
    };
    fs::create_dir_all(&bench.scratch).context("cannot make a folder beside what is built")?;
    let started = Instant::now();
    let version = postgres::version(&postgres, workspace)?;
    let machine = machine::describe(workspace, &bench.scratch, &version)?;
    let rounds = bench.rounds();
    let removed = fs::remove_dir_all(&bench.scratch).context("cannot remove what was measured");
    let rounds = rounds?;
    removed?;
    let figures = Figures {
        rounds: &rounds,
        binary_bytes: fs::metadata(&bench.tender)?.len(),
        payments: bench.plan.accepted,
        clients: CLIENTS,
        pgbench_clients: PGBENCH_CLIENTS,
    };
    let table = figures.table();
    print!("{table}");
    println!("\n{machine}\nMeasured in {:.0?}", started.elapsed());
    if options.is_written_down() {
        document::replace(&workspace.join(PAGE), &format!("{machine}\n\n{table}"))?;
    } else {
        eprintln!("{PAGE} is left to the run without options");
    }
    Ok(ExitCode::SUCCESS)
}

struct Bench<'a> {
    tender: PathBuf,
    tool: Tool<'a>,
    workspace: &'a Path,
    /// Beside what is built, because a temporary folder may be in memory, where nothing has to be synced.
    scratch: PathBuf,
    /// Where PostgreSQL has its files, for the same reason. They are removed by those who made them, a moment after the
    /// server has ended.
    temporary: PathBuf,
    plan: Plan,
}

impl Bench<'_> {
    fn rounds(&self) -> Result<Vec<Round>> {
        let mut postgres = Postgres::start(&self.tool, &self.temporary)?;
        let started = Instant::now();
        let mut rounds = Vec::new();
        while rounds.len() < self.plan.rounds_max
            && (rounds.is_empty() || started.elapsed() < self.plan.time_for_rounds)
        {
            eprintln!("==> round {}", rounds.len() + 1);
            rounds.push(self.round(&mut postgres)?);
        }
        Ok(rounds)
    }

    /// Everything once, each on a fresh folder or database and, where there is one, a fresh server. Only the bare handler's stays
    /// for the round: it is measured between the others.
    fn round(&self, postgres: &mut Postgres) -> Result<Round> {
        let (start, idle_kib) = self.start()?;
        let handler = Server::bare(&self.tool)?;
        let measure_bare = || self.tool.bare(handler.address(), self.load(self.plan.bare));
        let mut bare = vec![measure_bare()?];
        let mut beside = |sample: Result<Sample>| {
            let (sample, before, after) = (sample?, bare.last().copied(), measure_bare()?);
            bare.push(after);
            anyhow::Ok(Beside {
                sample,
                bare: [before.unwrap_or(after), after],
            })
        };
        let storage = beside(self.storage())?;
        let (accepted, loaded_kib) = {
            let server = self.demo()?;
            let accepted = self.tool.pay(&[&server], self.load(self.plan.accepted))?;
            let loaded_kib = server.memory_kib()?;
            drop(server);
            (beside(Ok(accepted))?, loaded_kib)
        };
        let settled = beside(self.settled())?;
        let pgbench = beside(self.pgbench(postgres, PGBENCH_CLIENTS, self.plan.pgbench_seconds))?;
        let one_node = beside(self.nodes(postgres, 1, self.load(self.plan.accepted)))?;
        let two_nodes = beside(self.nodes(postgres, 2, self.load(self.plan.accepted)))?;
        let round = Round {
            start,
            idle_kib,
            loaded_kib,
            bare,
            storage,
            accepted,
            settled,
            pgbench,
            one_node,
            two_nodes,
            alone: self.tool.pay(&[&self.demo()?], self.load_alone())?,
            pgbench_alone: self.pgbench(postgres, 1, self.plan.pgbench_alone_seconds)?,
            postgres_alone: self.nodes(postgres, 1, self.load_alone())?,
        };
        eprintln!("{round:?}");
        Ok(round)
    }

    /// Rows written into the bare storage.
    fn storage(&self) -> Result<Sample> {
        let folder = self.folder("engine")?;
        self.tool.engine(&folder, self.load(self.plan.accepted))
    }

    /// Whole payments on the embedded storage.
    fn settled(&self) -> Result<Sample> {
        self.tool.settle(&self.demo()?, self.load(self.plan.settled))
    }

    /// Payments accepted by nodes on one fresh PostgreSQL database.
    fn nodes(&self, postgres: &mut Postgres, count: usize, load: Load) -> Result<Sample> {
        let ledger = Ledger::Postgres(&postgres.database()?);
        let nodes = Server::demos(&self.tender, self.workspace, &self.scratch, count, ledger)?;
        self.tool.pay(&nodes.iter().collect::<Vec<_>>(), load)
    }

    /// `pgbench` in the product's tables in a fresh PostgreSQL database.
    fn pgbench(&self, postgres: &mut Postgres, clients: u32, seconds: u64) -> Result<Sample> {
        let url = postgres.database()?;
        let mut migrate = process::command(&self.tender, self.workspace);
        process::run(migrate.args(["migrate", "--database-url", &url]))?;
        let load = TimedLoad {
            orders: self.plan.accepted.div_ceil(PAYMENTS_PER_ORDER),
            clients,
            seconds,
        };
        self.tool.pgbench(&url, &self.folder("pgbench")?, load)
    }

    /// How long a server takes to be ready on an empty database, and its memory then.
    fn start(&self) -> Result<(Duration, u64)> {
        let folder = self.folder("start")?;
        let server = Server::serve(&self.tender, self.workspace, &folder)?;
        Ok((server.ready_after(), server.memory_kib()?))
    }

    /// The demo on the embedded storage.
    fn demo(&self) -> Result<Server> {
        Server::demo(
            &self.tender,
            self.workspace,
            &self.folder("demo")?,
            Ledger::Folder,
        )
    }

    fn load(&self, payments: u64) -> Load {
        Load {
            payments,
            clients: CLIENTS,
        }
    }

    fn load_alone(&self) -> Load {
        Load {
            payments: self.plan.alone,
            clients: 1,
        }
    }

    /// An empty folder.
    fn folder(&self, name: &str) -> Result<PathBuf> {
        empty_folder(&self.scratch, name)
    }
}
