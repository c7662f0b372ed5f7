//! Logs go to the standard error, so that the standard output stays the answer of a command.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts logging; a filter that cannot be read is told and replaced by `info`.
pub(crate) fn start(filter: &str, format: LogFormat) {
    let (parsed, fault) = match EnvFilter::try_new(filter) {
        Ok(parsed) => (parsed, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(std::io::stderr)
        // Colours are for a terminal; a file or a pipe gets plain text. NO_COLOR: no-color.org.
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    // A second start in one process (tests) keeps the first.
    let _ = match format {
        LogFormat::Plain => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    if let Some(error) = fault {
        tracing::warn!(%error, log.filter = filter, "the log filter cannot be read; using info");
    }
}
