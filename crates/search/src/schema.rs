//! The fields of the index.

use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{
    LowerCaser, NgramTokenizer, RemoveLongFilter, SimpleTokenizer, TextAnalyzer,
};

/// Tokenizer for words of Latin script.
const WORDS: &str = "words";
/// Tokenizer for single characters and pairs, for Japanese.
const PAIRS: &str = "pairs";
/// Longer tokens are noise, such as encoded data pasted into a description.
const WORD_BYTES_MAX: usize = 60;

/// Handles of the fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub id: Field,
    pub title_words: Field,
    pub title_pairs: Field,
    pub body_words: Field,
    pub body_pairs: Field,
    pub provider: Field,
    pub model: Field,
    pub deployment: Field,
    pub country: Field,
    pub certification: Field,
    pub backed: Field,
    pub price: Field,
    pub currency: Field,
    pub title_rank: Field,
    pub price_rank: Field,
    pub published_at: Field,
}

pub(crate) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let keyword = || STRING | FAST;
    let fields = Fields {
        id: builder.add_text_field("id", STRING | STORED),
        title_words: builder.add_text_field("title_words", analysed(WORDS)),
        title_pairs: builder.add_text_field("title_pairs", analysed(PAIRS)),
        body_words: builder.add_text_field("body_words", analysed(WORDS)),
        body_pairs: builder.add_text_field("body_pairs", analysed(PAIRS)),
        provider: builder.add_text_field("provider", keyword()),
        model: builder.add_text_field("model", keyword()),
        deployment: builder.add_text_field("deployment", keyword()),
        country: builder.add_text_field("country", keyword()),
        certification: builder.add_text_field("certification", keyword()),
        backed: builder.add_text_field("backed", keyword()),
        price: builder.add_i64_field("price", tantivy::schema::INDEXED | FAST),
        currency: builder.add_text_field("currency", keyword()),
        title_rank: builder.add_u64_field("title_rank", FAST),
        price_rank: builder.add_u64_field("price_rank", FAST),
        published_at: builder.add_i64_field("published_at", FAST),
    };
    (builder.build(), fields)
}

fn analysed(tokenizer: &str) -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(tokenizer)
        .set_index_option(IndexRecordOption::WithFreqs);
    TextOptions::default().set_indexing_options(indexing)
}

pub(crate) fn register_tokenizers(index: &tantivy::Index) -> tantivy::Result<()> {
    let words = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .filter(LowerCaser)
        .build();
    let pairs = TextAnalyzer::builder(NgramTokenizer::new(1, 2, false)?).filter(LowerCaser).build();
    index.tokenizers().register(WORDS, words);
    index.tokenizers().register(PAIRS, pairs);
    Ok(())
}
