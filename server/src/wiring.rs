//! The only place where concrete parts meet: database, clock, ids, clouds, probe, index, key.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use broker::ports::{Channels, CloudConnection, Drivers, Mailer};
use broker::{Broker, BrokerConfig, BrokerParts, SealingKey};
use provider_api::http::{HttpReader, WebhookSender};
use provider_api::suite::{self, Options, RealTime, Report, Target};
use provider_api::{AddressPolicy, AddressRange, Driver, DriverConfig, HttpDriver, HttpProbe};
use storage::{Db, StorageError};

use crate::clouds;
use crate::config::{Settings, create_private};
use crate::letters::{ServerLetters, SmtpMailer};
use crate::{SystemClock, SystemIds};

/// A service that does not answer within this time counts as unreachable.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// A receiver of events answers within this time, or is asked again later.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
/// Another market answers within this time, also with a page of its catalogue.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Who mail is from where nothing was said.
const MAIL_FROM: &str = "Kumoichi <no-reply@localhost>";

/// Told together with the reason.
const NOT_OPENED: &str = "the database cannot be opened";
/// What to do where a database was expected and there is none.
pub(crate) const NO_DATABASE_ADVICE: &str = "name the right folder with --data or the right address with --database, \
    or begin a new market with `kumoichi migrate` or `kumoichi serve`";

/// An open broker and what must stay open beside it.
#[derive(Debug)]
pub struct Opened {
    /// Every use case.
    pub broker: Broker,
    /// Held as long as this process uses the index folder; `None`: another process has it.
    pub index_lock: Option<File>,
}

/// Opens and migrates the database; makes it where it is missing.
pub async fn open_database(settings: &Settings) -> anyhow::Result<Db> {
    settings.create_data()?;
    let db = Db::open(&settings.database).await.context(NOT_OPENED)?;
    migrate(&db).await?;
    Ok(db)
}

/// Opens a database that has to be there already, and creates none.
pub async fn find_database(settings: &Settings) -> anyhow::Result<Db> {
    match Db::open_existing(&settings.database).await {
        Ok(db) => Ok(db),
        Err(error @ (StorageError::NoDatabase(_) | StorageError::NoTables)) => {
            bail!("{error}; nothing was created; {NO_DATABASE_ADVICE}")
        }
        Err(error) => Err(error).context(NOT_OPENED),
    }
}

/// Brings the tables up to date.
pub(crate) async fn migrate(db: &Db) -> anyhow::Result<()> {
    db.migrate().await.context("the database cannot be brought up to date")
}

/// Opens everything a command needs to call use cases, over a new or an old database.
pub async fn open(settings: &Settings) -> anyhow::Result<Opened> {
    let db = open_database(settings).await?;
    open_over(settings, db, lock_index(settings)?).await
}

/// The same, over a database that has to be there already.
pub async fn open_existing(settings: &Settings) -> anyhow::Result<Opened> {
    let db = find_database(settings).await?;
    migrate(&db).await?;
    settings.create_data()?;
    open_over(settings, db, lock_index(settings)?).await
}

/// Opens a broker over this database, with the index folder if its lock is held.
pub(crate) async fn open_over(
    settings: &Settings,
    db: Db,
    index_lock: Option<File>,
) -> anyhow::Result<Opened> {
    let index_dir = index_lock.is_some().then(|| settings.index_folder());
    let broker = open_broker(settings, db, index_dir).await?;
    Ok(Opened { broker, index_lock })
}

/// A broker over an open database; without an index folder the index is in memory.
pub(crate) async fn open_broker(
    settings: &Settings,
    db: Db,
    index_dir: Option<PathBuf>,
) -> anyhow::Result<Broker> {
    let allowed = allowed_networks(settings)?;
    let probe = HttpProbe::new(PROBE_TIMEOUT, AddressPolicy::allowing(allowed.clone()))?;
    let parts = BrokerParts {
        db,
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds::default()),
        drivers: Arc::new(HttpDrivers::new(allowed.clone())),
        probe: Arc::new(probe),
        channels: channels(settings, allowed)?,
        config: BrokerConfig {
            workers: settings.workers,
            monitor_interval_seconds: i64::from(settings.monitor_interval_seconds),
            examine_interval_seconds: i64::from(settings.examine_interval_seconds),
            price_days_max: i64::from(settings.price_days_max),
            admission_required: settings.admission_required,
            lease_seconds: i64::from(settings.lease_seconds),
            password_memory_kib: broker::PASSWORD_MEMORY_KIB,
            index_dir,
            dictionary_dir: settings.dictionary.clone(),
            sealing_key: sealing_key(&settings.sealing_key)?,
        },
    };
    Broker::open(parts).await.context("the broker cannot be opened")
}

/// Mail and webhooks, as the settings say.
fn channels(settings: &Settings, allowed: Vec<AddressRange>) -> anyhow::Result<Channels> {
    let origin = settings.public_origin.clone();
    let origin = origin.unwrap_or_else(|| format!("http://{}", settings.listen));
    let mailer = match &settings.smtp {
        Some(server) => Some(mailer(server, settings)?),
        None => None,
    };
    Ok(Channels {
        letters: Arc::new(ServerLetters::new(&origin, settings.language)),
        mailer,
        webhooks: Some(WebhookSender::new(
            WEBHOOK_TIMEOUT,
            AddressPolicy::allowing(allowed.clone()),
        )?),
        reader: Some(HttpReader::new(READ_TIMEOUT, AddressPolicy::allowing(allowed))?),
        mirrors: settings.mirrors.clone(),
        origin,
    })
}

