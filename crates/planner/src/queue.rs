//! The M/M/c queue: how long a request waits and is served, in mean and variance.

/// Mean and variance of a time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Time {
    pub mean: f64,
    pub variance: f64,
}

impl std::ops::Add for Time {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { mean: self.mean + other.mean, variance: self.variance + other.variance }
    }
}

/// Time in a queue with `servers` servers, `load` requests a second and `service` seconds of one server
/// each; `None`: more comes than can be served.
pub(crate) fn response(servers: u32, load: f64, service: f64) -> Option<Time> {
    if service <= 0.0 {
        return Some(Time::default());
    }
    let offered = load * service;
    let servers_f = f64::from(servers);
    if offered >= servers_f {
        return None;
    }
    let waits = erlang_c(servers, offered);
    // The waiting time is 0 or, with that chance, exponential with this rate.
    let rate = servers_f / service - load;
    let waiting = Time { mean: waits / rate, variance: waits * (2.0 - waits) / (rate * rate) };
    Some(waiting + Time { mean: service, variance: service * service })
}

/// The chance that a request has to wait (Erlang 1917), by way of the loss formula, which does not overflow.
fn erlang_c(servers: u32, offered: f64) -> f64 {
    let mut loss = 1.0;
    for server in 1..=servers {
        loss = offered * loss / (f64::from(server) + offered * loss);
    }
    let busy = offered / f64::from(servers);
    loss / (1.0 - busy * (1.0 - loss))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() <= 1e-9 * right.abs().max(1.0)
    }

    #[test]
    fn one_server_is_the_textbook_queue() {
        // M/M/1 with 8 a second and 100 ms: 1 / (10 - 8) s, variance the square of it.
        let time = response(1, 8.0, 0.1).unwrap();
        assert!(close(time.mean, 0.5) && close(time.variance, 0.25), "{time:?}");
    }

    #[test]
    fn two_servers_wait_as_the_closed_form_says() {
        // M/M/2: C = 2 r^2 / (1 + r) with r the share that is busy.
        for busy in [0.1, 0.5, 0.9, 0.99] {
            assert!(close(erlang_c(2, 2.0 * busy), 2.0 * busy * busy / (1.0 + busy)), "{busy}");
        }
    }

    #[test]
    fn an_idle_queue_is_the_service_and_a_full_one_has_no_end() {
        let idle = response(4, 1e-9, 0.2).unwrap();
        assert!(close(idle.mean, 0.2) && close(idle.variance, 0.04), "{idle:?}");
        assert_eq!(response(4, 20.0, 0.2), None);
        assert_eq!(response(1, 1e6, 0.0), Some(Time::default()));
    }

    #[test]
    fn hundreds_of_servers_do_not_overflow() {
        let time = response(512, 5_000.0, 0.1).unwrap();
        assert!(time.mean.is_finite() && time.mean >= 0.1, "{time:?}");
    }
}
