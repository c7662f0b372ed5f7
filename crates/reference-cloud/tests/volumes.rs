//! Volumes by themselves: counted, lent to one service after the other, backed up, through crashes, erased with a statement.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that cannot go on fails its test")]

mod common;

use common::*;
use provider_api::*;

fn alone(gb: u32) -> ResourceGroup {
    ResourceGroup {
        compute: ComputeSpec { count: 0, vcpu: 0, ram_mb: 0 },
        storage: StorageSpec { gb },
        network: NetworkSpec { mbps: 0, endpoint: EndpointKind::None },
    }
}

fn without_storage() -> ResourceGroup {
    ResourceGroup { storage: StorageSpec { gb: 0 }, ..group() }
}

async fn booked(driver: &HttpDriver, name: &str, resources: ResourceGroup) -> AllocationId {
    let hold = hold_command(&format!("hold-{name}"), resources);
    let id = driver.hold(hold).await.unwrap().id;
    let confirm = ConfirmCommand {
        call: call(&format!("confirm-{name}")),
        allocation_id: id.clone(),
        quota: Quota::default(),
    };
    driver.confirm(confirm).await.unwrap();
    id
}

fn attach(key: &str, service: &AllocationId, volume: &AllocationId) -> AttachCommand {
    let (allocation_id, volume) = (service.clone(), volume.clone());
    AttachCommand { call: call(key), allocation_id, volume }
}

async fn open(driver: &HttpDriver, name: &str, id: &AllocationId) -> Allocation {
    driver.start(start_command(&format!("start-{name}"), id)).await.unwrap();
    driver.allow(command(&format!("allow-{name}"), id)).await.unwrap()
}

async fn free(driver: &HttpDriver) -> i64 {
    let request = DiscoverRequest { region: zone().region, resources: alone(1), links: Vec::new() };
    driver.discover(&request).await.unwrap().free.storage_gb
}

