//! What a need asks of overload and disaster, from fields to a document and back.
//!
//! The whole document is the frame: what holds every day stands there already, checked. Each profile is
//! written anew from its fields; what they cannot say of an item stays as it was.

use super::form::{asked, check, field_of, form_item, item, own_value, quote, scheme_of, typed};
use super::{RelaxForm, RequirementCheck, RequirementFormItem, TimeForm};
use crate::Broker;
use crate::documents::{field_faults, read_written_requirement};
use crate::offers::typed_value;
use serde_json::{Map, Value, json};
use sla::{Faults, Profile, ProfileName, Requirement, RequirementItem};

/// The times that a form has fields for.
const TIMES: [ProfileName; 2] = [ProfileName::Overload, ProfileName::Disaster];

impl Broker {
    /// The fields of all other times, filled; what is not stated is empty.
    #[must_use]
    pub fn requirement_times(&self, requirement: &Requirement) -> Vec<TimeForm> {
        TIMES.map(|name| filled(requirement, name)).into()
    }

    /// Checks what is asked at other times, written into a document that is sound without it; pointers
    /// are `/times/PROFILE/KEY/field`, the field being `value`, `level`, `weight`, `tolerance` or `floor`.
    #[must_use]
    pub fn check_requirement_times(
        &self,
        requirement: &Requirement,
        times: &[TimeForm],
    ) -> RequirementCheck {
        let mut whole = serde_json::to_value(requirement).unwrap_or_default();
        for time in times {
            let written = written(requirement, time);
            let Some(profiles) = whole.pointer_mut("/spec/profiles").and_then(Value::as_object_mut)
            else {
                continue;
            };
            match written {
                Some(written) => drop(profiles.insert(time.profile.to_string(), written)),
                None => drop(profiles.remove(time.profile.as_str())),
            }
        }
        check(read_written_requirement(&whole.to_string()), |faults| moved(times, faults))
    }
}

fn filled(requirement: &Requirement, name: ProfileName) -> TimeForm {
    let nothing = Profile::default();
    let profile = requirement.profile(name).unwrap_or(&nothing);
    let normal = &requirement.spec.profiles.normal.items;
    let relax = |entry: &sla::Relaxed| {
        let asked = normal.iter().find(|asked| asked.item == entry.item);
        let floor = entry.floor.as_ref().zip(asked);
        RelaxForm {
            item: entry.item.clone(),
            floor: floor.map(|(floor, asked)| typed(asked, Some(floor))),
        }
    };
    TimeForm {
        profile: name,
        recovery: profile.recovery_priority.map(|word| word.to_string()).unwrap_or_default(),
        relax: profile.relax.iter().map(relax).collect(),
        items: profile.items.iter().map(form_item).collect(),
    }
}

/// The profile as documents write it; `None` where nothing is different and nothing was stated.
fn written(requirement: &Requirement, time: &TimeForm) -> Option<Value> {
    let stated = requirement.profile(time.profile);
    let items: Vec<Value> =
        asked(&time.items).map(|form| wish(requirement, stated, form)).collect();
    let relax: Vec<Value> = time.relax.iter().map(|entry| relaxed(requirement, entry)).collect();
    if stated.is_none() && items.is_empty() && relax.is_empty() && time.recovery.is_empty() {
        return None;
    }
    let mut profile = Map::new();
    if !time.recovery.is_empty() {
        profile.insert("recoveryPriority".to_owned(), json!(time.recovery));
    }
    if !relax.is_empty() {
        profile.insert("relax".to_owned(), Value::Array(relax));
    }
    profile.insert("items".to_owned(), Value::Array(items));
    Some(Value::Object(profile))
}

