//! Pages of long lists: a cursor holds the last sort keys, so no row is skipped or seen twice.

use domain::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;
use uuid::Uuid;

/// The longest page; a larger wish is cut, because one answer must stay small.
pub const PAGE_LIMIT_MAX: u32 = 200;

/// Some items of a list, and where the next ones start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// At most `limit` items.
    pub items: Vec<T>,
    /// Present when there are more.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Turns every item into another one.
    #[must_use]
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(convert).collect(), next: self.next }
    }
}

/// Where a page ended: a moment (0 when the list is sorted by id alone) and an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    at: Timestamp,
    id: Uuid,
}

/// The text is not a cursor that an earlier page handed out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a cursor: pass `next` of the page before unchanged")]
pub struct CursorError(String);

impl Cursor {
    /// Before everything in a list that shows the newest first.
    const NEWEST: Self = Self { at: Timestamp(i64::MAX), id: Uuid::max() };

    /// After the row with this id.
    pub(crate) const fn after_id(id: Uuid) -> Self {
        Self { at: Timestamp(0), id }
    }

    /// After the row with this moment and id.
    pub(crate) const fn after(at: Timestamp, id: Uuid) -> Self {
        Self { at, id }
    }

    /// The keys to compare with in a list that shows the oldest first.
    pub(crate) fn oldest_first(cursor: Option<&Self>) -> (i64, Uuid) {
        cursor.map_or((i64::MIN, Uuid::nil()), |cursor| (cursor.at.0, cursor.id))
    }

    /// The keys to compare with in a list that shows the newest first.
    pub(crate) fn newest_first(cursor: Option<&Self>) -> (i64, Uuid) {
        let cursor = cursor.unwrap_or(&Self::NEWEST);
        (cursor.at.0, cursor.id)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.at.0, self.id.simple())
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let parse = || {
            let (at, id) = text.split_once('-')?;
            // u64: a moment before 1970 is written as its two's complement.
            let at = u64::from_str_radix(at, 16).ok()?;
            Some(Self { at: Timestamp(at as i64), id: Uuid::try_parse(id).ok()? })
        };
        parse().ok_or_else(|| CursorError(text.chars().take(80).collect()))
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The LIMIT to ask for: one row more than shown tells whether there is a next page.
pub(crate) fn fetch_limit(limit: u32) -> i64 {
    i64::from(limit.clamp(1, PAGE_LIMIT_MAX)) + 1
}

/// Cuts the extra row off and remembers where the page ended.
pub(crate) fn cut<T>(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Page<T> {
    let shown = limit.clamp(1, PAGE_LIMIT_MAX) as usize;
    let more = items.len() > shown;
    items.truncate(shown);
    let next = if more { items.last().map(cursor) } else { None };
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_survives_its_text_form() {
        for at in [i64::MIN, -1, 0, 1_780_000_000_000_000, i64::MAX] {
            let cursor = Cursor::after(Timestamp(at), Uuid::from_u128(7));
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }

    #[test]
    fn foreign_text_is_no_cursor() {
        for text in ["", "20", "0-", "-0", "0-雲", "zz-00000000000000000000000000000007"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