#[tokio::test]
async fn data_stay_on_a_volume_from_service_to_service_and_its_backups_bring_them_back() {
    let local = Local::start().await;
    let driver = &local.driver;
    let volume = booked(driver, "volume", alone(4)).await;
    assert_eq!(free(driver).await, 6, "it is counted");
    let first = booked(driver, "first", without_storage()).await;
    driver.attach(attach("attach", &first, &volume)).await.unwrap();
    let page = open(driver, "first", &first).await;
    note(&page, "written at the first").await;
    // In use: the machines of the service stand still meanwhile.
    let backup = backed_up(driver, "backup", &volume).await;
    let graph = driver.resources(&first).await.unwrap();
    graph.check().unwrap();
    let storage = graph.resources.iter().find(|each| each.kind == ResourceKind::Storage).unwrap();
    assert_eq!(storage.native["volume"], volume.0);
    driver.resources(&volume).await.unwrap().check().unwrap();
    let usage = driver.metrics(&first).await.unwrap().usage;
    assert_eq!(usage.storage_quota_bytes, Some(4 << 30));
    note(&page, "written after the backup").await;
    driver.stop(command("stop", &first)).await.unwrap();
    driver.detach(command("detach", &first)).await.unwrap();
    let work = driver.restore(about("restore", &backup)).await.unwrap();
    assert_eq!(ended(driver, &work).await.state, WorkState::Succeeded);
    driver.erase(command("erase-first", &first)).await.unwrap();
    driver.release(command("release-first", &first)).await.unwrap();
    let second = booked(driver, "second", without_storage()).await;
    driver.attach(attach("attach-2", &second, &volume)).await.unwrap();
    let page = open(driver, "second", &second).await;
    let body = prober().probe(&service_url(&page)).await.unwrap().body;
    assert!(body.contains("written at the first") && !body.contains("after the backup"), "{body}");
    let refused = driver.erase(command("early", &volume)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::WrongState));
    driver.stop(command("stop-2", &second)).await.unwrap();
    let refused = driver.erase(command("early-2", &second)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::InUse));
    driver.detach(command("detach-2", &second)).await.unwrap();
    let refused = driver.release(command("early-3", &volume)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::NotErased));
    let statement = driver.erase(command("erase", &volume)).await.unwrap();
    let key = driver.capabilities().await.unwrap().erasure_key.unwrap();
    statement.verify(&key.verifying_key().unwrap()).unwrap();
    let kinds: Vec<_> = statement.statement.resources.iter().map(|each| &*each.kind).collect();
    assert_eq!(kinds, ["volume", "backup"]);
    let end = driver.release(command("release", &volume)).await.unwrap();
    assert_eq!((end.state, free(driver).await), (ResourceState::Erased, 10));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_crash_around_lending_and_taking_back_leaves_the_volume_in_one_place() {
    let steps = ["attach", "start", "stop", "detach", "erase", "release"];
    for kind in ["crashBefore", "crashAfter"] {
        for step in steps {
            let mut cloud = Process::start().await;
            let volume = booked(&cloud.driver, "volume", alone(1)).await;
            let service = booked(&cloud.driver, "service", without_storage()).await;
            cloud.order_fault(&format!(r#"{{"operation":"{step}","kind":"{kind}"}}"#)).await;
            let mut left = steps.iter().peekable();
            let mut crashed = 0;
            while let Some(now) = left.peek() {
                match one(&cloud.driver, now, &service, &volume).await {
                    Ok(()) => {
                        left.next();
                    }
                    Err(DriverError::Unknown { .. }) => {
                        cloud.wait_for_end().await;
                        cloud.restart().await;
                        crashed += 1;
                    }
                    Err(error) => panic!("{kind} {step}: {now}: {error}"),
                }
            }
            assert_eq!(crashed, 1, "{kind} {step}");
            let seen = cloud.driver.allocation(&volume).await.unwrap();
            assert_eq!((seen.state, seen.attached_to), (ResourceState::Erased, None), "{step}");
            let folders = std::fs::read_dir(cloud.dir.path().join("volumes")).unwrap();
            let folders: Vec<_> = folders.map(|each| each.unwrap().file_name()).collect();
            assert_eq!(folders, [service.as_str()], "{kind} {step}");
        }
    }
}

async fn one(
    driver: &HttpDriver,
    step: &str,
    service: &AllocationId,
    volume: &AllocationId,
) -> Result<(), DriverError> {
    match step {
        "attach" => driver.attach(attach(step, service, volume)).await.map(|_| ()),
        "start" => driver.start(start_command(step, service)).await.map(|_| ()),
        "stop" => driver.stop(command(step, service)).await.map(|_| ()),
        "detach" => driver.detach(command(step, service)).await.map(|_| ()),
        "erase" => driver.erase(command(step, volume)).await.map(|_| ()),
        "release" => driver.release(command(step, volume)).await.map(|_| ()),
        other => panic!("{other} is no step"),
    }
}

#[tokio::test]
async fn a_service_on_a_lent_volume_is_found_again_after_a_crash_with_its_data() {
    let mut cloud = Process::start().await;
    let volume = booked(&cloud.driver, "volume", alone(1)).await;
    let service = booked(&cloud.driver, "service", without_storage()).await;
    cloud.driver.attach(attach("attach", &service, &volume)).await.unwrap();
    let page = open(&cloud.driver, "service", &service).await;
    note(&page, "kept").await;
    cloud.kill();
    for pid in child_pids(&cloud.dir) {
        let kill = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
        assert!(kill.unwrap().success());
    }
    cloud.restart().await;
    let body = prober().probe(&service_url(&page)).await.unwrap().body;
    assert!(body.contains("kept"), "{body}");
    let seen = cloud.driver.allocation(&volume).await.unwrap();
    assert_eq!((seen.state, seen.attached_to), (ResourceState::Ready, Some(service)));
}

#[tokio::test]
async fn backups_take_room_of_their_zone_and_are_refused_where_none_is_left() {
    let local = Local::start().await;
    let driver = &local.driver;
    let mut large = group();
    large.storage.gb = 9;
    let id = driver.hold(hold_command("hold", large)).await.unwrap().id;
    let quota = Quota::default();
    let confirm = ConfirmCommand { call: call("confirm"), allocation_id: id.clone(), quota };
    driver.confirm(confirm).await.unwrap();
    driver.start(start_command("start", &id)).await.unwrap();
    let page = driver.allow(command("allow", &id)).await.unwrap();
    note(&page, "worth a copy").await;
    assert_eq!(free(driver).await, 1);
    let backup = backed_up(driver, "backup", &id).await;
    assert_eq!(free(driver).await, 0, "a gibibyte that is begun counts whole");
    // The rest of that gibibyte is theirs.
    let second = backed_up(driver, "second", &id).await;
    let meter = driver.meter(&id).await.unwrap();
    let bytes = |backup: &Backup| backup.restore_point.as_ref().unwrap().bytes;
    assert_eq!(meter.backup_bytes, bytes(&backup) + bytes(&second));
    for (key, backup) in [("delete", &backup), ("delete-2", &second)] {
        driver.delete_backup(about(key, backup)).await.unwrap();
    }
    assert_eq!(free(driver).await, 1);
    let rest = booked(driver, "rest", alone(1)).await;
    let refused = driver.backup(command("backup-3", &id)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::StorageFull), "{refused}");
    driver.release(command("release-rest", &rest)).await.unwrap();
    backed_up(driver, "backup-3", &id).await;
    local.cloud.shutdown().await;
}
