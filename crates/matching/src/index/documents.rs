//! The index over offer documents, read through the eyes of each requirement.
//!
//! What a document promises on a row depends on who asks: where users are, how binding and how
//! fresh a promise has to be, which schemes are accepted. So there is one column per *reading* (item
//! and variant), read with the code that [`SlaMatcher::candidate`] uses. A reading is made for all
//! segments when it is first asked for, kept, and from then on made for every new segment when it is
//! published; the ones that nobody asked for longest are given up.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use super::{
    column::Column,
    moment::{Live, Moment, Payload, Row, Segment},
    offers::{NOTHING, ranking},
    part::Part,
    scan::Limits,
};
use crate::{
    from_sla::SlaMatcher, item::KindName, order::Order, rank::Ranking, requirement::Mode,
    value::Held,
};

/// Readings kept. The registry has 63 items; most requirements ask for the same variant of each.
const READINGS_KEPT: usize = 512;

/// Names a reading: everything that what is read depends on, besides the document.
pub(crate) type Signature = Arc<str>;

/// What is read of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Row(usize),
    Price,
}

/// One way to read documents.
#[derive(Debug, Clone)]
struct Reading {
    matcher: Arc<SlaMatcher>,
    what: What,
}

impl Reading {
    fn kind(&self) -> KindName {
        let dictionary = self.matcher.prepared().dictionary();
        let item = match self.what {
            What::Row(row) => self.matcher.prepared().rows.get(row).map(|row| row.item),
            What::Price => dictionary.price(),
        };
        let item = item.and_then(|item| dictionary.items().get(item));
        item.map_or(KindName::SetAny, |item| item.kind.name())
    }

    fn held(&self, document: &sla::Offer) -> Option<Held> {
        match self.what {
            What::Row(row) => self.matcher.held(row, document),
            What::Price => self.matcher.held_price(document),
        }
    }
}

/// The readings in use, each with when it was last asked for.
#[derive(Debug, Default)]
pub(crate) struct Known {
    clock: u64,
    readings: BTreeMap<Signature, (u64, Reading)>,
}

/// The readings of an index, shared by its moments.
#[derive(Debug, Clone, Default)]
pub struct Readings(Arc<Mutex<Known>>);

impl Readings {
    /// Remembers that a reading was asked for; forgets the one that was not for longest.
    fn use_again(&self, signature: &Signature, reading: &Reading) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.clock += 1;
        let now = known.clock;
        known
            .readings
            .entry(Arc::clone(signature))
            .and_modify(|(used, _)| *used = now)
            .or_insert_with(|| (now, reading.clone()));
        if known.readings.len() > READINGS_KEPT {
            let oldest = known.readings.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(signature, _)| Arc::clone(signature)) {
                known.readings.remove(&oldest);
            }
        }
    }

    fn all(&self) -> Vec<(Signature, Reading)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = known.readings.iter();
        all.map(|(signature, (_, reading))| (Arc::clone(signature), reading.clone())).collect()
    }

    fn has(&self, signature: &Signature) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.readings.contains_key(signature)
    }
}

/// An offer document on its way into the index.
#[derive(Debug)]
pub struct DocumentRow<D> {
    /// Id of the offer; breaks ties, bytewise.
    pub id: String,
    /// The document or what holds it.
    pub document: Arc<D>,
}

impl<D> Row for DocumentRow<D> {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The documents of a segment and the columns that were read of them.
pub struct Documents<D> {
    /// None for a row of a snapshot whose document is gone; it is buried.
    pub(crate) documents: Vec<Option<Arc<D>>>,
    pub(crate) columns: RwLock<BTreeMap<Signature, Arc<Column>>>,
}

impl<D> fmt::Debug for Documents<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents")
            .field("documents", &self.documents.len())
            .finish_non_exhaustive()
    }
}

impl<D: AsRef<sla::Offer>> Documents<D> {
    pub(crate) fn with(
        documents: Vec<Option<Arc<D>>>,
        columns: BTreeMap<Signature, Arc<Column>>,
    ) -> Self {
        Self { documents, columns: RwLock::new(columns) }
    }

    fn read(&self, reading: &Reading) -> Column {
        let held = |document: &Option<Arc<D>>| reading.held(document.as_ref()?.as_ref().as_ref());
        let held: Vec<Option<Held>> = self.documents.iter().map(held).collect();
        Column::build(reading.kind(), &held)
    }

    pub(crate) fn all_kept(&self) -> BTreeMap<Signature, Arc<Column>> {
        self.columns.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn kept(&self, signature: &Signature) -> Option<Arc<Column>> {
        let columns = self.columns.read().unwrap_or_else(PoisonError::into_inner);
        columns.get(signature).map(Arc::clone)
    }

    fn column(&self, known: &Readings, signature: &Signature, reading: &Reading) -> Arc<Column> {
        if let Some(column) = self.kept(signature) {
            return column;
        }
        let column = Arc::new(self.read(reading));
        let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        if columns.len() >= READINGS_KEPT {
            columns.retain(|signature, _| known.has(signature));
        }
        columns.insert(Arc::clone(signature), Arc::clone(&column));
        column
    }
}

impl<D: AsRef<sla::Offer>> Payload for Documents<D> {
    type Context = Readings;
    type Row = DocumentRow<D>;

