//! What the index knows of an offer.

use crate::analyse::{Analyser, DenseRun, Run};
use crate::ask::FilterField;
use crate::fold;
use crate::price::{self, PriceBand};
use crate::query::CLOSED;
use crate::schema::{FacetField, Fields};
use crate::{machine, number};
use domain::{Currency, OfferId, OrganisationId};
use rust_decimal::Decimal;
use tantivy::TantivyDocument;
use tantivy::schema::Field;
use tantivy::tokenizer::{PreTokenizedString, Token};

/// How often the words of a part stand in the index: a title says more than a description.
const TITLE_TIMES: usize = 4;
const NAME_TIMES: usize = 2;
/// What a stem or dictionary form begins with, so that it is not taken for a word.
pub(crate) const FORM_MARK: char = '~';
/// Between what a suggestion is found by and how it is written.
pub(crate) const SUGGESTION_MARK: char = '\u{1f}';
/// A title is found by its first words, not by its twentieth.
const SUGGESTED_WORDS: usize = 6;

/// One published offer as it is searched.
#[derive(Debug, Clone)]
pub struct OfferDocument {
    /// Its id.
    pub id: OfferId,
    /// Title in English.
    pub title_en: String,
    /// Title in Japanese.
    pub title_ja: String,
    /// Names that say more than running text: of the provider, in both languages.
    pub names: Vec<String>,
    /// Everything else that should be found: descriptions.
    pub body: Vec<String>,
    /// Middleware as name and version.
    pub middleware: Vec<(String, Option<String>)>,
    /// Category and the wider ones it belongs to.
    pub categories: Vec<String>,
    /// Choices of the category's attributes, `category.attribute=choice`.
    pub attributes: Vec<String>,
    /// Numbers of the category's attributes, each with `category.attribute`.
    pub numbers: Vec<(String, Decimal)>,
    /// Sizes of machines.
    pub machines: Vec<Machine>,
    /// Provider's slug.
    pub provider: String,
    /// IaaS, PaaS, SaaS or Network.
    pub model: String,
    /// private, community, public or hybrid.
    pub deployment: String,
    /// Regions.
    pub regions: Vec<String>,
    /// Countries of the regions.
    pub countries: Vec<String>,
    /// Certifications.
    pub certifications: Vec<String>,
    /// Legal regimes.
    pub regimes: Vec<String>,
    /// Provisional hold support; `None`: undeclared.
    pub hold: Option<String>,
    /// What was measured.
    pub observed: Observed,
    /// Monthly price in minor units; `None`: not published.
    pub price: Option<(i64, Currency)>,
    /// Whether it can be contracted.
    pub backed: bool,
    /// Microseconds UTC.
    pub published_at: i64,
    /// The organisations that may know of it; `None`: everybody.
    pub members: Option<Vec<OrganisationId>>,
}

/// A size of machines as it is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Processors, at most six decimals.
    pub vcpu: Decimal,
    /// Memory in GiB, at most six decimals.
    pub ram_gib: Decimal,
    /// Accelerators.
    pub gpu: u32,
    /// Instruction set; `None`: not said.
    pub architecture: Option<String>,
}

/// How an offer was found to be, over all its contracts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Observed {
    /// Nobody measured it yet.
    #[default]
    Unmeasured,
    /// The share of samples that were well, in millionths, and whether the promise was kept.
    Measured {
        /// Millionths.
        share: u32,
        /// As good as promised.
        kept: bool,
    },
}

impl Observed {
    const fn word(self) -> &'static str {
        match self {
            Self::Unmeasured => "unmeasured",
            Self::Measured { kept: true, .. } => "kept",
            Self::Measured { kept: false, .. } => "missed",
        }
    }

    /// Kept before missed before unmeasured, then by the share.
    const fn rank(self) -> u64 {
        match self {
            Self::Unmeasured => u64::MAX,
            Self::Measured { share, kept } => {
                let short = 1_000_000 - if share > 1_000_000 { 1_000_000 } else { share as u64 };
                if kept { short } else { 2_000_000 + short }
            }
        }
    }
}