/// One item, with what the form has no field for: as the profile said it, else as every day.
fn wish(requirement: &Requirement, stated: Option<&Profile>, form: &RequirementFormItem) -> Value {
    let find = |items: &[RequirementItem]| {
        items.iter().find(|item| item.item == form.item).map(|item| one(requirement, item))
    };
    let known = stated.and_then(|profile| find(&profile.items));
    let known = known.or_else(|| find(&requirement.spec.profiles.normal.items));
    let mut fields = known.unwrap_or_default();
    let op = fields.remove("op");
    for said in ["value", "scheme", "weight", "tolerance", "accept"] {
        fields.remove(said);
    }
    let typed = item(form);
    // Another comparison than the usual one is kept; a range is said by its value.
    let ranged = |op: Option<&Value>| op.and_then(Value::as_str) == Some("range");
    let kept =
        op.filter(|op| typed.contains_key("op") && !ranged(Some(op)) && !ranged(typed.get("op")));
    let own = sla::registry().item(&form.item).is_none();
    fields.extend(typed);
    if let Some(op) = kept.filter(|_| !own) {
        fields.insert("op".to_owned(), op);
    }
    Value::Object(fields)
}

/// An item of a document as it is written.
fn one(requirement: &Requirement, item: &RequirementItem) -> Map<String, Value> {
    let mut single = requirement.clone();
    single.spec.profiles = sla::Profiles {
        normal: Profile { items: vec![item.clone()], ..Profile::default() },
        overload: None,
        disaster: None,
    };
    let whole = serde_json::to_value(&single).unwrap_or_default();
    let item = whole.pointer("/spec/profiles/normal/items/0");
    item.and_then(Value::as_object).cloned().unwrap_or_default()
}

fn relaxed(requirement: &Requirement, entry: &RelaxForm) -> Value {
    let mut fields = Map::new();
    fields.insert("item".to_owned(), json!(entry.item));
    if let Some(floor) = &entry.floor {
        let normal = &requirement.spec.profiles.normal.items;
        let asked = normal.iter().find(|asked| asked.item == entry.item);
        fields.insert("floor".to_owned(), floor_value(asked, &entry.item, floor.trim()));
    }
    Value::Object(fields)
}

/// A floor in the form of the value that it stands for.
fn floor_value(asked: Option<&RequirementItem>, key: &str, text: &str) -> Value {
    if sla::registry().item(key).is_none() {
        let op = asked.and_then(|asked| asked.op).map_or("", sla::Operator::as_str);
        return own_value(op, text);
    }
    let range = asked.and_then(|asked| asked.op) == Some(sla::Operator::Range);
    match (sla::split_range(text), scheme_of(key, text)) {
        (Some((min, max)), _) if range => json!({"min": min, "max": max}),
        (_, Some((_, level))) => json!(level),
        _ => typed_value(key, text),
    }
}

/// Moves each fault from its place in the document to the field of the form.
fn moved(times: &[TimeForm], faults: &Faults) -> Vec<crate::FieldFault> {
    let mut moved = field_faults(faults);
    for fault in &mut moved {
        fault.pointer = pointer(times, &fault.pointer).unwrap_or_else(|| fault.pointer.clone());
        if let Some(typed) = typed_at(times, &fault.pointer) {
            quote(fault, typed);
        }
    }
    moved
}

/// What was typed into the value or floor that a pointer names.
fn typed_at<'a>(times: &'a [TimeForm], pointer: &str) -> Option<&'a str> {
    let (name, rest) = pointer.strip_prefix("/times/")?.split_once('/')?;
    let (key, field) = rest.rsplit_once('/')?;
    let time = times.iter().find(|time| time.profile.as_str() == name)?;
    if field == "floor" {
        return time.relax.iter().find(|entry| entry.item == key)?.floor.as_deref();
    }
    let item = time.items.iter().find(|item| item.item == key && field == "value");
    item.map(|item| item.value.as_str())
}

