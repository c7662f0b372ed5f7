//! The API's edges: tokens, headers, faults on order, the page, one cloud per data directory.

mod common;

use std::time::{Duration, Instant};

use common::*;
use domain::{ManualClock, Timestamp};
use provider_api::*;

#[tokio::test]
async fn without_the_token_nothing_is_told_and_nothing_done() {
    let local = Local::start().await;
    let url = format!("{}/v1/capabilities", local.cloud.url());
    for request in [
        client().get(&url),
        client().get(&url).bearer_auth("wrong"),
        client().get(&url).bearer_auth(ADMIN),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        let problem: Problem = response.json().await.unwrap();
        assert_eq!(problem.code, ProblemCode::Unauthorized);
    }
    let orders = client()
        .get(format!("{}/faults", local.cloud.url()))
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(orders.status(), 401);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn bad_input_is_a_problem_document_on_every_route() {
    let local = Local::start().await;
    let url = local.cloud.url();
    let send = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let mut request =
            client().request(method.parse().unwrap(), format!("{url}{path}")).bearer_auth(TOKEN);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_owned());
        async move {
            let response = request.send().await.unwrap();
            let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
            assert_eq!(kind, "application/problem+json");
            assert!(response.headers().contains_key("x-request-id"));
            let status = response.status().as_u16();
            let problem: Problem = response.json().await.unwrap();
            assert_eq!(problem.status, status);
            problem.code
        }
    };
    let both = [("idempotency-key", "k"), ("kumoichi-epoch", "1")];
    let hold = serde_json::to_string(&HoldRequest {
        label: "l".into(),
        region: zone().region,
        resources: group(),
        links: Vec::new(),
        ttl_seconds: None,
    })
    .unwrap();
    assert_eq!(
        send("POST", "/v1/holds", &both[1..], &hold).await,
        ProblemCode::IdempotencyKeyMissing
    );
    assert_eq!(send("POST", "/v1/holds", &both[..1], &hold).await, ProblemCode::EpochMissing);
    assert_eq!(send("POST", "/v1/holds", &both, "{").await, ProblemCode::InvalidRequest);
    assert_eq!(
        send("POST", "/v1/holds", &both, &"x".repeat(70_000)).await,
        ProblemCode::InvalidRequest
    );
    assert_eq!(
        send("POST", "/v1/holds", &both, &hold.replace("\"l\"", "\"\"")).await,
        ProblemCode::InvalidRequest
    );
    assert_eq!(
        send("POST", "/v1/holds", &both, &hold.replace("tokyo", "kyoto")).await,
        ProblemCode::RegionUnknown
    );
    assert_eq!(
        send("POST", "/v1/holds", &both, &hold.replace("\"region\":\"tokyo\",", "")).await,
        ProblemCode::InvalidRequest
    );
    assert_eq!(send("POST", "/v1/discover", &[], "[]").await, ProblemCode::InvalidRequest);
    assert_eq!(send("GET", "/v1/allocations?limit=x", &[], "").await, ProblemCode::InvalidRequest);
    assert_eq!(send("GET", "/v1/allocations?after=x", &[], "").await, ProblemCode::InvalidRequest);
    for path in ["allocations", "events", "images"] {
        for limit in ["0", "-1", "101", "9223372036854775807"] {
            let path = format!("/v1/{path}?limit={limit}");
            assert_eq!(send("GET", &path, &[], "").await, ProblemCode::InvalidRequest, "{path}");
        }
    }
    assert_eq!(send("GET", "/v1/nowhere", &[], "").await, ProblemCode::NotFound);
    assert_eq!(send("PATCH", "/v1/holds", &[], "").await, ProblemCode::NotFound);
    let own = local.driver.hold(hold_command("own", group())).await.unwrap().id;
    for path in ["start", "stop", "allow", "deny", "erase", "release"] {
        let body = serde_json::to_string(&start_request()).unwrap();
        let nobodys = format!("/v1/allocations/none/{path}");
        assert_eq!(send("POST", &nobodys, &both, &body).await, ProblemCode::NotFound, "{path}");
        assert_eq!(
            send("POST", &format!("/v1/allocations/{own}/{path}"), &[], &body).await,
            ProblemCode::IdempotencyKeyMissing,
            "{path}"
        );
    }
    // What is missing is told before anything of the call is weighed, also its epoch.
    let begin = serde_json::json!({"name": "a", "format": "tar", "architecture": "any", "bytes": 3,
        "sha256": "0".repeat(64)});
    let begun = client()
        .post(format!("{url}/v1/images"))
        .bearer_auth(TOKEN)
        .header("idempotency-key", "image")
        .header("kumoichi-epoch", "9")
        .json(&begin)
        .send()
        .await
        .unwrap();
    assert_eq!(begun.status(), 201, "{}", begun.text().await.unwrap());
    let image: Image = begun.json().await.unwrap();
    let chunk = format!("/v1/images/{}/content", image.id);
    let headers = [both[0], both[1], ("upload-offset", "0")];
    assert_eq!(send("PATCH", &chunk, &headers, "abc").await, ProblemCode::InvalidRequest);
    assert_eq!(send("PATCH", &chunk, &both, "abc").await, ProblemCode::InvalidRequest);
    let since = format!("/v1/allocations/{own}/monitoring/readings?since=9223372036854775808");
    assert_eq!(send("GET", &since, &[], "").await, ProblemCode::InvalidRequest);
    for path in ["", "/liveness", "/metrics", "/meter"] {
        assert_eq!(
            send("GET", &format!("/v1/allocations/none{path}"), &[], "").await,
            ProblemCode::NotFound
        );
    }
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_limit_outside_of_what_the_document_says_is_told_with_its_range() {
    let local = Local::start().await;
    let ask = async |limit: &str| {
        let url = format!("{}/v1/allocations?limit={limit}", local.cloud.url());
        client().get(url).bearer_auth(TOKEN).send().await.unwrap()
    };
    let told: Problem = ask("101").await.json().await.unwrap();
    let fault = &told.errors[0];
    assert_eq!((fault.pointer.as_str(), told.status), ("/limit", 400));
    assert_eq!(fault.detail, "found 101, allowed is 1 to 100");
    let bound = &openapi::document()["components"]["parameters"]["limit"]["schema"];
    assert_eq!((&bound["minimum"], &bound["maximum"]), (&1.into(), &100.into()));
    for limit in ["1", "100"] {
        assert_eq!(ask(limit).await.status(), 200, "{limit}");
    }
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_list_longer_than_a_page_comes_whole() {
    let local = Local::start_with(|config| {
        config.zones[0].capacity =
            Amounts { instances: 500, vcpu: 500, ram_mb: 500_000, storage_gb: 500, mbps: 5000 };
    })
    .await;
    let mut small = group();
    small.network.endpoint = EndpointKind::None;
    for number in 0..103 {
        local.driver.hold(hold_command(&format!("hold-{number}"), small.clone())).await.unwrap();
    }
    let all = local.driver.list("ctr_1").await.unwrap();
    let mut ids: Vec<_> = all.iter().map(|allocation| allocation.id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 103);
    assert!(local.driver.list("ctr_2").await.unwrap().is_empty());
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn an_answer_lost_after_acting_is_found_again_by_the_key() {
    let local = Local::start().await;
    for kind in ["failAfter", "loseAnswer"] {
        let order = format!(r#"{{"operation":"hold","kind":"{kind}","times":3}}"#);
        order_fault(&local.cloud.url(), &order).await;
        let lost = local.driver.hold(hold_command(kind, group())).await;
        assert!(matches!(lost, Err(DriverError::Unknown { .. })), "{lost:?}");
        let record = local.driver.operation(&call(kind).key).await.unwrap().unwrap();
        let again = local.driver.hold(hold_command(kind, group())).await.unwrap();
        assert_eq!(again.id, record.allocation.unwrap().id);
    }
    assert_eq!(local.driver.list("ctr_1").await.unwrap().len(), 2);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn faults_before_acting_are_told_apart() {
    let local = Local::start().await;
    let url = local.cloud.url();
    order_fault(&url, r#"{"operation":"hold","kind":"refuse"}"#).await;
    let refused = local.driver.hold(hold_command("k", group())).await;
    assert_eq!(refused.unwrap_err().code(), Some(ProblemCode::Refused));
    order_fault(&url, r#"{"operation":"hold","kind":"failBefore","times":3}"#).await;
    let failed = local.driver.hold(hold_command("k", group())).await;
    assert!(matches!(failed, Err(DriverError::Transient { .. })), "{failed:?}");
    assert!(local.driver.list("ctr_1").await.unwrap().is_empty());
    order_fault(&url, r#"{"operation":"hold","kind":"delay","delayMs":120}"#).await;
    let begun = Instant::now();
    local.driver.hold(hold_command("k", group())).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(120));
    let unknown = serde_json::json!({"operation": "dance", "kind": "refuse"});
    let answer = client()
        .post(format!("{url}/faults"))
        .bearer_auth(ADMIN)
        .json(&unknown)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn faults_cannot_be_ordered_where_they_are_off() {
    let local = Local::start_with(|config| config.faults = false).await;
    let answer = client()
        .get(format!("{}/faults", local.cloud.url()))
        .bearer_auth(ADMIN)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn an_application_that_cannot_start_fails_clearly_and_can_be_given_back() {
    let local = Local::start_with(|config| {
        config.demo_app =
            reference_cloud::ChildCommand { program: "/bin/false".into(), args: vec![] };
    })
    .await;
    let driver = &local.driver;
    let id = driver.hold(hold_command("hold", group())).await.unwrap().id;
    let quota = Quota::default();
    driver
        .confirm(ConfirmCommand { call: call("confirm"), allocation_id: id.clone(), quota })
        .await
        .unwrap();
    let failed = driver.start(start_command("start", &id)).await;
    assert_eq!(failed.unwrap_err().code(), Some(ProblemCode::StartFailed));
    let seen = driver.allocation(&id).await.unwrap();
    assert!(seen.state == ResourceState::Failed && seen.failure.is_some());
    driver.stop(command("stop", &id)).await.unwrap();
    driver.erase(command("erase", &id)).await.unwrap();
    assert_eq!(driver.release(command("release", &id)).await.unwrap().state, ResourceState::Erased);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn many_callers_racing_never_take_more_than_there_is() {
    let local = Local::start().await;
    let mut tasks = Vec::new();
    for number in 0..12 {
        let driver = local.driver.clone();
        tasks.push(tokio::spawn(async move {
            driver.hold(hold_command(&format!("race-{number}"), group())).await
        }));
    }
    let mut addresses = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(held) => addresses.push(held.endpoint.unwrap().url),
            Err(error) => assert_eq!(error.code(), Some(ProblemCode::CapacityExhausted)),
        }
    }
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 4, "four machines, four holds, four addresses");
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn the_page_shows_what_is_lent_without_secrets() {
    let local = Local::start_with(|config| config.tenants.truncate(1)).await;
    local.driver.hold(hold_command("hold", group())).await.unwrap();
    let page =
        client().get(local.cloud.url()).header("accept-language", "ja").send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(
        page.contains("ctr_1") && page.contains("容量") && page.contains("Test cloud"),
        "{page}"
    );
    assert!(!page.contains(TOKEN) && !page.contains(ADMIN));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn one_data_directory_serves_one_cloud_and_keeps_its_key() {
    let local = Local::start().await;
    let key = local.driver.capabilities().await.unwrap().erasure_key;
    let clock = std::sync::Arc::new(ManualClock::new(Timestamp(0)));
    let second = reference_cloud::start(config(&local.dir), clock.clone()).await;
    assert!(matches!(second, Err(reference_cloud::CloudError::InUse(_))), "{second:?}");
    local.cloud.shutdown().await;
    let again = reference_cloud::start(config(&local.dir), clock).await.unwrap();
    assert_eq!(driver(&again.url()).capabilities().await.unwrap().erasure_key, key);
    again.shutdown().await;
}
