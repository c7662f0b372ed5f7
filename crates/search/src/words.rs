//! From the words of a question to a query over the texts.

use crate::analyse::{Analyser, DenseRun, Piece, Run};
use crate::ask::Asked;
use crate::document::{self, FORM_MARK};
use crate::mark::Marker;
use crate::query::without;
use crate::schema::Fields;
use crate::synonyms::Synonyms;
use crate::vocabulary::Vocabulary;
use tantivy::Term;
use tantivy::query::{BooleanQuery, BoostQuery, EmptyQuery, Occur, PhraseQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

/// What a word as typed weighs, beside its other forms.
const FORM_BOOST: f32 = 0.6;
const PREFIX_BOOST: f32 = 0.4;
const SYNONYM_BOOST: f32 = 0.7;
const PAIRS_BOOST: f32 = 0.6;
const FUZZY_BOOST: f32 = 0.3;
/// A name that is what was typed comes before all that only speaks of it.
const NAME_BOOST: f32 = 3.0;
/// Endings are only guessed from this many characters on.
const PREFIX_FROM: usize = 2;
/// Of the words that are close, at least this share has to be there.
const MOST: f32 = 0.5;
/// English words that say nothing by themselves.
const EMPTY: [&str; 27] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "for", "from", "how", "in", "is",
    "it", "me", "of", "on", "or", "that", "the", "to", "we", "what", "which", "with",
];

/// What a question is read with.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub fields: &'a Fields,
    pub analyser: &'a Analyser,
    pub synonyms: &'a Synonyms,
    pub vocabulary: &'a Vocabulary<'a>,
}

/// A question of text, and what of a text it is about.
pub(crate) struct Worded {
    /// `None`: nothing is asked of the text.
    pub query: Option<Box<dyn Query>>,
    pub marker: Marker,
}

