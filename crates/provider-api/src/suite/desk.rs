//! What one check works with: names of its own, every call of the API, and the journal of what was sent and came.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::Serialize;

use super::answer::{Answer, Stop, finding};
use super::report::{Came, Exchange, Header, Sent, millis};
use super::room::Room;
use crate::paths;
use crate::problem::{Problem, ProblemCode};
use crate::wire::{
    Allocation, AllocationId, Amounts, ConfirmRequest, DiscoverAnswer, DiscoverRequest,
    ExtendRequest, HoldRequest, HoldSupport, Quota, ReserveRequest, ResourceGroup, StartRequest,
};

/// Exchanges of one check that are kept.
const JOURNAL_MAX: usize = 60;
/// The headers the API speaks of.
const HEADERS: [&str; 7] = [
    "content-type",
    paths::REQUEST_ID,
    "retry-after",
    "www-authenticate",
    "location",
    "content-range",
    "etag",
];
/// How often a call is repeated when the cloud says that it did nothing and to come back.
const PATIENT: u32 = 4;
/// The longest wait a cloud may ask for.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Which token a request bears.
#[derive(Clone, Debug)]
pub(super) enum Bearer {
    Right,
    None,
    Other(String),
}

/// A request as it goes out.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub method: &'static str,
    pub path: String,
    pub body: Option<Vec<u8>>,
    /// The content type of the body.
    pub media: &'static str,
    pub key: Option<String>,
    pub epoch: Option<String>,
    pub bearer: Bearer,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Ask {
    pub(super) fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            body: None,
            media: "application/json",
            key: None,
            epoch: None,
            bearer: Bearer::Right,
            headers: Vec::new(),
        }
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_vec(body).ok();
        self
    }

    pub(super) fn text(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into().into_bytes());
        self
    }

    pub(super) fn bytes(mut self, body: &[u8]) -> Self {
        (self.body, self.media) = (Some(body.to_vec()), "application/octet-stream");
        self
    }

    /// Changes every place of the body that holds a text.
    pub(super) fn replace(&mut self, from: &str, to: &str) {
        if let Some(body) = &mut self.body {
            *body = String::from_utf8_lossy(body).replace(from, to).into_bytes();
        }
    }

    /// What kind of answer is wanted.
    pub(super) fn accept(mut self, media: &str) -> Self {
        self.headers.push(("accept", media.to_owned()));
        self
    }

    pub(super) fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    pub(super) fn epoch(mut self, epoch: i64) -> Self {
        self.epoch = Some(epoch.to_string());
        self
    }
}

