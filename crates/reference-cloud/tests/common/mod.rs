//! A cloud for tests: in this process with a clock that tests move, or as a process of its own to kill.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::{ManualClock, Timestamp};
use provider_api::suite::{Patience, Target};
use provider_api::*;
use reference_cloud::{ChildCommand, CloudConfig, EndpointRange, RunningCloud, Tenant};
use tempfile::TempDir;

pub const TOKEN: &str = "token-for-tests";
pub const ADMIN: &str = "admin-for-tests";
/// Of the second tenant.
pub const OTHER: &str = "token-of-the-other-tenant";

/// An address of its own for every test process and cloud: no two tests ever share one.
pub fn own_address() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    // 127.1 to 127.254: never the addresses other programs use.
    Ipv4Addr::new(127, high.wrapping_mul(7) % 254 + 1, low, NEXT.fetch_add(1, Ordering::SeqCst))
}

pub fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_reference-cloud").into()
}

pub fn group() -> ResourceGroup {
    ResourceGroup {
        compute: ComputeSpec { count: 1, vcpu: 1, ram_mb: 256 },
        storage: StorageSpec { gb: 1 },
        network: NetworkSpec { mbps: 10, endpoint: EndpointKind::Http },
    }
}

pub fn start_request() -> StartRequest {
    StartRequest {
        application: Some("demo".into()),
        image: None,
        service_name: "試験 <service>".into(),
        settings: Default::default(),
        values: Default::default(),
    }
}

pub fn zone() -> Zone {
    Zone {
        id: "z1".into(),
        region: "tokyo".into(),
        country: "JP".into(),
        hazard_zone: "kanto".into(),
    }
}

/// What each of the two zones lends.
pub const CAPACITY: Amounts =
    Amounts { instances: 4, vcpu: 8, ram_mb: 4096, storage_gb: 10, mbps: 1000 };

/// In a region of its own.
pub fn second_zone() -> Zone {
    Zone {
        id: "z2".into(),
        region: "osaka".into(),
        country: "JP".into(),
        hazard_zone: "kansai".into(),
    }
}

pub fn config(dir: &TempDir) -> CloudConfig {
    let address = own_address();
    let demo_app = ChildCommand { program: program(), args: vec!["demo-app".into()] };
    let listen = SocketAddr::new(address.into(), 0);
    let mut config = CloudConfig::small(
        listen,
        dir.path().to_owned(),
        "Test cloud",
        vec![
            ZoneCapacity { zone: zone(), capacity: CAPACITY },
            ZoneCapacity { zone: second_zone(), capacity: CAPACITY },
        ],
        Secret::new(TOKEN),
        demo_app,
    );
    config.endpoints =
        EndpointRange { first_address: address, addresses: 1, first_port: 8700, ports: 8 };
    config.faults = true;
    config.link_listen = Some(listen);
    config.webhooks_to_loopback = true;
    config.admin_token = Some(Secret::new(ADMIN));
    // More than there is: a limit that tests of capacity never meet first.
    config.tenants[0].limits.storage_gb = Some(1000);
    config.tenants.push(tenant("other", OTHER, Limits::default()));
    config
}

pub fn tenant(name: &str, token: &str, limits: Limits) -> Tenant {
    Tenant { name: name.into(), tokens: vec![Secret::new(token)], limits }
}

pub fn driver(url: &str) -> HttpDriver {
    driver_of(url, TOKEN)
}

/// The driver of one tenant.
pub fn driver_of(url: &str, token: &str) -> HttpDriver {
    let mut config =
        DriverConfig::new(url, token).unwrap().allowing(vec!["127.0.0.0/8".parse().unwrap()]);
    config.retry.first_wait = Duration::from_millis(5);
    HttpDriver::new(config).unwrap()
}

/// A cloud in this process.
pub struct Local {
    pub dir: TempDir,
    pub cloud: RunningCloud,
    pub clock: Arc<ManualClock>,
    pub driver: HttpDriver,
}

impl Local {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut CloudConfig)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
        let mut config = config(&dir);
        change(&mut config);
        let cloud = reference_cloud::start(config, clock.clone()).await.unwrap();
        let driver = driver(&cloud.url());
        Self { dir, cloud, clock, driver }
    }

    pub async fn pass(&self, time: Duration) {
        Moved(self.clock.clone()).pass(time).await;
    }

    pub fn volume(&self, id: &AllocationId) -> PathBuf {
        self.dir.path().join("volumes").join(id.as_str())
    }
}

