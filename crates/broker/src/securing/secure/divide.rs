//! How many machines are taken of which place. Pure.

use super::{RoomAnswer, SEATS_MAX, SecurePlace};
use crate::securing::strategy::{Standing, Strategy};
use std::collections::BTreeSet;

/// Puts the places in the order of securing: the own cloud first where that is wished, then by the strategy.
pub(super) fn order(places: &mut [SecurePlace], strategy: Strategy, own_first: bool) {
    let standing = |place: &SecurePlace| Standing {
        rank: place.candidate.rank as usize,
        round_trip_us: place.round_trip_us,
        free_mbps: place.free_mbps,
        price: place.candidate.price,
    };
    places.sort_by_key(|place| {
        let own = own_first && place.candidate.own;
        (!own, !(own && place.candidate.rank == 0), standing(place).key(strategy))
    });
}

/// Says at each place how many are taken of it; nothing where all together have not enough.
///
/// What the own cloud has is taken first. The rest goes to the first place that has room for all of it, so that
/// no more clouds are used than need be; only where none has, it is split in the same order, and where that
/// takes too many clouds, over those with the most room.
pub(super) fn divide(places: &mut [SecurePlace], wanted: i64, own_first: bool) -> bool {
    for place in places.iter_mut() {
        place.taken = 0;
    }
    let rooms = rooms(places);
    let own: Vec<usize> =
        (0..places.len()).filter(|at| own_first && places[*at].candidate.own).collect();
    let others: Vec<usize> = (0..places.len()).filter(|at| !own.contains(at)).collect();
    let mut taken = Vec::new();
    let left = take(&rooms, &own, wanted, SEATS_MAX, &mut taken);
    let whole = others.iter().copied().find(|at| rooms[*at] >= left);
    let mut largest = others.clone();
    largest.sort_by_key(|at| std::cmp::Reverse(rooms[*at]));
    let ways = [whole.into_iter().collect(), others, largest];
    let enough = left == 0 || {
        let seats = SEATS_MAX.saturating_sub(taken.len());
        ways.into_iter().any(|way: Vec<usize>| {
            let mut also = Vec::new();
            let done = take(&rooms, &way, left, seats, &mut also) == 0;
            if done {
                taken.extend(also);
            }
            done
        })
    };
    if enough {
        for (at, count) in taken {
            places[at].taken = count;
        }
    }
    enough
}

/// Takes what is there, place after place; returns what is missing.
fn take(
    rooms: &[i64],
    way: &[usize],
    wanted: i64,
    seats: usize,
    taken: &mut Vec<(usize, i64)>,
) -> i64 {
    let mut left = wanted;
    for at in way.iter().copied().filter(|at| rooms[*at] > 0).take(seats) {
        let count = rooms[at].min(left);
        if count > 0 {
            taken.push((at, count));
            left -= count;
        }
    }
    left
}

/// What each place has. Two offers of one cloud in one region have the same machines: the first one counts.
fn rooms(places: &[SecurePlace]) -> Vec<i64> {
    let mut seen = BTreeSet::new();
    let room = |place: &SecurePlace| match place.answer {
        RoomAnswer::Room(count)
            if seen.insert((place.candidate.provider, place.candidate.region.clone())) =>
        {
            count
        }
        _ => 0,
    };
    places.iter().map(room).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::securing::Candidate;
    use domain::{Currency, Money, OfferId, ProviderId};
    use uuid::Uuid;

    fn place(number: u128, own: bool, room: i64, price: i64) -> SecurePlace {
        SecurePlace {
            candidate: Candidate {
                rank: if own { 0 } else { u32::try_from(number).unwrap() },
                own,
                offer: OfferId(Uuid::from_u128(number)),
                offer_version: 1,
                provider: ProviderId(Uuid::from_u128(number)),
                region: "r".to_owned(),
                country: "JP".to_owned(),
                hazard_zone: None,
                price: Some(Money::new(price, Currency::Jpy)),
                once: None,
                why: Vec::new(),
            },
            answer: RoomAnswer::Room(room),
            taken: 0,
            round_trip_us: Some(price),
            free_mbps: Some(price),
            reserve: None,
        }
    }

    fn taken(places: &[SecurePlace]) -> Vec<i64> {
        places.iter().map(|place| place.taken).collect()
    }

    #[test]
    fn f7_4_2_the_own_cloud_is_taken_first_and_the_rest_from_one_other_where_it_can() {
        let mut places = [place(0, true, 2, 9), place(1, false, 2, 5), place(2, false, 4, 7)];
        assert!(divide(&mut places, 2, true));
        assert_eq!(taken(&places), [2, 0, 0]);
        assert!(divide(&mut places, 6, true));
        assert_eq!(taken(&places), [2, 0, 4], "one other cloud has room for the rest");
        assert!(divide(&mut places, 7, true));
        assert_eq!(taken(&places), [2, 2, 3], "part own, part at two others");
        assert!(!divide(&mut places, 9, true));
        assert_eq!(taken(&places), [0, 0, 0], "not enough is nothing");
        assert!(divide(&mut places, 4, false));
        assert_eq!(taken(&places), [0, 0, 4], "without the wish the own cloud is one of all");
    }

    #[test]
    fn two_offers_of_one_cloud_in_one_region_have_the_same_machines() {
        let twin = SecurePlace {
            candidate: Candidate {
                offer: OfferId(Uuid::from_u128(9)),
                ..place(1, false, 2, 5).candidate
            },
            ..place(1, false, 2, 5)
        };
        let mut places = [place(1, false, 2, 5), twin];
        assert!(!divide(&mut places, 3, true));
        assert!(divide(&mut places, 2, true));
        assert_eq!(taken(&places), [2, 0]);
    }

    #[test]
    fn no_more_clouds_are_used_than_an_order_has_seats() {
        let mut places: Vec<SecurePlace> = [1, 1, 1, 3, 3]
            .into_iter()
            .zip(1..)
            .map(|(room, at)| place(at, false, room, 1))
            .collect();
        assert!(divide(&mut places, 7, true));
        assert_eq!(taken(&places).iter().filter(|count| **count > 0).count(), 3);
        assert_eq!(taken(&places).iter().sum::<i64>(), 7);
        assert!(!divide(&mut places, 8, true), "nine machines are free, at too many clouds");
    }

    #[test]
    fn f7_4_5_the_strategy_orders_what_comes_after_the_own_cloud() {
        let mut places = [place(1, false, 1, 5), place(2, false, 1, 3), place(0, true, 1, 9)];
        let ranks = |places: &[SecurePlace]| -> Vec<u32> {
            places.iter().map(|place| place.candidate.rank).collect()
        };
        order(&mut places, Strategy::CostFirst, true);
        assert_eq!(ranks(&places), [0, 2, 1]);
        order(&mut places, Strategy::BandwidthFirst, true);
        assert_eq!(ranks(&places), [0, 1, 2]);
        order(&mut places, Strategy::BandwidthFirst, false);
        assert_eq!(ranks(&places), [0, 1, 2]);
        order(&mut places, Strategy::CostFirst, false);
        assert_eq!(ranks(&places), [2, 1, 0]);
    }
}