    fn build(readings: &Readings, rows: Vec<DocumentRow<D>>) -> Self {
        let documents = rows.into_iter().map(|row| Some(row.document)).collect();
        let built = Self::with(documents, BTreeMap::new());
        for (signature, reading) in readings.all() {
            built.column(readings, &signature, &reading);
        }
        built
    }

    fn gather(readings: &Readings, parts: &[&Self], rows: &[(usize, usize)]) -> Self {
        let document =
            |(part, row): &(usize, usize)| parts.get(*part)?.documents.get(*row)?.clone();
        let gathered = Self::with(rows.iter().map(document).collect(), BTreeMap::new());
        for (signature, reading) in readings.all() {
            let columns: Option<Vec<Arc<Column>>> =
                parts.iter().map(|part| part.kept(&signature)).collect();
            let Some(columns) = columns else {
                gathered.column(readings, &signature, &reading);
                continue;
            };
            let held = |(part, row): &(usize, usize)| columns.get(*part)?.held(*row);
            let held: Vec<Option<Held>> = rows.iter().map(held).collect();
            let column = Arc::new(Column::build(reading.kind(), &held));
            let mut kept = gathered.columns.write().unwrap_or_else(PoisonError::into_inner);
            kept.insert(signature, column);
        }
        gathered
    }

    fn bytes(&self) -> usize {
        let columns = self.columns.read().unwrap_or_else(PoisonError::into_inner);
        let columns: usize = columns.values().map(|column| column.bytes()).sum();
        columns + self.documents.len() * size_of::<Option<Arc<D>>>()
    }
}

impl<D: AsRef<sla::Offer>> Default for Moment<Documents<D>> {
    fn default() -> Self {
        Self::empty(Readings::default())
    }
}

/// A moment of an index over offer documents.
pub type DocumentMoment<D> = Moment<Documents<D>>;

impl<D: AsRef<sla::Offer>> DocumentMoment<D> {
    /// An index over these documents; the last one of an id counts.
    #[must_use]
    pub fn of_documents(rows: Vec<DocumentRow<D>>) -> Self {
        Self::empty(Readings::default()).apply(rows, &[])
    }

    /// An index without offers that knows the same readings, so that what is added is read for them.
    #[must_use]
    pub fn emptied(&self) -> Self {
        Self::empty(self.context.clone())
    }

    /// Makes the columns that a requirement reads, so that the first answer does not wait for them.
    pub fn warm(&self, matcher: &Arc<SlaMatcher>) {
        drop(self.parts(matcher));
    }

    /// Lets the index be updated while it is read.
    #[must_use]
    pub fn live_documents(self) -> Live<Documents<D>> {
        Live::new(self)
    }

    /// The document at a position as [`crate::Ranked::index`] counts.
    #[must_use]
    pub fn document(&self, index: usize) -> Option<&Arc<D>> {
        self.locate(index)?.0.body.payload.documents.get(self.locate(index)?.1)?.as_ref()
    }

    /// The answer of [`SlaMatcher::rank`] over the candidates of all documents; `index` of a row is
    /// its position in the index, for [`DocumentMoment::document`].
    #[must_use]
    pub fn rank_documents(
        &self,
        matcher: &Arc<SlaMatcher>,
        order: Order,
        matches: usize,
        near_misses: usize,
    ) -> Ranking {
        ranking(matcher.prepared(), &self.parts(matcher), order, Limits { matches, near_misses })
    }

    /// Positions of the documents that fail exactly one must: the only ones that
    /// [`SlaMatcher::gains`] looks at.
    #[must_use]
    pub fn nearly(&self, matcher: &Arc<SlaMatcher>) -> Vec<usize> {
        super::gains::nearly(matcher.prepared(), &self.parts(matcher))
    }

    fn parts(&self, matcher: &Arc<SlaMatcher>) -> Vec<Part<'_>> {
        let reading = |what, signature: String| {
            let reading = Reading { matcher: Arc::clone(matcher), what };
            let signature: Signature = signature.into();
            self.context.use_again(&signature, &reading);
            (signature, reading)
        };
        let prepared = matcher.prepared();
        let rows: Vec<Option<(Signature, Reading)>> = (prepared.rows.iter().enumerate())
            .map(|(at, row)| {
                let asked = row.mode != Mode::BestEffort;
                asked.then(|| reading(What::Row(at), matcher.signature(at)))
            })
            .collect();
        let price = reading(What::Price, matcher.price_signature());
        let part = |segment: &'_ Segment<Documents<D>>| -> (Vec<Arc<Column>>, Arc<Column>) {
            let payload = &segment.body.payload;
            let column = |(signature, reading): &(Signature, Reading)| {
                payload.column(&self.context, signature, reading)
            };
            let read = |row: &Option<(Signature, Reading)>| {
                row.as_ref().map_or_else(|| Arc::clone(&NOTHING), column)
            };
            (rows.iter().map(read).collect(), column(&price))
        };
        self.segments
            .iter()
            .map(|segment| {
                let (columns, price) = part(segment);
                Part { ids: &segment.body.ids, columns, price: Some(price), dead: &segment.dead }
            })
            .collect()
    }
}
