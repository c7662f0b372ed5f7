//! Making texts comparable: width, case, kana, and where each part came from.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A long vowel mark at the end of a word counts from this many characters on: サーバー is サーバ,
/// but キー stays what it is.
const LONG_VOWEL_FROM: usize = 3;

/// A text in NFKC and lower case, with the place of each character in the text it came from.
#[derive(Debug, Default)]
pub(crate) struct Normalised {
    /// The characters.
    pub characters: Vec<char>,
    /// For each the bytes of the source it came from.
    pub places: Vec<(usize, usize)>,
}

/// Full-width letters and half-width kana become the usual ones, signs that stand for a long vowel
/// become its mark.
pub(crate) fn normalise(text: &str) -> Normalised {
    let mut normalised = Normalised::default();
    let mut characters = text.char_indices().peekable();
    while let Some((start, character)) = characters.next() {
        let mut end = start + character.len_utf8();
        // A mark belongs to what stands before it: half-width カ and ﾞ are one ガ.
        while let Some((at, mark)) = characters.next_if(|(_, mark)| is_mark(*mark)) {
            end = at + mark.len_utf8();
        }
        let part = text.get(start..end).unwrap_or_default();
        for folded in part.nfkc().flat_map(char::to_lowercase) {
            let before = normalised.characters.last().copied();
            let folded = match folded {
                '\u{2010}'..='\u{2015}' | '\u{2212}' if before.is_some_and(is_kana) => 'ー',
                other => other,
            };
            normalised.characters.push(folded);
            normalised.places.push((start, end));
        }
    }
    normalised
}

/// The same as a text, for what needs no places.
pub(crate) fn plain(text: &str) -> String {
    normalise(text).characters.into_iter().collect()
}

/// One spelling for a word of kana: katakana and hiragana, small and large, ヴ and バ are one, and a long
/// vowel mark at the end says nothing.
pub(crate) fn kana(word: &[char]) -> String {
    let folded = folded(word).into_iter();
    folded.map(|(character, _)| character).collect()
}

/// The same, with the place in `word` that each character came from.
pub(crate) fn folded(word: &[char]) -> Vec<(char, usize)> {
    let long = word.len() >= LONG_VOWEL_FROM && word.last() == Some(&'ー');
    let word = if long { &word[..word.len() - 1] } else { word };
    let mut folded = Vec::with_capacity(word.len());
    let mut characters = word.iter().copied().map(hiragana).enumerate().peekable();
    while let Some((at, character)) = characters.next() {
        if character != 'ゔ' {
            folded.push((large(character), at));
            continue;
        }
        let row = match characters.peek().map(|(_, vowel)| *vowel) {
            Some('ぁ') => Some('ば'),
            Some('ぃ') => Some('び'),
            Some('ぇ') => Some('べ'),
            Some('ぉ') => Some('ぼ'),
            _ => None,
        };
        if row.is_some() {
            characters.next();
        }
        folded.push((row.unwrap_or('ぶ'), at));
    }
    folded
}

fn hiragana(character: char) -> char {
    const BETWEEN: u32 = 'ァ' as u32 - 'ぁ' as u32;
    match character {
        'ァ'..='ヶ' => char::from_u32(character as u32 - BETWEEN).unwrap_or(character),
        other => other,
    }
}

const fn large(character: char) -> char {
    match character {
        'ぁ' => 'あ',
        'ぃ' => 'い',
        'ぅ' => 'う',
        'ぇ' => 'え',
        'ぉ' => 'お',
        'っ' => 'つ',
        'ゃ' => 'や',
        'ゅ' => 'ゆ',
        'ょ' => 'よ',
        'ゎ' => 'わ',
        'ゕ' => 'か',
        'ゖ' => 'け',
        other => other,
    }
}

fn is_mark(character: char) -> bool {
    matches!(character, '\u{ff9e}' | '\u{ff9f}') || is_combining_mark(character)
}

/// Hiragana, katakana and the long vowel mark.
pub(crate) const fn is_kana(character: char) -> bool {
    matches!(character, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30ff}')
}

/// Kana, ideographs and the marks that belong to them: scripts that put no spaces between words.
pub(crate) const fn is_dense(character: char) -> bool {
    matches!(character, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> String {
        kana(&normalise(text).characters)
    }

    #[test]
    fn width_and_case_are_one() {
        assert_eq!(plain("ＰｏｓｔｇｒｅＳＱＬ"), "postgresql");
        assert_eq!(plain("ｸﾗｳﾄﾞ"), "クラウド");
        assert_eq!(plain("ﾃﾞｰﾀﾍﾞｰｽ"), "データベース");
    }

    #[test]
    fn spellings_of_one_word_are_one() {
        for (one, other) in [
            ("サーバー", "サーバ"),
            ("ｻｰﾊﾞｰ", "さーば"),
            ("クラウド", "くらうど"),
            ("ウィンドウズ", "ウインドウズ"),
            ("ヴァーチャル", "バーチャル"),
            ("デ‐タ", "データ"),
            ("キャッシュ", "キヤツシユ"),
        ] {
            assert_eq!(word(one), word(other), "{one} {other}");
        }
        assert_ne!(word("キー"), word("キ"));
        assert_ne!(word("コース"), word("コス"));
    }

    #[test]
    fn each_character_knows_where_it_stood() {
        let normalised = normalise("aｶﾞb");
        assert_eq!(normalised.characters, ['a', 'ガ', 'b']);
        assert_eq!(normalised.places, [(0, 1), (1, 7), (7, 8)]);
    }
}
