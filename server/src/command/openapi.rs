//! `kumoichi openapi`: the document of the REST API, as `/api/v1/openapi.json` serves it.

use std::process::ExitCode;

use clap::Args;

/// Nothing to choose.
#[derive(Debug, Args)]
pub struct OpenapiArgs {}

/// Prints the document.
pub fn run(_: &OpenapiArgs) -> anyhow::Result<ExitCode> {
    super::say(&serde_json::to_string_pretty(&crate::api::document())?);
    Ok(ExitCode::SUCCESS)
}
