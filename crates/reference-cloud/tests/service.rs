//! A service as its users meet it: closed until allowed, a page with state, a quota, and nothing left at the end.

mod common;

use std::time::Duration;

use common::*;
use provider_api::*;

#[tokio::test]
async fn access_is_closed_until_allowed_and_refuses_after_denied() {
    let local = Local::start().await;
    let driver = &local.driver;
    let id = driver.hold(hold_command("hold", group())).await.unwrap().id;
    driver
        .confirm(ConfirmCommand {
            call: call("confirm"),
            allocation_id: id.clone(),
            quota: Quota::default(),
        })
        .await
        .unwrap();
    let ready = driver.start(start_command("start", &id)).await.unwrap();
    let url = service_url(&ready);
    assert_eq!(prober().probe(&url).await, Err(ProbeError::Refused));
    driver.allow(command("allow", &id)).await.unwrap();
    assert_eq!(prober().probe(&format!("{url}healthz")).await.unwrap().status, 200);
    // A connection that is kept must not keep the address open.
    let kept = client();
    assert_eq!(kept.get(&url).send().await.unwrap().status(), 200);
    driver.deny(command("deny", &id)).await.unwrap();
    assert_eq!(prober().probe(&url).await, Err(ProbeError::Refused));
    assert!(kept.get(&url).send().await.is_err());
    driver.allow(command("allow-2", &id)).await.unwrap();
    assert_eq!(prober().probe(&url).await.unwrap().status, 200);
    local.cloud.shutdown().await;
    assert_eq!(prober().probe(&url).await, Err(ProbeError::Refused));
    assert!(child_pids(&local.dir).is_empty());
}

