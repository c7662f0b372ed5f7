//! The settings with all defaults filled in and everything checked.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use app::Locale;
use provider_api::AddressRange;

use super::{Layer, LogFormat};

/// Beside the well-known ports and easy to remember: 雲 has 12 strokes, 市 5; nobody else uses it.
const PORT: u16 = 7600;
/// Enough for a handful of contracts at once; each worker mostly waits for a cloud.
const WORKERS: usize = 4;
/// Longer than any step without a sign of life; shorter only makes a restart after a crash quicker.
const LEASE_SECONDS: u32 = 30;
/// A demo shows a chart within a minute, and a day makes 8,640 samples per service.
const MONITOR_INTERVAL_SECONDS: u32 = 10;
/// A week: an examination holds and starts small things at the cloud.
const EXAMINE_INTERVAL_SECONDS: u32 = 7 * 24 * 3_600;
/// A quarter: price lists of clouds change about as often.
const PRICE_DAYS_MAX: u32 = 90;

/// Checked settings.
#[derive(Clone)]
pub struct Settings {
    /// The data folder.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; may hold a password.
    pub database: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Scheme and host as browsers use them.
    pub public_origin: Option<String>,
    /// Whether session cookies go over HTTPS only.
    pub secure_cookies: bool,
    /// The built site folder; `None`: what is compiled in.
    pub site: Option<PathBuf>,
    /// The compiled Japanese dictionary; `None`: there is none.
    pub dictionary: Option<PathBuf>,
    /// Workers of workflows.
    pub workers: usize,
    /// Seconds an unfinished workflow stays with a worker that gives no sign of life.
    pub lease_seconds: u32,
    /// Seconds between two samples.
    pub monitor_interval_seconds: u32,
    /// Seconds until a cloud is examined again; 0: never.
    pub examine_interval_seconds: u32,
    /// Days after which prices are asked anew before they are signed; 0: never.
    pub price_days_max: u32,
    /// Whether only admitted providers come on the market.
    pub admission_required: bool,
    /// Private networks that may be asked.
    pub allowed_networks: Vec<AddressRange>,
    /// Markets whose catalogue is mirrored.
    pub mirrors: Vec<String>,
    /// The sealing key's file.
    pub sealing_key: PathBuf,
    /// The mail server; may hold a password.
    pub smtp: Option<String>,
    /// Who mail is from.
    pub mail_from: Option<String>,
    /// Language of readers who ask for none of ours.
    pub language: Locale,
    /// Log filter; `None`: not said, and each command has its own.
    pub log: Option<String>,
    /// Form of log lines.
    pub log_format: LogFormat,
    /// Whether answers tell their number of SQL statements.
    pub count_statements: bool,
    /// First port of the demo clouds; 0: free ones.
    pub clouds_port: u16,
}

impl Settings {
    /// Fills in defaults and checks; `port` replaces the port of the address.
    pub fn new(layer: Layer, port: Option<u16>) -> anyhow::Result<Self> {
        let data = layer.data.unwrap_or_else(|| "data".into());
        let mut listen =
            layer.listen.unwrap_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT));
        if let Some(port) = port {
            listen.set_port(port);
        }
        let origin = layer.public_origin.map(|text| check_origin(&text)).transpose()?;
        let https = origin.as_ref().is_some_and(|origin| origin.starts_with("https://"));
        let language = layer.language.unwrap_or_else(|| "en".to_owned());
        let networks = layer.allowed_networks.unwrap_or_default();
        Ok(Self {
            database: layer
                .database
                .unwrap_or_else(|| format!("sqlite:{}", data.join("kumoichi.db").display())),
            listen,
            public_origin: origin,
            secure_cookies: layer.secure_cookies.unwrap_or(https),
            site: layer.site.or_else(|| find_beside("site", "manifest.json")),
            dictionary: layer.dictionary.or_else(|| find_beside("dictionary", "metadata.json")),
            workers: layer.workers.unwrap_or(WORKERS),
            lease_seconds: layer.lease_seconds.unwrap_or(LEASE_SECONDS).max(1),
            monitor_interval_seconds: layer
                .monitor_interval_seconds
                .unwrap_or(MONITOR_INTERVAL_SECONDS)
                .max(1),
            examine_interval_seconds: layer
                .examine_interval_seconds
                .unwrap_or(EXAMINE_INTERVAL_SECONDS),
            price_days_max: layer.price_days_max.unwrap_or(PRICE_DAYS_MAX),
            admission_required: layer.admission_required.unwrap_or(true),
            allowed_networks: networks
                .iter()
                .map(|text| text.parse().with_context(|| format!("allowed_networks: {text}")))
                .collect::<anyhow::Result<_>>()?,
            mirrors: layer.mirrors.unwrap_or_default(),
            sealing_key: layer.sealing_key.unwrap_or_else(|| data.join("keys/sealing.key")),
            smtp: layer.smtp,
            mail_from: layer.mail_from,
            language: Locale::from_tag(&language)
                .with_context(|| format!("language: `{language}` is neither en nor ja"))?,
            log: layer.log,
            log_format: layer.log_format.unwrap_or_default(),
            count_statements: layer.count_statements.unwrap_or(false),
            clouds_port: layer.clouds_port.unwrap_or(0),
            data,
        })
    }

    /// Starts logging with the filter that was set, or with the command's own.
    pub(crate) fn start_log(&self, filter: &str) {
        crate::log::start(self.log.as_deref().unwrap_or(filter), self.log_format);
    }

    /// Creates the data folder, readable by its owner only.
    pub fn create_data(&self) -> anyhow::Result<()> {
        create_private(&self.data)
            .with_context(|| format!("the data folder {} cannot be created", self.data.display()))
    }

    /// Folder of the search index.
    #[must_use]
    pub fn index_folder(&self) -> PathBuf {
        self.data.join("index")
    }

    /// Folder of the demo clouds.
    #[must_use]
    pub fn clouds_folder(&self) -> PathBuf {
        self.data.join("clouds")
    }
}

/// The database address may carry a password, so it never shows.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("data", &self.data)
            .field("listen", &self.listen)
            .field("site", &self.site)
            .field("workers", &self.workers)
            .field("lease_seconds", &self.lease_seconds)
            .finish_non_exhaustive()
    }
}

/// Creates a folder with those above it, readable by its owner only.
pub(crate) fn create_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Scheme and host without anything behind them.
fn check_origin(text: &str) -> anyhow::Result<String> {
    let url = url::Url::parse(text).with_context(|| format!("public_origin: `{text}`"))?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !plain {
        bail!(
            "public_origin: `{text}` is more than a scheme and a host, such as https://market.example"
        );
    }
    Ok(url.origin().ascii_serialization())
}

/// A folder beside the folder of the program (a build) or beside the program (an installation).
fn find_beside(name: &str, file: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?;
    let places = [folder.parent().map(|above| above.join(name)), Some(folder.join(name))];
    places.into_iter().flatten().find(|place| place.join(file).is_file())
}
