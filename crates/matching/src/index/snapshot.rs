//! An index as bytes, so that a restart need not build it again. Whoever writes the bytes to a file
//! does so elsewhere.
//!
//! `KUMOINDX`, version, fingerprint, length and check sum of the body, then the body: the ids and
//! columns of each segment without buried rows. What is damaged, of another version or made for another
//! dictionary is refused with the reason, and the caller builds anew; nothing is guessed.

use std::{collections::BTreeMap, sync::Arc};

use rust_decimal::Decimal;
use thiserror::Error;

use super::{
    bytes::{In, Out, checksum},
    column::{BLOCK, Column, Entries, SEGMENT_ROWS},
    documents::{DocumentMoment, Documents, Kept, Mark},
    ids::Ids,
    moment::{Body, Moment, Payload, Segment},
    numbers::Numbers,
    offers::{OfferColumns, OfferMoment},
    readings::{Readings, Signature},
    wide::Aligned,
};
use crate::{item::Dictionary, members::Members, nano::PICO_ONE, value::Held};

const MAGIC: &[u8; 8] = b"KUMOINDX";
/// Bytes before the body: the magic and four numbers.
const HEAD: usize = 5 * 8;
/// Raise it when the layout or the meaning of a stored value changes.
const VERSION: u64 = 3;

/// Why a snapshot cannot be used; the index is built anew then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SnapshotFault {
    /// Not a snapshot, or not all of it.
    #[error("the snapshot is cut off or is no snapshot")]
    Cut,
    /// Written by another version of the program.
    #[error("the snapshot is of another version")]
    Version,
    /// Made for other items.
    #[error("the snapshot was made for another dictionary")]
    Dictionary,
    /// The check sum is wrong.
    #[error("the snapshot is damaged")]
    Damaged,
}

impl OfferMoment {
    /// This moment as bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let compact = self.compact();
        let mut out = Out(vec![0; HEAD]);
        out.length(compact.segments.len());
        for segment in &compact.segments {
            ids_out(&mut out, &segment.body.ids);
            for column in &segment.body.payload.columns {
                column_out(&mut out, column);
            }
        }
        sealed(out, fingerprint(&format!("{:?}", self.context.items())))
    }

    /// The moment that a snapshot holds, for the dictionary it was made for.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn restore(dictionary: Arc<Dictionary>, bytes: &[u8]) -> Result<Self, SnapshotFault> {
        let made_for = fingerprint(&format!("{:?}", dictionary.items()));
        let mut body = In(opened(bytes, made_for)?);
        let columns = dictionary.items().len();
        let segments = read_segments(&mut body, |body, rows| {
            let columns = (0..columns).map(|_| column_in(body, rows).map(Arc::new));
            Some(OfferColumns { columns: columns.collect::<Option<_>>()? })
        });
        let segments = segments.ok_or(SnapshotFault::Damaged)?;
        Ok(Self { context: dictionary, segments })
    }
}

impl DocumentMoment {
    /// This moment as bytes, everything that was read without the documents, and a note of the caller.
    #[must_use]
    pub fn snapshot_documents(&self, note: &str) -> Vec<u8> {
        let compact = self.compact();
        let mut out = Out(vec![0; HEAD]);
        out.text(note);
        out.length(compact.segments.len());
        for segment in &compact.segments {
            let payload = &segment.body.payload;
            ids_out(&mut out, &segment.body.ids);
            out.longs(payload.marks.as_flattened());
            let columns = payload.all_kept();
            out.length(columns.len());
            for (signature, kept) in columns {
                out.text(&signature);
                out.longs(kept.day.as_slice());
                column_out(&mut out, &kept.column);
            }
        }
        sealed(out, fingerprint("documents"))
    }

    /// The moment that a snapshot holds, and the note that was put in.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn restore_documents(bytes: &[u8]) -> Result<(Self, String), SnapshotFault> {
        let mut body = In(opened(bytes, fingerprint("documents"))?);
        let note = body.text().ok_or(SnapshotFault::Damaged)?.to_owned();
        let segments = read_segments(&mut body, |body, rows| {
            let flat = body.longs().filter(|flat| flat.len() == rows * size_of::<Mark>() / 8)?;
            let marks: Vec<Mark> = flat.as_chunks().0.to_vec();
            let mut columns: BTreeMap<Signature, Kept> = BTreeMap::new();
            for _ in 0..body.length(1)? {
                let signature = body.text()?.into();
                let day = body.longs()?.first().copied();
                columns.insert(signature, Kept { day, column: Arc::new(column_in(body, rows)?) });
            }
            Some(Documents::with(marks, columns))
        });
        let segments = segments.ok_or(SnapshotFault::Damaged)?;
        Ok((Self { context: Readings::default(), segments }, note))
    }
}

impl<P: Payload> Moment<P> {
    /// The same offers without buried rows.
    fn compact(&self) -> Self {
        let segments = self.segments.iter().enumerate().map(|(at, segment)| {
            if segment.dead.count() == 0 { segment.clone() } else { self.joined(&[at]) }
        });
        Self { context: self.context.clone(), segments: segments.collect() }
    }
}

/// Names what the columns were made for; the version of the program is part of it.
fn fingerprint(text: &str) -> u64 {
    checksum(format!("{} {text}", env!("CARGO_PKG_VERSION")).as_bytes())
}

/// Fills the head in, for which the bytes have left room.
fn sealed(mut out: Out, made_for: u64) -> Vec<u8> {
    let body = out.0.get(HEAD..).unwrap_or_default();
    let mut head = Out(MAGIC.to_vec());
    for number in [VERSION, made_for, body.len() as u64, checksum(body)] {
        head.number(number);
    }
    for (slot, byte) in out.0.iter_mut().zip(head.0) {
        *slot = byte;
    }
    out.0
}

