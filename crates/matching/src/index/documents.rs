//! The index over offer documents, read through the eyes of each requirement.
//!
//! What a document promises on a row depends on who asks: where users are, how binding and how
//! fresh a promise has to be, which schemes are accepted. So there is one column per *reading* (item
//! and variant), read with the code that [`SlaMatcher::candidate`] uses. The documents themselves are
//! not kept: a reading that is known is made of every document on its way in; one that is asked for the
//! first time needs all documents once more, and whoever has them brings them ([`DocumentMoment::read`]).
//! The readings that nobody asked for longest are given up.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use super::{
    column::Column,
    moment::{Body, Live, Moment, Payload, Row, Segment},
    offers::{NOTHING, ranking},
    part::Part,
    readings::{Named, READINGS_KEPT, Reading, Readings, Signature, What},
    scan::Limits,
};
use crate::{
    from_sla::SlaMatcher, order::Order, rank::Ranking, relax::Gain, requirement::Mode, value::Held,
};

/// Documents asked for at once while reading: enough for one statement, few enough for memory.
const BROUGHT: usize = 500;
/// What the owner of the documents wants to know of one again: it comes with a row and stays beside it.
pub type Mark = [i64; 3];

/// A document, or what holds it.
pub type AnyDocument = Arc<dyn AsRef<sla::Offer> + Send + Sync>;

/// An offer document on its way into the index.
pub struct DocumentRow {
    /// Id of the offer; breaks ties, bytewise.
    pub id: String,
    /// Which state of which document it is.
    pub mark: Mark,
    /// The document; it is read and given back.
    pub document: AnyDocument,
}

impl fmt::Debug for DocumentRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentRow").field("id", &self.id).field("mark", &self.mark).finish()
    }
}

impl Row for DocumentRow {
    fn id(&self) -> &str {
        &self.id
    }
}

/// A column that was read, and the only day on which it holds; `None`: any.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) day: Option<i64>,
    pub(crate) column: Arc<Column>,
}

/// The marks of a segment's documents and the columns that were read of them.
#[derive(Debug)]
pub struct Documents {
    pub(crate) marks: Vec<Mark>,
    columns: RwLock<BTreeMap<Signature, Kept>>,
}

impl Documents {
    pub(crate) const fn with(marks: Vec<Mark>, columns: BTreeMap<Signature, Kept>) -> Self {
        Self { marks, columns: RwLock::new(columns) }
    }

    pub(crate) fn all_kept(&self) -> BTreeMap<Signature, Kept> {
        self.columns.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn kept(&self, signature: &Signature) -> Option<Arc<Column>> {
        let columns = self.columns.read().unwrap_or_else(PoisonError::into_inner);
        columns.get(signature).map(|kept| Arc::clone(&kept.column))
    }

    fn keep(&self, known: &Readings, (signature, reading): &Named, held: &[Option<Held>]) {
        let column = Arc::new(Column::build(reading.kind(), held));
        let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        if columns.len() >= READINGS_KEPT {
            columns.retain(|signature, _| known.has(signature));
        }
        columns.insert(Arc::clone(signature), Kept { day: reading.day(), column });
    }
}

impl Payload for Documents {
    type Context = Readings;
    type Row = DocumentRow;

    fn build(readings: &Readings, rows: Vec<DocumentRow>) -> Self {
        let built = Self::with(rows.iter().map(|row| row.mark).collect(), BTreeMap::new());
        for named in readings.all() {
            let read = |row: &DocumentRow| named.1.held((*row.document).as_ref());
            built.keep(readings, &named, &rows.iter().map(read).collect::<Vec<_>>());
        }
        built
    }

    /// A reading that one of the parts lacks is left out; asking for it makes it.
    fn gather(readings: &Readings, parts: &[&Self], rows: &[(usize, usize)]) -> Self {
        let mark = |(part, row): &(usize, usize)| {
            parts.get(*part).and_then(|part| part.marks.get(*row)).copied().unwrap_or_default()
        };
        let gathered = Self::with(rows.iter().map(mark).collect(), BTreeMap::new());
        for named in readings.all() {
            let columns: Option<Vec<Arc<Column>>> =
                parts.iter().map(|part| part.kept(&named.0)).collect();
            let Some(columns) = columns else { continue };
            let held = |(part, row): &(usize, usize)| columns.get(*part)?.held(*row);
            gathered.keep(readings, &named, &rows.iter().map(held).collect::<Vec<_>>());
        }
        gathered
    }

