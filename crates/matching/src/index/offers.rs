//! The index over compiled offers of one fixed dictionary: one column per item.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use super::{
    column::Column,
    moment::{Live, Moment, Payload, Row, Segment},
    part::Part,
    scan::{Limits, scan},
};
use crate::{
    item::{Dictionary, KindName},
    order::{Order, Strength, not_dearer},
    prepared::Prepared,
    rank::{Ranked, Ranking},
    requirement::Mode,
    value::{Held, Offer},
};

/// Stands where a row of a requirement reads nothing.
pub(crate) static NOTHING: LazyLock<Arc<Column>> =
    LazyLock::new(|| Arc::new(Column::build(KindName::SetAny, &[])));

/// The columns of a segment, one per item of the dictionary.
#[derive(Debug)]
pub struct OfferColumns {
    pub(crate) columns: Vec<Arc<Column>>,
}

/// A moment of an index over compiled offers.
pub type OfferMoment = Moment<OfferColumns>;

impl Row for Offer {
    fn id(&self) -> &str {
        Self::id(self)
    }
}

impl OfferColumns {
    /// One column per item; `of` gives the promises of all rows on the item at a position.
    fn each_item(dictionary: &Dictionary, of: impl Fn(usize) -> Vec<Option<Held>>) -> Self {
        let items = dictionary.items().iter().enumerate();
        let column =
            |(at, item): (usize, &crate::Item)| Arc::new(Column::build(item.kind.name(), &of(at)));
        Self { columns: items.map(column).collect() }
    }
}

impl Payload for OfferColumns {
    type Context = Arc<Dictionary>;
    type Row = Offer;

    fn build(dictionary: &Arc<Dictionary>, rows: Vec<Offer>) -> Self {
        Self::each_item(dictionary, |item| {
            rows.iter().map(|offer| offer.held(item).cloned()).collect()
        })
    }

    fn gather(dictionary: &Arc<Dictionary>, parts: &[&Self], rows: &[(usize, usize)]) -> Self {
        Self::each_item(dictionary, |item| {
            let columns: Vec<Option<&Arc<Column>>> =
                parts.iter().map(|part| part.columns.get(item)).collect();
            let held =
                |(part, row): &(usize, usize)| columns.get(*part).copied().flatten()?.held(*row);
            rows.iter().map(held).collect()
        })
    }

    fn bytes(&self) -> usize {
        self.columns.iter().map(|column| column.bytes()).sum()
    }
}

impl OfferMoment {
    /// An index over these offers, compiled against that dictionary; the last one of an id counts.
    #[must_use]
    pub fn new(dictionary: Arc<Dictionary>, offers: Vec<Offer>) -> Self {
        Self::empty(dictionary).apply(offers, &[])
    }

    /// The dictionary that offers and requirements are compiled against.
    #[must_use]
    pub const fn dictionary(&self) -> &Arc<Dictionary> {
        &self.context
    }

    /// Lets the index be updated while it is read.
    #[must_use]
    pub fn live(self) -> Live<OfferColumns> {
        Live::new(self)
    }

    /// All offers, decoded; for comparing and for moving elsewhere.
    pub fn offers(&self) -> impl Iterator<Item = Offer> {
        self.segments.iter().flat_map(|segment| {
            let rows = 0..segment.body.ids.len();
            rows.filter(|row| !segment.dead.has(*row)).map(|row| decoded(segment, row))
        })
    }

    /// The offer at a position as [`Ranked::index`] counts.
    #[must_use]
    pub fn offer(&self, index: usize) -> Option<Offer> {
        self.locate(index).map(|(segment, row)| decoded(segment, row))
    }

    /// The answer of [`Prepared::rank`] over the offers of this moment; `index` of a row is its
    /// position in the index. The requirement is compiled against [`OfferMoment::dictionary`].
    #[must_use]
    pub fn rank(&self, prepared: &Prepared<'_>, order: Order, limit: usize) -> Ranking {
        self.rank_up_to(prepared, order, limit, limit)
    }

