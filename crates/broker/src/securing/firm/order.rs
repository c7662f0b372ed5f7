//! In which order places are held and shown. Pure.

use super::{FirmAnswer, FirmPlace};
use crate::securing::strategy::{Standing, Strategy};
use std::collections::BTreeSet;

/// Puts the places with room in the order of holding; the others follow as they stood. A second place at the
/// same cloud comes after the first ones of all clouds: it would most likely find it just as full.
pub(super) fn by_strategy(places: &mut Vec<FirmPlace>, strategy: Strategy) {
    let ranks: Vec<u32> = places.iter().map(|place| place.number).collect();
    places.sort_by_key(|place| {
        let rank = ranks.iter().position(|number| *number == place.number).unwrap_or(usize::MAX);
        (!has_room(place), standing(place, rank).key(strategy))
    });
    let mut seen = BTreeSet::new();
    let (first, again): (Vec<FirmPlace>, Vec<FirmPlace>) = std::mem::take(places)
        .into_iter()
        .partition(|place| !has_room(place) || seen.insert(place.candidate.provider));
    let (room, none): (Vec<FirmPlace>, Vec<FirmPlace>) = first.into_iter().partition(has_room);
    places.extend(room.into_iter().chain(again).chain(none));
}

/// Puts what is held first, the best of it at the top, by what was measured meanwhile.
pub(super) fn for_show(places: &mut [FirmPlace], strategy: Strategy) {
    let ranks: Vec<u32> = places.iter().map(|place| place.number).collect();
    places.sort_by_key(|place| {
        let rank = ranks.iter().position(|number| *number == place.number).unwrap_or(usize::MAX);
        (place.held.is_none(), !has_room(place), standing(place, rank).key(strategy))
    });
}

fn has_room(place: &FirmPlace) -> bool {
    matches!(place.answer, FirmAnswer::HasRoom | FirmAnswer::Held)
}

fn standing(place: &FirmPlace, rank: usize) -> Standing {
    Standing {
        rank,
        round_trip_us: place.round_trip_us,
        free_mbps: place.free_mbps,
        price: place.candidate.price,
    }
}

/// Which places a seat tries, one after the other: every n-th, so that no two seats try the same.
pub(super) fn tries(places: &[FirmPlace], seat: usize, seats: usize) -> Vec<&FirmPlace> {
    let open = places.iter().filter(|place| has_room(place));
    open.skip(seat).step_by(seats.max(1)).collect()
}