impl OfferDocument {
    pub(crate) fn to_tantivy(&self, fields: &Fields, analyser: &Analyser) -> TantivyDocument {
        let mut into = Writing { document: TantivyDocument::default(), fields, analyser };
        into.document.add_text(fields.id, self.id.to_string());
        let (high, low) = self.id.0.as_u64_pair();
        into.document.add_u64(fields.id_high, high);
        into.document.add_u64(fields.id_low, low);
        if let Some(members) = &self.members {
            into.document.add_text(fields.readers, CLOSED);
            let readers = members.iter().map(ToString::to_string);
            readers.for_each(|reader| into.document.add_text(fields.readers, reader));
        }
        for title in [&self.title_en, &self.title_ja] {
            into.text(title, TITLE_TIMES);
        }
        let names = self.names.iter().cloned().chain(self.middleware.iter().map(written));
        let titles = [self.title_en.clone(), self.title_ja.clone()];
        let middleware = self.middleware.iter().map(|(name, _)| name.clone());
        titles.into_iter().chain(names.clone()).chain(middleware).for_each(|name| into.name(&name));
        let codes = self.regions.iter().chain(&self.countries).chain(&self.certifications);
        for name in names.chain(codes.chain(&self.regimes).cloned()) {
            into.text(&name, NAME_TIMES);
        }
        for text in [&self.provider, &self.model, &self.deployment].into_iter().chain(&self.body) {
            into.text(text, 1);
        }
        self.facets(&mut into);
        self.tags(&mut into);
        self.suggestions(&mut into);
        let mut document = into.document;
        for (attribute, value) in &self.numbers {
            document.add_text(fields.numbers, number::term(attribute, *value));
        }
        for machine in &self.machines {
            for (field, value) in fields.machines.into_iter().zip(machine::columns(machine)) {
                document.add_u64(field, value);
            }
        }
        if let Some((minor, currency)) = self.price {
            document.add_i64(fields.price, minor);
            document.add_text(fields.currency, currency.code());
        }
        document.add_u64(fields.title_rank, title_rank(self.backed, &self.title_en));
        document.add_u64(fields.price_rank, price::rank(self.price));
        document.add_u64(fields.observed_rank, self.observed.rank());
        document.add_i64(fields.published_at, self.published_at);
        document
    }

    fn facets(&self, into: &mut Writing<'_>) {
        let mut add = |facet: FacetField, value: &str| {
            into.document.add_text(facet.field(into.fields), value);
        };
        add(FacetField::Model, &self.model);
        add(FacetField::Deployment, &self.deployment);
        add(FacetField::Provider, &self.provider);
        for (facet, values) in [
            (FacetField::Country, &self.countries),
            (FacetField::Region, &self.regions),
            (FacetField::Certification, &self.certifications),
            (FacetField::Regime, &self.regimes),
            (FacetField::Category, &self.categories),
            (FacetField::Attribute, &self.attributes),
        ] {
            values.iter().for_each(|value| add(facet, value));
        }
        let mut names: Vec<&str> = self.middleware.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().for_each(|name| add(FacetField::Middleware, name));
        for item in self.middleware.iter().filter(|(_, version)| version.is_some()) {
            add(FacetField::Version, &written(item));
        }
        add(FacetField::PriceBand, &PriceBand::of(self.price).to_string());
        if let Some(hold) = &self.hold {
            add(FacetField::Hold, hold);
        }
        add(FacetField::Observed, self.observed.word());
        add(FacetField::Backed, if self.backed { "yes" } else { "no" });
    }

    fn tags(&self, into: &mut Writing<'_>) {
        into.tag(FilterField::Provider, &self.provider);
        into.tag(FilterField::Model, &self.model);
        into.tag(FilterField::Deployment, &self.deployment);
        for region in &self.regions {
            into.tag(FilterField::Region, region);
            for (at, _) in region.match_indices('-') {
                into.tag(FilterField::Region, &region[..at]);
            }
        }
        for (field, values) in [
            (FilterField::Country, &self.countries),
            (FilterField::Certification, &self.certifications),
            (FilterField::Regime, &self.regimes),
        ] {
            values.iter().for_each(|value| into.tag(field, value));
        }
        for item in &self.middleware {
            into.tag(FilterField::Middleware, &item.0);
            into.tag(FilterField::Middleware, &written(item));
        }
        into.tag(FilterField::Holds, self.hold.as_deref().unwrap_or("none"));
        into.tag(FilterField::Is, if self.backed { "contractable" } else { "catalogue" });
    }

    fn suggestions(&self, into: &mut Writing<'_>) {
        let names =
            self.names.iter().cloned().chain(self.middleware.iter().map(|item| item.0.clone()));
        let names = names.chain(self.middleware.iter().map(written)).chain(self.regions.clone());
        for name in [self.title_en.clone(), self.title_ja.clone()].into_iter().chain(names) {
            into.suggestion(&name);
        }
    }
}

