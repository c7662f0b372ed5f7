//! The requirement document as JSON: changing one field of an item, and the code that stands in links.

use serde_json::{Map, Value, json};

/// Longest code that fits into an address; the broker refuses longer ones.
pub const CODE_MAX: usize = 7000;

/// The asked items of the normal profile.
fn items(need: &mut Value) -> Option<&mut Vec<Value>> {
    need.pointer_mut("/spec/profiles/normal/items")?.as_array_mut()
}

fn item<'a>(need: &'a mut Value, key: &str) -> Option<&'a mut Map<String, Value>> {
    let found = items(need)?.iter_mut().find(|item| item.get("item") == Some(&json!(key)))?;
    found.as_object_mut()
}

/// Writes a field of an asked item; `None` takes it out.
pub fn write(need: &mut Value, key: &str, field: &str, value: Option<Value>) {
    let Some(item) = item(need, key) else { return };
    match value {
        Some(value) => drop(item.insert(field.to_owned(), value)),
        None => drop(item.remove(field)),
    }
}

/// Asks for one more item; one that is asked already is left as it is.
pub fn add(need: &mut Value, asked: Value) {
    let key = asked.get("item").cloned();
    let Some(items) = items(need) else { return };
    if items.iter().all(|item| item.get("item") != key.as_ref()) {
        items.push(asked);
    }
}

/// Asks no more for an item; the last one stays.
pub fn remove(need: &mut Value, key: &str) {
    let Some(items) = items(need) else { return };
    if items.len() > 1 {
        items.retain(|item| item.get("item") != Some(&json!(key)));
    }
}

/// Lowers the floor of an item in a disaster to what is asked now where it would lie above it: the
/// document would contradict itself.
pub fn lower_floor(need: &mut Value, key: &str, above: impl Fn(&Value) -> bool, asked: &Value) {
    let floors = need.pointer_mut("/spec/profiles/disaster/relax").and_then(Value::as_array_mut);
    for entry in floors.into_iter().flatten() {
        if entry.get("item") == Some(&json!(key))
            && let Some(floor) = entry.get_mut("floor")
            && above(floor)
        {
            floor.clone_from(asked);
        }
    }
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
        write(&mut need, "a", "value", Some(json!("0.999")));
        write(&mut need, "b", "weight", None);
        write(&mut need, "c", "value", Some(json!("lost")));
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
