//! One layer of settings: what a file, the environment or the flags say; absent means "not said here".

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use serde::Deserialize;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line.
    #[default]
    Plain,
    /// One JSON object per line.
    Json,
}

/// The settings as they may be given, all optional.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Args)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Folder for database, index, keys and demo clouds [env: KUMOICHI_DATA] [default: data]
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Database address: `sqlite:FILE` or `postgres://…` [env: KUMOICHI_DATABASE] [default: sqlite:DATA/kumoichi.db]
    #[arg(long, value_name = "ADDRESS")]
    pub database: Option<String>,
    /// Address and port to listen on [env: KUMOICHI_LISTEN] [default: 127.0.0.1:7600]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// How browsers reach the broker, such as `https://market.example` [env: KUMOICHI_PUBLIC_ORIGIN]
    #[arg(long, value_name = "ORIGIN")]
    pub public_origin: Option<String>,
    /// Send session cookies over HTTPS only [env: KUMOICHI_SECURE_COOKIES] [default: when the public origin is https]
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    pub secure_cookies: Option<bool>,
    /// Built site folder [env: KUMOICHI_SITE] [default: `site` beside the program's folder or the program]
    #[arg(long, value_name = "FOLDER")]
    pub site: Option<PathBuf>,
    /// Compiled Japanese dictionary [env: KUMOICHI_DICTIONARY] [default: `dictionary` beside the program's folder or the program]
    #[arg(long, value_name = "FOLDER")]
    pub dictionary: Option<PathBuf>,
    /// Workflow workers in this process; 0 leaves the work to another [env: KUMOICHI_WORKERS] [default: 4]
    #[arg(long, value_name = "NUMBER")]
    pub workers: Option<usize>,
    /// Seconds an unfinished workflow stays with a worker that gives no sign of life [env: KUMOICHI_LEASE_SECONDS] [default: 30]
    #[arg(long, value_name = "NUMBER")]
    pub lease_seconds: Option<u32>,
    /// Seconds between two samples of each service [env: KUMOICHI_MONITOR_INTERVAL_SECONDS] [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub monitor_interval_seconds: Option<u32>,
    /// Seconds until a provider's cloud is examined again, 0 for never [env: KUMOICHI_EXAMINE_INTERVAL_SECONDS] [default: 604800]
    #[arg(long, value_name = "SECONDS")]
    pub examine_interval_seconds: Option<u32>,
    /// Days after which prices are asked anew before they are signed, 0 for never [env: KUMOICHI_PRICE_DAYS_MAX] [default: 90]
    #[arg(long, value_name = "DAYS")]
    pub price_days_max: Option<u32>,
    /// Whether only admitted providers come on the market [env: KUMOICHI_ADMISSION_REQUIRED] [default: true]
    #[arg(long, value_name = "BOOL")]
    pub admission_required: Option<bool>,
    /// Private networks that provider and service addresses may lie in [env: KUMOICHI_ALLOWED_NETWORKS, by comma]
    #[arg(long, value_name = "NETWORK", value_delimiter = ',')]
    pub allowed_networks: Option<Vec<String>>,
    /// Markets whose catalogue is mirrored here, such as `https://market.example` [env: KUMOICHI_MIRRORS, by comma]
    #[arg(long, value_name = "URL", value_delimiter = ',')]
    pub mirrors: Option<Vec<String>>,
    /// File with the key that seals provider tokens [env: KUMOICHI_SEALING_KEY] [default: DATA/keys/sealing.key]
    #[arg(long, value_name = "FILE")]
    pub sealing_key: Option<PathBuf>,
    /// Mail server that notices are sent over, such as `smtp://127.0.0.1:25` or `smtps://user:password@mail.example`; without it no mail is sent [env: KUMOICHI_SMTP]
    #[arg(long, value_name = "ADDRESS")]
    pub smtp: Option<String>,
    /// Who mail is from, such as `Market <no-reply@market.example>` [env: KUMOICHI_MAIL_FROM]
    #[arg(long, value_name = "SENDER")]
    pub mail_from: Option<String>,
    /// Language of readers who ask for none of ours: en or ja [env: KUMOICHI_LANGUAGE] [default: en]
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// Log filter, such as `info` or `warn,broker=debug` [env: KUMOICHI_LOG] [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// Form of log lines [env: KUMOICHI_LOG_FORMAT] [default: plain]
    #[arg(long, value_name = "FORM")]
    pub log_format: Option<LogFormat>,
    /// Answer with the number of SQL statements in `x-sql-statements` [env: KUMOICHI_COUNT_STATEMENTS] [default: no]
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    pub count_statements: Option<bool>,
    /// First port of the demo clouds; 0 finds free ones at the first start [env: KUMOICHI_CLOUDS_PORT] [default: 0]
    #[arg(long, value_name = "PORT")]
    pub clouds_port: Option<u16>,
}

