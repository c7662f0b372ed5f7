//! Settings: flags win over the environment, the environment over the file, the file over defaults.
//!
//! `kumoichi.example.toml` explains every key; a test keeps it equal to [`Layer`].

mod file;
mod layer;
mod settings;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Args;

pub use layer::{Layer, LogFormat};
pub use settings::Settings;
pub(crate) use settings::create_private;

/// The file that is read when it exists and no other is named.
const DEFAULT_FILE: &str = "kumoichi.toml";

/// The settings every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Settings (each also a key of kumoichi.toml)")]
pub struct ConfigArgs {
    /// File with settings; `kumoichi.toml` in the working folder when it exists [env: KUMOICHI_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Port to listen on, whatever the address [env: PORT]
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// The settings themselves.
    #[command(flatten)]
    pub layer: Layer,
}

impl ConfigArgs {
    /// Reads file and environment of this process and puts the layers together.
    pub fn resolve(&self) -> anyhow::Result<Settings> {
        self.resolve_with(&|name| std::env::var(name).ok())
    }

    /// The same with another environment, for tests.
    pub fn resolve_with(
        &self,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Settings> {
        let file = self.read_file(environment)?;
        let named = Layer::from_environment(environment)?;
        let port = match (self.port, environment("PORT")) {
            (Some(port), _) => Some(port),
            // A whole address given as a flag wins over the port of the environment.
            (None, Some(_)) if self.layer.listen.is_some() => None,
            (None, Some(text)) => {
                Some(text.parse().map_err(|_| anyhow!("PORT: `{text}` is no port (0 to 65535)"))?)
            }
            (None, None) => None,
        };
        Settings::new(self.layer.clone().or(named).or(file), port)
    }

    fn read_file(&self, environment: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Layer> {
        let named = self.config.clone().or_else(|| environment("KUMOICHI_CONFIG").map(Into::into));
        let path = named.clone().unwrap_or_else(|| DEFAULT_FILE.into());
        match std::fs::read_to_string(&path) {
            Ok(text) => file::read(&text).map_err(|fault| anyhow!("{}: {fault}", path.display())),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Layer::default())
            }
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }
}
