//! One need under the hand: what is asked, every change of it, and the ranking that follows.
//!
//! A change that only moves a row is made here; one that changes how promises are read (another item,
//! another scheme) is written into the document, and the server is asked for new columns.

use matching::{
    Board, Dictionary, Explanation, Fault, Gain, GainStep, Mode, Order, Prepared, ProfileRows,
    Ranking, Requirement, Tolerance, Value,
};
use serde_json::json;
use sla::Decimal;

use super::{
    data::{Ask, AskKind, Stalls, StudioData},
    draw::Axis,
    need, nice,
    read::{exceeds, is_above, read_slack, read_value},
    say,
};
use crate::words::Words;

/// Largest weight of an item (sla-schema 4).
const WEIGHT_MAX: i64 = 10;

/// What a change asks of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing more: rank again.
    Here,
    /// Columns for the document as it is now.
    Anew,
    /// A need of what the fields say: it is the server that reads them.
    Fields,
}

/// A state to come back to.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The document.
    pub need: serde_json::Value,
    asks: Vec<Ask>,
    profiles: Vec<ProfileRows>,
    rows: Requirement,
    answer: u32,
}

/// The studio.
#[derive(Debug, Clone)]
pub struct Studio {
    words: Words,
    need: serde_json::Value,
    asks: Vec<Ask>,
    profiles: Vec<ProfileRows>,
    dictionary: Dictionary,
    prepared: Prepared<'static>,
    board: Board,
    stalls: Stalls,
    /// Tells apart the answers of the server: rows of one make no sense on the columns of another.
    answer: u32,
    /// The floors below the value that moved last.
    moved: Option<Moved>,
    /// The order of the lists.
    pub order: Order,
    /// Rows of each list.
    pub limit: usize,
}

/// Floors as they stood before a value of every day began to move: one that comes back brings them back.
#[derive(Debug, Clone)]
struct Moved {
    ask: usize,
    floors: Vec<Floor>,
    /// The same in the document.
    written: Vec<serde_json::Value>,
}

/// One of them.
#[derive(Debug, Clone)]
struct Floor {
    ask: usize,
    text: String,
    /// Its rows with what they ask.
    rows: Vec<(usize, Option<Value>)>,
}

impl Studio {
    /// Makes everything ready that does not change with the need's values.
    ///
    /// # Errors
    /// The first fault of the dictionary, a row or a promise; the server sends none.
    pub fn new(words: Words, data: StudioData, order: Order, limit: usize) -> Result<Self, Fault> {
        let StudioData { need, asks, bundle, columns, stalls, sheet: _ } = data;
        let cost: Vec<&str> = bundle.cost.iter().map(String::as_str).collect();
        let dictionary = Dictionary::with_cost(bundle.items, bundle.price.as_deref(), &cost)?;
        let prepared = Prepared::owning(dictionary.clone(), &bundle.requirement)?;
        let board = Board::new(&dictionary, &columns)?;
        let profiles = bundle.profiles;
        let answer = 0;
        Ok(Self {
            words,
            need,
            asks,
            profiles,
            dictionary,
            prepared,
            board,
            stalls,
            answer,
            moved: None,
            order,
            limit,
        })
    }

    /// The same with the number of the server's answer it was made of.
    #[must_use]
    pub const fn of_answer(mut self, answer: u32) -> Self {
        self.answer = answer;
        self
    }

    /// The document.
    #[must_use]
    pub const fn need(&self) -> &serde_json::Value {
        &self.need
    }

    /// What is asked.
    #[must_use]
    pub fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// How offers are shown.
    #[must_use]
    pub const fn stalls(&self) -> &Stalls {
        &self.stalls
    }

    /// The rows as they are compared.
    #[must_use]
    pub const fn requirement(&self) -> &Requirement {
        self.prepared.requirement()
    }

    /// Ranks the market.
    #[must_use]
    pub fn ranking(&self) -> Ranking {
        self.prepared.rank_board(&self.board, self.order, self.limit)
    }

