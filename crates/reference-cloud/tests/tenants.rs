//! Several tenants of one cloud: what is one's own nobody else sees, names, fences or uses up (F7.4.4).

#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails its test")]

mod common;

use std::collections::HashSet;
use std::sync::Arc;

use common::{
    ADMIN, Local, OTHER, TOKEN, activate, call, command, driver_of, group, hold_command, tenant,
};
use provider_api::*;
use reference_cloud::CloudConfig;

/// As the small cloud of the tests, with these tenants and no more.
async fn cloud_of(tenants: &[(&str, &str, Limits)]) -> Local {
    let tenants = tenants.iter().map(|(name, token, limits)| tenant(name, token, *limits));
    let tenants: Vec<_> = tenants.collect();
    Local::start_with(|config: &mut CloudConfig| config.tenants = tenants).await
}

fn limits(instances: i64) -> Limits {
    Limits { instances: Some(instances), ..Limits::default() }
}

#[tokio::test]
async fn f7_4_4_tenants_race_for_the_last_places_and_each_stays_within_its_quota() {
    // Two zones of four instances in one region; quotas of nine in all, so that the cloud is short of one.
    let tokens = ["token-of-a", "token-of-b", "token-of-c"];
    let mut quotas = Vec::new();
    for (name, token) in ["a", "b", "c"].into_iter().zip(tokens) {
        quotas.push((name, token, limits(3)));
    }
    let local = cloud_of(&quotas).await;
    let url = local.cloud.url();
    let mut tasks = Vec::new();
    for token in tokens {
        let driver = Arc::new(driver_of(&url, token));
        // The same keys at every tenant.
        for number in 0..6 {
            let driver = Arc::clone(&driver);
            tasks.push(tokio::spawn(async move {
                let mut group = group();
                group.network.endpoint = EndpointKind::None;
                let outcome = driver.hold(hold_command(&format!("race-{number}"), group)).await;
                (token, outcome)
            }));
        }
    }
    let (mut ids, mut refused) = (Vec::new(), HashSet::new());
    for task in tasks {
        match task.await.unwrap() {
            (token, Ok(held)) => ids.push((token, held.id)),
            (token, Err(error)) => {
                refused.insert((token, error.code().unwrap()));
            }
        }
    }
    // The region of the holds has one zone of four.
    assert_eq!(ids.len(), 4, "exactly what there is: {ids:?}");
    for token in tokens {
        let own = ids.iter().filter(|(of, _)| *of == token).count();
        let driver = driver_of(&url, token);
        let told = driver.quota().await.unwrap().unwrap();
        assert!(own <= 3 && told.used.instances == i64::try_from(own).unwrap());
        assert_eq!(driver.list("ctr_1").await.unwrap().len(), own);
    }
    let known = [ProblemCode::CapacityExhausted, ProblemCode::QuotaExceeded];
    assert!(refused.iter().all(|(_, code)| known.contains(code)), "{refused:?}");
    let distinct: HashSet<_> = ids.iter().map(|(_, id)| id.clone()).collect();
    assert_eq!(distinct.len(), 4);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_hold_beyond_the_quota_says_which_and_what_is_used_and_allowed() {
    let local = cloud_of(&[("main", TOKEN, limits(1)), ("other", OTHER, limits(2))]).await;
    let held = local.driver.hold(hold_command("one", group())).await.unwrap();
    let refused = local.driver.hold(hold_command("two", group())).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::QuotaExceeded));
    assert!(refused.to_string().contains("instances: 1 asked, 1 used, 1 allowed"), "{refused}");
    // Live answers know it too, and the quota of one is nothing to the other.
    let ask = DiscoverRequest { region: "tokyo".into(), resources: group(), links: Vec::new() };
    let answer = local.driver.discover(&ask).await.unwrap();
    assert_eq!((answer.available, answer.free.instances), (false, 0));
    let other = driver_of(&local.cloud.url(), OTHER);
    assert!(other.discover(&ask).await.unwrap().available);
    // A refusal is not remembered: what was dropped makes room for the same key.
    local.driver.drop_hold(command("drop", &held.id)).await.unwrap();
    local.driver.hold(hold_command("two", group())).await.unwrap();
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_size_beyond_the_quota_is_refused_and_a_smaller_one_never() {
    let local = cloud_of(&[("main", TOKEN, limits(2)), ("other", OTHER, limits(2))]).await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    let size = |key: &str, count: u32| {
        let mut resources = group();
        resources.compute.count = count;
        let request = ResizeRequest { resources, quota: Quota::default() };
        ResizeCommand { call: call(key), allocation_id: open.id.clone(), request }
    };
    local.driver.resize(size("two", 2)).await.unwrap();
    let refused = local.driver.resize(size("three", 3)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::QuotaExceeded), "{refused}");
    assert!(refused.to_string().contains("instances: 1 asked, 2 used, 2 allowed"), "{refused}");
    local.driver.resize(size("one", 1)).await.unwrap();
    assert_eq!(local.driver.quota().await.unwrap().unwrap().used.instances, 1);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn no_operation_tells_another_tenants_ids_from_ids_that_do_not_exist() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    let work = local.driver.backup(command("backup", &open.id)).await.unwrap();
    let work = common::ended(&local.driver, &work).await;
    let block = serde_json::json!({"source": "192.0.2.7", "reason": "test"});
    let path = paths::with(paths::BLOCKS, open.id.as_str());
    let url = local.cloud.url();
    let (_, block) = common::ask(&url, "POST", &path, Some("block"), Some(block)).await;
    let before = local.driver.allocation(&open.id).await.unwrap();
    let client = common::client();
    for operation in OPERATIONS.iter().filter(|each| each.route.contains("{id}")) {
        let own = match operation.route.split('/').nth(2).unwrap() {
            "backups" => work.backup_id.as_ref().unwrap().as_str(),
            "long-operations" => work.id.as_str(),
            "blocks" => block["id"].as_str().unwrap(),
            _ => open.id.as_str(),
        };
        // Whatever is sent along: nothing, something broken, or a call that would have an effect.
        for (key, body) in [(None, "{"), (Some("k"), "{"), (Some("k"), "{}")] {
            let mut said = Vec::new();
            for id in [own, "xyz_5b3f0c7d9e"] {
                let method = operation.method.parse().unwrap();
                let path = paths::with(operation.route, id);
                let mut request = client.request(method, format!("{url}{path}")).bearer_auth(OTHER);
                if let Some(key) = key {
                    request = request.header(paths::IDEMPOTENCY_KEY, key).header(paths::EPOCH, 99);
                }
                let answer = request.body(body).send().await.unwrap();
                assert_eq!(answer.status(), 404, "{} {own}", operation.name);
                said.push(answer.text().await.unwrap().replace(id, "ID"));
            }
            assert_eq!(said[0], said[1], "{}", operation.name);
        }
    }
    // And nothing was raised, changed or noted by all that.
    assert_eq!(local.driver.allocation(&open.id).await.unwrap(), before);
    let other = driver_of(&url, OTHER);
    assert_eq!(other.list("ctr_1").await.unwrap(), []);
    assert_eq!(other.events(None, None).await.unwrap().items, []);
    assert!(other.operation(&call("hold").key).await.unwrap().is_none());
    assert!(!local.driver.events(None, None).await.unwrap().items.is_empty());
    // The page for everybody names nobody where there are several tenants.
    let page = client.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("ctr_1") && !page.contains(ADMIN));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn each_tenant_has_its_own_keys_epochs_and_subscription() {
    let local = Local::start().await;
    let url = local.cloud.url();
    let other = driver_of(&url, OTHER);
    let mine = local.driver.hold(hold_command("same", group())).await.unwrap();
    let theirs = other.hold(hold_command("same", group())).await.unwrap();
    assert_ne!(mine.id, theirs.id);
    let late = Call { epoch: 50, ..call("drop") };
    other
        .drop_hold(AllocationCommand { call: late, allocation_id: theirs.id.clone() })
        .await
        .unwrap();
    local.driver.drop_hold(command("drop", &mine.id)).await.unwrap();
    let record = other.operation(&call("same").key).await.unwrap().unwrap();
    assert_eq!((record.allocation.unwrap().id, record.key), (theirs.id, call("same").key));
    let subscribe = |token: &'static str, port: u16| {
        let body = serde_json::json!({"url": format!("http://127.0.0.1:{port}/"),
            "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"});
        let request = common::client().put(format!("{url}{}", paths::WEBHOOK)).bearer_auth(token);
        let request = request.header(paths::IDEMPOTENCY_KEY, "w").header(paths::EPOCH, "1");
        async move { request.json(&body).send().await.unwrap().status().as_u16() }
    };
    assert_eq!((subscribe(TOKEN, 9).await, subscribe(OTHER, 10).await), (200, 200));
    for (token, port) in [(TOKEN, 9), (OTHER, 10)] {
        let request = common::client().get(format!("{url}{}", paths::WEBHOOK)).bearer_auth(token);
        let told: Webhook = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(told.url, Some(format!("http://127.0.0.1:{port}/")));
    }
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn what_was_lent_to_tenants_of_a_file_is_theirs_after_a_kill() {
    let mut process = common::Process::start_as(&[("acme", "token-of-acme", limits(2))]).await;
    let url = format!("http://{}", process.address);
    let acme = driver_of(&url, "token-of-acme");
    let open = activate(&acme, group(), Quota::default()).await;
    process.kill();
    process.restart().await;
    assert_eq!(acme.allocation(&open.id).await.unwrap().state, ResourceState::Active);
    assert!(process.driver.allocation(&open.id).await.unwrap_err().code().is_none());
    let told = acme.quota().await.unwrap().unwrap();
    assert_eq!((told.tenant.as_str(), told.used.instances), ("acme", 1));
    assert_eq!(told.limits, limits(2));
}

