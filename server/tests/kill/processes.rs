//! The real program as broker and as cloud, to be killed.

use std::io::{BufRead, BufReader, Read};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use testkit::{SEALING_KEY, TestBroker, own_address};

/// How long anything may take before the story counts as stuck.
pub const PATIENCE: Duration = Duration::from_secs(60);
const PROGRAM: &str = env!("CARGO_BIN_EXE_kumoichi");
/// What it says with its port when it is open.
const OPEN: &str = "http://127.0.0.1:";
const TOKEN: &str = "token-of-the-killed-cloud";
const API_PORT: u16 = 7700;
const LINK_PORT: u16 = 7699;

/// Where a broker stands still.
#[derive(Clone, Copy)]
pub struct Hold<'a> {
    /// `KIND/STEP/MOMENT`.
    pub place: &'a str,
    /// Until this file appears; without one, until it is killed.
    pub until: Option<&'a Path>,
}

/// A process and what it says.
struct Talking {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Talking {
    fn start(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        forward(child.stdout.take().unwrap(), sender.clone());
        forward(child.stderr.take().unwrap(), sender);
        Self { child, lines }
    }

    /// Waits until it says something with `words`.
    fn wait_for(&self, words: &str) -> String {
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if line.contains(words) {
                return line;
            }
            seen.push(line);
        }
        panic!("never said {words:?}: {seen:#?}");
    }

    /// SIGKILL: nothing is closed, nothing is written.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A story that fails leaves no process behind.
impl Drop for Talking {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn forward(from: impl Read + Send + 'static, to: mpsc::Sender<String>) {
    std::thread::spawn(move || {
        let lines = BufReader::new(from).lines();
        lines.map_while(Result::ok).all(|line| to.send(line).is_ok())
    });
}

/// A broker over the market's database.
pub struct BrokerProcess(Talking);

impl BrokerProcess {
    pub fn start(market: &TestBroker, data: &Path, hold: Option<Hold<'_>>) -> Self {
        let mut command = Self::command(market, data);
        if let Some(hold) = hold {
            command.env(workflow::HOLD_VARIABLE, hold.place);
            if let Some(file) = hold.until {
                command.env(workflow::UNTIL_VARIABLE, file);
            }
        }
        Self(Talking::start(&mut command))
    }

    fn command(market: &TestBroker, data: &Path) -> Command {
        std::fs::create_dir_all(data).unwrap();
        let key = data.join("sealing.key");
        std::fs::write(&key, hex::encode(SEALING_KEY)).unwrap();
        let mut command = Command::new(PROGRAM);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--workers", "1", "--lease-seconds", "1"])
            .args(["--allowed-networks", "127.0.0.0/8", "--log", "info"])
            .arg("--database")
            .arg(&market.database.address)
            .arg("--data")
            .arg(data)
            .arg("--sealing-key")
            .arg(&key)
            .env_remove(workflow::HOLD_VARIABLE)
            .env_remove(workflow::UNTIL_VARIABLE);
        command
    }

    /// The same with further settings in its environment.
    pub fn start_with(market: &TestBroker, data: &Path, settings: &[(&str, String)]) -> Self {
        let mut command = Self::command(market, data);
        command.envs(settings.iter().map(|(name, value)| (*name, value.as_str())));
        Self(Talking::start(&mut command))
    }

    pub fn wait_until_open(&self) {
        self.origin();
    }

    /// Waits until it is open; where it listens.
    pub fn origin(&self) -> String {
        let said = self.0.wait_for(OPEN);
        let port = said.split(OPEN).nth(1).unwrap();
        let port: String = port.chars().take_while(char::is_ascii_digit).collect();
        format!("{OPEN}{port}")
    }

    pub fn wait_until_held(&self, place: &str) {
        self.0.wait_for(&format!("holding at {place}"));
    }

    pub fn kill(mut self) {
        self.0.kill();
    }
}

/// A cloud whose services outlive it.
pub struct CloudProcess {
    address: Ipv4Addr,
    data: PathBuf,
    regions: Vec<String>,
    instances: i64,
    running: Option<Talking>,
}

/// Machines in each zone, more than the stories need.
const PLENTY: i64 = 40;

impl CloudProcess {
    pub fn start(data: &Path) -> Self {
        Self::start_with_room(data, PLENTY)
    }

    /// A cloud with so many machines in each region.
    pub fn start_with_room(data: &Path, instances: i64) -> Self {
        Self::with_regions(data, &["jp-sapporo-1", "jp-osaka-1"], instances)
    }

    /// A cloud with one region.
    pub fn start_in(data: &Path, region: &str) -> Self {
        Self::with_regions(data, &[region], PLENTY)
    }

    fn with_regions(data: &Path, regions: &[&str], instances: i64) -> Self {
        let regions = regions.iter().map(|region| (*region).to_owned()).collect();
        let (address, data) = (own_address(), data.to_owned());
        let mut cloud = Self { address, data, regions, instances, running: None };
        cloud.start_again();
        cloud
    }

    /// Starts it where it was, over what it kept.
    pub fn start_again(&mut self) {
        let mut command = Command::new(PROGRAM);
        command
            .args(["cloud", "--listen", &format!("{}:{API_PORT}", self.address)])
            .args(["--first-address", &self.address.to_string(), "--ports", "200"])
            .args(["--link-listen", &format!("{}:{LINK_PORT}", self.address)])
            .args([
                "--instances",
                &self.instances.to_string(),
                "--vcpu",
                "400",
                "--ram-mb",
                "2000000",
            ])
            .args(["--storage-gb", "40000", "--mbps", &(self.instances * 100).to_string()])
            .args(["--log", "info"])
            .env("KUMOICHI_CLOUD_TOKEN", TOKEN)
            .arg("--data")
            .arg(&self.data);
        for region in &self.regions {
            command.args(["--zone", &format!("{region}a:{region}:JP:{region}")]);
        }
        let running = Talking::start(&mut command);
        running.wait_for("the cloud listens");
        self.running = Some(running);
    }

    /// SIGKILL to the cloud alone; its services run on.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill();
        }
    }

    pub fn connection(&self) -> (String, String) {
        (format!("http://{}:{API_PORT}", self.address), TOKEN.to_owned())
    }

    pub fn volume_exists(&self, allocation: &str) -> bool {
        self.data.join("volumes").join(allocation).exists()
    }
}
