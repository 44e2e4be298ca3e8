//! `tender`: the one program, and the only crate that names a storage backend.
//!
//! Owns: the command line, wiring, and the demo's data. Must not hold: a rule of the ledger, or a dialect's wire.
//! stdout is data, stderr is for people, and the exit codes are a table ([`exit`]).

mod app;
mod args;
mod assemble;
mod commands;
mod credentials;
mod descriptions;
mod exit;
mod out;
mod seed;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Verb};

/// A payment is about ninety small allocations, many made on one thread and given back on another. With the system's allocator the
/// writer to the ledger takes 1.4 times as long.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    init_logging(&arguments);
    // One TLS provider for every client of this process; a second installation would only fail.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match runtime(&arguments) {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&anyhow::Error::new(error).context("cannot start the runtime")),
    };
    let result = runtime.block_on(run(arguments));
    match result {
        Ok(code) => code,
        Err(error) if out::is_gone(&error) => ExitCode::SUCCESS,
        Err(error) => exit::report(&error),
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.verb {
        Verb::Serve(options) => commands::serve::run(options).await,
        Verb::Demo(options) => commands::demo::run(options).await,
        Verb::Till(options) => commands::till::run(options).await,
        Verb::Listen(options) => commands::listen::run(options).await,
        Verb::Pay(options) => commands::pay::run(options).await,
        Verb::Token(options) => commands::token::run(options).await,
        Verb::Directory(options) => commands::directory::run(options).await,
        Verb::Replay(options) => commands::replay::run(options).await,
        Verb::Export(options) => commands::export::run(options).await,
        Verb::Backup(options) => commands::backup::run(options).await,
        Verb::Audit(options) => commands::audit::run(options).await,
        Verb::Migrate(options) => commands::migrate::run(options).await,
        Verb::Doctor(options) => commands::doctor::run(options).await,
        Verb::Completions(options) => commands::completions::run(&options),
        Verb::Openapi(options) => commands::openapi::run(&options),
    }
}

/// Servers get threads; everything else is one thread's work.
fn runtime(arguments: &Arguments) -> std::io::Result<tokio::runtime::Runtime> {
    let server = match &arguments.verb {
        Verb::Serve(options) => Some(&options.server),
        Verb::Demo(options) => Some(&options.server),
        _ => None,
    };
    match server {
        Some(server) => tokio::runtime::Builder::new_multi_thread()
            .worker_threads(server.threads())
            .enable_all()
            .build(),
        None => tokio::runtime::Builder::new_current_thread().enable_all().build(),
    }
}

/// Logs go to stderr: text for people at a terminal, JSON lines when asked for. `TENDER_LOG` filters them.
fn init_logging(arguments: &Arguments) {
    let default = if matches!(arguments.verb, Verb::Serve(_)) {
        "info"
    } else {
        "warn"
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("TENDER_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    if arguments.log_json {
        builder.json().init();
    } else {
        builder.init();
    }
}
