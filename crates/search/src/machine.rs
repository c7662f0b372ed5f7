//! Machine types: which offers have one that is large enough in everything at once.
//!
//! An offer has several values in each column, one for each of its machine types and in the same order, so that a
//! type is judged as a whole: four processors of one type and the memory of another are no machine.

use crate::document::Machine;
use crate::query::MachineFilter;
use crate::schema::MACHINE;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tantivy::columnar::Column;
use tantivy::query::{ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError};

/// Sizes are compared in millionths: documents have no finer ones.
const MILLIONTHS: u32 = 1_000_000;

/// The columns of a machine type.
pub(crate) fn columns(machine: &Machine) -> [u64; MACHINE.len()] {
    let architecture = machine.architecture.as_deref().map_or(0, architecture);
    let gpu = u64::from(machine.gpu);
    [millionths(machine.vcpu), millionths(machine.ram_gib), gpu, architecture]
}

/// Whole millionths; a finer bound asks for the next one.
fn millionths(number: Decimal) -> u64 {
    let scaled = number.checked_mul(MILLIONTHS.into()).map(|number| number.ceil());
    scaled.map_or(u64::MAX, |number| number.to_u64().unwrap_or(0))
}

/// A word as a number that is the same in every index: FNV-1a; 0 is kept for what is not said.
fn architecture(word: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    word.bytes().fold(0xcbf2_9ce4_8422_2325, step).max(1)
}

/// Offers with a machine type that has everything that is asked.
#[derive(Debug, Clone)]
pub(crate) struct MachineQuery {
    least: [u64; 3],
    architecture: Option<u64>,
}

impl MachineQuery {
    pub fn of(filter: &MachineFilter) -> Self {
        let size = |size: Option<Decimal>| size.map_or(0, millionths);
        Self {
            least: [size(filter.vcpu), size(filter.ram_gib), filter.gpu.unwrap_or(0).into()],
            architecture: filter.architecture.as_deref().map(architecture),
        }
    }

    fn fits(&self, columns: &[Column<u64>; MACHINE.len()], doc: DocId) -> bool {
        let [vcpu, ram, gpu, architecture] = columns;
        let sizes = vcpu.values_for_doc(doc).zip(ram.values_for_doc(doc));
        let rest = gpu.values_for_doc(doc).zip(architecture.values_for_doc(doc));
        let [least_vcpu, least_ram, least_gpu] = self.least;
        sizes.zip(rest).any(|((vcpu, ram), (gpu, built))| {
            vcpu >= least_vcpu
                && ram >= least_ram
                && gpu >= least_gpu
                && self.architecture.is_none_or(|asked| asked == built)
        })
    }

    fn found(&self, segment: &SegmentReader) -> tantivy::Result<Found> {
        let mut columns = Vec::with_capacity(MACHINE.len());
        for name in MACHINE {
            // A segment in which no offer has a machine type has no such column.
            columns.extend(segment.fast_fields().column_opt::<u64>(name)?);
        }
        let docs = match <[Column<u64>; MACHINE.len()]>::try_from(columns) {
            Ok(columns) => (0..segment.max_doc()).filter(|doc| self.fits(&columns, *doc)).collect(),
            Err(_) => Vec::new(),
        };
        Ok(Found { docs, at: 0 })
    }
}

/// What was found in a segment, in its order.
struct Found {
    docs: Vec<DocId>,
    at: usize,
}

impl DocSet for Found {
    fn advance(&mut self) -> DocId {
        self.at += 1;
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.docs.get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        u32::try_from(self.docs.len()).unwrap_or(u32::MAX)
    }
}

impl Query for MachineQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for MachineQuery {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(ConstScorer::new(self.found(segment)?, boost)))
    }

    fn explain(&self, segment: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        if self.found(segment)?.docs.binary_search(&doc).is_ok() {
            return Ok(Explanation::new("machine type", 1.0));
        }
        Err(TantivyError::InvalidArgument(format!("document {doc} has no such machine type")))
    }
}
