//! Which services give room: few of them, and those first that gave least often.

use provider_api::{Amounts, ComputeSpec, EndpointKind, NetworkSpec, ResourceGroup};

/// Services that give room to one at most.
const SERVICES_MAX: usize = 32;
/// The smallest machine that a cloud lends: what stays of a service that stands still.
const SMALLEST: ComputeSpec = ComputeSpec { count: 1, vcpu: 1, ram_mb: 64 };

/// What stays of a group when only `keep` machines do; of none the smallest machine stays, and no bandwidth. Data and
/// address always stay.
pub(crate) fn reduced(whole: &ResourceGroup, keep: u32) -> ResourceGroup {
    let compute = match keep {
        0 => SMALLEST,
        keep => ComputeSpec { count: keep.min(whole.compute.count), ..whole.compute },
    };
    let mbps = if keep == 0 { 0 } else { whole.network.mbps };
    ResourceGroup {
        compute,
        storage: whole.storage,
        network: NetworkSpec { mbps, ..whole.network },
    }
}

/// What that frees.
pub(super) fn gain(whole: &ResourceGroup, keep: u32) -> Amounts {
    none().most(&whole.amounts().minus(&reduced(whole, keep).amounts()))
}

/// What is missing for `wanted`.
pub(super) fn missing(wanted: &Amounts, free: &Amounts) -> Amounts {
    none().most(&wanted.minus(free))
}

fn none() -> Amounts {
    Amounts::default()
}

trait Most {
    fn most(&self, other: &Self) -> Self;
}

impl Most for Amounts {
    /// The larger of each amount.
    fn most(&self, other: &Self) -> Self {
        Self {
            instances: self.instances.max(other.instances),
            vcpu: self.vcpu.max(other.vcpu),
            ram_mb: self.ram_mb.max(other.ram_mb),
            storage_gb: self.storage_gb.max(other.storage_gb),
            mbps: self.mbps.max(other.mbps),
        }
    }
}

/// Which of the services, by their place, free what is short; `None`: all of them together do not.
///
/// One that is enough alone comes before several; otherwise they are taken in their order, and whoever turns out not
/// to be needed, the last ones first, is left alone.
pub(super) fn choose(short: &Amounts, gains: &[Amounts]) -> Option<Vec<usize>> {
    if let Some(alone) = gains.iter().position(|gain| gain.covers(short)) {
        return Some(vec![alone]);
    }
    let mut chosen: Vec<usize> = Vec::new();
    for (place, gain) in gains.iter().enumerate() {
        let rest = missing(short, &sum(&chosen, gains));
        if helps(gain, &rest) {
            chosen.push(place);
        }
        if sum(&chosen, gains).covers(short) {
            break;
        }
    }
    if chosen.len() > SERVICES_MAX || !sum(&chosen, gains).covers(short) {
        return None;
    }
    for place in chosen.clone().into_iter().rev() {
        let others: Vec<usize> = chosen.iter().copied().filter(|other| *other != place).collect();
        if sum(&others, gains).covers(short) {
            chosen = others;
        }
    }
    Some(chosen)
}

/// How many machines may stay of each that was chosen, with what is short still freed: nobody gives more than is needed.
/// Each comes with its whole size and the machines that have to stay.
pub(super) fn keeps(short: &Amounts, chosen: &[(ResourceGroup, u32)]) -> Vec<u32> {
    let mut keeps: Vec<u32> = chosen.iter().map(|(_, keep)| *keep).collect();
    for place in (0..chosen.len()).rev() {
        let least = keeps[place];
        for keep in (least + 1..chosen[place].0.compute.count).rev() {
            keeps[place] = keep;
            let gains: Vec<Amounts> =
                chosen.iter().zip(&keeps).map(|((whole, _), keep)| gain(whole, *keep)).collect();
            let all: Vec<usize> = (0..gains.len()).collect();
            if sum(&all, &gains).covers(short) {
                break;
            }
            keeps[place] = least;
        }
    }
    keeps
}

fn helps(gain: &Amounts, rest: &Amounts) -> bool {
    let pairs = [
        (gain.instances, rest.instances),
        (gain.vcpu, rest.vcpu),
        (gain.ram_mb, rest.ram_mb),
        (gain.mbps, rest.mbps),
    ];
    pairs.into_iter().any(|(gain, rest)| gain > 0 && rest > 0)
}

fn sum(places: &[usize], gains: &[Amounts]) -> Amounts {
    let add = |all: Amounts, one: &Amounts| Amounts {
        instances: all.instances.saturating_add(one.instances),
        vcpu: all.vcpu.saturating_add(one.vcpu),
        ram_mb: all.ram_mb.saturating_add(one.ram_mb),
        storage_gb: all.storage_gb.saturating_add(one.storage_gb),
        mbps: all.mbps.saturating_add(one.mbps),
    };
    places.iter().filter_map(|place| gains.get(*place)).fold(none(), add)
}

