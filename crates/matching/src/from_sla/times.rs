//! Everything that a requirement document asks at any time, each question once: what holds every
//! day, then what other profiles ask besides.
//!
//! An offer states one promise for all times (sla-schema 1, 7), so that each profile is judged
//! against the same promise. What a profile adds or asks more strongly is a row like any other. A floor
//! is less than what is asked every day and so decides nothing by itself: its row is best effort,
//! and says how an offer stands in those times only.

use std::ops::Range;

use sla::{ProfileName, RequirementItem};

use super::ask;
use crate::profile::{ProfileRow, ProfileRows};

/// One question of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The item as it is asked.
    pub item: RequirementItem,
    /// The profiles that ask it so, the first one first.
    pub profiles: Vec<ProfileName>,
    /// Whether it is the floor of something that is asked more strongly every day.
    pub floor: bool,
    /// Its rows in the matcher: two for a range, one more for each further list.
    pub rows: Range<usize>,
}

impl Wish {
    /// The first profile that asks it.
    #[must_use]
    pub fn profile(&self) -> ProfileName {
        self.profiles.first().copied().unwrap_or(ProfileName::Normal)
    }
}

/// The profiles that a document states, every day first.
pub fn stated(document: &sla::Requirement) -> impl Iterator<Item = ProfileName> + '_ {
    ProfileName::ALL.iter().copied().filter(|name| document.profile(*name).is_some())
}

/// The questions of a document in the order of their rows.
#[must_use]
pub fn wishes(document: &sla::Requirement) -> Vec<Wish> {
    let mut wishes: Vec<Wish> = Vec::new();
    for profile in stated(document) {
        let relaxed = document.profile(profile).map_or(&[][..], |profile| &profile.relax);
        for item in document.items_in(profile) {
            let floor = relaxed.iter().any(|entry| entry.item == item.item);
            // What is open for a time is asked nothing.
            if floor && item.value.is_none() {
                continue;
            }
            let same = wishes.iter_mut().find(|wish| !wish.floor && !floor && wish.item == *item);
            if let Some(same) = same {
                same.profiles.push(profile);
                continue;
            }
            let begin = wishes.last().map_or(0, |wish| wish.rows.end);
            let rows = begin..begin + ask::row_count(&item);
            wishes.push(Wish { item: item.into_owned(), profiles: vec![profile], floor, rows });
        }
    }
    wishes
}

/// The rows of each stated profile.
pub(super) fn profile_rows(document: &sla::Requirement, wishes: &[Wish]) -> Vec<ProfileRows> {
    let of = |profile: ProfileName| {
        let own = wishes.iter().filter(|wish| wish.profiles.contains(&profile));
        let rows = own.flat_map(|wish| {
            let mode = ask::mode(wish.item.level);
            wish.rows.clone().map(move |row| ProfileRow { row, mode })
        });
        ProfileRows { profile, rows: rows.collect() }
    };
    stated(document).map(of).collect()
}
