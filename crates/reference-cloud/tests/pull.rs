//! Data that move between two clouds through a tunnel (IF3, IF2): compared, gone on with after cuts and kills, and never
//! half in a volume.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails its test")]

mod common;

use std::path::PathBuf;
use std::time::Duration;

use common::{
    Local, Process, activate, backed_up, call, command, ended, group, hold_command, note,
    start_command, until, until_within,
};
use provider_api::*;
use serde_json::json;

/// Slow enough to be cut off in the middle of the large file: a megabyte a second.
const MBPS: u32 = 8;
/// Bytes of the large file.
const LARGE: usize = 3_000_000;

async fn booked(driver: &HttpDriver, key: &str) -> AllocationId {
    let id = driver.hold(hold_command(key, group())).await.unwrap().id;
    let key = format!("confirm-{key}");
    let confirm =
        ConfirmCommand { call: call(&key), allocation_id: id.clone(), quota: Quota::default() };
    driver.confirm(confirm).await.unwrap();
    id
}

/// A link of two allocations whose tunnel is up; the two ends of it.
async fn linked(
    (one, one_id): (&HttpDriver, &AllocationId),
    (other, other_id): (&HttpDriver, &AllocationId),
) -> (LinkId, LinkId) {
    let peer = other.capabilities().await.unwrap().links.unwrap().peer;
    let request = LinkRequest { peer, mbps: MBPS, isolation: LinkIsolation::Tunnel };
    let ask = LinkCommand { call: call("link"), allocation_id: one_id.clone(), request };
    let asked = one.open_link(ask).await.unwrap();
    let offer = asked.offer.unwrap();
    let accept = AcceptLinkCommand { call: call("accept"), allocation_id: other_id.clone(), offer };
    let accepted = other.accept_link(accept).await.unwrap();
    for (driver, id) in [(one, &asked.id), (other, &accepted.id)] {
        until("the tunnel is up", || async {
            driver.link(id).await.unwrap().state == LinkState::Up
        })
        .await;
    }
    (asked.id, accepted.id)
}

async fn share(driver: &HttpDriver, link: &LinkId, source: ShareSource) {
    let share = LinkShare { source: Some(source) };
    let command = ShareCommand { call: call("share"), link_id: link.clone(), share };
    assert!(driver.share_data(command).await.unwrap().shared.is_some());
}

async fn pull(driver: &HttpDriver, key: &str, link: &LinkId) -> LongOperation {
    let command = PullCommand { call: call(key), link_id: link.clone() };
    let work = driver.pull_data(command).await.unwrap();
    assert_eq!(work.kind, WorkKind::Pull);
    work
}

/// A stopped service with a note and a large file.
async fn with_data(cloud: &Process) -> AllocationId {
    let open = activate(&cloud.driver, group(), Quota::default()).await;
    note(&open, "moved").await;
    cloud.driver.stop(command("stop", &open.id)).await.unwrap();
    let large: Vec<u8> = (0..LARGE).map(|at| u8::try_from(at % 251).unwrap()).collect();
    std::fs::write(volume(cloud, &open.id).join("large"), large).unwrap();
    open.id
}

fn volume(cloud: &Process, id: &AllocationId) -> PathBuf {
    cloud.dir.path().join("volumes").join(id.as_str())
}

/// Bytes of the large file that have arrived.
fn arrived(cloud: &Process, work: &LongOperation) -> u64 {
    let file = cloud.dir.path().join("staging").join(work.id.as_str()).join("data/large");
    std::fs::metadata(file).map_or(0, |file| file.len())
}

async fn done(driver: &HttpDriver, work: &LongOperation) -> LongOperation {
    until_within(Duration::from_secs(60), "the work ends", || async {
        driver.long_operation(&work.id).await.is_ok_and(|work| work.state != WorkState::Running)
    })
    .await;
    driver.long_operation(&work.id).await.unwrap()
}

