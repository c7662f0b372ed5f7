//! The driver against small servers that misbehave on purpose.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::any;

use super::{DriverConfig, HttpDriver, HttpProbe, RetryPolicy};
use crate::driver::{AllocationCommand, Call, Driver, DriverError};
use crate::http::AddressPolicy;
use crate::probe::{Probe, ProbeError};
use crate::problem::{Problem, ProblemCode};
use crate::wire::{IdempotencyKey, WorkKind, WorkState};

type Script = fn(usize, &HeaderMap) -> Response<Body>;

/// A server that answers by script; the number of the request is counted from 1.
async fn server(script: Script) -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let answer = move |headers: HeaderMap| {
        let counter = Arc::clone(&counter);
        async move { script(counter.fetch_add(1, Ordering::SeqCst) + 1, &headers) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(answer))).await });
    (format!("http://{address}"), count)
}

fn driver(url: &str) -> HttpDriver {
    let mut config =
        DriverConfig::new(url, "token-1").unwrap().allowing(vec!["127.0.0.0/8".parse().unwrap()]);
    config.retry = RetryPolicy {
        attempts: 3,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(5),
    };
    config.total_timeout = Duration::from_millis(500);
    config.body_max = 1000;
    HttpDriver::new(config).unwrap()
}

fn command() -> AllocationCommand {
    let call = Call { key: IdempotencyKey::parse("k1").unwrap(), epoch: 7 };
    AllocationCommand { call, allocation_id: "a1".into() }
}

fn problem(code: ProblemCode) -> Response<Body> {
    let body = serde_json::to_string(&Problem::new(code, "told so")).unwrap();
    Response::builder().status(code.status()).body(Body::from(body)).unwrap()
}