fn pointer(times: &[TimeForm], pointer: &str) -> Option<String> {
    let rest = pointer.strip_prefix("/spec/profiles/")?;
    let mut parts = rest.splitn(4, '/');
    let (name, list) = (parts.next()?, parts.next()?);
    let time = times.iter().find(|time| time.profile.as_str() == name)?;
    if list == "recoveryPriority" {
        return Some(format!("/times/{name}/recovery"));
    }
    let index: usize = parts.next()?.parse().ok()?;
    let field = parts.next().unwrap_or_default();
    if list == "relax" {
        let key = &time.relax.get(index)?.item;
        return Some(format!("/times/{name}/{key}/floor"));
    }
    let key = &asked(&time.items).nth(index)?.item;
    // An item that is weaker than every day is said to be so at its value.
    let field = if field == "item" { "value" } else { field_of(field) };
    Some(format!("/times/{name}/{key}/{field}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::read_requirement;

    fn certificate() -> Requirement {
        sla::parse_requirement(sla::EXAMPLE_REQUIREMENTS[0].yaml).unwrap()
    }

    fn checked(requirement: &Requirement, times: &[TimeForm]) -> Result<Requirement, Vec<String>> {
        let mut whole = serde_json::to_value(requirement).unwrap();
        for time in times {
            let profiles = whole.pointer_mut("/spec/profiles").unwrap().as_object_mut().unwrap();
            profiles.remove(time.profile.as_str());
            if let Some(written) = written(requirement, time) {
                profiles.insert(time.profile.to_string(), written);
            }
        }
        let read = read_requirement(&whole.to_string());
        let pointers = |faults: Faults| {
            moved(times, &faults).into_iter().map(|fault| fault.pointer).collect::<Vec<_>>()
        };
        read.map(|(requirement, _)| requirement).map_err(pointers)
    }

    fn disaster(need: &Requirement) -> Vec<TimeForm> {
        TIMES.map(|name| filled(need, name)).into()
    }

    #[test]
    fn what_the_fields_show_is_written_back_unchanged() {
        for example in sla::EXAMPLE_REQUIREMENTS {
            let mut need = sla::parse_requirement(example.yaml).unwrap();
            // Another time with an item as strong as every day, and one that stands open.
            need.spec.profiles.overload = need.spec.profiles.disaster.clone().map(|mut profile| {
                let strong = need.spec.profiles.normal.items.iter().find(|item| {
                    item.value.is_some()
                        && profile.relax.iter().all(|entry| entry.item != item.item)
                });
                profile.items.extend(strong.cloned());
                profile
            });
            assert_eq!(checked(&need, &disaster(&need)), Ok(need.clone()), "{}", example.name);
        }
    }

    #[test]
    fn a_time_without_anything_in_it_is_own_fault() {
        let mut need = certificate();
        need.spec.profiles.disaster = None;
        assert_eq!(checked(&need, &disaster(&need)), Ok(need.clone()));
        let mut times = disaster(&need);
        times[1].recovery = "lifeline".to_owned();
        let stated = checked(&need, &times).unwrap();
        let profile = stated.spec.profiles.disaster.unwrap();
        assert_eq!(profile.recovery_priority, Some(sla::RecoveryPriority::Lifeline));
    }

    #[test]
    fn a_floor_above_every_day_and_an_item_below_it_are_said_at_their_fields() {
        let need = certificate();
        let mut times = disaster(&need);
        let uptime = "availability.service_uptime";
        let floor = times[1].relax.iter_mut().find(|entry| entry.item == uptime).unwrap();
        floor.floor = Some("99.99 %".to_owned());
        assert_eq!(checked(&need, &times), Err(vec![format!("/times/disaster/{uptime}/floor")]));
        let mut times = disaster(&need);
        times[1].relax.retain(|entry| entry.item != uptime);
        let weaker = need.spec.profiles.normal.items.iter().find(|item| item.item == uptime);
        let weaker = RequirementFormItem { value: "99 %".to_owned(), ..form_item(weaker.unwrap()) };
        times[1].items.push(weaker);
        assert_eq!(checked(&need, &times), Err(vec![format!("/times/disaster/{uptime}/value")]));
        let mut times = disaster(&need);
        times[1].items[0].weight = "heavy".to_owned();
        let rto = &times[1].items[0].item;
        assert_eq!(checked(&need, &times), Err(vec![format!("/times/disaster/{rto}/weight")]));
    }

    #[test]
    fn what_the_fields_cannot_say_of_an_item_stays() {
        let need = certificate();
        let mut times = disaster(&need);
        times[1].items[0].value = "2 h".to_owned();
        let edited = checked(&need, &times).unwrap();
        let items = edited.spec.profiles.disaster.unwrap().items;
        assert_eq!(items[0].value, Some(sla::Value::Number(7200.into())));
        assert_eq!(items[0].min_commitment, Some(sla::Commitment::Objective));
    }
}
