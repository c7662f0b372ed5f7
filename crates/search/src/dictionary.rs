//! The Japanese dictionary: cutting a text without spaces into words.
//!
//! The words are those of MeCab's IPADIC, which Debian packages as source; it is compiled once and
//! then mapped into memory.

use crate::SearchError;
use lindera::dictionary::{DictionaryBuilder, Metadata, load_fs_dictionary};
use lindera::mode::{Mode, Penalty};
use lindera::segmenter::Segmenter;
use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Where Debian's `mecab-ipadic` puts its source.
pub const IPADIC_SOURCE: &str = "/usr/share/mecab/dic/ipadic";
/// A file that only a source has.
const SOURCE_FILE: &str = "matrix.def";
/// How the source is written and which columns it has.
const METADATA: &str = include_str!("../data/ipadic.json");
/// Columns after the costs: part of speech and dictionary form.
const PART_OF_SPEECH: usize = 0;
const BASE_FORM: usize = 6;
/// Parts of speech that say nothing by themselves: particles, auxiliaries, signs, fillers, conjunctions.
const EMPTY: [&str; 5] = ["助詞", "助動詞", "記号", "フィラー", "接続詞"];

/// A word of a text without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DenseWord {
    /// Bytes of the text.
    pub start: usize,
    /// Bytes of the text.
    pub end: usize,
    /// Its dictionary form where that is another one: 借り is 借りる.
    pub base: Option<String>,
    /// The dictionary has it.
    pub known: bool,
    /// It says nothing by itself.
    pub empty: bool,
}

/// A compiled dictionary.
pub struct Dictionary {
    segmenter: Segmenter,
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dictionary").finish_non_exhaustive()
    }
}

impl Dictionary {
    /// Compiles the source into `folder`, whole or not at all; about two seconds and 46 MB.
    pub fn build(source: &Path, folder: &Path) -> Result<(), SearchError> {
        if !Self::is_source(source) {
            return Err(SearchError::NoDictionary(source.to_owned()));
        }
        let parent = folder.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(SearchError::Folder)?;
        let beside = beside(folder);
        let metadata: Metadata = serde_json::from_str(METADATA)
            .map_err(|error| SearchError::Dictionary(error.to_string()))?;
        let built = DictionaryBuilder::new(metadata)
            .build_dictionary(source, &beside)
            .map_err(|error| SearchError::Dictionary(error.to_string()))
            .and_then(|()| put_in_place(&beside, folder));
        if built.is_err() {
            let _ = fs::remove_dir_all(&beside);
        }
        built
    }

    /// Whether a folder holds the source of a dictionary.
    #[must_use]
    pub fn is_source(folder: &Path) -> bool {
        folder.join(SOURCE_FILE).is_file()
    }

    /// Opens a compiled dictionary.
    pub fn open(folder: &Path) -> Result<Self, SearchError> {
        if !folder.is_dir() {
            return Err(SearchError::NoDictionary(folder.to_owned()));
        }
        let dictionary = load_fs_dictionary(folder)
            .map_err(|error| SearchError::Dictionary(error.to_string()))?;
        // Long compounds are cut, so that their parts are found.
        let mode = Mode::Decompose(Penalty::default());
        Ok(Self { segmenter: Segmenter::new(mode, dictionary, None) })
    }

    /// Cuts a run of kana and ideographs into words; a run it cannot read is one unknown word.
    pub(crate) fn words(&self, run: &str) -> Vec<DenseWord> {
        let Ok(tokens) = self.segmenter.segment(Cow::Borrowed(run)) else {
            return vec![DenseWord {
                start: 0,
                end: run.len(),
                base: None,
                known: false,
                empty: false,
            }];
        };
        tokens
            .into_iter()
            .map(|mut token| {
                let known = !token.word_id.is_unknown();
                let empty = EMPTY.contains(&token.get_detail(PART_OF_SPEECH).unwrap_or_default());
                let surface = token.surface.clone().into_owned();
                let base = token.get_detail(BASE_FORM).filter(|base| *base != "*");
                let base = base.filter(|base| known && **base != surface).map(str::to_owned);
                DenseWord { start: token.byte_start, end: token.byte_end, base, known, empty }
            })
            .collect()
    }
}

fn beside(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.new-{}", std::process::id()))
}

/// Another process may have been first: then its work is as good as ours.
fn put_in_place(beside: &Path, folder: &Path) -> Result<(), SearchError> {
    if folder.is_dir() {
        if Dictionary::open(folder).is_ok() {
            return fs::remove_dir_all(beside).map_err(SearchError::Folder);
        }
        fs::remove_dir_all(folder).map_err(SearchError::Folder)?;
    }
    fs::rename(beside, folder).map_err(SearchError::Folder)
}
