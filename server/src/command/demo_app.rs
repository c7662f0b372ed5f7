//! `kumoichi demo-app`: the application that reference clouds run; they start it themselves.

use std::process::ExitCode;

use super::block_on;

/// Runs the demo application; its exit code tells the cloud why it ended.
pub fn run(args: reference_cloud::DemoAppArgs) -> anyhow::Result<ExitCode> {
    crate::log::start("info", crate::config::LogFormat::Plain);
    block_on(async move {
        Ok(match reference_cloud::run_demo_app(args).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!(%error, "the demo application ended");
                ExitCode::from(error.exit_code())
            }
        })
    })
}
