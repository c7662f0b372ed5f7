//! Moments of an index: segments that never change, and how one moment follows another.
//!
//! An update makes a new moment that shares all untouched segments with the old one: it buries the
//! rows of changed and removed ids, adds a segment of what is new, and joins segments once four of
//! about the same size are there, so that each row is moved a handful of times and never all at once.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use super::{column::SEGMENT_ROWS, ids::Ids, part::Dead};

/// Segments of one size class that are joined.
const JOINED: usize = 4;

/// What the rows of a segment promise, in columns.
pub trait Payload: Sized + Debug {
    /// What making columns needs besides the rows.
    type Context: Clone + Debug;
    /// One offer on its way in.
    type Row: Row;

    /// Columns of rows that are ascending by id.
    fn build(context: &Self::Context, rows: Vec<Self::Row>) -> Self;

    /// Columns of rows that lie in segments already, each by its segment and its row there.
    fn gather(context: &Self::Context, parts: &[&Self], rows: &[(usize, usize)]) -> Self;

    /// Bytes in memory, about.
    fn bytes(&self) -> usize;
}

/// One offer on its way into an index.
pub trait Row {
    /// Id of the offer; breaks ties, bytewise, and is there once per moment.
    fn id(&self) -> &str;
}

/// Ids and columns of some offers; never changes.
#[derive(Debug)]
pub(crate) struct Body<P> {
    pub(crate) ids: Ids,
    pub(crate) payload: P,
}

/// A body and which of its rows are buried.
#[derive(Debug)]
pub(crate) struct Segment<P> {
    pub(crate) body: Arc<Body<P>>,
    pub(crate) dead: Arc<Dead>,
}

impl<P> Clone for Segment<P> {
    fn clone(&self) -> Self {
        Self { body: Arc::clone(&self.body), dead: Arc::clone(&self.dead) }
    }
}

impl<P> Segment<P> {
    fn living(&self) -> usize {
        self.body.ids.len() - self.dead.count()
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.body.ids.len()).filter(|row| !self.dead.has(*row))
    }
}

/// One state of an index; it stays as it is while newer ones are made.
#[derive(Debug)]
pub struct Moment<P: Payload> {
    pub(crate) context: P::Context,
    pub(crate) segments: Vec<Segment<P>>,
}

impl<P: Payload> Clone for Moment<P> {
    fn clone(&self) -> Self {
        Self { context: self.context.clone(), segments: self.segments.clone() }
    }
}

impl<P: Payload> Moment<P> {
    pub(crate) const fn empty(context: P::Context) -> Self {
        Self { context, segments: Vec::new() }
    }