/// A machine with nothing else, to ask a cloud what is free.
pub(super) fn one_machine() -> ResourceGroup {
    ResourceGroup {
        compute: SMALLEST,
        storage: provider_api::StorageSpec { gb: 0 },
        network: NetworkSpec { mbps: 0, endpoint: EndpointKind::Http },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provider_api::StorageSpec;

    fn group(count: u32) -> ResourceGroup {
        ResourceGroup {
            compute: ComputeSpec { count, vcpu: 2, ram_mb: 1024 },
            storage: StorageSpec { gb: 20 },
            network: NetworkSpec { mbps: 100, endpoint: EndpointKind::Http },
        }
    }

    fn machines(count: i64) -> Amounts {
        Amounts { instances: count, vcpu: 2 * count, ram_mb: 1024 * count, ..none() }
    }

    #[test]
    fn what_stays_keeps_data_and_address_and_a_machine() {
        let stays = reduced(&group(4), 0);
        assert_eq!((stays.compute.count, stays.compute.vcpu, stays.network.mbps), (1, 1, 0));
        assert_eq!((stays.storage, stays.network.endpoint), (group(4).storage, EndpointKind::Http));
        assert!(stays.faults("").is_empty(), "a cloud lends it");
        assert_eq!(reduced(&group(4), 3), group(3));
        assert_eq!(reduced(&group(2), 9), group(2), "nobody gets more by it");
        let freed = gain(&group(4), 0);
        assert_eq!((freed.instances, freed.vcpu, freed.storage_gb, freed.mbps), (3, 7, 0, 100));
        assert_eq!(gain(&group(4), 1), machines(3));
    }

    #[test]
    fn one_that_is_enough_comes_before_several_and_the_first_of_those() {
        let gains = [machines(1), machines(3), machines(4)];
        assert_eq!(choose(&machines(3), &gains), Some(vec![1]));
        assert_eq!(choose(&machines(1), &gains), Some(vec![0]));
    }

    #[test]
    fn whoever_is_not_needed_is_left_alone_and_too_little_takes_nothing() {
        let gains = [machines(1), machines(2), machines(3)];
        assert_eq!(choose(&machines(5), &gains), Some(vec![1, 2]));
        assert_eq!(choose(&machines(6), &gains), Some(vec![0, 1, 2]));
        assert_eq!(choose(&machines(7), &gains), None);
        let storage = Amounts { storage_gb: 1, ..none() };
        assert_eq!(choose(&storage, &gains), None, "data are never taken");
        assert_eq!(choose(&machines(1), &[]), None);
    }

    #[test]
    fn nobody_gives_more_machines_than_are_needed() {
        assert_eq!(keeps(&machines(2), &[(group(4), 1)]), [2]);
        assert_eq!(keeps(&machines(3), &[(group(4), 0)]), [1], "it need not stand still");
        assert_eq!(keeps(&machines(3), &[(group(4), 1)]), [1]);
        assert_eq!(keeps(&machines(4), &[(group(4), 1), (group(3), 0)]), [1, 2]);
        // What only a service gives that stands still.
        let all = Amounts { mbps: 100, ..machines(1) };
        assert_eq!(keeps(&all, &[(group(4), 0)]), [0]);
    }

    #[test]
    fn what_is_chosen_is_always_enough_and_nobody_in_it_is_spare() {
        // A small generator of its own: the same cases each time.
        let mut state = 7_u64;
        let mut draw = |below: i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            i64::try_from(state >> 40).unwrap() % below
        };
        for _ in 0..2_000 {
            let gains: Vec<Amounts> = (0..draw(8))
                .map(|_| Amounts {
                    instances: draw(5),
                    vcpu: draw(9),
                    ram_mb: draw(4096),
                    ..none()
                })
                .collect();
            let short = Amounts { instances: 1 + draw(9), vcpu: draw(12), ..none() };
            let all: Vec<usize> = (0..gains.len()).collect();
            let Some(chosen) = choose(&short, &gains) else {
                assert!(!sum(&all, &gains).covers(&short));
                continue;
            };
            assert!(sum(&chosen, &gains).covers(&short));
            for spare in &chosen {
                let rest: Vec<usize> = chosen.iter().copied().filter(|it| it != spare).collect();
                assert!(!sum(&rest, &gains).covers(&short), "{spare} of {chosen:?}");
            }
        }
    }
}