fn mailer(server: &str, settings: &Settings) -> anyhow::Result<Arc<dyn Mailer>> {
    let from = settings.mail_from.as_deref().unwrap_or(MAIL_FROM);
    let smtp = mail::Smtp::new(server, from).context("smtp and mail_from")?;
    Ok(Arc::new(SmtpMailer(smtp)))
}

/// Takes the index folder for this process. Another process that has it (a running broker while
/// `seed` adds offers) keeps it, and this one works with an index in memory.
pub(crate) fn lock_index(settings: &Settings) -> anyhow::Result<Option<File>> {
    let path = settings.data.join("index.lock");
    let lock = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("{} cannot be opened", path.display()))?;
    Ok(lock.try_lock().is_ok().then_some(lock))
}

/// The networks named in the settings, and this machine when demo clouds run on it.
pub(crate) fn allowed_networks(settings: &Settings) -> anyhow::Result<Vec<AddressRange>> {
    let mut allowed = settings.allowed_networks.clone();
    if clouds::exist(&settings.clouds_folder()) {
        allowed.push(clouds::ADDRESS_BLOCK.parse()?);
    }
    Ok(allowed)
}

/// Makes HTTP drivers and keeps one for each connection, so that its connections are used again.
#[derive(Debug)]
pub struct HttpDrivers {
    allowed: Vec<AddressRange>,
    /// By provider; address and token tell whether it is still the right one.
    kept: Mutex<HashMap<domain::ProviderId, Kept>>,
}

#[derive(Debug)]
struct Kept {
    url: String,
    token: provider_api::Secret,
    driver: Arc<dyn Driver>,
}

impl HttpDrivers {
    /// Drivers that reach public addresses and the networks named.
    #[must_use]
    pub fn new(allowed: Vec<AddressRange>) -> Self {
        Self { allowed, kept: Mutex::default() }
    }
}

#[async_trait::async_trait]
impl Drivers for HttpDrivers {
    fn driver(&self, connection: &CloudConnection) -> Result<Arc<dyn Driver>, String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get(&connection.provider)
            && known.url == connection.url
            && known.token.reveal() == connection.token
        {
            return Ok(Arc::clone(&known.driver));
        }
        let config = DriverConfig::new(&connection.url, connection.token.as_str())
            .map_err(|error| error.to_string())?
            .allowing(self.allowed.clone());
        let driver: Arc<dyn Driver> =
            Arc::new(HttpDriver::new(config).map_err(|error| error.to_string())?);
        let known = Kept {
            url: connection.url.clone(),
            token: provider_api::Secret::new(connection.token.clone()),
            driver: Arc::clone(&driver),
        };
        kept.insert(connection.provider, known);
        Ok(driver)
    }

    async fn examine(
        &self,
        connection: &CloudConnection,
        options: &Options,
    ) -> Result<Report, String> {
        let config = DriverConfig::new(&connection.url, connection.token.as_str())
            .map_err(|error| error.to_string())?
            .allowing(self.allowed.clone());
        let target = Target::new(config);
        Ok(suite::run(&target, options, Arc::new(RealTime)).await)
    }
}

/// Reads the key that seals secrets, or makes one.
pub(crate) fn sealing_key(path: &Path) -> anyhow::Result<SealingKey> {
    let shown = path.display();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut fresh = [0; 32];
            crate::system::fill(&mut fresh);
            write_secret(path, &hex::encode(fresh))
                .with_context(|| format!("the sealing key {shown} cannot be written"))?
        }
        Err(error) => {
            return Err(error).with_context(|| format!("the sealing key {shown} cannot be read"));
        }
    };
    let mut key = [0; 32];
    if hex::decode_to_slice(text.trim(), &mut key).is_err() {
        bail!("the sealing key {shown} is not 64 hexadecimal digits");
    }
    Ok(SealingKey(key))
}

/// Writes a new file that only its owner can read; when another process was first, its text is taken.
pub(crate) fn write_secret(path: &Path, text: &str) -> std::io::Result<String> {
    if let Some(folder) = path.parent() {
        create_private(folder)?;
    }
    // Linked into place when it is whole, so that nobody reads half a secret.
    let mut suffix = [0; 8];
    crate::system::fill(&mut suffix);
    let beside = path.with_extension(format!("new-{}", hex::encode(suffix)));
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside)?;
    match linked {
        Ok(()) => Ok(text.to_owned()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => std::fs::read_to_string(path),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_sealing_key_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/sealing.key");
        let first = sealing_key(&path).unwrap();
        assert_eq!(sealing_key(&path).unwrap().0, first.0);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let names = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(names, 1, "nothing is left beside the key");
    }

    #[test]
    fn a_damaged_sealing_key_is_told_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealing.key");
        std::fs::write(&path, "abc").unwrap();
        assert!(sealing_key(&path).unwrap_err().to_string().contains("64 hexadecimal digits"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "abc");
    }

    #[test]
    fn a_driver_is_kept_until_address_or_token_change() {
        let drivers = HttpDrivers::new(vec!["127.0.0.1/32".parse().unwrap()]);
        let provider = domain::ProviderId::new(&SystemIds::default());
        let connection = |token: &str| CloudConnection {
            provider,
            url: "http://127.0.0.1:9".to_owned(),
            token: token.to_owned(),
        };
        let first = drivers.driver(&connection("token-one")).unwrap();
        assert!(Arc::ptr_eq(&first, &drivers.driver(&connection("token-one")).unwrap()));
        assert!(!Arc::ptr_eq(&first, &drivers.driver(&connection("token-two")).unwrap()));
        let foreign = CloudConnection { url: "http://127.0.0.2:9".to_owned(), ..connection("t") };
        assert!(drivers.driver(&foreign).is_err());
    }
}