#[tokio::test]
async fn if3_a_volume_moves_to_another_cloud_through_cuts_and_kills_of_both() {
    let (mut one, mut other) = (Process::start().await, Process::start().await);
    let from = with_data(&one).await;
    let to = booked(&other.driver, "to").await;
    let links = linked((&one.driver, &from), (&other.driver, &to)).await;
    share(&one.driver, &links.0, ShareSource::Volume).await;
    let work = pull(&other.driver, "pull", &links.1).await;
    let some = LARGE as u64 / 5;
    until("something has arrived", || async { arrived(&other, &work) > some }).await;
    // The tunnel is cut, then the side that gives dies, then the side that takes.
    one.switch(json!({"linkCut": true})).await;
    let nothing = std::fs::read_dir(volume(&other, &to)).unwrap().count();
    assert_eq!(nothing, 0, "nothing half made is the volume");
    one.switch(json!({})).await;
    until("more has arrived", || async { arrived(&other, &work) > 2 * some }).await;
    one.kill();
    let before = arrived(&other, &work);
    one.restart().await;
    until("it goes on", || async { arrived(&other, &work) > before }).await;
    other.kill();
    let before = arrived(&other, &work);
    assert!(before > 2 * some && before < LARGE as u64, "{before}");
    assert_eq!(std::fs::read_dir(volume(&other, &to)).unwrap().count(), 0);
    other.restart().await;
    let ended = done(&other.driver, &work).await;
    assert_eq!(ended.state, WorkState::Succeeded, "{ended:?}");
    let read = |cloud: &Process, id: &AllocationId, name: &str| {
        std::fs::read(volume(cloud, id).join(name)).unwrap()
    };
    assert!(read(&one, &from, "large") == read(&other, &to, "large"));
    assert_eq!(read(&one, &from, "notebook.json"), read(&other, &to, "notebook.json"));
    // It went on and did not begin anew: less than twice the file has come in all.
    let carried = other.driver.link(&links.1).await.unwrap().received_bytes;
    assert!(carried < 2 * i64::try_from(LARGE).unwrap(), "{carried}");
    // The copy stays as a backup, and the service starts on what has arrived.
    let backup = other.driver.one_backup(work.backup_id.as_ref().unwrap()).await.unwrap();
    assert_eq!(backup.state, BackupState::Ready);
    other.driver.start(start_command("start", &to)).await.unwrap();
    let open = other.driver.allow(command("allow", &to)).await.unwrap();
    let url = format!("{}state", common::service_url(&open));
    let state = common::client().get(url).send().await.unwrap().text().await.unwrap();
    assert!(state.contains("moved"), "{state}");
}

#[tokio::test]
async fn only_what_is_shared_is_given_and_what_does_not_fit_or_match_is_never_the_volume() {
    let (one, other) = (Local::start().await, Local::start().await);
    let open = activate(&one.driver, group(), Quota::default()).await;
    note(&open, "shared").await;
    let backup = backed_up(&one.driver, "backup", &open.id).await;
    let to = booked(&other.driver, "to").await;
    let links = linked((&one.driver, &open.id), (&other.driver, &to)).await;
    let empty = |to: &AllocationId| std::fs::read_dir(other.volume(to)).unwrap().count() == 0;
    // A link alone gives nothing away.
    let refused = ended(&other.driver, &pull(&other.driver, "early", &links.1).await).await;
    assert_eq!(refused.problem.unwrap().code, ProblemCode::Refused);
    assert!(empty(&to));
    // A volume on which something runs is not given.
    share(&one.driver, &links.0, ShareSource::Volume).await;
    let refused = ended(&other.driver, &pull(&other.driver, "running", &links.1).await).await;
    assert_eq!(refused.state, WorkState::Failed);
    // A copy that was damaged at its own cloud does not pass.
    let give = |key: &'static str| {
        let source = Some(ShareSource::Backup { backup_id: backup.id.clone() });
        let share = LinkShare { source };
        ShareCommand { call: call(key), link_id: links.0.clone(), share }
    };
    one.driver.share_data(give("share-backup")).await.unwrap();
    let file = one.dir.path().join("backups").join(backup.id.as_str()).join("data/notebook.json");
    let good = std::fs::read(&file).unwrap();
    std::fs::write(&file, vec![b'x'; good.len()]).unwrap();
    let refused = ended(&other.driver, &pull(&other.driver, "damaged", &links.1).await).await;
    assert_eq!(refused.problem.unwrap().code, ProblemCode::BackupDamaged);
    assert!(empty(&to));
    let failed = other.driver.one_backup(refused.backup_id.as_ref().unwrap()).await.unwrap();
    assert_eq!(failed.state, BackupState::Failed);
    std::fs::write(&file, good).unwrap();
    let work = pull(&other.driver, "good", &links.1).await;
    let again = pull(&other.driver, "good", &links.1).await;
    assert_eq!(again.id, work.id);
    assert_eq!(ended(&other.driver, &work).await.state, WorkState::Succeeded);
    assert!(
        std::fs::read_to_string(other.volume(&to).join("notebook.json"))
            .unwrap()
            .contains("shared")
    );
    // What was pulled must be erased before it is released, though nothing ever started on it.
    let refused = other.driver.release(command("release", &to)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::NotErased));
    let statement = other.driver.erase(command("erase", &to)).await.unwrap();
    assert!(statement.statement.bytes > 0);
    other.driver.release(command("release", &to)).await.unwrap();
    for local in [one, other] {
        local.cloud.shutdown().await;
    }
}

