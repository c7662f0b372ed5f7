//! Taking data along: what users wrote is in the archive, any tar reads it, and a cut download goes on after a crash.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use common::*;
use provider_api::*;

async fn manifest(url: &str, id: &AllocationId) -> ExportManifest {
    let path = format!("/v1/allocations/{id}/export");
    let (status, told) = ask(url, "GET", &path, None, None).await;
    assert_eq!(status, 200, "{told}");
    serde_json::from_value(told).unwrap()
}

async fn fetch(url: &str, manifest: &ExportManifest, from: usize) -> (u16, Vec<u8>) {
    let mut request = client().get(format!("{url}{}", manifest.archive.path)).bearer_auth(TOKEN);
    if from > 0 {
        request = request
            .header("range", format!("bytes={from}-"))
            .header("if-range", &manifest.archive.etag);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn what_users_wrote_is_in_the_archive_and_the_usual_tar_unpacks_it() {
    let local = Local::start().await;
    let url = local.cloud.url();
    let open = activate(&local.driver, group(), Quota::default()).await;
    note(&open, "taken along").await;
    let folder = local.volume(&open.id).join("深い/".to_owned() + &"long".repeat(40));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("雲.txt"), "kumo").unwrap();
    local.driver.stop(command("stop", &open.id)).await.unwrap();
    let told = manifest(&url, &open.id).await;
    let (status, bytes) = fetch(&url, &told, 0).await;
    assert_eq!((status, bytes.len() as i64), (200, told.archive.bytes));
    assert_eq!(archive::read(&bytes).unwrap(), told.files);
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("export.tar");
    std::fs::write(&file, &bytes).unwrap();
    let unpacked = out.path().join("unpacked");
    std::fs::create_dir(&unpacked).unwrap();
    let tar =
        std::process::Command::new("tar").arg("-xf").arg(&file).arg("-C").arg(&unpacked).output();
    let tar = tar.unwrap();
    assert!(tar.status.success() && tar.stderr.is_empty(), "{tar:?}");
    for each in &told.files {
        let length = std::fs::metadata(unpacked.join(&each.path)).unwrap().len();
        assert_eq!(length as i64, each.bytes, "{}", each.path);
    }
    let notebook = std::fs::read_to_string(unpacked.join("notebook.json")).unwrap();
    assert!(notebook.contains("taken along"));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_download_goes_on_after_the_cloud_was_killed_and_not_when_the_data_have_changed() {
    let mut cloud = Process::start().await;
    let url = format!("http://{}", cloud.address);
    let open = activate(&cloud.driver, group(), Quota::default()).await;
    note(&open, "one").await;
    cloud.driver.stop(command("stop", &open.id)).await.unwrap();
    let told = manifest(&url, &open.id).await;
    let (_, whole) = fetch(&url, &told, 0).await;
    cloud.kill();
    cloud.restart().await;
    let (status, rest) = fetch(&url, &told, 700).await;
    assert_eq!((status, rest.as_slice()), (206, &whole[700..]));
    let again = cloud.driver.start(start_command("start-2", &open.id)).await.unwrap();
    let (status, _) = fetch(&url, &told, 700).await;
    assert_eq!((again.state, status), (ResourceState::Ready, 409));
    cloud.driver.allow(command("allow-2", &open.id)).await.unwrap();
    note(&open, "two").await;
    cloud.driver.stop(command("stop-2", &open.id)).await.unwrap();
    let (status, anew) = fetch(&url, &told, 700).await;
    assert_eq!(status, 200, "another archive is given from its beginning");
    assert_eq!(archive::read(&anew).unwrap(), manifest(&url, &open.id).await.files);
}

async fn taken(mut part: ArchivePart) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = part.pieces.next().await.unwrap() {
        all.extend(piece);
    }
    all
}

#[tokio::test]
async fn f7_10_1c_the_driver_takes_an_archive_piece_by_piece_and_goes_on_where_it_ended() {
    let local = Local::start().await;
    let driver = &local.driver;
    let open = activate(driver, group(), Quota::default()).await;
    note(&open, "taken along").await;
    let too_early = driver.export_archive(&open.id, 0, None).await.unwrap_err();
    assert_eq!(too_early.code(), Some(ProblemCode::WrongState), "{too_early}");
    let request = DrainRequest { deadline_seconds: Some(0) };
    let drain = DrainCommand { call: call("drain"), allocation_id: open.id.clone(), request };
    driver.drain(drain).await.unwrap();
    until("the service to stand still", || async {
        driver.allocation(&open.id).await.unwrap().state == ResourceState::Draining
    })
    .await;
    let told = driver.export(&open.id).await.unwrap();
    let whole = driver.export_archive(&open.id, 0, None).await.unwrap();
    let (etag, length) = (whole.etag.clone(), whole.whole);
    assert_eq!((whole.from, &etag), (0, &told.archive.etag));
    let whole = taken(whole).await;
    assert_eq!((whole.len() as u64, told.archive.bytes as u64), (length, length));
    assert_eq!(archive::read(&whole).unwrap(), told.files);
    let rest = driver.export_archive(&open.id, 700, Some(&etag)).await.unwrap();
    assert_eq!((rest.from, rest.whole), (700, length));
    assert_eq!(taken(rest).await, &whole[700..]);
    let other = driver.export_archive(&open.id, 700, Some("\"another\"")).await.unwrap();
    assert_eq!(other.from, 0, "another archive comes whole");
    let beyond = driver.export_archive(&open.id, length, Some(&etag)).await.unwrap_err();
    assert_eq!(beyond.code(), Some(ProblemCode::RangeUnsatisfiable), "{beyond}");
    let nobody = driver.export_archive(&"alc_none".into(), 0, None).await.unwrap_err();
    assert!(matches!(nobody, DriverError::Gone { .. }), "{nobody}");
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_link_in_the_volume_is_refused_by_its_name_and_leads_nobody_outside() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    local.driver.stop(command("stop", &open.id)).await.unwrap();
    std::os::unix::fs::symlink("/etc/hostname", local.volume(&open.id).join("way-out")).unwrap();
    let path = format!("/v1/allocations/{}/export", open.id);
    let (status, refusal) = ask(&local.cloud.url(), "GET", &path, None, None).await;
    assert_eq!((status, refusal["code"].as_str()), (422, Some("unsupported")));
    assert!(refusal["detail"].as_str().unwrap().contains("way-out"));
    local.cloud.shutdown().await;
}
