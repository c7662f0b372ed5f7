//! Numbers of passed and failed tests, read from what the test runners print.

use std::fmt;
use std::iter::Sum;

/// How many passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
}

impl Count {
    /// One check that passed.
    pub const ONE: Self = Self { passed: 1, failed: 0 };
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, next| Self {
            passed: sum.passed + next.passed,
            failed: sum.failed + next.failed,
        })
    }
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Reads nextest's last line: `Summary [ 1.2s] 5 tests run: 4 passed (1 slow), 1 failed, 2 skipped`.
pub fn of_nextest(output: &str) -> Option<Count> {
    let line = output.lines().rev().find(|line| line.trim_start().starts_with("Summary ["))?;
    let (_, numbers) = line.split_once(" run: ")?;
    let mut count = Count::default();
    for part in numbers.split(',') {
        let mut words = part.split_whitespace();
        let number: u64 = words.next()?.parse().ok()?;
        match words.next()? {
            "passed" => count.passed += number,
            "failed" => count.failed += number,
            // A test that ran into its time limit or could not be started has failed.
            "timed" | "exec" => count.failed += number,
            _ => {}
        }
    }
    Some(count)
}

/// Adds up every `test result: ok. 3 passed; 0 failed; …` of cargo test.
pub fn of_cargo_test(output: &str) -> Option<Count> {
    let results: Vec<Count> = output.lines().filter_map(of_result_line).collect();
    (!results.is_empty()).then(|| results.into_iter().sum())
}

fn of_result_line(line: &str) -> Option<Count> {
    let numbers = line.trim_start().strip_prefix("test result: ")?;
    let number = |word: &str| {
        let part = numbers.split(['.', ';']).find(|part| part.trim_end().ends_with(word))?;
        part.split_whitespace().next()?.parse().ok()
    };
    Some(Count { passed: number("passed")?, failed: number("failed")? })
}

/// Reads the closing comments of a TAP report: `# pass 4`, `# fail 1`, `# cancelled 0`.
pub fn of_tap(report: &str) -> Option<Count> {
    let number = |name: &str| -> Option<u64> {
        report
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("# ")?.strip_prefix(name)?.trim().parse().ok())
    };
    Some(Count { passed: number("pass ")?, failed: number("fail ")? + number("cancelled ")? })
}

/// Reads cargo's closing lines: ``warning: `broker` (lib) generated 3 warnings``.
pub fn packages_with_warnings(output: &str) -> Vec<&str> {
    output
        .lines()
        .filter_map(|line| {
            let (package, rest) = line.strip_prefix("warning: ")?.split_once(" generated ")?;
            rest.contains("warning").then_some(package)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_summary_counts_slow_and_timed_out_tests() {
        let output = "PASS a\n     Summary [   3.456s] 9 tests run: 6 passed (1 slow), 2 failed, 1 timed out, 4 skipped\nFAIL b";
        assert_eq!(of_nextest(output), Some(Count { passed: 6, failed: 3 }));
        let cut = "     Summary [   0.030s] 3/9 tests run: 2 passed, 1 failed, 0 skipped";
        assert_eq!(of_nextest(cut), Some(Count { passed: 2, failed: 1 }));
        assert_eq!(of_nextest("error: could not compile"), None);
    }

    #[test]
    fn results_of_all_test_programs_are_added() {
        let output = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n\
                      test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; finished in 0.1s";
        assert_eq!(of_cargo_test(output), Some(Count { passed: 4, failed: 2 }));
        assert_eq!(of_cargo_test("error"), None);
    }

    #[test]
    fn cancelled_journeys_count_as_failed() {
        let report = "# tests 6\n# suites 0\n# pass 3\n# fail 1\n# cancelled 2\n# skipped 0";
        assert_eq!(of_tap(report), Some(Count { passed: 3, failed: 3 }));
    }

    #[test]
    fn packages_with_warnings_are_named() {
        let output = "warning: unused variable\n  --> a.rs\n\
                      warning: `broker` (lib) generated 3 warnings (run `cargo clippy --fix`)\n\
                      warning: `app` (test \"pages\") generated 1 warning\n    Finished";
        assert_eq!(packages_with_warnings(output), ["`broker` (lib)", "`app` (test \"pages\")"]);
        assert!(packages_with_warnings("    Finished `dev` profile").is_empty());
    }

    #[test]
    fn total_reads_as_one_plain_line() {
        let total: Count = [Count::ONE, Count { passed: 4, failed: 2 }].into_iter().sum();
        assert_eq!(total.to_string(), "5 passed, 2 failed");
    }
}