/// Moves the clock of a cloud in this process.
#[derive(Debug)]
pub struct Moved(pub Arc<ManualClock>);

#[async_trait]
impl Patience for Moved {
    async fn pass(&self, time: Duration) {
        self.0.advance_us(i64::try_from(time.as_micros()).unwrap());
    }
}

/// What the suite examines at an address, with everything this machine allows.
pub fn target(url: &str) -> Target {
    let config =
        DriverConfig::new(url, TOKEN).unwrap().allowing(vec!["127.0.0.0/8".parse().unwrap()]);
    let mut target = Target::new(config);
    target.admin_token = Some(Secret::new(ADMIN));
    target.other_token = Some(Secret::new(OTHER));
    // A cloud can be linked with itself.
    target.second = Some(target.config.clone());
    target
}

/// A cloud as a process of its own, killed at the end of the test together with its children.
pub struct Process {
    pub dir: TempDir,
    pub address: SocketAddr,
    pub driver: HttpDriver,
    child: Option<Child>,
    instances: u32,
}

impl Process {
    pub async fn start() -> Self {
        Self::start_as(&[]).await
    }

    /// With further tenants beside the one of [`TOKEN`].
    pub async fn start_as(tenants: &[(&str, &str, Limits)]) -> Self {
        Self::start_with(8, tenants).await
    }

    /// With so many machines in all.
    pub async fn start_with(instances: u32, tenants: &[(&str, &str, Limits)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tenants = tenants.iter().map(|(name, token, limits)| {
            serde_json::json!({"name": name, "tokens": [token], "quota": limits})
        });
        let tenants = serde_json::Value::from_iter(tenants).to_string();
        std::fs::write(dir.path().join("tenants.json"), tenants).unwrap();
        let address = SocketAddr::new(own_address().into(), 8600);
        let mut process = Self {
            dir,
            address,
            driver: driver(&format!("http://{address}")),
            child: None,
            instances,
        };
        process.restart().await;
        process
    }

    pub async fn restart(&mut self) {
        let child = Command::new(program())
            .arg("serve")
            .arg("--webhooks-to-loopback")
            .args(["--listen", &self.address.to_string(), "--data-dir"])
            .arg(self.dir.path())
            .args(["--instances", &self.instances.to_string()])
            .args(["--link-listen", &format!("{}:8599", self.address.ip())])
            .arg("--tenants")
            .arg(self.dir.path().join("tenants.json"))
            .args([
                "--region",
                &zone().region,
                "--first-address",
                &self.address.ip().to_string(),
                "--token",
                TOKEN,
                "--admin-token",
                ADMIN,
            ])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        // Machines of before are adopted first.
        until_within(Duration::from_secs(60), "the cloud answers", || async {
            self.driver.capabilities().await.is_ok()
        })
        .await;
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Waits for the process to end by itself.
    pub async fn wait_for_end(&mut self) -> std::process::ExitStatus {
        let mut child = self.child.take().unwrap();
        tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap()
    }

    /// A polite request to end.
    pub async fn terminate(&mut self) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.wait_for_end().await.success());
    }

    pub async fn order_fault(&self, order: &str) {
        order_fault(&format!("http://{}", self.address), order).await;
    }

    pub async fn switch(&self, switches: serde_json::Value) {
        assert_eq!(put_switches(&format!("http://{}", self.address), &switches).await, 200);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        // Children outlive a killed cloud on purpose; a failed test must not leave them behind.
        for pid in child_pids(&self.dir) {
            let _ =
                Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
        }
    }
}

/// Process ids of running children, from the files they write.
pub fn child_pids(dir: &TempDir) -> Vec<i64> {
    let Ok(entries) = std::fs::read_dir(dir.path().join("run")) else { return Vec::new() };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let files = files.filter(|file| file.extension().is_some_and(|end| end == "json"));
    files.filter_map(|file| pid_in(&file)).filter(|pid| is_alive(*pid)).collect()
}

fn pid_in(file: &std::path::Path) -> Option<i64> {
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    json["pid"].as_i64()
}