    /// One offer against the need, row by row.
    #[must_use]
    pub fn explain(&self, offer: usize) -> Option<Explanation> {
        let offer = self.board.offers().get(offer)?;
        let mut explanation = self.prepared.explain(offer);
        explanation.profiles =
            self.profiles.iter().map(|profile| profile.standing(&explanation.rows)).collect();
        Some(explanation)
    }

    /// The position of an offer by its id.
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        self.board.offers().iter().position(|offer| offer.id() == id)
    }

    /// The id of an offer.
    #[must_use]
    pub fn id(&self, offer: usize) -> &str {
        self.board.offers().get(offer).map_or("", matching::Offer::id)
    }

    /// What each single relaxation would bring.
    #[must_use]
    pub fn gains(&self) -> Vec<Gain> {
        self.prepared.gains(self.board.offers())
    }

    /// The axes of what is asked, with an offer on them.
    #[must_use]
    pub fn axes(&self, offer: Option<usize>) -> Vec<Axis> {
        let nobody = matching::Offer::new(&self.dictionary, 0, &matching::OfferValues::default());
        let offer = offer.and_then(|offer| self.board.offers().get(offer));
        let drawn = match (offer, &nobody) {
            (Some(offer), _) | (None, Ok(offer)) => self.prepared.axes(offer),
            (None, Err(_)) => return Vec::new(),
        };
        let rows = &self.requirement().rows;
        let total: Decimal =
            rows.iter().filter(|row| row.mode != Mode::BestEffort).map(|row| row.weight).sum();
        let axis = |(index, ask): (usize, &Ask)| {
            let row = rows.get(*ask.rows.first()?)?;
            let found = drawn.iter().find(|axis| axis.item == row.item)?;
            let weight: Decimal =
                ask.rows.iter().filter_map(|row| rows.get(*row)).map(|row| row.weight).sum();
            Some(Axis {
                ask: index,
                label: ask.label.clone(),
                lines: ask.lines.clone(),
                need: Some(found.asked?),
                promise: found.promised,
                need_text: self.asked_text(index),
                share: share(weight, total),
                moves: ask.local
                    && ask.time.is_none()
                    && matches!(ask.kind, AskKind::Number | AskKind::Level),
            })
        };
        let asked = self.asks.iter().enumerate();
        let asked = asked.filter(|(_, ask)| ask.mode != Mode::BestEffort && !ask.floor);
        // An item that several times ask is drawn once, as the first of them asks it.
        let first = |index: usize, key: &str| {
            let before = self.asks.get(..index).unwrap_or_default();
            before.iter().all(|other| other.key != key)
        };
        let asked = asked.filter(|(index, ask)| first(*index, &ask.key));
        asked.filter_map(axis).collect()
    }

    /// What an ask asks, in words: "at least 99.9 %".
    #[must_use]
    pub fn asked_text(&self, ask: usize) -> String {
        let Some(ask) = self.asks.get(ask) else { return String::new() };
        let row = ask.rows.first().and_then(|row| self.requirement().rows.get(*row));
        match row.and_then(|row| row.value.as_ref()) {
            Some(value) => ask.pattern.replace("{}", &say::value_text(self.words, ask, value)),
            None => self.words.needs_ask_anything().to_owned(),
        }
    }

    /// Moves a corner to a place from 0 to 1. `None` when that changes nothing.
    pub fn move_to(&mut self, ask: usize, place: f64) -> Option<Change> {
        let asked = self.asks.get(ask).filter(|asked| !asked.floor)?;
        let row = *asked.rows.first()?;
        let item = self.dictionary.item(&self.requirement().rows.get(row)?.item)?;
        let value = nice::value_at(&item.kind, asked.unit, place)?;
        if self.requirement().rows.get(row)?.value.as_ref() == Some(&value) {
            return None;
        }
        self.put(ask, &value)
    }

    /// Moves a corner by so much; by more where that would be the same value.
    pub fn move_by(&mut self, ask: usize, from: f64, by: f64) -> Option<Change> {
        let mut place = from + by;
        loop {
            if let Some(change) = self.move_to(ask, place) {
                return Some(change);
            }
            if !(0.0..=1.0).contains(&place) {
                return None;
            }
            place += by;
        }
    }

    /// Reads what was typed as a value.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn type_value(&mut self, ask: usize, text: &str) -> Result<Option<Change>, String> {
        let Some(asked) = self.asks.get(ask).filter(|asked| !asked.floor) else { return Ok(None) };
        if text.trim() == asked.value {
            return Ok(None);
        }
        if asked.asks_server(text) {
            return Ok(Some(Change::Fields));
        }
        let value = match read_value(self.words, asked, text)? {
            sla::Value::Number(number) => Value::Number(number),
            sla::Value::Level(level) => Value::Level(level),
            sla::Value::Set(members) => Value::Set(members),
            sla::Value::Range { .. } | sla::Value::Boolean(_) => return Ok(None),
        };
        Ok(self.put(ask, &value))
    }

    fn put(&mut self, ask: usize, value: &Value) -> Option<Change> {
        let asked = self.asks.get_mut(ask)?;
        let (typed, written) = match value {
            Value::Number(number) => {
                let shown = sla::format_number(asked.unit, *number, self.words.0.sla());
                (shown.replace(',', ""), json!(number.normalize().to_string()))
            }
            Value::Level(level) => (level.clone(), json!(level)),
            Value::Set(members) => {
                (members.iter().cloned().collect::<Vec<_>>().join(", "), json!(members))
            }
        };
        typed.clone_into(&mut asked.value);
        let asked = asked.clone();
        let mut rows = asked.rows.clone();
        if asked.time.is_none() {
            self.lift_floors(ask, &asked.key);
            let above = |floor: &serde_json::Value| is_above(&asked, floor, value);
            need::lower_floors(&mut self.need, &asked.key, above, &written);
            rows.extend(self.fallen(&asked, value));
        }
        need::write(&mut self.need, asked.time, &asked.key, "value", Some(written));
        need::write(&mut self.need, asked.time, &asked.key, "op", Some(json!(asked.op)));
        if !asked.local {
            return Some(Change::Anew);
        }
        self.change(&rows, |row| row.value = Some(value.clone()))
    }

    /// Puts floors back to where they stood before this value began to move, or keeps where they stand.
    fn lift_floors(&mut self, ask: usize, key: &str) {
        let Some(moved) = self.moved.clone().filter(|moved| moved.ask == ask) else {
            let rows = &self.prepared.requirement().rows;
            let value = |row: &usize| (*row, rows.get(*row).and_then(|row| row.value.clone()));
            let floors = self.asks.iter().enumerate();
            let floors = floors.filter(|(_, floor)| floor.floor && floor.key == key);
            let floors = floors.map(|(ask, floor)| Floor {
                ask,
                text: floor.value.clone(),
                rows: floor.rows.iter().map(value).collect(),
            });
            let floors = floors.collect();
            self.moved = Some(Moved { ask, floors, written: need::floors(&mut self.need, key) });
            return;
        };
        need::put_floors(&mut self.need, key, &moved.written);
        for Floor { ask, text, rows } in moved.floors {
            if let Some(floor) = self.asks.get_mut(ask).filter(|floor| floor.value != text) {
                floor.value = text;
                for (row, value) in rows {
                    self.change(&[row], |row| row.value.clone_from(&value));
                }
            }
        }
    }

    /// Rows of the floors of an item that would ask more than its new value of every day: they ask the
    /// same from now on.
    fn fallen(&mut self, asked: &Ask, value: &Value) -> Vec<usize> {
        let rows = &self.prepared.requirement().rows;
        let mut fallen = Vec::new();
        for floor in self.asks.iter_mut().filter(|floor| floor.floor && floor.key == asked.key) {
            let now = floor.rows.first().and_then(|row| rows.get(*row)?.value.as_ref());
            if now.is_some_and(|now| exceeds(asked, now, value)) {
                floor.value.clone_from(&asked.value);
                fallen.extend(&floor.rows);
            }
        }
        fallen
    }

    /// The rows of an ask and those of its floors, which are asked as it is but for the value.
    fn with_floors(&self, asked: &Ask) -> Vec<usize> {
        let floors = self.asks.iter().filter(|floor| floor.floor && floor.key == asked.key);
        let floors = floors.filter(|_| asked.time.is_none()).flat_map(|floor| &floor.rows);
        asked.rows.iter().chain(floors).copied().collect()
    }

    /// Asks an item more or less firmly.
    ///
    /// # Errors
    /// Without a value there is nothing to ask for; in words.
    pub fn set_mode(&mut self, ask: usize, mode: Mode) -> Result<Option<Change>, String> {
        let Some(asked) = self.asks.get(ask).filter(|asked| asked.mode != mode && !asked.floor)
        else {
            return Ok(None);
        };
        let rows = &self.requirement().rows;
        let open =
            asked.rows.iter().filter_map(|row| rows.get(*row)).any(|row| row.value.is_none());
        if open && mode != Mode::BestEffort {
            return Err(say::fault_text(self.words, "", ""));
        }
        if asked.shared {
            return Ok(Some(Change::Fields));
        }
        Ok(self.put_mode(ask, mode))
    }

    fn put_mode(&mut self, ask: usize, mode: Mode) -> Option<Change> {
        let asked = self.asks.get_mut(ask)?;
        asked.mode = mode;
        let word = match mode {
            Mode::Must => "must",
            Mode::Prefer => "prefer",
            Mode::BestEffort => "best_effort",
        };
        let asked = asked.clone();
        need::write(&mut self.need, asked.time, &asked.key, "level", Some(json!(word)));
        let firm = self.with_floors(&asked);
        for part in self.profiles.iter_mut().flat_map(|profile| &mut profile.rows) {
            if firm.contains(&part.row) {
                part.mode = mode;
            }
        }
        for floor in self.asks.iter_mut().filter(|floor| floor.floor && floor.key == asked.key) {
            floor.mode = mode;
        }
        self.change(&asked.rows, |row| row.mode = mode)
    }

    /// Reads what was typed as a weight; empty is 1.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn type_weight(&mut self, ask: usize, text: &str) -> Result<Option<Change>, String> {
        let text = text.trim();
        let weight = if text.is_empty() { Some(Decimal::ONE) } else { sla::parse_decimal(text) };
        let fits =
            |weight: &Decimal| *weight >= Decimal::ZERO && *weight <= Decimal::from(WEIGHT_MAX);
        let Some(weight) = weight.filter(fits) else {
            return Err(say::fault_text(self.words, text, &format!("0 – {WEIGHT_MAX}")));
        };
        let Some(asked) =
            self.asks.get_mut(ask).filter(|asked| asked.weight != text && !asked.floor)
        else {
            return Ok(None);
        };
        text.clone_into(&mut asked.weight);
        let asked = asked.clone();
        let written = (!text.is_empty()).then(|| json!(weight.normalize().to_string()));
        need::write(&mut self.need, asked.time, &asked.key, "weight", written);
        // The two rows of a range share the weight.
        let share = asked.kind == AskKind::Number && asked.rows.len() == 2;
        let each = if share { weight * Decimal::new(5, 1) } else { weight };
        Ok(self.change(&self.with_floors(&asked), |row| row.weight = each))
    }

    /// Reads what was typed as a tolerance; empty is none.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn type_tolerance(&mut self, ask: usize, text: &str) -> Result<Option<Change>, String> {
        let text = text.trim();
        let Some(asked) =
            self.asks.get(ask).filter(|asked| asked.tolerance != text && !asked.floor)
        else {
            return Ok(None);
        };
        if asked.shared || asked.kind == AskKind::Own {
            return Ok(Some(Change::Fields));
        }
        let size = match text.is_empty() {
            true => None,
            false => Some(read_slack(self.words, asked, text)?),
        };
        let tolerance = size.map(|size| match asked.kind {
            AskKind::Level | AskKind::Scheme => {
                Tolerance::Steps(u32::try_from(size.trunc().mantissa()).unwrap_or(u32::MAX))
            }
            _ => Tolerance::Abs(size),
        });
        let asked = asked.clone();
        need::write(
            &mut self.need,
            asked.time,
            &asked.key,
            "tolerance",
            size.map(|size| json!(size.normalize().to_string())),
        );
        if let Some(asked) = self.asks.get_mut(ask) {
            text.clone_into(&mut asked.tolerance);
        }
        Ok(self.change(&self.with_floors(&asked), |row| row.tolerance = tolerance))
    }

    /// Asks for one more item, as the picker wrote it.
    pub fn add(&mut self, asked: serde_json::Value) -> Change {
        need::add(&mut self.need, asked);
        Change::Anew
    }

    /// Whether something is asked every day besides one item.
    #[must_use]
    pub fn may_remove(&self) -> bool {
        self.asks.iter().filter(|ask| ask.time.is_none()).nth(1).is_some()
    }

    /// Asks no more for an item.
    pub fn remove(&mut self, key: &str) -> Change {
        need::remove(&mut self.need, key);
        Change::Anew
    }

    /// Applies one relaxation: another value, or, without one, anything is accepted.
    pub fn relax(&mut self, row: usize, step: Option<&GainStep>) -> Option<Change> {
        let ask = self.asks.iter().position(|ask| ask.rows.contains(&row))?;
        match step {
            Some(step) if self.asks.get(ask)?.local => self.put(ask, &step.to),
            Some(_) => None,
            None => match self.asks.get(ask)?.clone() {
                asked if asked.shared => None,
                Ask { time: Some(_), key, .. } => {
                    need::remove_then(&mut self.need, &key);
                    Some(Change::Anew)
                }
                _ => self.put_mode(ask, Mode::BestEffort),
            },
        }
    }

    /// The state now, to come back to.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment {
            need: self.need.clone(),
            asks: self.asks.clone(),
            profiles: self.profiles.clone(),
            rows: self.requirement().clone(),
            answer: self.answer,
        }
    }

    /// Comes back to a state.
    pub fn restore(&mut self, moment: Moment) -> Change {
        let same = self.answer == moment.answer;
        self.moved = None;
        self.need = moment.need;
        if same && let Ok(prepared) = Prepared::owning(self.dictionary.clone(), &moment.rows) {
            self.asks = moment.asks;
            self.profiles = moment.profiles;
            self.prepared = prepared;
            return Change::Here;
        }
        Change::Anew
    }

    /// Changes rows and compiles them.
    fn change(&mut self, rows: &[usize], edit: impl Fn(&mut matching::Asked)) -> Option<Change> {
        let mut requirement = self.requirement().clone();
        for row in rows {
            edit(requirement.rows.get_mut(*row)?);
        }
        match Prepared::owning(self.dictionary.clone(), &requirement) {
            Ok(prepared) => {
                self.prepared = prepared;
                Some(Change::Here)
            }
            // A row that cannot be compiled here is for the server to explain.
            Err(_) => Some(Change::Anew),
        }
    }
}

fn share(part: Decimal, total: Decimal) -> f64 {
    let hundredths =
        part.checked_mul(Decimal::ONE_THOUSAND).and_then(|part| part.checked_div(total));
    hundredths
        .and_then(|part| i32::try_from(part.trunc()).ok())
        .map_or(0.0, |part| f64::from(part) / 1000.0)
}
