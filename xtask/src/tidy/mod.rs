//! House rules that the compiler does not know: size and heads of files, words in `locales/`, pairs of
//! migrations, no inline styles or scripts. Exceptions are in `docs/tidy-exceptions.toml`.

mod exceptions;
mod files;
mod literals;
mod locales;
mod markup;
mod migrations;
mod visible;

use crate::place::Place;
use crate::{say, source};
use anyhow::{Result, bail};

/// A broken rule: where and what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Path from the root, perhaps with a line number.
    pub place: String,
    pub what: String,
}

impl Fault {
    /// A fault of a whole file.
    pub fn of(path: &str, what: impl Into<String>) -> Self {
        Self { place: path.to_owned(), what: what.into() }
    }

    /// A fault in one line of a file.
    pub fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { place: format!("{path}:{line}"), what: what.into() }
    }
}

/// Fails with every fault when a house rule is broken.
pub fn check(place: &Place) -> Result<()> {
    let mut exceptions = exceptions::Exceptions::read(&place.inside("docs/tidy-exceptions.toml"))?;
    let sources = source::of_repository(place)?;
    let mut faults = Vec::new();
    files::check(&sources, &mut exceptions, &mut faults);
    files::check_weight(&place.root, &source::names(place)?, &mut faults);
    markup::check(&sources, &mut faults);
    visible::check(&sources, &mut exceptions, &mut faults);
    migrations::check(&sources, &mut faults);
    locales::check(&sources, &mut exceptions, &mut faults)?;
    faults.extend(exceptions.unused());
    faults.sort();
    for fault in &faults {
        say::line(&format!("   {}: {}", fault.place, fault.what));
    }
    if !faults.is_empty() {
        bail!("{} house rules are broken", faults.len());
    }
    say::line(&format!("   {} files follow the house rules", sources.len()));
    Ok(())
}
