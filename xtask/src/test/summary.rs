//! The table at the end of a test run.

use super::Outcome;
use crate::say;
use std::time::Duration;

/// Prints one row a part and the total time.
pub fn print(outcomes: &[Outcome]) {
    say::heading("summary");
    for row in rows(outcomes) {
        say::line(&row);
    }
}

fn rows(outcomes: &[Outcome]) -> Vec<String> {
    let mut rows: Vec<String> = outcomes
        .iter()
        .map(|outcome| {
            let mark = if outcome.count.failed == 0 { "ok    " } else { "FAILED" };
            let fault =
                outcome.fault.as_deref().and_then(|fault| fault.lines().next()).unwrap_or_default();
            let row = format!(
                "   {mark} {:<30} {:>6} passed {:>4} failed {:>12}  {fault}",
                outcome.part.title(),
                outcome.count.passed,
                outcome.count.failed,
                say::elapsed(outcome.time),
            );
            row.trim_end().to_owned()
        })
        .collect();
    let total: Duration = outcomes.iter().map(|outcome| outcome.time).sum();
    rows.push(format!("   all parts took {}", say::elapsed(total)));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Part;
    use crate::test::count::Count;

    #[test]
    fn failed_part_shows_its_fault() {
        let outcome = Outcome {
            part: Part::Tidy,
            count: Count { passed: 0, failed: 2 },
            time: Duration::from_secs(65),
            fault: Some("tabs in a.rs\nmore".to_owned()),
        };
        let rows = rows(&[outcome]);
        assert!(rows[0].starts_with("   FAILED house rules"), "{}", rows[0]);
        assert!(rows[0].ends_with("1 min 05 s  tabs in a.rs"), "{}", rows[0]);
        assert_eq!(rows[1], "   all parts took 1 min 05 s");
    }
}
