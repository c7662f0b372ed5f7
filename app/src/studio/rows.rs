//! The rows of the two lists, in the parts that change at different times: what belongs to an offer is
//! written when it comes to a place, what follows the hand is written as text into what stands there.

use std::fmt::Write as _;

use matching::{Nano, Ranked, Ranking};

use super::{
    html::{badge, escape},
    model::Studio,
    say,
};
use crate::words::Words;

/// One row of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Position of its offer in the market.
    pub index: usize,
    /// Its offer.
    pub id: String,
    /// Counted from one.
    pub place: usize,
    /// Whether its offer is on the chart.
    pub focused: bool,
    /// Whether it is stronger than the one above and not dearer.
    pub stronger: bool,
    /// Distance below the need.
    pub shortfall: Nano,
    /// Distance above it.
    pub surplus: Nano,
    /// What follows the hand: the reason, what would have to change, the distances.
    pub told: [String; 3],
}

impl Row {
    fn new(
        words: Words,
        studio: &Studio,
        place: usize,
        ranked: &Ranked,
        focus: Option<usize>,
    ) -> Option<Self> {
        let explanation = studio.explain(ranked.index)?;
        let totals = &ranked.totals;
        let distance =
            words.needs_distance(say::percent(totals.shortfall), say::percent(totals.surplus));
        Some(Self {
            index: ranked.index,
            id: ranked.id.clone(),
            place,
            focused: focus == Some(ranked.index),
            stronger: ranked.stronger_than_above,
            shortfall: totals.shortfall,
            surplus: totals.surplus,
            told: [
                say::summary_text(words, studio.asks(), &explanation),
                say::change_text(words, studio.asks(), &explanation),
                distance,
            ],
        })
    }

    /// Whether everything but the numbers and [`Row::told`] is the same.
    #[must_use]
    pub fn stands(&self, before: &Self) -> bool {
        (self.index, self.place, self.focused, self.stronger)
            == (before.index, before.place, before.focused, before.stronger)
    }

    /// Class of its element.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        if self.focused { "rank focused" } else { "rank" }
    }

    /// The row with its element.
    fn whole(&self, words: Words, studio: &Studio) -> String {
        format!(
            r#"<li class="{}" value="{}" data-offer="{}" data-shortfall="{}" data-surplus="{}">{}</li>"#,
            self.class(),
            self.place,
            escape(&self.id),
            self.shortfall,
            self.surplus,
            self.inner(words, studio),
        )
    }

    /// What is in its element. Links wait in `data-link` for the code of the need, which would be most of
    /// the markup and stands still only when the hand does.
    #[must_use]
    pub fn inner(&self, words: Words, studio: &Studio) -> String {
        let stalls = studio.stalls();
        let title = stalls.titles.get(self.index).map_or("", String::as_str);
        let flag = |list: &[bool]| list.get(self.index).copied().unwrap_or(false);
        let (backed, priced) = (flag(&stalls.backed), flag(&stalls.priced));
        let (id, place) = (escape(&self.id), self.place);
        let price = if priced { "price" } else { "price unknown" };
        let mut out = String::with_capacity(1024);
        let _ = write!(
            out,
            r#"<span class="place" aria-hidden="true">{place}</span><div class="what"><h3><a href="/market/offers/{id}" data-link="/market/offers/{id}?need=doc:">{}</a></h3><p class="whose">{}</p></div><div class="terms"><span class="{price}">{}</span>"#,
            escape(title),
            escape(stalls.place(self.index)),
            escape(stalls.prices.get(self.index).map_or("", String::as_str)),
        );
        if backed {
            badge(&mut out, "good", words.market_backed());
        } else if flag(&stalls.elsewhere) {
            badge(&mut out, "quiet", words.contracts_offer_elsewhere());
        } else {
            badge(&mut out, "quiet", words.market_catalogue_only());
        }
        out.push_str(r#"</div><div class="reason">"#);
        if self.stronger {
            let _ = write!(out, r#"<p class="stronger">{}</p>"#, escape(words.needs_stronger()));
        }
        let [summary, change, distance] = &self.told;
        let _ = write!(
            out,
            r#"<p data-told>{}</p><p class="change" data-told>{}</p><p class="hint distance"><span data-told>{}</span> <button type="button" class="link" data-focus="{}" aria-pressed="{}">{}</button>"#,
            escape(summary),
            escape(change),
            escape(distance),
            self.index,
            self.focused,
            escape(words.needs_studio_draw()),
        );
        if backed && priced {
            let _ = write!(
                out,
                r#" <a href="/contracts/new?offer={id}" data-link="/contracts/new?offer={id}&amp;need=doc:">{}</a>"#,
                escape(words.market_offer_contract())
            );
        }
        out.push_str("</p></div>");
        out
    }
}

/// Both lists with the head that follows the hand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lists {
    /// Says how many offers contain the need.
    pub head: String,
    /// Offers that contain it, and offers that nearly do.
    pub rows: [Vec<Row>; 2],
}

impl Lists {
    /// What is to be seen of a ranking; `focus` is the offer on the chart.
    #[must_use]
    pub fn new(words: Words, studio: &Studio, ranking: &Ranking, focus: Option<usize>) -> Self {
        let rows = |list: &[Ranked]| {
            let rows = list.iter().enumerate();
            rows.filter_map(|(at, ranked)| Row::new(words, studio, at + 1, ranked, focus)).collect()
        };
        Self {
            head: words.needs_matches(i64::try_from(ranking.matched).unwrap_or(i64::MAX)),
            rows: [rows(&ranking.matches), rows(&ranking.near_misses)],
        }
    }

    /// Whether rows can be written into what stands there for `before`: no list begins, ends or grows.
    #[must_use]
    pub fn fits_into(&self, before: &Self) -> bool {
        let long = |lists: &Self| [lists.rows[0].len(), lists.rows[1].len()];
        long(self) == long(before)
    }

    /// Everything anew.
    #[must_use]
    pub fn whole(&self, words: Words, studio: &Studio) -> String {
        let [matches, near] = &self.rows;
        let mut out = format!(r#"<h2 id="live-matches">{}</h2>"#, escape(&self.head));
        let list = |out: &mut String, rows: &[Row]| {
            out.push_str(r#"<ol class="ranking">"#);
            rows.iter().for_each(|row| out.push_str(&row.whole(words, studio)));
            out.push_str("</ol>");
        };
        if matches.is_empty() {
            let _ = write!(
                out,
                r#"<p class="lead small"><strong>{}</strong> {}</p>"#,
                escape(words.needs_none()),
                escape(words.needs_none_text())
            );
        } else {
            list(&mut out, matches);
        }
        if !near.is_empty() {
            let _ = write!(
                out,
                r#"<h2 id="live-near">{}</h2><p class="lead small">{}</p>"#,
                escape(words.needs_near()),
                escape(words.needs_near_text())
            );
            list(&mut out, near);
        }
        out
    }
}
