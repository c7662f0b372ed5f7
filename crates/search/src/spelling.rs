//! What a word was probably meant to be.

use crate::analyse::Run;
use crate::fold::is_kana;
use crate::synonyms::Synonyms;
use crate::vocabulary::Vocabulary;

/// Kana words of fewer characters have too many neighbours.
const KANA_FROM: usize = 4;
/// From this length on two characters may be wrong.
const TWO_ERRORS_FROM: usize = 7;

/// A word that is used where this one is not; `None` where it is used or nothing is written like it.
pub(crate) fn better(
    run: &Run,
    vocabulary: &Vocabulary<'_>,
    synonyms: &Synonyms,
) -> Option<String> {
    match run {
        Run::Word(piece) if vocabulary.frequency(&piece.text) > 0 => None,
        Run::Word(piece) => {
            let mut like = vocabulary.written_like(&piece.text).into_iter().map(|(word, _)| word);
            like.find(|word| vocabulary.frequency(word) > 0)
        }
        Run::Dense(run) if run.folded.len() < KANA_FROM => None,
        Run::Dense(run) if !run.folded.iter().all(|character| is_kana(*character)) => None,
        Run::Dense(run) => {
            let most = if run.folded.len() < TWO_ERRORS_FROM { 1 } else { 2 };
            let near = synonyms.kana().filter_map(|(folded, written)| {
                let errors = errors(&run.folded, folded);
                (errors > 0 && errors <= most).then_some((errors, written))
            });
            near.min().map(|(_, written)| written.to_owned())
        }
    }
}

/// Characters that have to be changed, added or taken away.
fn errors(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let changed = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted() {
        let count = |a: &str, b: &str| {
            errors(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
        };
        assert_eq!(count("データ", "データ"), 0);
        assert_eq!(count("でたべーす", "でーたべーす"), 1);
        assert_eq!(count("ばつくあぷ", "ばつくあつぷ"), 1);
        assert_eq!(count("", "abc"), 3);
    }
}
