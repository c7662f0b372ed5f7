//! What the person at the terminal sees: short lines, elapsed times, faults. Nothing else prints.

use std::io::Write;
use std::time::{Duration, Instant};

/// Prints one line to standard output; a closed pipe is not a fault of the task.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

/// Prints a heading that is easy to find when scrolling.
pub fn heading(text: &str) {
    line(&format!("\n== {text}"));
}

/// Prints a fault to standard error.
pub fn fault(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "xtask: {text}");
}

/// Runs one named step and prints its name before and its elapsed time after.
pub fn step<T>(name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    line(&format!("-> {name} ..."));
    let start = Instant::now();
    let result = work();
    let mark = if result.is_ok() { "done" } else { "FAILED" };
    line(&format!("   {name}: {mark} in {}", elapsed(start.elapsed())));
    result
}

/// Formats a duration for people: `0.4 s`, `12.0 s`, `3 min 05 s`.
pub fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

/// Formats a byte count in kB of 1,000 bytes.
#[cfg(feature = "web")]
pub fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_clock() {
        assert_eq!(elapsed(Duration::from_millis(432)), "0.4 s");
        assert_eq!(elapsed(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    #[cfg(feature = "web")]
    fn sizes_are_decimal_kilobytes() {
        assert_eq!(kilobytes(117_250), "117.2 kB");
        assert_eq!(kilobytes(90), "0.0 kB");
    }
}