fn opened(bytes: &[u8], made_for: u64) -> Result<&[u8], SnapshotFault> {
    let mut head = In(bytes);
    let cut = SnapshotFault::Cut;
    if head.take(MAGIC.len()).ok_or(cut)? != MAGIC {
        return Err(cut);
    }
    if head.number().ok_or(cut)? != VERSION {
        return Err(SnapshotFault::Version);
    }
    if head.number().ok_or(cut)? != made_for {
        return Err(SnapshotFault::Dictionary);
    }
    let (length, sum) = (head.number().ok_or(cut)?, head.number().ok_or(cut)?);
    if head.0.len() as u64 != length {
        return Err(cut);
    }
    if checksum(head.0) == sum { Ok(head.0) } else { Err(SnapshotFault::Damaged) }
}

fn read_segments<P>(
    body: &mut In<'_>,
    mut payload: impl FnMut(&mut In<'_>, usize) -> Option<P>,
) -> Option<Vec<Segment<P>>> {
    let count = body.length(1)?;
    let mut segments = Vec::new();
    for _ in 0..count {
        let text = body.text()?.to_owned();
        let ids = Ids::from_parts(text, body.words()?).filter(|ids| ids.len() <= SEGMENT_ROWS)?;
        let payload = payload(body, ids.len())?;
        segments.push(Segment { body: Arc::new(Body { ids, payload }), dead: Arc::default() });
    }
    body.0.is_empty().then_some(segments)
}

fn ids_out(out: &mut Out, ids: &Ids) {
    let (text, ends) = ids.parts();
    out.text(text);
    out.words(ends);
}

fn column_out(out: &mut Out, column: &Column) {
    match &column.entries {
        Entries::Numbers { values: Numbers::Whole { scale, raw }, u } => {
            out.byte(0);
            out.number(u64::from(*scale));
            out.longs(raw);
            out.longs(u);
        }
        Entries::Numbers { values: Numbers::Exact(values), u } => {
            out.byte(1);
            out.length(values.len());
            values.iter().for_each(|value| out.0.extend_from_slice(&value.serialize()));
            out.longs(u);
        }
        Entries::Levels(held) | Entries::Sets(held) => {
            out.byte(if matches!(column.entries, Entries::Levels(_)) { 2 } else { 3 });
            out.length(held.len());
            held.iter().for_each(|held| held_out(out, held));
        }
    }
    column.code.iter().for_each(|lane| out.halves(lane.iter()));
}

fn column_in(body: &mut In<'_>, rows: usize) -> Option<Column> {
    let entries = match body.byte()? {
        0 => {
            let scale =
                u32::try_from(body.number()?).ok().filter(|scale| *scale <= Decimal::MAX_SCALE)?;
            Entries::Numbers {
                values: Numbers::Whole { scale, raw: body.longs()? },
                u: body.longs()?,
            }
        }
        1 => {
            let length = body.length(16)?;
            let (values, _) = body.take(length * 16)?.as_chunks::<16>();
            let values = values.iter().map(|value| Decimal::deserialize(*value)).collect();
            Entries::Numbers { values: Numbers::Exact(values), u: body.longs()? }
        }
        sort @ (2 | 3) => {
            let length = body.length(1)?;
            let held: Option<Vec<Held>> = (0..length).map(|_| held_in(body)).collect();
            if sort == 2 { Entries::Levels(held?) } else { Entries::Sets(held?) }
        }
        _ => return None,
    };
    if let Entries::Numbers { values, u } = &entries {
        let inside = u.iter().all(|u| (0..=PICO_ONE).contains(u));
        (values.len() == u.len() && inside).then_some(())?;
    }
    let mut lanes = Vec::with_capacity(rows.div_ceil(BLOCK));
    for _ in 0..rows.div_ceil(BLOCK) {
        let (codes, _) = body.take(BLOCK * 2)?.as_chunks::<2>();
        let mut lane = Aligned([0; BLOCK]);
        lane.iter_mut().zip(codes).for_each(|(slot, code)| *slot = u16::from_le_bytes(*code));
        lanes.push(lane);
    }
    let column = Column::with(lanes, entries, rows);
    let known = column.zones.iter().all(|(_, high)| usize::from(*high) <= column.entries.len());
    known.then_some(column)
}

fn held_out(out: &mut Out, held: &Held) {
    match held {
        Held::Level { index, u, label } => {
            out.byte(0);
            out.number(index.map_or(u64::MAX, |index| index as u64));
            out.longs(&[*u]);
            out.text(label);
        }
        Held::Set(members) => {
            out.byte(1);
            out.length(members.bits().count());
            members.bits().for_each(|bits| out.number(bits));
            out.length(members.others().len());
            members.others().iter().for_each(|other| out.text(other));
        }
        // Numbers stand in columns of their own.
        Held::Number { .. } => out.byte(2),
    }
}

fn held_in(body: &mut In<'_>) -> Option<Held> {
    match body.byte()? {
        0 => {
            let index = body.number()?;
            let index = if index == u64::MAX { None } else { Some(usize::try_from(index).ok()?) };
            let u = body.longs()?.first().copied()?;
            Some(Held::Level { index, u, label: body.text()?.into() })
        }
        1 => {
            let length = body.length(8)?;
            let bits: Option<Vec<u64>> = (0..length).map(|_| body.number()).collect();
            let length = body.length(1)?;
            let others: Option<Vec<Box<str>>> =
                (0..length).map(|_| body.text().map(Into::into)).collect();
            Some(Held::Set(Members::from_parts(&bits?, others?)))
        }
        _ => None,
    }
}
