//! The report as a page that stands alone: no script, nothing loaded, everything a cloud said made harmless.

use std::fmt::Write;

use super::group::Group;
use super::report::{CheckReport, CheckResult, Exchange, Report, Verdict};

/// System colours follow light and dark by themselves; meaning is never told by colour alone.
const STYLE: &str = ":root{color-scheme:light dark}\
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
h2{margin-block:2rem .5rem;font-size:1.15rem}details{border-block-end:1px solid GrayText;padding:.35rem 0}\
summary{min-height:1.75rem;overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0 .75rem;\
padding:.5rem;border-inline-start:3px solid GrayText}dt{font-weight:600}dd{margin:0 0 .4rem;overflow-wrap:anywhere}\
.failed{font-weight:600}";

pub(super) fn render(report: &Report) -> String {
    let provider = escape(report.provider.as_deref().unwrap_or(&report.url));
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Conformance of {provider}</title><style>{STYLE}</style></head>\
         <body><main><h1>Conformance of {provider}</h1>"
    );
    head(&mut page, report);
    for group in Group::ALL {
        let mut checks = report.checks.iter().filter(|check| check.group == group).peekable();
        if checks.peek().is_none() {
            continue;
        }
        let _ = write!(page, "<section><h2>{}</h2>", escape(group.title()));
        for check in checks {
            one(&mut page, check);
        }
        page.push_str("</section>");
    }
    page.push_str("</main></body></html>\n");
    page
}

fn head(page: &mut String, report: &Report) {
    let verdict = match report.verdict {
        Verdict::Conforms => "It conforms to version 1 of the Inter-cloud Provider API.",
        Verdict::Deviates => "It does not conform to version 1 of the Inter-cloud Provider API.",
        Verdict::NotRun => "It could not be examined.",
    };
    let (passed, failed, skipped) = (report.passed(), report.failed().count(), report.skipped());
    let _ = write!(
        page,
        "<p><strong>{verdict}</strong></p><dl><dt>Address</dt><dd>{}</dd><dt>Checks</dt><dd>{passed} passed, \
         {failed} failed, {skipped} skipped</dd><dt>Run</dt><dd>{}, {} ms</dd></dl>",
        escape(&report.url),
        escape(&report.run),
        report.took_ms
    );
    if let Some(reason) = &report.reason {
        let _ = write!(page, "<p>{}</p>", escape(reason));
    }
    if !report.left_behind.is_empty() {
        page.push_str("<h2>Left behind at the cloud</h2><ul>");
        for left in &report.left_behind {
            let _ = write!(page, "<li>{}</li>", escape(left));
        }
        page.push_str("</ul>");
    }
}

fn one(page: &mut String, check: &CheckReport) {
    let (word, open) = match check.result {
        CheckResult::Passed => ("passed", ""),
        CheckResult::Failed { .. } => ("failed", " open"),
        CheckResult::Skipped { .. } => ("skipped", ""),
    };
    let _ = write!(
        page,
        "<details{open}><summary><span class=\"{word}\">{word}</span> <code>{}</code> {} [{}]</summary>",
        escape(&check.id),
        escape(&check.fact),
        escape(&check.requirements.join(", ")),
    );
    match &check.result {
        CheckResult::Passed => {}
        CheckResult::Skipped { reason } => {
            let _ = write!(page, "<p>{}</p>", escape(reason));
        }
        CheckResult::Failed { expected, found } => {
            let _ = write!(
                page,
                "<dl><dt>Expected</dt><dd>{}</dd><dt>Found</dt><dd>{}</dd></dl>",
                escape(expected),
                escape(found)
            );
        }
    }
    for exchange in &check.exchanges {
        show(page, exchange);
    }
    page.push_str("</details>");
}

fn show(page: &mut String, exchange: &Exchange) {
    let sent = &exchange.sent;
    let mut text = format!("{} {}\n", sent.method, sent.path);
    for header in &sent.headers {
        let _ = writeln!(text, "{}: {}", header.name, header.value);
    }
    if let Some(body) = &sent.body {
        let _ = writeln!(text, "\n{body}");
    }
    match &exchange.came {
        Some(came) => {
            let _ = writeln!(text, "\n→ {} in {} ms", came.status, exchange.took_ms);
            for header in &came.headers {
                let _ = writeln!(text, "{}: {}", header.name, header.value);
            }
            let _ = write!(text, "\n{}", came.body);
        }
        None => {
            let _ =
                write!(text, "\n→ nothing: {}", exchange.failure.as_deref().unwrap_or_default());
        }
    }
    let _ = write!(page, "<pre>{}</pre>", escape(&text));
}

/// A text made safe to put between tags or into a quoted attribute.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            plain => safe.push(plain),
        }
    }
    safe
}
