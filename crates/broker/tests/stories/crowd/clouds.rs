//! The clouds of a crowd: processes of their own, so that they can die in the middle, each with somebody who starts it
//! again over what it kept and orders its troubles anew.

use provider_api::Driver;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::{Fault, Switches, driver_to, own_address, program};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "token-of-the-crowd";
const ADMIN: &str = "admin-token-of-the-crowd";
const API_PORT: u16 = 8_600;
/// Addresses for services beyond those for each machine: some end while others begin.
const SPARE_PORTS: usize = 64;
/// Pause between two looks at a process.
const LOOK: Duration = Duration::from_millis(20);
/// How long a cloud may take to begin; machines of before are adopted first.
const BEGIN: Duration = Duration::from_secs(120);
/// How long a moment of trouble lasts, and how long it is quiet before the next.
const MOMENT: Duration = Duration::from_millis(100);
const QUIET: Duration = Duration::from_millis(1_500);

/// What a cloud suffers until it is calm again.
#[derive(Clone, Debug, Default)]
pub struct Trouble {
    /// Orders for single calls.
    pub orders: Vec<Fault>,
    /// Orders to die. Counting begins anew whenever it starts, so one is ordered at a time, in turns.
    pub deaths: Vec<Fault>,
    /// What is switched on all the time.
    pub switches: Switches,
    /// What is switched on for a moment instead, in turns.
    pub moments: Vec<Switches>,
}

/// A cloud that is always started again.
pub struct CrowdCloud {
    shared: Arc<Shared>,
    keeper: JoinHandle<()>,
    stop: CancellationToken,
}

struct Shared {
    folder: TempDir,
    address: Ipv4Addr,
    zone: (&'static str, &'static str),
    room: usize,
    child: Mutex<Option<Child>>,
    trouble: Mutex<Trouble>,
    crashes: AtomicU32,
    moments: AtomicU32,
    client: reqwest::Client,
}

impl CrowdCloud {
    /// Starts a cloud with one region and room for so many machines of the reference basket.
    pub async fn start(region: &'static str, country: &'static str, room: usize) -> Self {
        let shared = Arc::new(Shared {
            folder: tempfile::tempdir().unwrap(),
            address: own_address(),
            zone: (region, country),
            room,
            child: Mutex::new(None),
            trouble: Mutex::new(Trouble::default()),
            crashes: AtomicU32::new(0),
            moments: AtomicU32::new(0),
            client: reqwest::Client::new(),
        });
        shared.begin().await;
        let stop = CancellationToken::new();
        let keeper = tokio::spawn(keep(Arc::clone(&shared), stop.clone()));
        Self { shared, keeper, stop }
    }

    /// Address and token, as a provider connects it.
    pub fn connection(&self) -> (String, String) {
        (self.shared.url(), TOKEN.to_owned())
    }

    /// A driver of the cloud, past the broker.
    pub fn driver(&self) -> Arc<dyn Driver> {
        driver_to(self.connection())
    }

    /// From now on it suffers this instead of what it suffered before.
    pub async fn suffer(&self, trouble: Trouble) {
        *self.shared.trouble.lock().unwrap() = trouble;
        // Whoever keeps it orders it when it is just dead.
        self.shared.order().await;
    }

    /// How often it died, and how many moments of trouble it had.
    pub fn suffered(&self) -> (u32, u32) {
        let of = |count: &AtomicU32| count.load(Ordering::SeqCst);
        (of(&self.shared.crashes), of(&self.shared.moments))
    }

    /// Ends it with its machines.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.keeper.await.unwrap();
        let child = self.shared.child.lock().unwrap().take();
        let mut child = child.unwrap();
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let end = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
        assert!(end.success(), "{end}");
    }
}

impl Shared {
    fn url(&self) -> String {
        format!("http://{}", SocketAddr::new(self.address.into(), API_PORT))
    }