/// A document that is being written.
struct Writing<'a> {
    document: TantivyDocument,
    fields: &'a Fields,
    analyser: &'a Analyser,
}

impl Writing<'_> {
    fn text(&mut self, text: &str, times: usize) {
        let runs = self.analyser.runs(text);
        let words = words(&runs);
        let pairs = pairs(&runs);
        for _ in 0..times {
            self.cut(self.fields.words, &words);
            self.cut(self.fields.pairs, &pairs);
        }
    }

    /// A name that can be asked for as a whole.
    fn name(&mut self, name: &str) {
        let name = whole(&self.analyser.runs(name));
        if !name.is_empty() {
            self.document.add_text(self.fields.whole_names, name);
        }
    }

    fn cut(&mut self, field: Field, tokens: &[Token]) {
        if !tokens.is_empty() {
            let cut = PreTokenizedString { text: String::new(), tokens: tokens.to_vec() };
            self.document.add_pre_tokenized_text(field, cut);
        }
    }

    fn tag(&mut self, field: FilterField, value: &str) {
        let tag = format!("{}:{}", field.name(), fold::plain(value));
        self.document.add_text(self.fields.tags, tag);
    }

    /// A name is offered by the beginning of each of its first words.
    fn suggestion(&mut self, written: &str) {
        let folded = fold::plain(written);
        let is_start = |at: usize| {
            let before = folded[..at].chars().next_back();
            before.is_none_or(|before| !before.is_alphanumeric())
        };
        let starts = folded.char_indices().filter(|(at, c)| c.is_alphanumeric() && is_start(*at));
        for (at, _) in starts.take(SUGGESTED_WORDS) {
            let entry = format!("{}{SUGGESTION_MARK}{written}", found_by(&folded[at..]));
            self.document.add_text(self.fields.suggestions, entry);
        }
    }
}

/// What a suggestion is found by, and what is typed of it.
pub(crate) fn found_by(text: &str) -> String {
    let characters: Vec<char> = fold::plain(text).chars().collect();
    fold::kana(&characters)
}

/// Name and version as they are written.
fn written((name, version): &(String, Option<String>)) -> String {
    match version {
        Some(version) => format!("{name} {version}"),
        None => name.clone(),
    }
}

fn token(text: String, position: usize, place: (usize, usize)) -> Token {
    Token { offset_from: place.0, offset_to: place.1, position, text, position_length: 1 }
}

/// A name as one: its words, however they are parted.
pub(crate) fn whole(runs: &[Run]) -> String {
    let mut whole = String::new();
    for run in runs {
        if !whole.is_empty() {
            whole.push(' ');
        }
        match run {
            Run::Word(piece) => whole.push_str(&piece.text),
            Run::Dense(run) => whole.extend(&run.folded),
        }
    }
    whole
}

/// Words and, at the same place, their stems and dictionary forms.
fn words(runs: &[Run]) -> Vec<Token> {
    let mut tokens = Vec::new();
    for run in runs {
        for piece in run.pieces() {
            let place = (piece.start, piece.end);
            tokens.push(token(piece.text.clone(), piece.position, place));
            if let Some(form) = &piece.form {
                tokens.push(token(format!("{FORM_MARK}{form}"), piece.position, place));
            }
        }
    }
    tokens
}

/// Each character and each pair; the place tells which stand beside each other.
fn pairs(runs: &[Run]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut position = 0;
    for run in runs {
        let Run::Dense(DenseRun { folded, places, .. }) = run else { continue };
        for (at, (character, place)) in folded.iter().zip(places).enumerate() {
            tokens.push(token(character.to_string(), position, *place));
            if let Some(next) = folded.get(at + 1) {
                tokens.push(token([*character, *next].iter().collect(), position, *place));
            }
            position += 1;
        }
        // The next run does not go on with this one.
        position += 1;
    }
    tokens
}

/// Backed offers first, then by the first seven bytes of the title: one number to sort by.
fn title_rank(backed: bool, title: &str) -> u64 {
    let mut bytes = [0_u8; 8];
    bytes[0] = u8::from(!backed);
    for (place, byte) in bytes[1..].iter_mut().zip(fold::plain(title).bytes()) {
        *place = byte;
    }
    u64::from_be_bytes(bytes)
}
