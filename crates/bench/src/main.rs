//! What the product is measured with: a load generator, and the bare handler, the bare storage and `pgbench` to compare
//! with.
//!
//! Owns: how a figure comes about. Must not know: what is done with it; `cargo xtask bench` runs these commands, takes
//! medians and writes them down. Each command prints one line of JSON on standard output. Not a part of the product.
//!
//! The hard thing here is that load generator and server share a machine, so that whatever is measured is compared
//! with something measured in the same way, and only the ratio is believed.

mod bare;
mod client;
mod demo;
mod documents;
mod engine;
mod load;
mod orders;
mod pay;
mod pgbench;
mod postgres;
mod sample;
mod settle;
mod tour;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};
use serde::Serialize;

use load::Shape;

/// What the product is measured with.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a handler that parses a payment and does nothing with it, until killed. Prints its address.
    ServeBare,
    /// Send payments to such a server.
    Bare {
        /// Where it listens.
        #[arg(long)]
        address: SocketAddr,
        #[command(flatten)]
        shape: ShapeArguments,
    },
    /// Write the rows of payments into the embedded storage, in groups as the product does.
    Engine {
        /// A folder for the database; it must be on a disk, and is not emptied.
        #[arg(long)]
        folder: PathBuf,
        #[command(flatten)]
        shape: ShapeArguments,
    },
    /// Run a PostgreSQL of its own until standard input ends. For each line of it, makes an empty database, drops the
    /// one before and prints the address of the new one. The folder for temporary files must be on a disk.
    ServePostgres,
    /// Write payments into an empty database of the product on PostgreSQL with `pgbench`, one transaction for each.
    Pgbench {
        /// The database.
        #[arg(long)]
        database_url: String,
        /// A folder for what `pgbench` reads and writes.
        #[arg(long)]
        folder: PathBuf,
        #[command(flatten)]
        shape: pgbench::Shape,
    },
    /// Open orders at a demo server, then send payments for them, with the tills off the network.
    Pay {
        /// The demo's credentials file. When there are several nodes on one database, one for each: they share the
        /// clients, and the orders are opened at the first.
        #[arg(long, required = true)]
        credentials_file: Vec<PathBuf>,
        #[command(flatten)]
        shape: ShapeArguments,
    },
    /// Open orders at a demo server, then pay, waiting each time for the webhook that says that the till took it.
    Settle {
        /// The demo's credentials file.
        #[arg(long)]
        credentials_file: PathBuf,
        #[command(flatten)]
        shape: ShapeArguments,
    },
    /// Open orders at a demo server, pay each through every dialect, and read them: for the training run of a release.
    Tour {
        /// The demo's credentials file.
        #[arg(long)]
        credentials_file: PathBuf,
        #[command(flatten)]
        shape: ShapeArguments,
    },
}

#[derive(Debug, Clone, Copy, clap::Args)]
struct ShapeArguments {
    /// How many payments.
    #[arg(long)]
    payments: u64,
    /// How many clients; each waits for its answer before it goes on.
    #[arg(long, default_value_t = 128)]
    clients: u32,
    /// Stop after so many seconds, whatever is left.
    #[arg(long, default_value_t = 20)]
    seconds_max: u64,
}

impl ShapeArguments {
    fn shape(self) -> Shape {
        Shape {
            requests: self.payments,
            clients: self.clients,
            time_max: Duration::from_secs(self.seconds_max),
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(arguments.command))
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::ServeBare => bare::serve().await,
        Command::Bare { address, shape } => print(&bare::measure(address, shape.shape()).await?),
        Command::Engine { folder, shape } => print(&engine::measure(&folder, shape.shape()).await?),
        Command::ServePostgres => postgres::serve().await,
        Command::Pgbench {
            database_url,
            folder,
            shape,
        } => print(&pgbench::measure(&database_url, &folder, shape)?),
        Command::Pay {
            credentials_file,
            shape,
        } => {
            let nodes = credentials_file.iter().map(|path| demo::Demo::read(path));
            let nodes = nodes.collect::<Result<Vec<_>>>()?;
            print(&pay::measure(&nodes, shape.shape()).await?)
        }
        Command::Settle {
            credentials_file,
            shape,
        } => {
            let demo = demo::Demo::read(&credentials_file)?;
            print(&settle::measure(demo, shape.shape()).await?)
        }
        Command::Tour {
            credentials_file,
            shape,
        } => {
            let demo = demo::Demo::read(&credentials_file)?;
            print(&tour::measure(demo, shape.shape()).await?)
        }
    }
}

fn print(value: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}