/// What one check works with.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    pub room: &'a Room,
    check: &'static str,
    journal: Mutex<Vec<Exchange>>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(room: &'a Room, check: &'static str) -> Self {
        Self { room, check, journal: Mutex::default() }
    }

    /// The beginning of every label and key of this check.
    pub(super) fn prefix(&self) -> String {
        format!("{}{}-{}", super::sweep::LABELS, self.room.options.run, self.check)
    }

    pub(super) fn label(&self) -> String {
        self.prefix()
    }

    pub(super) fn key(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix())
    }

    pub(super) fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.journal.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, exchange: Exchange) {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if journal.len() == JOURNAL_MAX {
            journal.remove(0);
        }
        journal.push(exchange);
    }

    /// Sends a request; a cloud that says it did nothing and to come back is asked again a few times.
    pub(super) async fn send(&self, ask: &Ask) -> Answer {
        let mut answer = self.once(ask).await;
        for _ in 1..PATIENT {
            let Some(wait) = asked_to_wait(&answer) else { break };
            tokio::time::sleep(wait).await;
            answer = self.once(ask).await;
        }
        answer
    }

    /// Sends a request a single time.
    pub(super) async fn once(&self, ask: &Ask) -> Answer {
        let began = Instant::now();
        let outcome = self.exchange(ask).await;
        let (came, failure, body) = match outcome {
            Ok((came, body)) => (Some(came), None, body),
            Err(failure) => (None, Some(failure), Vec::new()),
        };
        let exchange =
            Exchange { sent: sent(ask), came, failure, took_ms: millis(began.elapsed()) };
        let answer = Answer::of(&exchange, body);
        self.note(exchange);
        answer
    }

    /// Sends a request and hangs up after a while, as a caller that crashes.
    pub(super) async fn cut(&self, ask: &Ask, after: Duration) {
        let began = Instant::now();
        // Dropped at the limit, which breaks the connection.
        let came = match tokio::time::timeout(after, self.exchange(ask)).await {
            Ok(Ok((came, _))) => Some(came),
            _ => None,
        };
        let failure = came.is_none().then(|| "hung up on purpose".to_owned());
        self.note(Exchange { sent: sent(ask), came, failure, took_ms: millis(began.elapsed()) });
    }

    async fn exchange(&self, ask: &Ask) -> Result<(Came, Vec<u8>), String> {
        let config = &self.room.target.config;
        let url = format!("{}{}", config.base_url.as_str().trim_end_matches('/'), ask.path);
        let method = reqwest::Method::from_bytes(ask.method.as_bytes())
            .map_err(|error| error.to_string())?;
        let mut request = self.room.client.request(method, url);
        let token = match &ask.bearer {
            Bearer::Right => Some(config.token.reveal().to_owned()),
            Bearer::None => None,
            Bearer::Other(token) => Some(token.clone()),
        };
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = &ask.key {
            request = request.header(paths::IDEMPOTENCY_KEY, key);
        }
        if let Some(epoch) = &ask.epoch {
            request = request.header(paths::EPOCH, epoch);
        }
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &ask.body {
            request = request.header(CONTENT_TYPE, ask.media).body(body.clone());
        }
        let response = request.send().await.map_err(|error| crate::http::chain(&error))?;
        let status = response.status().as_u16();
        let headers = HEADERS.into_iter().filter_map(|name| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(Header { name: name.to_owned(), value: value.chars().take(200).collect() })
        });
        let headers: Vec<Header> = headers.collect();
        let bytes = crate::http::read_body(response, self.room.body_max).await;
        let bytes = bytes.map_err(|error| error.to_string())?;
        let body = shown(&bytes);
        Ok((Came { status, headers, body }, bytes))
    }
}

/// What the journal keeps of a body; what is no text would only get in the way of whoever stores a report.
fn shown(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Exchange::cut(text),
        _ => format!("({} bytes that are no text)", bytes.len()),
    }
}

fn sent(ask: &Ask) -> Sent {
    let header = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| Header { name: name.to_owned(), value: value.clone() })
    };
    let headers = [header(paths::IDEMPOTENCY_KEY, &ask.key), header(paths::EPOCH, &ask.epoch)];
    let further = ask
        .headers
        .iter()
        .map(|(name, value)| Header { name: (*name).to_owned(), value: value.clone() });
    Sent {
        method: ask.method.to_owned(),
        path: ask.path.clone(),
        headers: headers.into_iter().flatten().chain(further).collect(),
        body: ask.body.as_deref().map(shown),
    }
}

/// How long to wait when the cloud says that nothing was done and to ask again.
fn asked_to_wait(answer: &Answer) -> Option<Duration> {
    if !matches!(answer.status(), Some(429 | 503)) {
        return None;
    }
    let problem: Problem = serde_json::from_str(&answer.body).ok()?;
    if !matches!(problem.code, ProblemCode::Unavailable | ProblemCode::TooManyRequests) {
        return None;
    }
    let seconds = answer.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or(1);
    Some(Duration::from_secs(seconds).min(WAIT_MAX))
}

