//! `tender serve`: the server, for real money.

use std::process::ExitCode;

use tender_service::Settings;

use crate::app::{App, settings};
use crate::args::ServeOptions;

/// Runs until stopped.
///
/// # Errors
/// As [`App::start`].
pub async fn run(options: ServeOptions) -> anyhow::Result<ExitCode> {
    let settings = Settings {
        sandbox: options.sandbox,
        private_webhooks: options.allow_private_webhooks,
        ..settings(&options.server)
    };
    let (app, ()) = App::start(&options.server, settings, async |_, _| Ok(())).await?;
    tracing::info!(address = %app.address, "serving");
    eprintln!(
        "tender serves {}; make the first credentials with: tender token create",
        app.base_url()
    );
    app.run_until_stopped().await?;
    Ok(ExitCode::SUCCESS)
}
