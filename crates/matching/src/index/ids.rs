//! Ids of the rows of a segment: ascending bytewise, in one string. Knows nothing of promises.

use std::cmp::Ordering;

/// Ids, each once, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ids {
    text: String,
    /// End of each id in `text`.
    ends: Vec<u32>,
}

impl Ids {
    /// From ids that are ascending already.
    pub(crate) fn ascending<'a>(ids: impl Iterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for id in ids {
            all.text.push_str(id);
            all.ends.push(u32::try_from(all.text.len()).unwrap_or(u32::MAX));
        }
        all.text.shrink_to_fit();
        all.ends.shrink_to_fit();
        all
    }

    /// From the stored parts; `None` where they do not fit together.
    pub(crate) fn from_parts(text: String, ends: Vec<u32>) -> Option<Self> {
        let ids = Self { text, ends };
        let whole = ids.ends.last().copied().unwrap_or(0) as usize == ids.text.len();
        let cut = ids.ends.windows(2).all(|pair| matches!(pair, [a, b] if a <= b))
            && ids.ends.iter().all(|end| ids.text.is_char_boundary(*end as usize));
        let ascending = (1..ids.len()).all(|row| ids.get(row - 1) < ids.get(row));
        (whole && cut && ascending).then_some(ids)
    }

    pub(crate) fn parts(&self) -> (&str, &[u32]) {
        (&self.text, &self.ends)
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, row: usize) -> &str {
        let end = |row: usize| self.ends.get(row).copied().unwrap_or(0) as usize;
        let start = if row == 0 { 0 } else { end(row - 1) };
        self.text.get(start..end(row)).unwrap_or_default()
    }

    /// The row of an id.
    pub(crate) fn find(&self, id: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).as_bytes().cmp(id.as_bytes()) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_and_damaged_parts_are_refused() {
        let ids = Ids::ascending(["", "a", "é", "éa"].into_iter());
        assert_eq!((ids.find("é"), ids.find(""), ids.find("b")), (Some(2), Some(0), None));
        let (text, ends) = ids.parts();
        assert_eq!(Ids::from_parts(text.to_owned(), ends.to_vec()), Some(ids.clone()));
        assert_eq!(Ids::from_parts(text.to_owned(), vec![0, 1, 2, 6]), None);
        assert_eq!(Ids::from_parts("ba".to_owned(), vec![1, 2]), None);
    }
}