/// Whether the process runs; one that is dead and not yet collected does not.
pub fn is_alive(pid: i64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

pub async fn order_fault(url: &str, order: &str) {
    let order: serde_json::Value = serde_json::from_str(order).unwrap();
    let response = client()
        .post(format!("{url}/faults"))
        .bearer_auth(ADMIN)
        .json(&order)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
}

pub fn client() -> reqwest::Client {
    // The driver gives the process its cryptography.
    let _ = driver("http://127.0.0.1:1");
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// A call of the API as it goes over the wire: status and JSON; a changing one carries a key.
pub async fn ask(
    url: &str,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: Option<serde_json::Value>,
) -> (u16, serde_json::Value) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = client().request(method, format!("{url}{path}")).bearer_auth(TOKEN);
    if let Some(key) = key {
        request = request.header(paths::IDEMPOTENCY_KEY, key).header(paths::EPOCH, "1");
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

/// The text of a question, with its content type.
pub async fn text(url: &str, path: &str) -> (String, String) {
    let answer = client().get(format!("{url}{path}")).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (kind, answer.text().await.unwrap())
}

/// Waits for a condition, at most ten seconds.
pub async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    until_within(Duration::from_secs(10), what, condition).await;
}

/// Waits for a condition with a limit.
pub async fn until_within<F: Future<Output = bool>>(
    limit: Duration,
    what: &str,
    condition: impl Fn() -> F,
) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub fn call(key: &str) -> Call {
    Call { key: IdempotencyKey::parse(key).unwrap(), epoch: 1 }
}

pub fn command(key: &str, id: &AllocationId) -> AllocationCommand {
    AllocationCommand { call: call(key), allocation_id: id.clone() }
}

pub fn hold_command(key: &str, resources: ResourceGroup) -> HoldCommand {
    HoldCommand {
        call: call(key),
        request: HoldRequest {
            label: "ctr_1".into(),
            region: zone().region,
            resources,
            links: Vec::new(),
            ttl_seconds: None,
        },
    }
}

pub fn start_command(key: &str, id: &AllocationId) -> StartCommand {
    StartCommand { call: call(key), allocation_id: id.clone(), request: start_request() }
}

/// Holds, books, starts and opens; returns the open allocation.
pub async fn activate(driver: &HttpDriver, resources: ResourceGroup, quota: Quota) -> Allocation {
    let id = driver.hold(hold_command("hold", resources)).await.unwrap().id;
    driver
        .confirm(ConfirmCommand { call: call("confirm"), allocation_id: id.clone(), quota })
        .await
        .unwrap();
    driver.start(start_command("start", &id)).await.unwrap();
    driver.allow(command("allow", &id)).await.unwrap()
}

pub fn service_url(allocation: &Allocation) -> String {
    allocation.endpoint.as_ref().unwrap().url.clone()
}

pub fn prober() -> HttpProbe {
    let policy = AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]);
    HttpProbe::new(Duration::from_secs(5), policy).unwrap()
}

pub async fn put_switches(url: &str, switches: &serde_json::Value) -> u16 {
    let url = format!("{url}/switches");
    let answer = client().put(url).bearer_auth(ADMIN).json(switches).send().await.unwrap();
    answer.status().as_u16()
}

/// Turns the switches of a cloud in this process.
pub async fn switch(local: &Local, switches: serde_json::Value) {
    assert_eq!(put_switches(&local.cloud.url(), &switches).await, 200);
}

/// Writes a note through the application, as a user does.
pub async fn note(open: &Allocation, text: &str) {
    let url = format!("{}notes", service_url(open));
    let form = client().post(url).header("content-type", "application/x-www-form-urlencoded");
    let answer = form.body(format!("note={}", text.replace(' ', "+"))).send().await.unwrap();
    assert_eq!(answer.status(), 303);
}

/// A call on one backup.
pub fn about(key: &str, backup: &Backup) -> BackupCommand {
    BackupCommand { call: call(key), backup_id: backup.id.clone() }
}

/// Waits for the end of long work, whatever it is.
pub async fn ended(driver: &HttpDriver, work: &LongOperation) -> LongOperation {
    let look = || async { driver.long_operation(&work.id).await.unwrap() };
    until_within(Duration::from_secs(30), "the work ends", || async {
        look().await.state != WorkState::Running
    })
    .await;
    look().await
}

/// A backup made now.
pub async fn backed_up(driver: &HttpDriver, key: &str, id: &AllocationId) -> Backup {
    let work = driver.backup(command(key, id)).await.unwrap();
    let done = ended(driver, &work).await;
    assert_eq!(done.state, WorkState::Succeeded, "{done:?}");
    driver.one_backup(done.backup_id.as_ref().unwrap()).await.unwrap()
}

/// Whether a process was made to stand still.
pub fn stands_still(pid: i64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T'))
}
