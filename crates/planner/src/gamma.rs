//! The share of times that stay below a limit, of a gamma distribution with a given mean and variance.

use crate::queue::Time;

/// Terms of the series and of the fraction at most; both end long before.
const TERMS: u32 = 10_000;
/// Where the next term changes nothing any more.
const SMALL: f64 = 1e-15;

/// The share of times within `limit` seconds.
pub(crate) fn share_within(time: Time, limit: f64) -> f64 {
    if limit <= 0.0 {
        return 0.0;
    }
    if time.variance <= 0.0 || time.mean <= 0.0 {
        return if time.mean <= limit { 1.0 } else { 0.0 };
    }
    let shape = time.mean * time.mean / time.variance;
    lower(shape, limit * time.mean / time.variance)
}

/// The time within which that share stays, by halving; exact to a millionth of itself.
pub(crate) fn time_of(time: Time, share: f64) -> f64 {
    let (mut low, mut high) = (0.0, time.mean.max(1e-9));
    while share_within(time, high) < share && high < 1e12 {
        high *= 2.0;
    }
    while high - low > high * 1e-6 {
        let middle = (low + high) / 2.0;
        if share_within(time, middle) < share { low = middle } else { high = middle }
    }
    high
}

/// The regularised lower incomplete gamma function P(a, x): the series below a + 1, the continued
/// fraction of its complement above (DLMF 8.7.1 and 8.9.2).
fn lower(a: f64, x: f64) -> f64 {
    let front = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..TERMS {
            term *= x / (a + f64::from(n));
            sum += term;
            if term < sum * SMALL {
                break;
            }
        }
        return (front * sum).clamp(0.0, 1.0);
    }
    // Evaluated from the top by Lentz's method.
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1e300, 1.0 / b);
    let mut fraction = d;
    for n in 1..TERMS {
        let n = f64::from(n);
        let an = -n * (n - a);
        b += 2.0;
        d = 1.0 / (an * d + b);
        c = b + an / c;
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() < SMALL {
            break;
        }
    }
    (1.0 - front * fraction).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_one_is_the_exponential_distribution() {
        let time = Time { mean: 0.5, variance: 0.25 };
        for limit in [0.01, 0.3, 0.5, 2.0, 9.0] {
            let exact = 1.0 - libm::exp(-limit / 0.5);
            assert!((share_within(time, limit) - exact).abs() < 1e-12, "{limit}");
        }
        assert!((time_of(time, 0.95) - 0.5 * libm::log(20.0)).abs() < 1e-5);
    }

    #[test]
    fn shape_three_is_the_sum_of_three_exponential_times() {
        // Erlang-3 with rate 2: 1 - e^-2t (1 + 2t + 2t^2).
        let time = Time { mean: 1.5, variance: 0.75 };
        for t in [0.1, 1.0, 1.5, 4.0, 8.0] {
            let exact = 1.0 - libm::exp(-2.0 * t) * (1.0 + 2.0 * t + 2.0 * t * t);
            assert!((share_within(time, t) - exact).abs() < 1e-12, "{t}");
        }
    }

    #[test]
    fn a_time_that_never_varies_is_within_or_not() {
        let time = Time { mean: 1.0, variance: 0.0 };
        assert_eq!((share_within(time, 0.9), share_within(time, 1.0)), (0.0, 1.0));
        assert!(share_within(time, 0.0) < f64::EPSILON);
    }
}