    /// As [`OfferMoment::rank`] with a limit for each of the two lists.
    #[must_use]
    pub fn rank_up_to(
        &self,
        prepared: &Prepared<'_>,
        order: Order,
        matches: usize,
        near_misses: usize,
    ) -> Ranking {
        ranking(prepared, &self.parts(prepared), order, Limits { matches, near_misses })
    }

    /// For each row of the requirement, how many more offers match without that row alone.
    #[must_use]
    pub fn admitted_without(&self, prepared: &Prepared<'_>) -> Vec<usize> {
        super::gains::admitted_without(prepared, &self.parts(prepared))
    }

    fn parts(&self, prepared: &Prepared<'_>) -> Vec<Part<'_>> {
        let part = |segment: &'_ Segment<OfferColumns>| {
            let columns = &segment.body.payload.columns;
            let column =
                |item: usize| columns.get(item).map_or_else(|| Arc::clone(&NOTHING), Arc::clone);
            let read = |row: &crate::prepared::Row| match row.mode {
                Mode::BestEffort => Arc::clone(&NOTHING),
                Mode::Must | Mode::Prefer => column(row.item),
            };
            (prepared.rows.iter().map(read).collect(), prepared.dictionary.price().map(column))
        };
        self.segments
            .iter()
            .map(|segment| {
                let (columns, price) = part(segment);
                Part { ids: &segment.body.ids, columns, price, dead: &segment.dead }
            })
            .collect()
    }
}

fn decoded(segment: &Segment<OfferColumns>, row: usize) -> Offer {
    let held = segment.body.payload.columns.iter().map(|column| column.held(row)).collect();
    Offer { id: segment.body.ids.get(row).to_owned(), held }
}

/// Scans the parts and writes the answer.
pub(crate) fn ranking(
    prepared: &Prepared<'_>,
    parts: &[Part<'_>],
    order: Order,
    limits: Limits,
) -> Ranking {
    let found = scan(prepared, parts, order, limits);
    let starts: Vec<usize> = parts
        .iter()
        .scan(0, |start, part| {
            *start += part.rows();
            Some(*start - part.rows())
        })
        .collect();
    let list = |placed: Vec<super::best::Placed<'_>>| {
        let mut above = None;
        let row = |placed: super::best::Placed<'_>| {
            let here = parts.get(placed.part).map(|part| (part, placed.row));
            let stronger_than_above =
                here.zip(above).is_some_and(|(here, above)| stronger(prepared, here, above));
            above = here;
            Ranked {
                index: starts.get(placed.part).copied().unwrap_or(0) + placed.row,
                id: placed.id.to_owned(),
                totals: placed.standing.totals,
                stronger_than_above,
            }
        };
        placed.into_iter().map(row).collect()
    };
    Ranking {
        order,
        judged: found.judged,
        matched: found.matched,
        matches: list(found.matches),
        near_misses: list(found.near_misses),
    }
}

/// As [`Prepared::stronger_and_not_dearer`] for rows of parts; takes nothing out of the columns.
fn stronger(prepared: &Prepared<'_>, a: Place<'_>, b: Place<'_>) -> bool {
    let price = |place: Place<'_>| match place.0.price.as_ref()?.look(place.1).as_deref() {
        Some(Held::Number { value, .. }) => Some(*value),
        _ => None,
    };
    not_dearer(price(a), price(b))
        && prepared.strength_by(|row, _| (look(a, row), look(b, row))) == Strength::Stronger
}

/// A row of a part.
type Place<'a> = (&'a Part<'a>, usize);

/// What a place promises on a row of the requirement.
fn look((part, at): Place<'_>, row: usize) -> Option<Cow<'_, Held>> {
    part.columns.get(row)?.look(at)
}

/// The promises of a row on what is asked, and its price.
pub(crate) fn asked_about(prepared: &Prepared<'_>, part: &Part<'_>, at: usize) -> Offer {
    let mut held = vec![None; prepared.dictionary.items().len()];
    let price = prepared.dictionary.price().zip(part.price.as_ref());
    let asked = prepared.rows.iter().map(|row| row.item).zip(&part.columns);
    for (item, column) in asked.chain(price) {
        if let (Some(slot), Some(promise)) = (held.get_mut(item), column.held(at)) {
            *slot = Some(promise);
        }
    }
    Offer { id: String::new(), held: held.into() }
}
