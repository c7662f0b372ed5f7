//! Messages on their way to the other side and back. A request lives on when its sender is gone.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Requests and answers under way; shared by everybody who calls.
#[derive(Debug)]
pub struct Network<Q, A>(Arc<Mutex<Wires<Q, A>>>);

#[derive(Debug)]
struct Wires<Q, A> {
    sent: u64,
    requests: Vec<Request<Q, A>>,
    answers: Vec<Answer<A>>,
}

/// A request under way; a copy of it has nobody who waits for the answer.
#[derive(Debug)]
struct Request<Q, A> {
    number: u64,
    body: Q,
    reply: Option<oneshot::Sender<A>>,
}

#[derive(Debug)]
struct Answer<A> {
    number: u64,
    body: A,
    reply: oneshot::Sender<A>,
}

impl<Q, A> Clone for Network<Q, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Q, A> Default for Network<Q, A> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Wires { sent: 0, requests: Vec::new(), answers: Vec::new() })))
    }
}

impl<Q: Clone + Debug, A> Network<Q, A> {
    fn wires(&self) -> MutexGuard<'_, Wires<Q, A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request; absent when it or its answer was lost, and nobody knows which.
    pub async fn call(&self, body: Q) -> Option<A> {
        let (reply, answer) = oneshot::channel();
        self.send(body, reply);
        answer.await.ok()
    }

    fn send(&self, body: Q, reply: oneshot::Sender<A>) {
        let mut wires = self.wires();
        wires.sent += 1;
        let number = wires.sent;
        wires.requests.push(Request { number, body, reply: Some(reply) });
    }

    /// Requests that have not arrived.
    pub(super) fn requests(&self) -> usize {
        self.wires().requests.len()
    }

    /// Answers that have not arrived.
    pub(super) fn answers(&self) -> usize {
        self.wires().answers.len()
    }

    /// Lets a request arrive: `act` is the other side. Yields what happened.
    pub(super) fn deliver(&self, place: usize, act: impl FnOnce(&Q) -> A) -> String
    where
        A: Debug,
    {
        let request = self.wires().requests.remove(place);
        let body = act(&request.body);
        let text = format!("request {} arrives: {:?} -> {body:?}", request.number, request.body);
        if let Some(reply) = request.reply {
            self.wires().answers.push(Answer { number: request.number, body, reply });
        }
        text
    }

    /// The request arrives nowhere; its sender learns nothing.
    pub(super) fn lose_request(&self, place: usize) -> String {
        let request = self.wires().requests.remove(place);
        format!("request {} is lost: {:?}", request.number, request.body)
    }

    /// A copy of the request is under way too, and may arrive at any time.
    pub(super) fn double_request(&self, place: usize) -> String {
        let mut wires = self.wires();
        let copy = Request {
            number: wires.requests[place].number,
            body: wires.requests[place].body.clone(),
            reply: None,
        };
        let text = format!("request {} is doubled", copy.number);
        wires.requests.push(copy);
        text
    }

    /// Lets an answer arrive, if the sender is still there.
    pub(super) fn answer(&self, place: usize) -> String {
        let answer = self.wires().answers.remove(place);
        let heard = answer.reply.send(answer.body).is_ok();
        let word = if heard { "arrives" } else { "finds nobody" };
        format!("answer {} {word}", answer.number)
    }

    /// The answer arrives nowhere.
    pub(super) fn lose_answer(&self, place: usize) -> String {
        let answer = self.wires().answers.remove(place);
        format!("answer {} is lost", answer.number)
    }
}
