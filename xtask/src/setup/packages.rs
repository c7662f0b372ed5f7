//! Debian packages: which are needed, which are there, installing them where that is possible.

use super::{Purpose, missing};
use crate::{say, tool};
use anyhow::Result;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

const UPDATE_LIMIT: Duration = Duration::from_secs(3 * 60);
const INSTALL_LIMIT: Duration = Duration::from_secs(15 * 60);

/// Something the project needs and the Debian package that brings it.
struct Need {
    package: &'static str,
    purpose: Purpose,
    present: fn() -> bool,
}

/// Chromium without windows: the same engine for a fifth less work. Older systems have only the whole.
const BROWSER: &str = "chromium-headless-shell";
const WHOLE_BROWSER: &str = "chromium";

const NEEDS: &[Need] = &[
    Need { package: "gcc", purpose: Purpose::Run, present: has_compiler },
    Need { package: "libc6-dev", purpose: Purpose::Run, present: has_headers },
    Need { package: "nodejs", purpose: Purpose::Test, present: || on_path("node") },
    Need { package: "npm", purpose: Purpose::Test, present: || on_path("npm") },
    Need { package: BROWSER, purpose: Purpose::Test, present: has_browser },
    Need { package: "fonts-noto-cjk", purpose: Purpose::Test, present: has_japanese_font },
    Need {
        package: crate::dictionary::PACKAGE,
        purpose: Purpose::Test,
        present: crate::dictionary::has_source,
    },
    Need { package: "postgresql", purpose: Purpose::Test, present: has_postgresql },
];

/// Installs every missing package the purpose needs, or stops with the command that would.
pub fn ensure(purpose: Purpose) -> Result<()> {
    let wanted: Vec<&str> = NEEDS
        .iter()
        .filter(|need| need.purpose <= purpose && !(need.present)())
        .map(|need| need.package)
        .collect();
    install(&wanted)
}

/// Installs Debian packages; does nothing for an empty list.
pub fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    if !can_install() {
        return missing(&list, &format!("sudo apt-get install --no-install-recommends {list}"));
    }
    say::line(&format!("   Debian packages: installing {list}"));
    let mut update = apt();
    update.args(["-qq", "update"]);
    if let Err(error) = tool::run_within(&mut update, UPDATE_LIMIT) {
        say::line(&format!("   package lists not refreshed ({error:#}); trying with the old ones"));
    }
    let offered = packages.iter().map(|package| match *package {
        BROWSER if !is_offered(BROWSER) => WHOLE_BROWSER,
        package => package,
    });
    let mut install = apt();
    install.args(["-qq", "-y", "--no-install-recommends", "install"]).args(offered);
    tool::run_within(&mut install, INSTALL_LIMIT)
}

/// Says whether this process may install Debian packages.
pub fn can_install() -> bool {
    is_root() && on_path("apt-get")
}

/// Says whether this process runs as root.
pub fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|data| data.uid() == 0)
}

/// Says whether a Debian package is installed.
pub fn is_installed(package: &str) -> bool {
    let mut query = tool::command("dpkg-query");
    query.args(["-W", "-f", "${db:Status-Status}", package]);
    tool::output_within(&mut query, Duration::from_secs(10))
        .is_ok_and(|status| status == "installed")
}

/// Says whether the package lists know a package.
fn is_offered(package: &str) -> bool {
    let mut query = tool::command("apt-cache");
    query.args(["show", "--no-all-versions", package]);
    tool::output_within(&mut query, Duration::from_secs(30)).is_ok_and(|text| !text.is_empty())
}

fn apt() -> std::process::Command {
    let mut apt = tool::command("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=30"])
        .stdout(std::process::Stdio::null());
    apt
}

fn on_path(name: &str) -> bool {
    tool::on_path(name).is_some()
}

/// A whole browser does too where nothing can be installed.
fn has_browser() -> bool {
    on_path(BROWSER) || (on_path(WHOLE_BROWSER) && !(can_install() && is_offered(BROWSER)))
}

fn has_compiler() -> bool {
    on_path("cc")
}

fn has_headers() -> bool {
    cfg!(not(target_os = "linux")) || Path::new("/usr/include/stdio.h").exists()
}

fn has_postgresql() -> bool {
    crate::setup::postgresql_programs().is_some()
}

fn has_japanese_font() -> bool {
    let mut list = tool::command("fc-list");
    list.args([":lang=ja", "family"]);
    tool::output_within(&mut list, Duration::from_secs(20)).is_ok_and(|fonts| !fonts.is_empty())
        || is_installed("fonts-noto-cjk")
}
