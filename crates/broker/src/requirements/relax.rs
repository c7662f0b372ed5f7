//! The need with less asked of one item, so that a page can lead to it.

use super::{Relaxing, RelaxingStep};
use matching::{Gain, GainStep, Value, Wish};
use sla::{Operator, ProfileName, Requirement, RequirementItem};

/// A gain with the needs that would bring it; `wishes` are the questions of the requirement.
pub(super) fn relaxing(requirement: &Requirement, wishes: &[Wish], gain: Gain) -> Relaxing {
    let wish = wishes.iter().find(|wish| wish.rows.contains(&gain.row));
    // What is asked every day is written there, also where other profiles ask the same.
    let times = match wish.map_or(&[][..], |wish| &wish.profiles) {
        [ProfileName::Normal, ..] | [] => &[ProfileName::Normal],
        others => others,
    };
    let step = |step: GainStep| {
        let need = with(requirement, times, &gain.item, &step.to)?;
        Some(RelaxingStep { to: step.to, admits: step.admits as u64, need })
    };
    Relaxing {
        steps: gain.steps.into_iter().filter_map(step).collect(),
        dropped: gain.dropped as u64,
        without: without(requirement, times, &gain.item),
        profile: times.first().copied().unwrap_or(ProfileName::Normal),
        item: gain.item,
    }
}

fn items(requirement: &mut Requirement, profile: ProfileName) -> Option<&mut Vec<RequirementItem>> {
    let profiles = &mut requirement.spec.profiles;
    let profile = match profile {
        ProfileName::Normal => Some(&mut profiles.normal),
        ProfileName::Overload => profiles.overload.as_mut(),
        ProfileName::Disaster => profiles.disaster.as_mut(),
    };
    profile.map(|profile| &mut profile.items)
}

fn without(requirement: &Requirement, times: &[ProfileName], item: &str) -> Option<Requirement> {
    let mut relaxed = requirement.clone();
    for time in times {
        items(&mut relaxed, *time)?.retain(|asked| asked.item != item);
    }
    if relaxed.spec.profiles.normal.items.is_empty() {
        return None;
    }
    relaxed.spec.profiles.follow_normal();
    Some(relaxed)
}

/// The need that asks this value; `None` where the row cannot be written as one, such as one end
/// of a range or a list of what is banned, or where it would be weaker than every day.
fn with(
    requirement: &Requirement,
    times: &[ProfileName],
    item: &str,
    to: &Value,
) -> Option<Requirement> {
    let mut relaxed = requirement.clone();
    let every_day = items(&mut relaxed, ProfileName::Normal)?;
    let replaces = every_day.iter().any(|asked| asked.item == item);
    if replaces && !times.contains(&ProfileName::Normal) {
        return None;
    }
    for time in times {
        let asked = items(&mut relaxed, *time)?.iter_mut().find(|asked| asked.item == item)?;
        asked.value = Some(document_value(asked, to)?);
        asked.tolerance = None;
    }
    relaxed.spec.profiles.follow_normal();
    Some(relaxed)
}

fn document_value(asked: &RequirementItem, to: &Value) -> Option<sla::Value> {
    match (asked.op?, asked.value.as_ref()?, to) {
        (Operator::Gte | Operator::Lte, sla::Value::Number(_), Value::Number(number)) => {
            Some(sla::Value::Number(*number))
        }
        (Operator::Gte | Operator::Lte, sla::Value::Level(_), Value::Level(level)) => {
            // Levels of a scheme are compared with its name before them.
            let scheme = asked.scheme.as_ref().map(|scheme| format!("{scheme}:"));
            let level =
                scheme.map_or(Some(level.as_str()), |scheme| level.strip_prefix(&scheme))?;
            Some(sla::Value::level(level))
        }
        (Operator::NoneOf, ..) => None,
        (_, sla::Value::Set(_), Value::Set(members)) => Some(sla::Value::Set(members.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need() -> Requirement {
        let example =
            sla::EXAMPLE_REQUIREMENTS.iter().find(|one| one.name == "certificate-service");
        sla::parse_requirement(example.unwrap().yaml).unwrap()
    }

    fn gain(item: &str, to: Value) -> Gain {
        let steps = vec![GainStep { to, admits: 2 }];
        let wishes = matching::wishes(&need());
        let row = wishes.iter().find(|wish| wish.item.item == item).unwrap().rows.start;
        Gain { row, item: item.to_owned(), dropped: 3, steps }
    }

    fn related(gain: Gain) -> Relaxing {
        relaxing(&need(), &matching::wishes(&need()), gain)
    }

    #[test]
    fn what_a_disaster_asks_is_relaxed_there_and_every_day_stays() {
        let rto = "availability.rto";
        let found = related(gain(rto, Value::Number("28800".parse().unwrap())));
        assert_eq!(found.profile, ProfileName::Disaster);
        let disaster = |need: &Requirement| need.spec.profiles.disaster.clone().unwrap().items;
        let step = &found.steps[0].need;
        assert_eq!(step.spec.profiles.normal, need().spec.profiles.normal);
        let asked = disaster(step).into_iter().find(|asked| asked.item == rto).unwrap();
        assert_eq!(asked.value, Some(sla::Value::Number("28800".parse().unwrap())));
        let without = found.without.unwrap();
        assert!(disaster(&without).iter().all(|asked| asked.item != rto));
        assert_eq!(without.spec.profiles.normal, need().spec.profiles.normal);
    }

    fn asked<'a>(need: &'a Requirement, item: &str) -> Option<&'a RequirementItem> {
        need.spec.profiles.normal.items.iter().find(|asked| asked.item == item)
    }

    #[test]
    fn a_step_asks_the_smaller_value_without_tolerance_and_dropping_leaves_the_rest() {
        let uptime = "availability.service_uptime";
        let found = related(gain(uptime, Value::Number("0.99".parse().unwrap())));
        let item = asked(&found.steps[0].need, uptime).unwrap();
        assert_eq!(item.value, Some(sla::Value::Number("0.99".parse().unwrap())));
        assert_eq!(item.tolerance, None);
        let without = found.without.unwrap();
        assert!(asked(&without, uptime).is_none());
        let rest = need().spec.profiles.normal.items.len() - 1;
        assert_eq!(without.spec.profiles.normal.items.len(), rest);
    }

    #[test]
    fn a_need_without_an_item_that_may_be_relaxed_in_a_disaster_can_still_be_read() {
        let disaster = need().spec.profiles.disaster.unwrap();
        assert!(!disaster.relax.is_empty());
        for entry in disaster.relax {
            let without = without(&need(), &[ProfileName::Normal], &entry.item).unwrap();
            assert!(sla::parse_requirement(&sla::to_yaml(&without)).is_ok(), "{}", entry.item);
        }
    }

    #[test]
    fn a_level_is_written_without_the_name_of_its_scheme() {
        let level = "security.assurance_level";
        let found = related(gain(level, Value::level("us-fips199:low")));
        let item = asked(&found.steps[0].need, level).unwrap();
        assert_eq!(item.value, Some(sla::Value::level("low")));
        assert!(related(gain(level, Value::level("gaia-x:L1"))).steps.is_empty());
    }
}