impl Reader<'_> {
    /// Every word has to be there, as typed, in another form or as another word for the same.
    pub fn exact(&self, asked: &Asked) -> Worded {
        let mut marker = Marker::new(self.analyser.clone());
        let mut units = self.units(&asked.words, &mut marker, Self::exact_word, Self::exact_dense);
        let phrases = asked.phrases.iter().filter_map(|phrase| self.phrase(phrase, &mut marker));
        units.extend(phrases.map(Unit::of));
        let left_out =
            asked.without.iter().filter_map(|text| self.phrase(text, &mut Marker::default()));
        let left_out: Vec<_> = left_out.collect();
        let name = self.name(&asked.words);
        if let (1, true) = (units.len(), left_out.is_empty()) {
            let ranked = units.pop().map(|mut unit| {
                // A name that is what was typed has the word of it.
                unit.better.extend(name);
                unit.ranked()
            });
            return Worded { query: ranked, marker };
        }
        let mut all: Vec<_> = units.into_iter().map(|unit| (Occur::Must, unit.query())).collect();
        all.extend(left_out.into_iter().map(|query| (Occur::Must, without(query))));
        if !all.is_empty() {
            all.extend(name.map(|query| (Occur::Should, query)));
        }
        Worded { query: joined(all), marker }
    }

    /// What was typed as the whole of a title or name; it says most.
    fn name(&self, words: &str) -> Option<Box<dyn Query>> {
        let name = document::whole(&self.analyser.runs(words));
        let is_there = !name.is_empty();
        let term = || scored(Term::from_field_text(self.fields.whole_names, &name));
        is_there.then(|| boosted(term(), NAME_BOOST))
    }

    /// Most words have to be there, or words that are written like them; phrases and exclusions hold.
    pub fn close(&self, asked: &Asked) -> Worded {
        let mut marker = Marker::new(self.analyser.clone());
        let units = self.units(&asked.words, &mut marker, Self::close_word, Self::close_dense);
        let phrases = asked.phrases.iter().filter_map(|phrase| self.phrase(phrase, &mut marker));
        let mut all: Vec<_> = phrases.map(|phrase| (Occur::Must, phrase)).collect();
        let left_out =
            asked.without.iter().filter_map(|text| self.phrase(text, &mut Marker::default()));
        all.extend(left_out.map(|query| (Occur::Must, without(query))));
        if !units.is_empty() {
            all.push((Occur::Must, most(units.into_iter().map(Unit::query).collect())));
        }
        Worded { query: joined(all), marker }
    }

    /// One unit for each word, or for each that means the same as another.
    fn units(
        &self,
        text: &str,
        marker: &mut Marker,
        word: fn(&Self, &Piece, bool, &mut Marker) -> Unit,
        dense: fn(&Self, &DenseRun, &mut Marker) -> Box<dyn Query>,
    ) -> Vec<Unit> {
        let runs = self.analyser.runs(text);
        let runs = telling(runs);
        let mut units = Vec::new();
        let mut at = 0;
        while let Some(rest) = runs.get(at..).filter(|rest| !rest.is_empty()) {
            let same = self.synonyms.at(rest);
            let length = same.as_ref().map_or(1, |(length, _)| *length);
            let mut itself: Vec<Unit> = Vec::new();
            for (offset, run) in rest.iter().take(length).enumerate() {
                let last = at + offset + 1 == runs.len();
                itself.push(match run {
                    Run::Word(piece) => word(self, piece, last, marker),
                    Run::Dense(run) => Unit::of(dense(self, run, marker)),
                });
            }
            let mut unit = Unit::all(itself);
            for other in same.into_iter().flat_map(|(_, members)| members) {
                let other = self.member(other, marker);
                unit.ways.extend(other.map(|query| boosted(query, SYNONYM_BOOST)));
            }
            units.push(unit);
            at += length;
        }
        units
    }

    /// A word in any form; as typed, it says more.
    fn any_form(&self, piece: &Piece, marker: &mut Marker) -> Unit {
        marker.word(&piece.text);
        let Some(form) = &piece.form else { return Unit::of(self.term(&piece.text)) };
        marker.form(form);
        let mut unit = Unit::of(boosted(self.term(&format!("{FORM_MARK}{form}")), FORM_BOOST));
        unit.better.push(self.term(&piece.text));
        if *form != piece.text {
            // The stem may stand there as a word of its own.
            marker.word(form);
            let stem = boosted(self.term(form), FORM_BOOST);
            let is_own_form = self.analyser.form(form).is_some_and(|again| again == *form);
            if is_own_form { unit.better.push(stem) } else { unit.ways.push(stem) }
        }
        unit
    }

    /// A word, its other forms and, for the last one, what it may be the beginning of.
    fn exact_word(&self, piece: &Piece, last: bool, marker: &mut Marker) -> Unit {
        let mut unit = self.any_form(piece, marker);
        if last && piece.text.chars().count() >= PREFIX_FROM {
            for term in self.vocabulary.beginning_with(&piece.text) {
                // Another form of the same word is found already.
                if piece.form.is_none() || self.analyser.form(&term) != piece.form {
                    marker.word(&term);
                    unit.ways.push(boosted(self.term(&term), PREFIX_BOOST));
                }
            }
        }
        unit
    }

    fn close_word(&self, piece: &Piece, _last: bool, marker: &mut Marker) -> Unit {
        let mut unit = self.exact_word(piece, true, marker);
        for (term, _) in self.vocabulary.written_like(&piece.text) {
            marker.word(&term);
            unit.ways.push(boosted(self.term(&term), FUZZY_BOOST));
        }
        unit
    }

    /// All words of the dictionary; where it is not sure of them, or where there is none, the characters
    /// as they stand.
    fn exact_dense(&self, run: &DenseRun, marker: &mut Marker) -> Box<dyn Query> {
        let whole = self.characters(run);
        if run.words.is_empty() {
            marker.dense(&run.folded);
            return whole;
        }
        let mut all = Vec::new();
        let mut at = 0;
        while at < run.words.len() {
            let (length, members) = self.dense_synonyms(run, at);
            let mut ways =
                vec![(Occur::Should, self.all_words(&run.words[at..at + length], marker))];
            for member in members {
                if let Some(query) = self.member(member, marker) {
                    ways.push((Occur::Should, boosted(query, SYNONYM_BOOST)));
                }
            }
            all.push((Occur::Must, joined(ways).unwrap_or_else(|| Box::new(EmptyQuery))));
            at += length;
        }
        let words = joined(all).unwrap_or_else(|| Box::new(EmptyQuery));
        if !run.uncertain {
            return words;
        }
        marker.dense(&run.folded);
        let ways = vec![(Occur::Should, words), (Occur::Should, boosted(whole, PAIRS_BOOST))];
        Box::new(BooleanQuery::new(ways))
    }

    fn all_words(&self, pieces: &[Piece], marker: &mut Marker) -> Box<dyn Query> {
        let units = pieces.iter().map(|piece| self.any_form(piece, marker).query());
        joined(units.map(|unit| (Occur::Must, unit)).collect())
            .unwrap_or_else(|| Box::new(EmptyQuery))
    }

    /// The longest group of words inside a run that means the same as something else.
    fn dense_synonyms(&self, run: &DenseRun, at: usize) -> (usize, Vec<&str>) {
        let rest = run.words.get(at..).unwrap_or_default();
        for length in (1..=rest.len()).rev() {
            let Some(group) = rest.get(..length) else { continue };
            // Only words that touch: a particle between them parts them.
            let touching = group.windows(2).all(|pair| pair[0].end == pair[1].start);
            let folded: Vec<char> = group.iter().flat_map(|piece| piece.text.chars()).collect();
            if !touching || folded == run.folded {
                continue;
            }
            let alone =
                DenseRun { folded, places: Vec::new(), words: Vec::new(), uncertain: false };
            if let Some((_, members)) = self.synonyms.at(&[Run::Dense(alone)]) {
                return (length, members);
            }
        }
        (1, Vec::new())
    }

    /// Most pairs of the characters: one wrong character spoils two of them.
    fn close_dense(&self, run: &DenseRun, marker: &mut Marker) -> Box<dyn Query> {
        let exact = self.exact_dense(run, marker);
        if run.folded.len() < 3 {
            marker.dense(&run.folded);
            let ways = vec![(Occur::Should, exact), (Occur::Should, self.characters(run))];
            return Box::new(BooleanQuery::new(ways));
        }
        let pairs = run.folded.windows(2).map(|pair| {
            let pair: String = pair.iter().collect();
            self.pair(&pair)
        });
        let pairs: Vec<Box<dyn Query>> = pairs.collect();
        run.folded.windows(2).for_each(|pair| marker.dense(pair));
        let ways = vec![(Occur::Should, exact), (Occur::Should, boosted(most(pairs), FUZZY_BOOST))];
        Box::new(BooleanQuery::new(ways))
    }

    /// Another word for the same: all of it has to be there, in any form.
    fn member(&self, text: &str, marker: &mut Marker) -> Option<Box<dyn Query>> {
        let part = |run: Run| match run {
            Run::Word(piece) => self.all_words(&[piece], marker),
            Run::Dense(run) if run.words.is_empty() || run.uncertain => {
                marker.dense(&run.folded);
                self.characters(&run)
            }
            Run::Dense(run) => self.all_words(&run.words, marker),
        };
        joined(
            self.analyser
                .runs(text)
                .into_iter()
                .map(part)
                .map(|part| (Occur::Must, part))
                .collect(),
        )
    }

    /// The runs of a text, each as it stands; words beside each other in their order.
    fn phrase(&self, text: &str, marker: &mut Marker) -> Option<Box<dyn Query>> {
        let runs = self.analyser.runs(text);
        let mut parts: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let is_word = |run: &Run| matches!(run, Run::Word(_));
        for group in runs.chunk_by(|a, b| is_word(a) && is_word(b)) {
            let mut terms = Vec::new();
            for run in group {
                match run {
                    Run::Word(piece) => {
                        marker.word(&piece.text);
                        terms.push(Term::from_field_text(self.fields.words, &piece.text));
                    }
                    Run::Dense(run) => {
                        marker.dense(&run.folded);
                        parts.push((Occur::Must, self.characters(run)));
                    }
                }
            }
            match terms.len() {
                0 => {}
                1 => parts.push((Occur::Must, scored(terms.swap_remove(0)))),
                _ => parts.push((Occur::Must, Box::new(PhraseQuery::new(terms)))),
            }
        }
        joined(parts)
    }

    /// Characters of a script without spaces, one after the other.
    fn characters(&self, run: &DenseRun) -> Box<dyn Query> {
        let pair = |pair: &[char]| {
            let pair: String = pair.iter().collect();
            Term::from_field_text(self.fields.pairs, &pair)
        };
        let terms: Vec<Term> = run.folded.windows(2).map(pair).collect();
        match terms.len() {
            0 => self.pair(&run.folded.iter().collect::<String>()),
            1 => terms.into_iter().next().map_or_else(|| Box::new(EmptyQuery) as _, scored),
            _ => Box::new(PhraseQuery::new(terms)),
        }
    }

    fn pair(&self, pair: &str) -> Box<dyn Query> {
        scored(Term::from_field_text(self.fields.pairs, pair))
    }

    fn term(&self, text: &str) -> Box<dyn Query> {
        scored(Term::from_field_text(self.fields.words, text))
    }
}

