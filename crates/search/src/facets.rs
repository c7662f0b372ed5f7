//! Counting the values of all facets in one pass over the offers that a question finds.

use crate::query::FacetValue;
use crate::schema::FacetField;
use std::collections::HashMap;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, ColumnIndex, StrColumn};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

/// Values of one facet that are returned; the list on the page is shorter.
const VALUES_MAX: usize = 60;

/// Counts the offers and, of some facets, the values.
pub(crate) struct FacetCollector {
    pub facets: Vec<FacetField>,
}

/// How many offers there are, and how many have each value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counted {
    pub total: u64,
    pub values: HashMap<FacetField, HashMap<String, u64>>,
}

impl Counted {
    /// The most frequent values of a facet.
    pub fn most_frequent(&self, facet: FacetField) -> Vec<FacetValue> {
        let values = self.values.get(&facet).into_iter().flatten();
        let mut values: Vec<FacetValue> = values
            .map(|(value, count)| FacetValue { field: facet, value: value.clone(), count: *count })
            .collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        values.truncate(VALUES_MAX);
        values
    }
}

impl Collector for FacetCollector {
    type Fruit = Counted;
    type Child = SegmentCounter;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<SegmentCounter> {
        let mut columns = Vec::with_capacity(self.facets.len());
        for facet in &self.facets {
            // A segment in which no offer has the facet has no column of it.
            let Some(column) = segment.fast_fields().str(facet.name())? else { continue };
            let counts = vec![0; column.num_terms()];
            columns.push(Counting { facet: *facet, ords: column.ords().clone(), column, counts });
        }
        Ok(SegmentCounter { total: 0, columns, ords: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<tantivy::Result<Counted>>) -> tantivy::Result<Counted> {
        let mut all = Counted::default();
        for counted in fruits {
            let counted = counted?;
            all.total += counted.total;
            for (facet, values) in counted.values {
                let into = all.values.entry(facet).or_default();
                for (value, count) in values {
                    *into.entry(value).or_default() += count;
                }
            }
        }
        Ok(all)
    }
}

/// Counts in one segment.
pub(crate) struct SegmentCounter {
    total: u64,
    columns: Vec<Counting>,
    /// Room for the values of a block of offers.
    ords: Vec<u64>,
}

struct Counting {
    facet: FacetField,
    column: StrColumn,
    ords: Column<u64>,
    counts: Vec<u64>,
}

fn count(counts: &mut [u64], ord: u64) {
    if let Some(count) = usize::try_from(ord).ok().and_then(|ord| counts.get_mut(ord)) {
        *count += 1;
    }
}

impl SegmentCollector for SegmentCounter {
    type Fruit = tantivy::Result<Counted>;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.collect_block(&[doc]);
    }

    fn collect_block(&mut self, docs: &[DocId]) {
        self.total += docs.len() as u64;
        for Counting { ords, counts, .. } in &mut self.columns {
            if matches!(ords.index, ColumnIndex::Full) {
                self.ords.resize(docs.len(), 0);
                ords.values.get_vals(docs, &mut self.ords);
                self.ords.iter().for_each(|ord| count(counts, *ord));
            } else {
                let values = docs.iter().flat_map(|doc| ords.values_for_doc(*doc));
                values.for_each(|ord| count(counts, ord));
            }
        }
    }

    fn harvest(self) -> tantivy::Result<Counted> {
        let mut counted = Counted { total: self.total, values: HashMap::new() };
        for column in self.columns {
            let into = counted.values.entry(column.facet).or_default();
            for (ord, count) in column.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                let mut value = String::new();
                column.column.ord_to_str(ord as u64, &mut value)?;
                into.insert(value, *count);
            }
        }
        Ok(counted)
    }
}