    /// Starts the process and waits until it answers.
    async fn begin(&self) {
        let (region, country) = self.zone;
        let of_each = |amount: usize| (self.room * amount).to_string();
        let log = std::fs::File::create(self.folder.path().join("cloud.log")).unwrap();
        let child = Command::new(program())
            .arg("serve")
            .args(["--listen", &format!("{}:{API_PORT}", self.address), "--data-dir"])
            .arg(self.folder.path())
            .args(["--region", region, "--country", country])
            .args(["--first-address", &self.address.to_string(), "--first-port", "8700"])
            .args(["--ports", &(self.room + SPARE_PORTS).to_string()])
            .args(["--instances", &of_each(1), "--vcpu", &of_each(8)])
            .args(["--ram-mb", &of_each(32_768), "--storage-gb", &of_each(500)])
            .args(["--mbps", &of_each(100), "--token", TOKEN, "--admin-token", ADMIN])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        *self.child.lock().unwrap() = Some(child);
        let begun = Instant::now();
        let health = format!("{}/healthz", self.url());
        while self.client.get(&health).send().await.is_err() {
            assert!(begun.elapsed() < BEGIN, "the cloud in {region} does not begin");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Orders the trouble that is meant now; a cloud that is dead gets it when it is there again.
    async fn order(&self) {
        let Trouble { mut orders, deaths, switches, .. } = self.trouble.lock().unwrap().clone();
        // First: of two that want the same call only the first comes, and the others are ordered anew after a death.
        let death = next_of(deaths, self.crashes.load(Ordering::SeqCst) as usize);
        orders.splice(0..0, death);
        let faults = format!("{}/faults", self.url());
        if self.client.delete(&faults).bearer_auth(ADMIN).send().await.is_err() {
            return;
        }
        for order in orders {
            let post = self.client.post(&faults).bearer_auth(ADMIN).json(&order);
            let Ok(answer) = post.send().await else { return };
            assert_eq!(answer.status(), 200);
        }
        self.switch(&switches).await;
    }

    async fn switch(&self, switches: &Switches) {
        let put = self.client.put(format!("{}/switches", self.url())).bearer_auth(ADMIN);
        if let Ok(answer) = put.json(switches).send().await {
            assert_eq!(answer.status(), 200);
        }
    }

    /// Whether the process has ended.
    fn is_dead(&self) -> bool {
        let mut child = self.child.lock().unwrap();
        child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some())
    }
}

/// The order to die that comes after so many deaths. The first of each kind comes soon, so that a small crowd sees it.
fn next_of(deaths: Vec<Fault>, died: usize) -> Option<Fault> {
    let kinds = deaths.len();
    let death = deaths.into_iter().nth(died.checked_rem(kinds)?)?;
    let nth = if died < kinds { death.nth } else { death.every.unwrap_or(death.nth) };
    Some(Fault { nth, ..death })
}

/// Starts it whenever it is dead, and lets the moments of its trouble come.
async fn keep(shared: Arc<Shared>, stop: CancellationToken) {
    let mut next = Instant::now() + QUIET;
    let mut turn = 0;
    while !stop.is_cancelled() {
        tokio::time::sleep(LOOK).await;
        if shared.is_dead() {
            shared.crashes.fetch_add(1, Ordering::SeqCst);
            shared.begin().await;
            shared.order().await;
        }
        let moments = shared.trouble.lock().unwrap().moments.clone();
        if next > Instant::now() || moments.is_empty() {
            continue;
        }
        shared.switch(&moments[turn % moments.len()]).await;
        tokio::time::sleep(MOMENT).await;
        let usual = shared.trouble.lock().unwrap().switches.clone();
        shared.switch(&usual).await;
        shared.moments.fetch_add(1, Ordering::SeqCst);
        (turn, next) = (turn + 1, Instant::now() + QUIET);
    }
}

/// A story that fails leaves no process behind; machines outlive a killed cloud on purpose.
impl Drop for Shared {
    fn drop(&mut self) {
        let Some(mut child) = self.child.get_mut().unwrap().take() else { return };
        let _ = child.kill();
        let _ = child.wait();
        for pid in machines(self.folder.path()) {
            let _ = Command::new("kill").args(["-9", &pid]).stderr(Stdio::null()).status();
        }
    }
}

/// Process ids of machines, from the files they write.
fn machines(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder.join("run")) else { return Vec::new() };
    let files = entries.filter_map(|entry| std::fs::read(entry.ok()?.path()).ok());
    let json = files.filter_map(|file| serde_json::from_slice::<serde_json::Value>(&file).ok());
    json.filter_map(|json| Some(json["pid"].as_i64()?.to_string())).collect()
}
