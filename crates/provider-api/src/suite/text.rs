//! The report to read in a terminal.

use std::fmt::Write;

use super::group::Group;
use super::report::{CheckReport, CheckResult, Exchange, Report, Verdict};

/// Characters of a body that are shown; the JSON and HTML forms have more.
const BODY_SHOWN: usize = 400;

pub(super) fn render(report: &Report, exchanges: bool) -> String {
    let mut out = String::new();
    let provider = report.provider.as_deref().map(tame).unwrap_or_default();
    let _ = writeln!(out, "Inter-cloud Provider API, version 1: {provider} at {}", report.url);
    for group in Group::ALL {
        let checks: Vec<&CheckReport> =
            report.checks.iter().filter(|check| check.group == group).collect();
        if checks.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", group.title());
        for check in checks {
            one(&mut out, check, exchanges);
        }
    }
    for left in &report.left_behind {
        let _ = writeln!(out, "\nleft behind: {}", tame(left));
    }
    let _ = writeln!(out, "\n{}", sum(report));
    out
}

fn one(out: &mut String, check: &CheckReport, exchanges: bool) {
    let word = match check.result {
        CheckResult::Passed => "ok  ",
        CheckResult::Failed { .. } => "FAIL",
        CheckResult::Skipped { .. } => "skip",
    };
    let asks = check.requirements.join(", ");
    let _ = writeln!(out, "  {word} {:22} {} [{asks}] {} ms", check.id, check.fact, check.took_ms);
    match &check.result {
        CheckResult::Passed => {}
        CheckResult::Skipped { reason } => {
            let _ = writeln!(out, "         {}", tame(reason));
        }
        CheckResult::Failed { expected, found } => {
            let _ = writeln!(out, "         expected: {}", tame(expected));
            let _ = writeln!(out, "         found:    {}", tame(found));
            // The last exchange is where it showed; the ones before led there.
            let from = if exchanges { 0 } else { check.exchanges.len().saturating_sub(1) };
            for exchange in check.exchanges.iter().skip(from) {
                show(out, exchange);
            }
        }
    }
}

fn show(out: &mut String, exchange: &Exchange) {
    let sent = &exchange.sent;
    let _ = writeln!(out, "         sent:     {} {}", sent.method, tame(&sent.path));
    for header in &sent.headers {
        let _ = writeln!(out, "                   {}: {}", header.name, tame(&header.value));
    }
    if let Some(body) = &sent.body {
        let _ = writeln!(out, "                   {}", tame(body));
    }
    match &exchange.came {
        Some(came) => {
            let _ = writeln!(out, "         came:     {} in {} ms", came.status, exchange.took_ms);
            for header in &came.headers {
                let _ =
                    writeln!(out, "                   {}: {}", header.name, tame(&header.value));
            }
            let _ = writeln!(out, "                   {}", tame(&came.body));
        }
        None => {
            let failure = exchange.failure.as_deref().unwrap_or_default();
            let _ = writeln!(out, "         came:     nothing ({})", tame(failure));
        }
    }
}

/// What a stranger's cloud said, cut and without anything that could steer a terminal.
fn tame(text: &str) -> String {
    let mut tame: String = text
        .chars()
        .take(BODY_SHOWN)
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect();
    if text.chars().nth(BODY_SHOWN).is_some() {
        tame.push('…');
    }
    tame
}

fn sum(report: &Report) -> String {
    let (failed, seconds) = (report.failed().count(), report.took_ms / 1000);
    let counts = format!(
        "{} passed, {failed} failed, {} skipped in {seconds} s",
        report.passed(),
        report.skipped()
    );
    match report.verdict {
        Verdict::Conforms => format!("conforms: {counts}"),
        Verdict::Deviates => format!("does not conform: {counts}"),
        Verdict::NotRun => {
            format!("not examined: {}", tame(report.reason.as_deref().unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cloud_says_cannot_steer_the_terminal() {
        assert_eq!(tame("\u{1b}[2J雲\n"), "\u{fffd}[2J雲\u{fffd}");
        assert_eq!(tame(&"x".repeat(BODY_SHOWN + 1)).chars().count(), BODY_SHOWN + 1);
    }
}
