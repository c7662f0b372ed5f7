//! Which zone of a region a group goes to: the first with room, never another region.

use std::collections::BTreeSet;

use provider_api::{Amounts, ProblemCode, Zone};

use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::UsedByZone;

/// A zone and what is free in it.
#[derive(Debug)]
pub(crate) struct Room<'a> {
    pub zone: &'a Zone,
    pub free: Amounts,
}

impl Cloud {
    /// The zones of a region, at least one, in the order in which they are filled.
    pub(crate) fn rooms(&self, region: &str, used: &UsedByZone) -> Result<Vec<Room<'_>>, OpError> {
        let rooms: Vec<Room<'_>> =
            self.all_rooms(used).filter(|room| room.zone.region == region).collect();
        if rooms.is_empty() {
            let known: BTreeSet<&str> =
                self.config.zones.iter().map(|each| each.zone.region.as_str()).collect();
            let known: Vec<&str> = known.into_iter().collect();
            let detail =
                format!("{region:?} is no region of this cloud; it has {}", known.join(", "));
            return Err(OpError::refuse(ProblemCode::RegionUnknown, detail));
        }
        Ok(rooms)
    }

    /// Every zone.
    pub(crate) fn all_rooms(&self, used: &UsedByZone) -> impl Iterator<Item = Room<'_>> {
        let full = self.switches.get().disk_full;
        self.config.zones.iter().map(move |each| {
            let used = used.get(&each.zone.id).copied().unwrap_or_default();
            let mut free = self.switches.capacity(&each.capacity).minus(&used);
            if full {
                free.storage_gb = 0;
            }
            Room { zone: &each.zone, free }
        })
    }
}

/// The first zone with room for the whole group, or what each is short of.
pub(crate) fn choose<'a>(rooms: &[Room<'a>], need: &Amounts) -> Result<&'a Zone, OpError> {
    if let Some(room) = rooms.iter().find(|room| room.free.covers(need)) {
        return Ok(room.zone);
    }
    let short: Vec<String> = rooms
        .iter()
        .map(|room| format!("zone {}: {}", room.zone.id, shortage(&room.free, need)))
        .collect();
    Err(OpError::refuse(ProblemCode::CapacityExhausted, short.join("; ")))
}

/// Names what is short and by how much.
pub(super) fn shortage(free: &Amounts, need: &Amounts) -> String {
    let pairs = [
        ("instances", free.instances, need.instances),
        ("vcpu", free.vcpu, need.vcpu),
        ("ramMb", free.ram_mb, need.ram_mb),
        ("storageGb", free.storage_gb, need.storage_gb),
        ("mbps", free.mbps, need.mbps),
    ];
    let short = pairs.into_iter().filter(|(_, free, need)| free < need);
    let parts: Vec<String> = short
        .map(|(name, free, need)| format!("{name} {need} asked, {} free", free.max(0)))
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(id: &str) -> Zone {
        Zone {
            id: id.into(),
            region: "tokyo".into(),
            country: "JP".into(),
            hazard_zone: "kanto".into(),
        }
    }

    fn amounts(vcpu: i64, storage_gb: i64) -> Amounts {
        Amounts { instances: 1, vcpu, ram_mb: 512, storage_gb, mbps: 10 }
    }

    #[test]
    fn a_shortage_names_only_what_is_short() {
        let short = shortage(&amounts(2, -3), &amounts(4, 1));
        assert_eq!(short, "vcpu 4 asked, 2 free, storageGb 1 asked, 0 free");
    }

    #[test]
    fn a_group_goes_whole_to_the_first_zone_with_room() {
        let zones = [zone("z1"), zone("z2")];
        let room = |number: usize, vcpu| Room { zone: &zones[number], free: amounts(vcpu, 10) };
        let rooms = [room(0, 2), room(1, 4)];
        assert_eq!(choose(&rooms, &amounts(2, 1)).unwrap().id, "z1");
        assert_eq!(choose(&rooms, &amounts(3, 1)).unwrap().id, "z2");
        // Six are free in all, but a group is never divided.
        let refused = choose(&rooms, &amounts(5, 1)).unwrap_err();
        let OpError::Refused(problem) = refused else { panic!("{refused}") };
        assert_eq!(problem.code, ProblemCode::CapacityExhausted);
        assert_eq!(problem.detail, "zone z1: vcpu 5 asked, 2 free; zone z2: vcpu 5 asked, 4 free");
    }
}