    fn bytes(&self) -> usize {
        let columns = self.columns.read().unwrap_or_else(PoisonError::into_inner);
        let columns: usize = columns.values().map(|kept| kept.column.bytes()).sum();
        columns + self.marks.len() * size_of::<Mark>()
    }
}

impl Default for Moment<Documents> {
    fn default() -> Self {
        Self::empty(Readings::default())
    }
}

/// A moment of an index over offer documents.
pub type DocumentMoment = Moment<Documents>;

/// A moment as one requirement sees it, with everything read that it asks about.
#[derive(Debug)]
pub struct Asked<'a> {
    matcher: &'a SlaMatcher,
    parts: Vec<Part<'a>>,
}

impl<'a> Asked<'a> {
    pub(crate) const fn matcher(&self) -> &'a SlaMatcher {
        self.matcher
    }

    pub(crate) fn parts(&self) -> &[Part<'a>] {
        &self.parts
    }

    /// The answer of [`SlaMatcher::rank`] over the candidates of all documents; `index` of a row is
    /// its position in the index, for [`DocumentMoment::mark`].
    #[must_use]
    pub fn rank(&self, order: Order, matches: usize, near_misses: usize) -> Ranking {
        ranking(self.matcher.prepared(), &self.parts, order, Limits { matches, near_misses })
    }

    /// The answer of [`SlaMatcher::gains`] over the candidates of all documents.
    #[must_use]
    pub fn gains(&self) -> Vec<Gain> {
        let prepared = self.matcher.prepared();
        let near = super::gains::nearly(prepared, &self.parts);
        self.matcher.gains(&near)
    }
}

impl DocumentMoment {
    /// An index over these documents; the last one of an id counts.
    #[must_use]
    pub fn of_documents(rows: Vec<DocumentRow>) -> Self {
        Self::default().apply(rows, &[])
    }

    /// An index without offers that knows the same readings, so that what is added is read for them.
    #[must_use]
    pub fn emptied(&self) -> Self {
        Self::empty(self.context.clone())
    }

    /// Remembers what a requirement reads, so that it is read of every document that comes.
    pub fn expect(&self, matcher: &Arc<SlaMatcher>) {
        self.readings(matcher);
    }

    /// Lets the index be updated while it is read.
    #[must_use]
    pub fn live_documents(self) -> Live<Documents> {
        Live::new(self)
    }

    /// The mark of the document at a position as [`crate::Ranked::index`] counts.
    #[must_use]
    pub fn mark(&self, index: usize) -> Option<Mark> {
        let (segment, row) = self.locate(index)?;
        segment.body.payload.marks.get(row).copied()
    }

    /// The mark of an offer's document.
    #[must_use]
    pub fn mark_of(&self, id: &str) -> Option<Mark> {
        self.segments.iter().find_map(|segment| {
            let row = segment.body.ids.find(id).filter(|row| !segment.dead.has(*row))?;
            segment.body.payload.marks.get(row).copied()
        })
    }

    /// Ids and marks of all documents, ascending within each segment.
    pub fn marks(&self) -> impl Iterator<Item = (&str, Mark)> {
        self.segments.iter().flat_map(|segment| {
            let mark = |row| segment.body.payload.marks.get(row).copied().unwrap_or_default();
            segment.rows().map(move |row| (segment.body.ids.get(row), mark(row)))
        })
    }