    /// How many offers it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.iter().map(Segment::living).sum()
    }

    /// Whether it holds no offer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many segments it is made of.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Whether an offer of that id is there.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.segments
            .iter()
            .any(|segment| segment.body.ids.find(id).is_some_and(|row| !segment.dead.has(row)))
    }

    /// The ids of all offers, ascending within each segment.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().flat_map(|segment| segment.rows().map(|row| segment.body.ids.get(row)))
    }

    /// The first ids of all, ascending.
    #[must_use]
    pub fn first_ids(&self, most: usize) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for segment in &self.segments {
            ids.extend(segment.rows().take(most).map(|row| segment.body.ids.get(row)));
        }
        ids.sort_unstable();
        ids.truncate(most);
        ids
    }

    /// Bytes in memory, about: ids, columns and their entries.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let body = |segment: &Segment<P>| segment.body.ids.bytes() + segment.body.payload.bytes();
        self.segments.iter().map(body).sum()
    }

    /// The next moment: `upserts` are added or take the place of the offer with their id (the last
    /// one of an id counts), then `removals` are gone. Time grows with the changes, not with the offers.
    #[must_use]
    pub fn apply(&self, upserts: Vec<P::Row>, removals: &[&str]) -> Self {
        let mut news: BTreeMap<String, P::Row> = BTreeMap::new();
        for row in upserts {
            news.insert(row.id().to_owned(), row);
        }
        let mut next = self.clone();
        for id in removals {
            news.remove(*id);
        }
        for id in news.keys().map(String::as_str).chain(removals.iter().copied()) {
            next.bury(id);
        }
        let mut news = news.into_values().peekable();
        while news.peek().is_some() {
            let rows: Vec<P::Row> = news.by_ref().take(SEGMENT_ROWS).collect();
            let ids = Ids::ascending(rows.iter().map(Row::id));
            let payload = P::build(&next.context, rows);
            next.segments
                .push(Segment { body: Arc::new(Body { ids, payload }), dead: Arc::default() });
        }
        next.tidy();
        next
    }

    /// The same moment for somebody who may not know of some offers. It shares everything with this one, what
    /// is read of its documents later too; time grows with what is hidden.
    #[must_use]
    pub fn hiding<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Self {
        let mut seen = self.clone();
        ids.into_iter().for_each(|id| seen.bury(id));
        seen
    }

    fn bury(&mut self, id: &str) {
        for segment in &mut self.segments {
            if let Some(row) = segment.body.ids.find(id).filter(|row| !segment.dead.has(*row)) {
                Arc::make_mut(&mut segment.dead).add(row);
            }
        }
    }

    /// Drops empty segments and joins small ones.
    fn tidy(&mut self) {
        self.segments.retain(|segment| segment.living() > 0);
        while let Some(chosen) = self.to_join() {
            let joined = self.joined(&chosen);
            let mut at = 0;
            self.segments.retain(|_| {
                at += 1;
                !chosen.contains(&(at - 1))
            });
            self.segments.push(joined);
        }
    }

    /// Positions of segments that should become one; a half-buried one is rewritten alone.
    fn to_join(&self) -> Option<Vec<usize>> {
        let mut classes: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, segment) in self.segments.iter().enumerate() {
            let living = segment.living();
            if segment.dead.count() > living {
                return Some(vec![at]);
            }
            if living <= SEGMENT_ROWS / 2 {
                classes.entry(living.ilog2() / 2).or_default().push(at);
            }
        }
        let crowded = classes.into_values().find(|class| class.len() >= JOINED)?;
        let mut room = SEGMENT_ROWS;
        let fits = |at: &usize| {
            let living = self.segments.get(*at).map_or(0, Segment::living);
            let fits = living <= room;
            room -= if fits { living } else { 0 };
            fits
        };
        let chosen: Vec<usize> = crowded.into_iter().filter(fits).collect();
        (chosen.len() > 1).then_some(chosen)
    }

    pub(crate) fn joined(&self, chosen: &[usize]) -> Segment<P> {
        let segments: Vec<&Segment<P>> =
            chosen.iter().filter_map(|at| self.segments.get(*at)).collect();
        let mut rows: Vec<(&str, usize, usize)> = Vec::new();
        for (part, segment) in segments.iter().enumerate() {
            rows.extend(segment.rows().map(|row| (segment.body.ids.get(row), part, row)));
        }
        rows.sort_unstable();
        let ids = Ids::ascending(rows.iter().map(|(id, ..)| *id));
        let places: Vec<(usize, usize)> = rows.iter().map(|(_, part, row)| (*part, *row)).collect();
        let payloads: Vec<&P> = segments.iter().map(|segment| &segment.body.payload).collect();
        let payload = P::gather(&self.context, &payloads, &places);
        Segment { body: Arc::new(Body { ids, payload }), dead: Arc::default() }
    }

    /// Segment and row of a position as [`crate::Ranked::index`] counts.
    pub(crate) fn locate(&self, index: usize) -> Option<(&Segment<P>, usize)> {
        let mut row = index;
        for segment in &self.segments {
            if row < segment.body.ids.len() {
                return Some((segment, row));
            }
            row -= segment.body.ids.len();
        }
        None
    }
}

/// An index that is updated while it is read.
#[derive(Debug)]
pub struct Live<P: Payload> {
    now: RwLock<Arc<Moment<P>>>,
    /// One update at a time.
    updating: Mutex<()>,
}

impl<P: Payload> Live<P> {
    /// Starts from a moment.
    pub fn new(moment: Moment<P>) -> Self {
        Self { now: RwLock::new(Arc::new(moment)), updating: Mutex::new(()) }
    }

    /// The present moment, for as long as the caller keeps it.
    pub fn moment(&self) -> Arc<Moment<P>> {
        // A poisoned lock still holds a whole moment: it is replaced in one assignment.
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// As [`Moment::apply`]; readers see all of it or nothing. Returns the new moment.
    pub fn apply(&self, upserts: Vec<P::Row>, removals: &[&str]) -> Arc<Moment<P>> {
        let _one_at_a_time = self.updating.lock().unwrap_or_else(PoisonError::into_inner);
        let next = Arc::new(self.moment().apply(upserts, removals));
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&next);
        next
    }
}