#[tokio::test]
async fn f7_6_3_images_and_volumes_of_another_tenant_are_answered_as_ones_that_do_not_exist() {
    let local = Local::start().await;
    let (one, other) = (&local.driver, driver_of(&local.cloud.url(), OTHER));
    let bytes = archive::pack(&[("image.json", br#"{"version":1,"application":"demo"}"#)]);
    let request = ImageRequest {
        name: "mine".into(),
        format: ImageFormat::Tar,
        architecture: "any".into(),
        bytes: i64::try_from(bytes.len()).unwrap(),
        sha256: sha256_of(&bytes),
    };
    let begin = BeginImageCommand { call: call("begin"), request };
    let image_id = one.begin_image(begin.clone()).await.unwrap().id;
    let chunk = ChunkCommand { call: call("chunk"), image_id: image_id.clone(), offset: 0, bytes };
    let gone = |outcome: Option<DriverError>| {
        assert!(matches!(outcome, Some(DriverError::Gone { .. })), "{outcome:?}");
    };
    gone(other.image(&image_id).await.err());
    gone(other.upload_chunk(chunk.clone()).await.err());
    one.upload_chunk(chunk).await.unwrap();
    let whole = ImageCommand { call: call("complete"), image_id: image_id.clone() };
    gone(other.delete_image(whole.clone()).await.err());
    one.complete_image(whole).await.unwrap();
    // The same key at another tenant is another image.
    assert_ne!(other.begin_image(begin).await.unwrap().id, image_id);
    assert_eq!(other.images("mine").await.unwrap().len(), 1);
    let feed = other.events(None, Some("mine")).await.unwrap();
    assert!(feed.items.iter().all(|event| event.subject != image_id.0), "{feed:?}");
    let mut alone = group();
    alone.compute = ComputeSpec { count: 0, vcpu: 0, ram_mb: 0 };
    alone.network = NetworkSpec { mbps: 0, endpoint: EndpointKind::None };
    let mut bare = group();
    bare.storage.gb = 0;
    let confirm = |key: &str, id: &AllocationId| ConfirmCommand {
        call: call(key),
        allocation_id: id.clone(),
        quota: Quota::default(),
    };
    let volume = one.hold(hold_command("volume", alone)).await.unwrap().id;
    one.confirm(confirm("confirm-volume", &volume)).await.unwrap();
    let service = other.hold(hold_command("service", bare)).await.unwrap().id;
    other.confirm(confirm("confirm-service", &service)).await.unwrap();
    let attach = AttachCommand { call: call("attach"), allocation_id: service.clone(), volume };
    gone(other.attach(attach).await.err());
    let request =
        StartRequest { application: None, image: Some(image_id), ..common::start_request() };
    gone(other.check_recipe(&service, &request).await.err());
    let start = StartCommand { call: call("start"), allocation_id: service, request };
    gone(other.start(start).await.err());
    local.cloud.shutdown().await;
}
