//! `tender replay`: sends webhook deliveries again.

use std::process::ExitCode;

use anyhow::Context;
use reqwest::Method;

use super::remote::Remote;
use crate::args::ReplayOptions;
use crate::out;

/// Asks the server to send each of them again.
///
/// # Errors
/// At the first one that the server does not know.
pub async fn run(options: ReplayOptions) -> anyhow::Result<ExitCode> {
    let remote = Remote::new(&options.remote)?;
    let token = remote.token(|credentials| &credentials.admin.token)?;
    for delivery in &options.deliveries {
        let path = format!("/api/v1/deliveries/{delivery}/replay");
        remote
            .call(remote.request(Method::POST, &path).bearer_auth(&token))
            .await
            .with_context(|| format!("{delivery} is not sent again"))?;
        out::line(delivery)?;
    }
    Ok(ExitCode::SUCCESS)
}