impl Layer {
    /// The environment's layer; a variable that is set must be readable.
    pub fn from_environment(environment: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let text = |name: &str| environment(name).filter(|text| !text.is_empty());
        Ok(Self {
            data: text("KUMOICHI_DATA").map(Into::into),
            database: text("KUMOICHI_DATABASE"),
            listen: read(
                &text,
                "KUMOICHI_LISTEN",
                "an address and a port, such as 127.0.0.1:7600",
            )?,
            public_origin: text("KUMOICHI_PUBLIC_ORIGIN"),
            secure_cookies: read(&text, "KUMOICHI_SECURE_COOKIES", "true or false")?,
            site: text("KUMOICHI_SITE").map(Into::into),
            dictionary: text("KUMOICHI_DICTIONARY").map(Into::into),
            workers: read(&text, "KUMOICHI_WORKERS", "a whole number, 0 or more")?,
            lease_seconds: read(&text, "KUMOICHI_LEASE_SECONDS", SECONDS)?,
            monitor_interval_seconds: read(&text, "KUMOICHI_MONITOR_INTERVAL_SECONDS", SECONDS)?,
            examine_interval_seconds: read(&text, "KUMOICHI_EXAMINE_INTERVAL_SECONDS", SECONDS)?,
            price_days_max: read(&text, "KUMOICHI_PRICE_DAYS_MAX", "a whole number of days")?,
            admission_required: read(&text, "KUMOICHI_ADMISSION_REQUIRED", "true or false")?,
            allowed_networks: text("KUMOICHI_ALLOWED_NETWORKS")
                .map(|list| list.split(',').map(|part| part.trim().to_owned()).collect()),
            mirrors: text("KUMOICHI_MIRRORS")
                .map(|list| list.split(',').map(|part| part.trim().to_owned()).collect()),
            sealing_key: text("KUMOICHI_SEALING_KEY").map(Into::into),
            smtp: text("KUMOICHI_SMTP"),
            mail_from: text("KUMOICHI_MAIL_FROM"),
            language: text("KUMOICHI_LANGUAGE"),
            log: text("KUMOICHI_LOG"),
            log_format: read(&text, "KUMOICHI_LOG_FORMAT", "plain or json")?,
            count_statements: read(&text, "KUMOICHI_COUNT_STATEMENTS", "true or false")?,
            clouds_port: read(&text, "KUMOICHI_CLOUDS_PORT", "a whole number from 0 to 65535")?,
        })
    }

    /// This layer, with `weaker` where it says nothing.
    #[must_use]
    pub fn or(self, weaker: Self) -> Self {
        Self {
            data: self.data.or(weaker.data),
            database: self.database.or(weaker.database),
            listen: self.listen.or(weaker.listen),
            public_origin: self.public_origin.or(weaker.public_origin),
            secure_cookies: self.secure_cookies.or(weaker.secure_cookies),
            site: self.site.or(weaker.site),
            dictionary: self.dictionary.or(weaker.dictionary),
            workers: self.workers.or(weaker.workers),
            lease_seconds: self.lease_seconds.or(weaker.lease_seconds),
            monitor_interval_seconds: self
                .monitor_interval_seconds
                .or(weaker.monitor_interval_seconds),
            examine_interval_seconds: self
                .examine_interval_seconds
                .or(weaker.examine_interval_seconds),
            price_days_max: self.price_days_max.or(weaker.price_days_max),
            admission_required: self.admission_required.or(weaker.admission_required),
            allowed_networks: self.allowed_networks.or(weaker.allowed_networks),
            mirrors: self.mirrors.or(weaker.mirrors),
            sealing_key: self.sealing_key.or(weaker.sealing_key),
            smtp: self.smtp.or(weaker.smtp),
            mail_from: self.mail_from.or(weaker.mail_from),
            language: self.language.or(weaker.language),
            log: self.log.or(weaker.log),
            log_format: self.log_format.or(weaker.log_format),
            count_statements: self.count_statements.or(weaker.count_statements),
            clouds_port: self.clouds_port.or(weaker.clouds_port),
        }
    }
}

/// What a number of seconds may be.
const SECONDS: &str = "a whole number from 0 to 4294967295";

fn read<T: FromStr>(
    text: &dyn Fn(&str) -> Option<String>,
    name: &str,
    allowed: &str,
) -> anyhow::Result<Option<T>> {
    let Some(given) = text(name) else { return Ok(None) };
    let refuse = |_| anyhow!("{name}: `{given}` cannot be read; allowed: {allowed}");
    given.trim().parse().map(Some).map_err(refuse)
}

impl FromStr for LogFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        <Self as ValueEnum>::from_str(text, true).map_err(|_| UnknownFormat)
    }
}

/// The text names no form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use plain or json")]
pub struct UnknownFormat;

/// A database address may carry a password, so it never shows.
impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer")
            .field("data", &self.data)
            .field("listen", &self.listen)
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}
