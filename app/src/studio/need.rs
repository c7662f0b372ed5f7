//! The requirement document as JSON: changing one field of an item, and the code that stands in links.

use serde_json::{Value, json};
use sla::ProfileName;

/// Longest code that fits into an address; the broker refuses longer ones.
pub const CODE_MAX: usize = 7000;

/// The asked items of a profile; `None` is every day.
fn items(need: &mut Value, time: Option<ProfileName>) -> Option<&mut Vec<Value>> {
    let time = time.unwrap_or(ProfileName::Normal);
    need.pointer_mut(&format!("/spec/profiles/{time}/items"))?.as_array_mut()
}

/// What may be relaxed at each other time.
fn relaxed(need: &mut Value, mut act: impl FnMut(&mut Vec<Value>)) {
    for time in [ProfileName::Overload, ProfileName::Disaster] {
        let list = need.pointer_mut(&format!("/spec/profiles/{time}/relax"));
        if let Some(list) = list.and_then(Value::as_array_mut) {
            act(list);
        }
    }
}

/// Writes a field of an asked item; `None` takes it out.
pub fn write(
    need: &mut Value,
    time: Option<ProfileName>,
    key: &str,
    field: &str,
    value: Option<Value>,
) {
    let item = items(need, time)
        .and_then(|items| items.iter_mut().find(|item| item.get("item") == Some(&json!(key))));
    let Some(item) = item.and_then(Value::as_object_mut) else { return };
    match value {
        Some(value) => drop(item.insert(field.to_owned(), value)),
        None => drop(item.remove(field)),
    }
}

/// Asks for one more item; one that is asked already is left as it is.
pub fn add(need: &mut Value, asked: Value) {
    let key = asked.get("item").cloned();
    let Some(items) = items(need, None) else { return };
    if items.iter().all(|item| item.get("item") != key.as_ref()) {
        items.push(asked);
    }
}

/// Asks no more for an item, and so has nothing of it to relax either; the last one stays.
pub fn remove(need: &mut Value, key: &str) {
    let Some(items) = items(need, None).filter(|items| items.len() > 1) else { return };
    items.retain(|item| item.get("item") != Some(&json!(key)));
    relaxed(need, |list| list.retain(|entry| entry.get("item") != Some(&json!(key))));
}

/// Asks no more for an item at other times than every day.
pub fn remove_then(need: &mut Value, key: &str) {
    for time in [ProfileName::Overload, ProfileName::Disaster] {
        if let Some(items) = items(need, Some(time)) {
            items.retain(|item| item.get("item") != Some(&json!(key)));
        }
    }
}

/// Lowers the floors of an item at other times to what is asked now where they would lie above it: the
/// document would contradict itself.
pub fn lower_floors(need: &mut Value, key: &str, above: impl Fn(&Value) -> bool, asked: &Value) {
    each_floor(need, key, |floor| {
        if above(floor) {
            floor.clone_from(asked);
        }
    });
}

/// The floors of an item at other times, in the order of the document.
pub fn floors(need: &mut Value, key: &str) -> Vec<Value> {
    let mut found = Vec::new();
    each_floor(need, key, |floor| found.push(floor.clone()));
    found
}

/// Puts floors back that [`floors`] found.
pub fn put_floors(need: &mut Value, key: &str, floors: &[Value]) {
    let mut floors = floors.iter();
    each_floor(need, key, |floor| {
        if let Some(before) = floors.next() {
            floor.clone_from(before);
        }
    });
}

fn each_floor(need: &mut Value, key: &str, mut act: impl FnMut(&mut Value)) {
    relaxed(need, |list| {
        for entry in list {
            if entry.get("item") == Some(&json!(key))
                && let Some(floor) = entry.get_mut("floor")
            {
                act(floor);
            }
        }
    });
}

/// The code of the document for links: base64url of its JSON, as `Broker::share_code` writes it.
#[must_use]
pub fn code(need: &Value) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let text = need.to_string();
    let mut code = String::with_capacity(text.len() * 4 / 3 + 3);
    for chunk in text.as_bytes().chunks(3) {
        let mut bits = 0_u32;
        for place in 0..3 {
            bits = bits << 8 | u32::from(chunk.get(place).copied().unwrap_or(0));
        }
        for place in 0..=chunk.len() {
            let six = (bits >> (18 - 6 * place)) & 63;
            code.push(char::from(ALPHABET[six as usize]));
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need() -> Value {
        json!({"spec": {"profiles": {"normal": {"items": [{"item": "a"}, {"item": "b", "weight": "2"}]}}}})
    }

    #[test]
    fn fields_of_an_item_are_written_and_taken_out() {
        let mut need = need();
        write(&mut need, None, "a", "value", Some(json!("0.999")));
        write(&mut need, None, "b", "weight", None);
        write(&mut need, None, "c", "value", Some(json!("lost")));
        remove(&mut need, "c");
        add(&mut need, json!({"item": "b", "value": "1"}));
        assert_eq!(
            need.to_string(),
            r#"{"spec":{"profiles":{"normal":{"items":[{"item":"a","value":"0.999"},{"item":"b"}]}}}}"#
        );
    }

    #[test]
    fn the_last_item_stays() {
        let mut need = need();
        remove(&mut need, "a");
        remove(&mut need, "b");
        assert!(need.to_string().contains(r#""item":"b""#));
    }

    #[test]
    fn codes_are_base64url_without_padding() {
        assert_eq!(code(&json!("~?>")), "In4_PiI");
        assert_eq!(code(&json!("a")), "ImEi");
        assert_eq!(code(&json!(1)), "MQ");
    }
}
