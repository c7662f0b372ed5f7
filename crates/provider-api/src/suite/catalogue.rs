//! Every check with its stable name, its fact and what asks for it. Names are never reused for something else.

mod backups;
mod crash;
mod door;
mod ending;
mod fence;
mod holds;
mod images;
mod life;
mod links;
mod places;
mod trouble;
mod volumes;
mod watch;

use std::future::Future;
use std::pin::Pin;

use super::answer::Outcome;
use super::desk::Desk;
use super::group::Group;

pub(super) type Run =
    for<'a> fn(&'a Desk<'a>) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// One fact every provider must show.
#[derive(Clone, Copy)]
pub struct Check {
    /// Stable name, such as `hold.repeat`.
    pub id: &'static str,
    pub group: Group,
    /// The fact, as a sentence.
    pub fact: &'static str,
    /// What asks for it: functional requirements and interfaces.
    pub requirements: &'static [&'static str],
    pub(super) run: Run,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check")
            .field("id", &self.id)
            .field("fact", &self.fact)
            .finish_non_exhaustive()
    }
}

macro_rules! check {
    ($group:ident, $id:literal, [$($requirement:literal),*], $fact:literal, $run:path) => {
        Check {
            id: $id,
            group: Group::$group,
            fact: $fact,
            requirements: &[$($requirement),*],
            run: |desk| Box::pin($run(desk)),
        }
    };
}

use check;

/// The chapters, in the order of a run.
const CHAPTERS: &[&[Check]] = &[
    door::CHECKS,
    places::CHECKS,
    holds::CHECKS,
    crash::CHECKS,
    fence::CHECKS,
    life::CHECKS,
    watch::CHECKS,
    backups::CHECKS,
    ending::CHECKS,
    links::CHECKS,
    trouble::CHECKS,
    images::CHECKS,
    volumes::CHECKS,
];

/// Every check, in the order of a run.
pub const CATALOGUE: &[Check] = &joined();

const fn count() -> usize {
    let (mut all, mut chapter) = (0, 0);
    while chapter < CHAPTERS.len() {
        all += CHAPTERS[chapter].len();
        chapter += 1;
    }
    all
}

/// The chapters one after the other; done while it is compiled, where no iterator can be used.
const fn joined() -> [Check; count()] {
    let mut all = [CHAPTERS[0][0]; count()];
    let (mut place, mut chapter) = (0, 0);
    while chapter < CHAPTERS.len() {
        let mut number = 0;
        while number < CHAPTERS[chapter].len() {
            all[place] = CHAPTERS[chapter][number];
            place += 1;
            number += 1;
        }
        chapter += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_check_says_what_asks_for_it() {
        let mut names = HashSet::new();
        for check in CATALOGUE {
            assert!(names.insert(check.id), "{} twice", check.id);
            assert!(!check.requirements.is_empty(), "{}", check.id);
            assert!(!check.fact.ends_with('.'), "{}", check.id);
        }
        for group in Group::ALL {
            assert!(CATALOGUE.iter().any(|check| check.group == group), "{group:?} is empty");
            assert_eq!(serde_json::to_value(group).unwrap(), group.as_str());
        }
    }
}
