//! The two lists under the hand. A frame touches what it changes: text is written into the rows that stand,
//! a row is drawn anew when another offer takes its place, and both lists when one grows or ends.

use web_sys::Element;

use super::dom;
use crate::{
    studio::{
        Studio,
        rows::{Lists, Row},
    },
    words::Words,
};

/// The lists as they are on the page.
#[derive(Debug, Default)]
pub struct Shown {
    lists: Option<Lists>,
    slots: Vec<Slot>,
}

/// The elements of one row.
#[derive(Debug)]
struct Slot {
    row: Element,
    told: Vec<Element>,
}

impl Slot {
    fn of(row: Element) -> Self {
        let mut told = Vec::new();
        dom::each(&row, "[data-told]", |line| told.push(line.clone()));
        Self { row, told }
    }

    fn write(&mut self, words: Words, studio: &Studio, before: &Row, now: &Row) {
        if now.stands(before) {
            for ((line, text), old) in self.told.iter().zip(&now.told).zip(&before.told) {
                if text != old {
                    line.set_text_content(Some(text));
                }
            }
        } else {
            dom::set(&self.row, "class", now.class());
            dom::set(&self.row, "data-offer", &now.id);
            self.row.set_inner_html(&now.inner(words, studio));
            *self = Self::of(self.row.clone());
        }
        for (name, number, old) in [
            ("data-shortfall", now.shortfall, before.shortfall),
            ("data-surplus", now.surplus, before.surplus),
        ] {
            if number != old {
                dom::set(&self.row, name, &number.to_string());
            }
        }
    }
}

impl Shown {
    /// Brings the page to what `now` says.
    pub fn paint(&mut self, root: &Element, words: Words, studio: &Studio, now: Lists) {
        match self.lists.as_ref().filter(|before| now.fits_into(before)) {
            Some(before) => {
                let pairs = before.rows.iter().flatten().zip(now.rows.iter().flatten());
                for (slot, (before, now)) in self.slots.iter_mut().zip(pairs) {
                    slot.write(words, studio, before, now);
                }
                if now.head != before.head {
                    dom::say(root, "#live-matches", &now.head);
                }
            }
            None => {
                let Some(place) = dom::find(root, "[data-lists]") else { return };
                place.set_inner_html(&now.whole(words, studio));
                self.slots.clear();
                dom::each(&place, ".rank", |row| self.slots.push(Slot::of(row.clone())));
            }
        }
        self.lists = Some(now);
    }
}