    /// The moment as a requirement sees it; `None` where something has not been read for it yet, which
    /// [`DocumentMoment::read`] does.
    #[must_use]
    pub fn asked<'a>(&'a self, matcher: &'a Arc<SlaMatcher>) -> Option<Asked<'a>> {
        let (rows, price) = self.readings(matcher);
        let part = |segment: &'a Segment<Documents>| {
            let payload = &segment.body.payload;
            let columns = rows.iter().map(|row| match row {
                Some((signature, _)) => payload.kept(signature),
                None => Some(Arc::clone(&NOTHING)),
            });
            Some(Part {
                ids: &segment.body.ids,
                columns: columns.collect::<Option<_>>()?,
                price: Some(payload.kept(&price.0)?),
                dead: &segment.dead,
            })
        };
        let parts = self.segments.iter().map(part).collect::<Option<_>>()?;
        Some(Asked { matcher, parts })
    }

    /// How many documents [`DocumentMoment::read`] would ask for.
    #[must_use]
    pub fn unread(&self, matchers: &[Arc<SlaMatcher>]) -> usize {
        let readings = self.all_readings(matchers);
        let unread = self.segments.iter().filter(|segment| !segment.lacks(&readings).is_empty());
        unread.map(|segment| segment.body.ids.len()).sum()
    }

    /// Reads the documents of all segments that lack something these requirements ask about, a few at
    /// a time. `bring` gets ids and marks and returns the documents in the same order; buried rows
    /// are asked for like others and need none. What is read serves this moment and later ones.
    ///
    /// # Errors
    /// Whatever `bring` could not do; what was read before stays.
    pub fn read<E>(
        &self,
        matchers: &[Arc<SlaMatcher>],
        mut bring: impl FnMut(&[(&str, Mark)]) -> Result<Vec<Option<AnyDocument>>, E>,
    ) -> Result<(), E> {
        let readings = self.all_readings(matchers);
        for segment in &self.segments {
            let lacking = segment.lacks(&readings);
            if lacking.is_empty() {
                continue;
            }
            let Body { ids, payload } = segment.body.as_ref();
            let mut held: Vec<Vec<Option<Held>>> =
                lacking.iter().map(|_| Vec::with_capacity(ids.len())).collect();
            let rows: Vec<(&str, Mark)> =
                payload.marks.iter().enumerate().map(|(row, mark)| (ids.get(row), *mark)).collect();
            for chunk in rows.chunks(BROUGHT) {
                let documents = bring(chunk)?;
                for (held, (_, reading)) in held.iter_mut().zip(&lacking) {
                    let read = |document: &Option<AnyDocument>| {
                        reading.held((**document.as_ref()?).as_ref())
                    };
                    held.extend(documents.iter().map(read));
                }
            }
            for (held, named) in held.iter().zip(&lacking) {
                payload.keep(&self.context, named, held);
            }
        }
        Ok(())
    }

    /// The requirements whose readings are in use, asked on another day: what was read for today says
    /// nothing about tomorrow, because evidence ends.
    #[must_use]
    pub fn matchers_on(&self, day: i64) -> Vec<Arc<SlaMatcher>> {
        let mut found: Vec<Arc<SlaMatcher>> = Vec::new();
        for (_, reading) in self.context.all() {
            let dated = reading.day().is_some_and(|of| of != day);
            if dated && !found.iter().any(|other| Arc::ptr_eq(other, &reading.matcher)) {
                found.push(reading.matcher);
            }
        }
        found.into_iter().map(|matcher| Arc::new(matcher.on(day))).collect()
    }

    /// Gives up what was read for days before that one.
    pub fn forget_before(&self, day: i64) {
        self.context.retain(|reading| reading.day().is_none_or(|of| of >= day));
        for segment in &self.segments {
            let columns = &segment.body.payload.columns;
            let mut columns = columns.write().unwrap_or_else(PoisonError::into_inner);
            columns.retain(|_, kept| kept.day.is_none_or(|of| of >= day));
        }
    }

    fn all_readings(&self, matchers: &[Arc<SlaMatcher>]) -> BTreeMap<Signature, Reading> {
        let mut all = BTreeMap::new();
        for matcher in matchers {
            let (rows, price) = self.readings(matcher);
            all.extend(rows.into_iter().flatten().chain([price]));
        }
        all
    }

    /// What each row of a requirement reads, and what its price is; remembered as in use.
    fn readings(&self, matcher: &Arc<SlaMatcher>) -> (Vec<Option<Named>>, Named) {
        let reading = |what, signature: String| {
            let reading = Reading { matcher: Arc::clone(matcher), what };
            let signature: Signature = signature.into();
            self.context.use_again(&signature, &reading);
            (signature, reading)
        };
        let rows = matcher.prepared().rows.iter().enumerate().map(|(at, row)| {
            let asked = row.mode != Mode::BestEffort;
            asked.then(|| reading(What::Row(at), matcher.signature(at)))
        });
        (rows.collect(), reading(What::Price, matcher.price_signature()))
    }
}

impl Segment<Documents> {
    fn lacks(&self, readings: &BTreeMap<Signature, Reading>) -> Vec<Named> {
        let lacking = readings.iter().filter(|(name, _)| self.body.payload.kept(name).is_none());
        lacking.map(|(name, reading)| (Arc::clone(name), reading.clone())).collect()
    }
}