#[tokio::test]
async fn the_application_keeps_its_state_over_stop_and_start() {
    let local = Local::start().await;
    let mut two = group();
    two.compute.count = 2;
    let open = activate(&local.driver, two, Quota::default()).await;
    assert_eq!(open.instances.iter().filter(|instance| instance.running).count(), 2);
    let url = service_url(&open);
    let form = "note=%E9%9B%B2+%3Cb%3Ehello%3C%2Fb%3E";
    let posted = client()
        .post(format!("{url}notes"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    assert_eq!(posted.send().await.unwrap().status(), 303);
    local.driver.stop(command("stop", &open.id)).await.unwrap();
    local.driver.start(start_command("start-2", &open.id)).await.unwrap();
    local.driver.allow(command("allow-2", &open.id)).await.unwrap();
    let page = client()
        .get(&url)
        .header("accept-language", "ja")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("雲 &lt;b&gt;hello&lt;/b&gt;"), "{page}");
    assert!(page.contains("lang=\"ja\"") && page.contains("試験 &lt;service&gt;"), "{page}");
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn control_questions_do_not_reach_the_application_from_outside() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    let answer = client().get(format!("{}_control/ping", service_url(&open))).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_write_beyond_the_quota_is_refused_and_the_meter_tells_the_bytes() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota { storage_bytes: Some(300) }).await;
    let post = |note: String| {
        let url = format!("{}notes", service_url(&open));
        async move {
            let form =
                client().post(url).header("content-type", "application/x-www-form-urlencoded");
            form.body(format!("note={note}")).send().await.unwrap().status().as_u16()
        }
    };
    assert_eq!(post("a".repeat(100)).await, 303);
    assert_eq!(post("b".repeat(300)).await, 507);
    assert_eq!(post("c".repeat(3000)).await, 422);
    let usage = local.driver.metrics(&open.id).await.unwrap().usage;
    let bytes = usage.storage_bytes.unwrap();
    assert!((100..=300).contains(&bytes), "{bytes}");
    assert_eq!(usage.storage_quota_bytes, Some(300));
    assert!(usage.memory_bytes.unwrap() > 0);
    local.driver.stop(command("stop", &open.id)).await.unwrap();
    assert_eq!(local.driver.meter(&open.id).await.unwrap().storage_bytes, Some(bytes));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_quota_above_what_was_held_is_refused() {
    let local = Local::start().await;
    let id = local.driver.hold(hold_command("hold", group())).await.unwrap().id;
    let quota = Quota { storage_bytes: Some((1 << 30) + 1) };
    let refused = local
        .driver
        .confirm(ConfirmCommand { call: call("confirm"), allocation_id: id, quota })
        .await;
    assert_eq!(refused.unwrap_err().code(), Some(ProblemCode::InvalidRequest));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn erasing_removes_the_directory_and_the_statement_verifies_until_it_is_tampered_with() {
    let local = Local::start().await;
    let driver = &local.driver;
    let open = activate(driver, group(), Quota::default()).await;
    assert_eq!(prober().probe(&service_url(&open)).await.unwrap().status, 200);
    driver.deny(command("deny", &open.id)).await.unwrap();
    driver.stop(command("stop", &open.id)).await.unwrap();
    assert!(local.volume(&open.id).join("notebook.json").exists());
    let statement = driver.erase(command("erase", &open.id)).await.unwrap();
    assert!(!local.volume(&open.id).exists());
    assert!(statement.statement.bytes > 0);
    assert_eq!(statement.statement.subject, "ctr_1");
    let key = driver.capabilities().await.unwrap().erasure_key.unwrap();
    statement.verify(&key.verifying_key().unwrap()).unwrap();
    let mut forged = statement;
    forged.statement.erased_at_us += 1;
    assert!(forged.verify(&key.verifying_key().unwrap()).is_err());
    // Nothing starts on erased data.
    let refused = driver.start(start_command("start-2", &open.id)).await;
    assert_eq!(refused.unwrap_err().code(), Some(ProblemCode::WrongState));
    driver.release(command("release", &open.id)).await.unwrap();
    assert_eq!(prober().probe(&service_url(&open)).await, Err(ProbeError::Refused));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn metering_counts_the_seconds_between_start_and_stop() {
    let local = Local::start().await;
    let driver = &local.driver;
    let mut two = group();
    two.compute = ComputeSpec { count: 2, vcpu: 2, ram_mb: 256 };
    let open = activate(driver, two, Quota::default()).await;
    local.pass(Duration::from_secs(100)).await;
    let running = driver.meter(&open.id).await.unwrap();
    assert_eq!(
        (running.used_seconds, running.instance_seconds, running.vcpu_seconds),
        (100, 200, 400)
    );
    assert!(!running.is_final);
    driver.stop(command("stop", &open.id)).await.unwrap();
    local.pass(Duration::from_secs(1000)).await;
    driver.erase(command("erase", &open.id)).await.unwrap();
    driver.release(command("release", &open.id)).await.unwrap();
    local.pass(Duration::from_secs(1000)).await;
    let end = driver.meter(&open.id).await.unwrap();
    assert_eq!((end.used_seconds, end.storage_gb_seconds, end.is_final), (100, 1100, true));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn response_times_of_the_last_minute_are_reported() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    let before = local.driver.metrics(&open.id).await.unwrap().response;
    assert_eq!((before.count, before.p50_us, before.p95_us), (0, None, None));
    for _ in 0..5 {
        prober().probe(&service_url(&open)).await.unwrap();
    }
    let after = local.driver.metrics(&open.id).await.unwrap().response;
    assert_eq!((after.count, after.errors), (5, 0));
    assert!(after.p50_us.unwrap() > 0 && after.p95_us >= after.p50_us);
    assert_eq!(local.driver.meter(&open.id).await.unwrap().requests, 5);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_child_that_ends_is_started_again() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    let before = child_pids(&local.dir);
    assert!(
        std::process::Command::new("kill")
            .args(["-9", &before[0].to_string()])
            .status()
            .unwrap()
            .success()
    );
    until("another child answers", || async {
        let up = prober().probe(&service_url(&open)).await.is_ok_and(|answer| answer.is_up());
        up && child_pids(&local.dir).first().is_some_and(|pid| *pid != before[0])
    })
    .await;
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_child_that_hangs_is_replaced() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    let before = child_pids(&local.dir);
    let pid = before[0].to_string();
    assert!(std::process::Command::new("kill").args(["-STOP", &pid]).status().unwrap().success());
    until_within(Duration::from_secs(40), "another child answers", || async {
        let up = prober().probe(&service_url(&open)).await.is_ok_and(|answer| answer.is_up());
        up && child_pids(&local.dir).first().is_some_and(|pid| *pid != before[0])
    })
    .await;
    assert!(!is_alive(before[0]));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_data_directory_with_a_very_long_path_works() {
    let outer = tempfile::tempdir().unwrap();
    let long = outer.path().join("d".repeat(150));
    let local = Local::start_with(|config| config.data_dir = long.clone()).await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    assert_eq!(prober().probe(&service_url(&open)).await.unwrap().status, 200);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn the_application_does_not_see_the_environment_of_its_cloud() {
    let local = Local::start().await;
    activate(&local.driver, group(), Quota::default()).await;
    let pid = child_pids(&local.dir)[0];
    let seen = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
    let names: Vec<String> = seen
        .split(|byte| *byte == 0)
        .filter_map(|entry| Some(String::from_utf8_lossy(entry).split_once('=')?.0.to_owned()))
        .collect();
    assert!(names.iter().any(|name| name == "KUMOICHI_APP_SECRET"));
    let allowed =
        ["KUMOICHI_APP_SECRET", "KUMOICHI_APP_SETTINGS", "PATH", "LANG", "TZ", "RUST_LOG"];
    assert!(names.iter().all(|name| allowed.contains(&name.as_str())), "{names:?}");
    local.cloud.shutdown().await;
}