/// The calls of the API.
impl Desk<'_> {
    pub(super) fn ask_hold(&self, name: &str, resources: ResourceGroup, ttl: u32) -> Ask {
        self.ask_hold_in(name, &self.room.region, resources, Some(ttl))
    }

    /// A hold; at a cloud that holds nothing, the booking that takes its place.
    pub(super) fn ask_hold_in(
        &self,
        name: &str,
        region: &str,
        resources: ResourceGroup,
        ttl_seconds: Option<u32>,
    ) -> Ask {
        if self.holds() {
            self.ask_held(name, region, resources, ttl_seconds)
        } else {
            self.ask_reserved(name, region, resources)
        }
    }

    pub(super) fn ask_held(
        &self,
        name: &str,
        region: &str,
        resources: ResourceGroup,
        ttl_seconds: Option<u32>,
    ) -> Ask {
        let region = region.to_owned();
        let request =
            HoldRequest { label: self.label(), region, resources, links: Vec::new(), ttl_seconds };
        Ask::new("POST", paths::HOLDS).json(&request).key(self.key(name)).epoch(1)
    }

    pub(super) fn ask_reserved(&self, name: &str, region: &str, resources: ResourceGroup) -> Ask {
        let (region, quota) = (region.to_owned(), Quota::default());
        let request = ReserveRequest { label: self.label(), region, resources, quota };
        Ask::new("POST", paths::RESERVATIONS).json(&request).key(self.key(name)).epoch(1)
    }

    /// Whether the cloud holds before it books.
    pub(super) fn holds(&self) -> bool {
        self.room.capabilities.hold != HoldSupport::None
    }

    /// For checks that are about holds themselves.
    pub(super) fn needs_holds(&self) -> Result<(), Stop> {
        if self.holds() {
            return Ok(());
        }
        Err(Stop::Skip("the cloud holds nothing: it books at once".to_owned()))
    }

    /// The operation that secures a group.
    pub(super) fn secures(&self) -> &'static str {
        if self.holds() { "hold" } else { "reserve" }
    }

    /// The state of what was secured and not started: held, or booked where nothing is held.
    pub(super) fn secured(&self) -> crate::state::ResourceState {
        use crate::state::ResourceState::{Held, Reserved};
        if self.holds() { Held } else { Reserved }
    }

    /// How what was secured is let go.
    pub(super) fn let_go_route(&self) -> &'static str {
        if self.holds() { paths::HOLD } else { paths::RELEASE }
    }

    pub(super) async fn hold_group(&self, name: &str, group: ResourceGroup, ttl: u32) -> Answer {
        self.send(&self.ask_hold(name, group, ttl)).await
    }

    /// A small hold for a minute, or a small booking.
    pub(super) async fn hold(&self, name: &str) -> Result<Allocation, Stop> {
        let answer = self.hold_group(name, self.room.group(), 60).await;
        answer.in_state(self.secured())
    }

    pub(super) fn ask_on(&self, name: &str, epoch: i64, route: &str, id: &AllocationId) -> Ask {
        let path = paths::with(route, id.as_str());
        let method = if route == paths::HOLD { "DELETE" } else { "POST" };
        Ask::new(method, path).key(self.key(name)).epoch(epoch)
    }

    /// A changing call without a body; `DELETE` for dropping a hold.
    pub(super) async fn act(
        &self,
        name: &str,
        epoch: i64,
        route: &str,
        id: &AllocationId,
    ) -> Answer {
        self.send(&self.ask_on(name, epoch, route, id)).await
    }

    pub(super) async fn drop_hold(&self, name: &str, id: &AllocationId) -> Answer {
        self.act(name, 1, self.let_go_route(), id).await
    }

    /// Books what is held; where nothing is held, it is booked already.
    pub(super) async fn confirm(&self, name: &str, epoch: i64, id: &AllocationId) -> Answer {
        if !self.holds() {
            return self.get(paths::ALLOCATION, id.as_str()).await;
        }
        let ask = self.ask_on(name, epoch, paths::CONFIRM, id);
        self.send(&ask.json(&ConfirmRequest::default())).await
    }

    pub(super) async fn extend(&self, name: &str, id: &AllocationId, ttl_seconds: u32) -> Answer {
        let ask = self.ask_on(name, 1, paths::EXTEND, id);
        self.send(&ask.json(&ExtendRequest { ttl_seconds })).await
    }

    pub(super) fn ask_start(&self, name: &str, id: &AllocationId) -> Result<Ask, Stop> {
        let Some(application) = self.room.application() else {
            return Err(Stop::Skip("the cloud names no application to start".to_owned()));
        };
        let request = StartRequest {
            application: Some(application.to_owned()),
            image: None,
            service_name: "Conformance".to_owned(),
            settings: Default::default(),
            values: Default::default(),
        };
        Ok(self.ask_on(name, 1, paths::START, id).json(&request))
    }

    pub(super) async fn start(&self, name: &str, id: &AllocationId) -> Result<Answer, Stop> {
        Ok(self.send(&self.ask_start(name, id)?).await)
    }

    pub(super) async fn get(&self, route: &str, value: &str) -> Answer {
        self.send(&Ask::new("GET", paths::with(route, value))).await
    }

    pub(super) async fn look(&self, id: &AllocationId) -> Result<Allocation, Stop> {
        self.get(paths::ALLOCATION, id.as_str()).await.allocation()
    }

    /// All allocations with exactly this label, over all pages.
    pub(super) async fn list(&self, label: &str) -> Result<Vec<Allocation>, Stop> {
        super::sweep::list(self, Some(label), None).await
    }

    pub(super) async fn discover(
        &self,
        region: &str,
        resources: ResourceGroup,
    ) -> Result<DiscoverAnswer, Stop> {
        let request = DiscoverRequest { region: region.to_owned(), resources, links: Vec::new() };
        self.send(&Ask::new("POST", paths::DISCOVER).json(&request)).await.value()
    }

    /// What is free in the region's first zone that a small group fits into.
    pub(super) async fn free(&self) -> Result<Amounts, Stop> {
        Ok(self.discover(&self.room.region, self.room.group()).await?.free)
    }

    /// Waits a little for the free amounts to be as before: other callers may come and go.
    pub(super) async fn free_is(&self, expected: Amounts, when: &str) -> Result<(), Stop> {
        let mut found = self.free().await?;
        for _ in 0..3 {
            if found == expected {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(400)).await;
            found = self.free().await?;
        }
        if found == expected {
            return Ok(());
        }
        let expected = format!("{when} the same is free as before: {}", amounts(&expected));
        Err(finding(expected, amounts(&found)))
    }

    /// Held, booked and started.
    pub(super) async fn running(&self) -> Result<Allocation, Stop> {
        use crate::state::ResourceState::{Ready, Reserved};
        let held = self.hold("hold").await?;
        self.confirm("confirm", 1, &held.id).await.in_state(Reserved)?;
        self.start("start", &held.id).await?.in_state(Ready)
    }

    /// Stopped, erased and released.
    pub(super) async fn ended(&self, id: &AllocationId, epoch: i64) -> Result<Allocation, Stop> {
        use crate::state::ResourceState::{Draining, Erased};
        self.act("end-stop", epoch, paths::STOP, id).await.in_state(Draining)?;
        self.act("end-erase", epoch, paths::ERASE, id)
            .await
            .value::<crate::erasure::ErasureStatement>()?;
        self.act("end-release", epoch, paths::RELEASE, id).await.in_state(Erased)
    }

    /// For checks that fill a region.
    pub(super) fn may_fill(&self) -> Result<(), Stop> {
        if self.room.options.fill {
            return Ok(());
        }
        Err(Stop::Skip("it would fill a region, which this run was asked not to do".to_owned()))
    }
}

/// Amounts as people read them.
pub(super) fn amounts(of: &Amounts) -> String {
    let Amounts { instances, vcpu, ram_mb, storage_gb, mbps } = of;
    format!("{instances} machines, {vcpu} vCPU, {ram_mb} MiB, {storage_gb} GiB, {mbps} Mbit/s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_keeps_text_and_only_the_length_of_anything_else() {
        assert_eq!(shown("雲".as_bytes()), "雲");
        assert_eq!(shown(b"a\0b"), "(3 bytes that are no text)");
        assert_eq!(shown(&[0xff]), "(1 bytes that are no text)");
    }
}