/// What stands for one word of a question.
struct Unit {
    /// Any of them has to be there.
    ways: Vec<Box<dyn Query>>,
    /// Says more where it is there; wherever it is, one of the ways is.
    better: Vec<Box<dyn Query>>,
}

impl Unit {
    fn of(query: Box<dyn Query>) -> Self {
        Self { ways: vec![query], better: Vec::new() }
    }

    /// All of them have to be there.
    fn all(mut units: Vec<Self>) -> Self {
        match units.len() {
            1 => units.swap_remove(0),
            _ => {
                let all = units.into_iter().map(|unit| (Occur::Must, unit.query())).collect();
                Self::of(joined(all).unwrap_or_else(|| Box::new(EmptyQuery)))
            }
        }
    }

    /// As a part of a question: what says more is only looked at where the rest is there.
    fn query(self) -> Box<dyn Query> {
        let either = either(self.ways);
        if self.better.is_empty() {
            return either;
        }
        let better = self.better.into_iter().map(|query| (Occur::Should, query));
        let parts = std::iter::once((Occur::Must, either)).chain(better).collect();
        Box::new(BooleanQuery::new(parts))
    }

    /// As the whole question: one level of alternatives, of which the best are found without looking at all.
    fn ranked(self) -> Box<dyn Query> {
        either(self.ways.into_iter().chain(self.better).collect())
    }
}

fn either(queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    joined(queries.into_iter().map(|query| (Occur::Should, query)).collect())
        .unwrap_or_else(|| Box::new(EmptyQuery))
}

/// The runs that say something; all of them where none does.
pub(crate) fn telling(runs: Vec<Run>) -> Vec<Run> {
    let is_empty =
        |run: &Run| matches!(run, Run::Word(piece) if EMPTY.contains(&piece.text.as_str()));
    if runs.iter().all(is_empty) {
        return runs;
    }
    runs.into_iter().filter(|run| !is_empty(run)).collect()
}

fn scored(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}

fn boosted(query: Box<dyn Query>, boost: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, boost))
}

fn joined(mut parts: Vec<(Occur, Box<dyn Query>)>) -> Option<Box<dyn Query>> {
    match parts.len() {
        0 => None,
        1 if parts[0].0 != Occur::MustNot => Some(parts.swap_remove(0).1),
        _ => Some(Box::new(BooleanQuery::new(parts))),
    }
}

/// At least most of the queries.
fn most(queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few words")]
    let least = (queries.len() as f32 * MOST).ceil() as usize;
    Box::new(BooleanQuery::union_with_minimum_required_clauses(queries, least.max(1)))
}
