//! The Japanese dictionary of the search: compiled by the broker from Debian's package, put where a build finds
//! it. The market works without, so that nothing fails here.

use crate::place::Place;
use crate::setup::{can_install, install};
use crate::{say, tool};
use std::path::Path;
use std::time::Duration;

/// Debian's package with the source, and a file of it.
pub const PACKAGE: &str = "mecab-ipadic";
const SOURCE: &str = "/usr/share/mecab/dic/ipadic/matrix.def";
/// Two seconds when optimised; the rest is for slow machines.
const LIMIT: Duration = Duration::from_secs(5 * 60);

/// Says whether the source is installed.
pub fn has_source() -> bool {
    Path::new(SOURCE).is_file()
}

/// Compiles the dictionary into the target folder when it is not there yet.
pub fn ensure(place: &Place, broker: &Path) {
    let folder = place.target.join("dictionary");
    if folder.join("metadata.json").is_file() {
        return;
    }
    if !has_source()
        && can_install()
        && let Err(error) = install(&[PACKAGE])
    {
        say::line(&format!("   Japanese dictionary: {error:#}"));
    }
    if !has_source() {
        say::line(&format!(
            "   Japanese dictionary: {PACKAGE} is not installed; Japanese is found by pairs of characters"
        ));
        return;
    }
    let built = say::step("Japanese dictionary", || {
        let mut build = tool::command(broker);
        build.args(["dictionary", "--into"]).arg(&folder).stdout(std::process::Stdio::null());
        tool::run_within(&mut build, LIMIT)
    });
    if let Err(error) = built {
        say::line(&format!("   Japanese dictionary: not compiled ({error:#})"));
    }
}
