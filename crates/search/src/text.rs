//! Making texts comparable, and cutting a query into what can be looked up.

use unicode_normalization::UnicodeNormalization;

/// A query is a few words; what follows is ignored.
const TERMS_MAX: usize = 12;

/// One thing that must be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Term {
    /// A word of a script that puts spaces between words.
    Word(String),
    /// Characters of a script without spaces, as the pairs that must all occur.
    Pairs(Vec<String>),
}

/// NFKC and lower case: full-width letters and half-width kana become the usual ones.
pub(crate) fn normalise(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// Cuts a query at spaces, punctuation and changes between scripts.
pub(crate) fn terms(query: &str) -> Vec<Term> {
    let normalised = normalise(query);
    let mut found = Vec::new();
    let mut run = String::new();
    let mut run_is_dense = false;
    for character in normalised.chars().chain([' ']) {
        let dense = is_dense(character);
        let belongs = character.is_alphanumeric() || dense;
        if !run.is_empty() && (!belongs || dense != run_is_dense) {
            found.push(term(&run, run_is_dense));
            run.clear();
        }
        if belongs {
            run_is_dense = dense;
            run.push(character);
        }
    }
    found.truncate(TERMS_MAX);
    found
}

fn term(run: &str, dense: bool) -> Term {
    if !dense {
        return Term::Word(run.to_owned());
    }
    let characters: Vec<char> = run.chars().collect();
    let mut pairs: Vec<String> = characters.windows(2).map(|pair| pair.iter().collect()).collect();
    if pairs.is_empty() {
        pairs.push(run.to_owned());
    }
    Term::Pairs(pairs)
}

/// Kana, ideographs and the marks that belong to them.
const fn is_dense(character: char) -> bool {
    matches!(character, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_and_half_width_are_one() {
        assert_eq!(normalise("ＰｏｓｔｇｒｅＳＱＬ"), "postgresql");
        assert_eq!(normalise("ｸﾗｳﾄﾞ"), "クラウド");
    }

    #[test]
    fn a_mixed_query_is_cut_where_the_script_changes() {
        let pairs = |list: &[&str]| Term::Pairs(list.iter().map(|&pair| pair.to_owned()).collect());
        assert_eq!(
            terms("東京IaaS 札"),
            [pairs(&["東京"]), Term::Word("iaas".into()), pairs(&["札"])]
        );
        assert_eq!(terms("証明書"), [pairs(&["証明", "明書"])]);
    }

    #[test]
    fn signs_alone_ask_for_nothing() {
        assert_eq!(terms("+-&&||!(){}[]^\"~*?:\\/ 　"), []);
    }
}