/// An image with some bytes that cannot be compressed.
fn image_bytes() -> Vec<u8> {
    let noise: Vec<u8> = (0..LARGE).map(|at| u8::try_from(at * at % 251).unwrap()).collect();
    archive::pack(&[
        (ImageManifest::FILE, br#"{"version":1,"application":"demo"}"#),
        ("volume/files/hello.txt", b"through the link"),
        ("volume/files/noise.bin", &noise),
    ])
}

fn declared(bytes: &[u8]) -> ImageRequest {
    ImageRequest {
        name: "site".into(),
        format: ImageFormat::Tar,
        architecture: "any".into(),
        bytes: i64::try_from(bytes.len()).unwrap(),
        sha256: sha256_of(bytes),
    }
}

async fn uploaded(driver: &HttpDriver, bytes: &[u8]) -> Image {
    let begin = BeginImageCommand { call: call("image"), request: declared(bytes) };
    let image = driver.begin_image(begin).await.unwrap();
    let (image_id, bytes) = (image.id.clone(), bytes.to_vec());
    let chunk = ChunkCommand { call: call("chunk"), image_id, offset: 0, bytes };
    driver.upload_chunk(chunk).await.unwrap();
    let complete = ImageCommand { call: call("complete"), image_id: image.id };
    driver.complete_image(complete).await.unwrap()
}

#[tokio::test]
async fn f7_6_3_an_image_moves_to_another_cloud_through_kills_of_both_and_starts_there() {
    let (mut one, mut other) = (Process::start().await, Process::start().await);
    let bytes = image_bytes();
    let given = uploaded(&one.driver, &bytes).await;
    let from = booked(&one.driver, "from").await;
    let to = booked(&other.driver, "to").await;
    let links = linked((&one.driver, &from), (&other.driver, &to)).await;
    share(&one.driver, &links.0, ShareSource::Image { image_id: given.id.clone() }).await;
    let asked =
        PullImageCommand { call: call("pull"), link_id: links.1.clone(), image: declared(&bytes) };
    let work = other.driver.pull_image(asked.clone()).await.unwrap();
    let taken = work.image_id.clone().unwrap();
    let file = |other: &Process| other.dir.path().join("images").join(taken.as_str());
    let came = |other: &Process| std::fs::metadata(file(other)).map_or(0, |file| file.len());
    let some = LARGE as u64 / 5;
    until("something has arrived", || async { came(&other) > some }).await;
    one.kill();
    let before = came(&other);
    one.restart().await;
    until("it goes on", || async { came(&other) > before + some }).await;
    // What is not whole is no image, and nothing else can be put into it.
    let half = other.driver.image(&taken).await.unwrap();
    assert_eq!((half.state, half.pulled_through), (ImageState::Uploading, Some(links.1.clone())));
    let chunk =
        ChunkCommand { call: call("in"), image_id: taken.clone(), offset: 0, bytes: vec![1] };
    let refused = other.driver.upload_chunk(chunk).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::WrongState));
    other.kill();
    let before = came(&other);
    assert!(before > some && before < bytes.len() as u64, "{before}");
    other.restart().await;
    let ended = done(&other.driver, &work).await;
    assert_eq!(ended.state, WorkState::Succeeded, "{ended:?}");
    assert_eq!(ended.result, Some(format!("/v1/images/{taken}")));
    assert!(std::fs::read(file(&other)).unwrap() == bytes);
    // It went on and did not begin anew.
    let carried = other.driver.link(&links.1).await.unwrap().received_bytes;
    assert!(carried < 2 * i64::try_from(LARGE).unwrap(), "{carried}");
    let again = other.driver.pull_image(asked).await.unwrap();
    assert_eq!(again.id, work.id);
    let mut start = start_command("start", &to);
    (start.request.application, start.request.image) = (None, Some(taken));
    other.driver.start(start).await.unwrap();
    let open = other.driver.allow(command("allow", &to)).await.unwrap();
    let url = format!("{}files/hello.txt", common::service_url(&open));
    let text = common::client().get(url).send().await.unwrap().text().await.unwrap();
    assert_eq!(text, "through the link");
}

#[tokio::test]
async fn an_image_that_is_not_what_was_declared_fails_and_nothing_of_it_stays() {
    let (one, other) = (Local::start().await, Local::start().await);
    let bytes = image_bytes();
    let given = uploaded(&one.driver, &bytes).await;
    let from = booked(&one.driver, "from").await;
    let to = booked(&other.driver, "to").await;
    let links = linked((&one.driver, &from), (&other.driver, &to)).await;
    let pull = async |key: &str, image: ImageRequest| {
        let command = PullImageCommand { call: call(key), link_id: links.1.clone(), image };
        let work = other.driver.pull_image(command).await.unwrap();
        let end = done(&other.driver, &work).await;
        let failed = other.driver.image(end.image_id.as_ref().unwrap()).await.unwrap();
        assert_eq!((failed.state, failed.received_bytes), (ImageState::Failed, 0));
        end.problem.unwrap().code
    };
    assert_eq!(pull("nothing", declared(&bytes)).await, ProblemCode::Refused);
    share(&one.driver, &links.0, ShareSource::Image { image_id: given.id.clone() }).await;
    let wrong = ImageRequest { sha256: sha256_of(b"something else"), ..declared(&bytes) };
    assert_eq!(pull("wrong", wrong).await, ProblemCode::DigestMismatch);
    // Nor is an image that was damaged at its own cloud taken.
    let file = one.dir.path().join("images").join(given.id.as_str());
    let mut damaged = bytes.clone();
    damaged[LARGE / 2] ^= 1;
    std::fs::write(&file, damaged).unwrap();
    assert_eq!(pull("damaged", declared(&bytes)).await, ProblemCode::DigestMismatch);
    assert_eq!(std::fs::read_dir(other.dir.path().join("images")).unwrap().count(), 0);
    for local in [one, other] {
        local.cloud.shutdown().await;
    }
}