fn plain(status: u16, body: &str) -> Response<Body> {
    Response::builder().status(status).body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn a_changing_call_carries_key_epoch_and_token_at_every_try() {
    let (url, count) = server(|number, headers| {
        let sent = |name| {
            headers
                .get(name)
                .map(|value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned())
        };
        let whole = sent("idempotency-key").as_deref() == Some("k1")
            && sent("kumoichi-epoch").as_deref() == Some("7")
            && sent("authorization").as_deref() == Some("Bearer token-1");
        if whole && number < 3 {
            problem(ProblemCode::Unavailable)
        } else {
            problem(ProblemCode::WrongState)
        }
    })
    .await;
    let error = driver(&url).stop(command()).await.unwrap_err();
    assert_eq!(error.code(), Some(ProblemCode::WrongState));
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn unavailable_is_transient_and_tried_no_more_than_allowed() {
    let (url, count) = server(|_, _| problem(ProblemCode::Unavailable)).await;
    let error = driver(&url).stop(command()).await.unwrap_err();
    assert!(matches!(error, DriverError::Transient { .. }), "{error:?}");
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_plain_server_error_leaves_a_change_unknown_and_a_read_transient() {
    let (url, _) = server(|_, _| plain(500, "oops")).await;
    assert!(matches!(driver(&url).stop(command()).await, Err(DriverError::Unknown { .. })));
    assert!(matches!(
        driver(&url).allocation(&"a1".into()).await,
        Err(DriverError::Transient { .. })
    ));
}

#[tokio::test]
async fn a_call_that_begins_long_work_is_repeated_with_its_key_and_answers_with_the_work() {
    let (url, count) = server(|number, headers| {
        assert_eq!(headers["idempotency-key"], "k1");
        if number < 3 {
            return problem(ProblemCode::Unavailable);
        }
        let work = crate::openapi::example("LongOperation").unwrap().to_string();
        Response::builder().status(202).body(Body::from(work)).unwrap()
    })
    .await;
    let work = driver(&url).backup(command()).await.unwrap();
    assert_eq!((work.kind, work.state), (WorkKind::Backup, WorkState::Running));
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_list_is_read_over_all_its_pages_and_one_without_an_end_is_given_up() {
    let (url, count) = server(|number, _| {
        let next = if number < 3 { format!(r#","next":"{number}""#) } else { String::new() };
        let file = format!(r#"{{"path":"{number}","bytes":0,"sha256":"00"}}"#);
        plain(200, &format!(r#"{{"items":[{file}]{next}}}"#))
    })
    .await;
    let files = driver(&url).backup_files(&"b1".into()).await.unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!((paths.as_slice(), count.load(Ordering::SeqCst)), (["1", "2", "3"].as_slice(), 3));
    let (url, _) = server(|_, _| plain(200, r#"{"items":[],"next":"1"}"#)).await;
    let endless = driver(&url).backups(&"a1".into()).await;
    assert!(matches!(endless, Err(DriverError::Transient { .. })), "{endless:?}");
}

#[tokio::test]
async fn once_open_a_call_stays_unknown_even_if_the_cloud_then_goes_away() {
    let (url, _) =
        server(
            |number, _| {
                if number == 1 { plain(500, "") } else { problem(ProblemCode::Unavailable) }
            },
        )
        .await;
    assert!(matches!(driver(&url).stop(command()).await, Err(DriverError::Unknown { .. })));
}

#[tokio::test]
async fn nobody_listening_is_transient_since_nothing_was_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(driver(&url).stop(command()).await, Err(DriverError::Transient { .. })));
    let probe = HttpProbe::new(Duration::from_secs(1), loopback()).unwrap();
    assert_eq!(probe.probe(&url).await, Err(ProbeError::Refused));
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_unknown() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Connections are taken by the kernel and never answered.
    assert!(matches!(driver(&url).stop(command()).await, Err(DriverError::Unknown { .. })));
    drop(listener);
}

#[tokio::test]
async fn a_long_wait_asked_for_is_handed_to_the_caller() {
    let (url, count) = server(|_, _| {
        Response::builder().status(429).header("retry-after", "30").body(Body::empty()).unwrap()
    })
    .await;
    match driver(&url).stop(command()).await {
        Err(DriverError::Transient { retry_after, .. }) => {
            assert_eq!(retry_after, Some(Duration::from_secs(30)))
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_larger_than_allowed_is_not_read() {
    let (url, count) = server(|_, _| plain(200, &"x".repeat(2000))).await;
    assert!(matches!(driver(&url).stop(command()).await, Err(DriverError::Unknown { .. })));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (url, count) = server(|_, _| {
        Response::builder()
            .status(307)
            .header("location", "http://127.0.0.1:1/")
            .body(Body::empty())
            .unwrap()
    })
    .await;
    assert_eq!(driver(&url).capabilities().await.unwrap_err().code(), Some(ProblemCode::Refused));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_does_not_exist_is_gone_and_an_unknown_key_is_nothing() {
    let (url, _) = server(|_, _| problem(ProblemCode::NotFound)).await;
    assert!(matches!(driver(&url).allocation(&"a1".into()).await, Err(DriverError::Gone { .. })));
    assert_eq!(driver(&url).operation(&command().call.key).await.unwrap(), None);
}

#[tokio::test]
async fn an_answer_in_other_words_is_not_taken_for_success() {
    let (url, _) = server(|_, _| plain(200, "{\"state\":\"ready\"}")).await;
    assert!(matches!(driver(&url).stop(command()).await, Err(DriverError::Unknown { .. })));
}

#[tokio::test]
async fn a_private_address_is_refused_before_anything_is_sent() {
    let (url, count) = server(|_, _| plain(200, "{}")).await;
    assert!(HttpDriver::new(DriverConfig::new(&url, "t").unwrap()).is_err());
    let probe = HttpProbe::new(Duration::from_secs(1), AddressPolicy::default()).unwrap();
    assert!(matches!(probe.probe(&url).await, Err(ProbeError::Forbidden(_))));
    let by_name = url.replace("127.0.0.1", "localhost");
    assert!(matches!(probe.probe(&by_name).await, Err(ProbeError::Forbidden(_))));
    let by_name =
        HttpDriver::new(DriverConfig::new(&by_name.replace("http:", "https:"), "t").unwrap())
            .unwrap();
    assert_eq!(by_name.capabilities().await.unwrap_err().code(), Some(ProblemCode::Forbidden));
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_probe_tells_status_time_and_body() {
    let (url, _) = server(|_, _| plain(200, "ok")).await;
    let probe = HttpProbe::new(Duration::from_secs(2), loopback()).unwrap();
    let answer = probe.probe(&url).await.unwrap();
    assert!(answer.is_up() && answer.response_us > 0);
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK.as_u16(), "ok"));
}

fn loopback() -> AddressPolicy {
    AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()])
}
