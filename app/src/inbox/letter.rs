//! A notice as a letter: the sentences of the inbox as text and as HTML, with links that lead to the market.

use broker::notices::{Notice, NoticeOffer};
use std::fmt::Write as _;

use super::say;
use crate::{admissions, announcements, render::push_escaped, words::Locale};

/// Where channels are switched.
const SETTINGS: &str = "/account/channels";

/// A notice as it is written to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// As text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// What a letter says under its title.
#[derive(Default)]
struct Body {
    sentences: Vec<String>,
    /// Single changes, or offers with their addresses.
    lines: Vec<(String, Option<String>)>,
}

/// Writes a notice in a language, with whole addresses.
pub fn letter(locale: Locale, origin: &str, notice: &Notice) -> Letter {
    let words = locale.words();
    let title = say::title(locale, notice);
    let body = body(locale, origin, notice);
    let alone = notice.offers.first().filter(|_| notice.count == 1);
    let there = format!("{origin}{}", say::list_href(notice, alone));
    let settings = format!("{origin}{SETTINGS}");
    // One line, whatever people called their things.
    let subject = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = format!("{title}\n\n");
    for sentence in &body.sentences {
        let _ = write!(text, "{sentence}\n\n");
    }
    for (line, address) in &body.lines {
        let address = address.as_ref().map(|address| format!(" {address}")).unwrap_or_default();
        let _ = writeln!(text, "- {line}{address}");
    }
    let _ = write!(
        text,
        "\n{}: {there}\n\n-- \n{}\n{settings}\n",
        words.channels_mail_open(),
        words.channels_mail_why()
    );
    let html = html(locale, &title, &body, (&there, &settings));
    Letter { subject, text, html }
}

fn body(locale: Locale, origin: &str, notice: &Notice) -> Body {
    let words = locale.words();
    if let Some(news) = &notice.contract {
        let Some(newer) = &news.newer else {
            let said = news.reason.clone().map(|text| words.notice_customer_reason(text));
            let sentences = said.into_iter().chain([words.notice_inbox_next().to_owned()]);
            return Body { sentences: sentences.collect(), lines: Vec::new() };
        };
        let lines = sla::Diff { parts: newer.changes.clone() }.lines(locale.sla());
        return Body {
            sentences: say::newer(locale, newer),
            lines: lines.into_iter().map(|line| (line, None)).collect(),
        };
    }
    if let Some(news) = &notice.evidence {
        return Body { sentences: say::evidence(locale, news), lines: Vec::new() };
    }
    if let Some(news) = &notice.item {
        return Body { sentences: say::item(locale, news), lines: Vec::new() };
    }
    if notice.invitation.is_some() {
        return Body { sentences: say::invitation(locale, notice.kind), lines: Vec::new() };
    }
    if let Some(news) = &notice.admission {
        return Body { sentences: admissions::news_lines(locale, news), lines: Vec::new() };
    }
    if let Some(news) = &notice.announcement {
        return Body { sentences: announcements::news_lines(locale, news), lines: Vec::new() };
    }
    match notice.offers.as_slice() {
        [offer] => single(locale, offer),
        offers => {
            let line = |offer: &NoticeOffer| {
                let address = format!("{origin}{}", say::list_href(notice, Some(offer)));
                (say::offer_title(locale, offer), Some(address))
            };
            Body { sentences: Vec::new(), lines: offers.iter().map(line).collect() }
        }
    }
}

fn single(locale: Locale, offer: &NoticeOffer) -> Body {
    let words = locale.words();
    let provider = locale.pick(&offer.provider_en, &offer.provider_ja);
    let told = [say::cause(locale, offer), words.inbox_offered_by(provider)];
    let lines = sla::Diff { parts: offer.changes.clone() }.lines(locale.sla());
    Body {
        sentences: told.into_iter().chain(say::missed(locale, offer)).collect(),
        lines: lines.into_iter().map(|line| (line, None)).collect(),
    }
}

fn html(locale: Locale, title: &str, body: &Body, (there, settings): (&str, &str)) -> String {
    let words = locale.words();
    let mut html = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>",
        locale.tag()
    );
    push_escaped(&mut html, title);
    html.push_str("</title></head><body><h1>");
    push_escaped(&mut html, title);
    html.push_str("</h1>");
    for sentence in &body.sentences {
        html.push_str("<p>");
        push_escaped(&mut html, sentence);
        html.push_str("</p>");
    }
    if !body.lines.is_empty() {
        html.push_str("<ul>");
        for (line, address) in &body.lines {
            html.push_str("<li>");
            match address {
                Some(address) => anchor(&mut html, address, line),
                None => push_escaped(&mut html, line),
            }
            html.push_str("</li>");
        }
        html.push_str("</ul>");
    }
    html.push_str("<p>");
    anchor(&mut html, there, words.channels_mail_open());
    html.push_str("</p><hr><p>");
    push_escaped(&mut html, words.channels_mail_why());
    html.push(' ');
    anchor(&mut html, settings, words.channels_mail_settings());
    html.push_str("</p></body></html>");
    html
}

fn anchor(html: &mut String, address: &str, text: &str) {
    html.push_str("<a href=\"");
    push_escaped(html, address);
    html.push_str("\">");
    push_escaped(html, text);
    html.push_str("</a>");
}
