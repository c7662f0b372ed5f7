//! Images: brought in chunks through crashes on both sides, started from, made into another format, bounded, deleted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that cannot go on fails its test")]

mod common;

use common::*;
use provider_api::*;
use serde_json::json;

const MARKER: &str = "a marker that came in an image and nowhere else";

/// An image with a page and some bytes that cannot be compressed.
fn image(bulk: usize) -> Vec<u8> {
    let mut noise = Vec::with_capacity(bulk);
    let mut seed = 7_u64;
    while noise.len() < bulk {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        noise.extend(seed.to_be_bytes());
    }
    archive::pack(&[
        (ImageManifest::FILE, br#"{"version":1,"application":"demo"}"#),
        ("volume/files/hello.txt", MARKER.as_bytes()),
        ("volume/files/深い/noise.bin", &noise),
    ])
}

fn request(bytes: &[u8]) -> ImageRequest {
    ImageRequest {
        name: "site".into(),
        format: ImageFormat::Tar,
        architecture: "any".into(),
        bytes: bytes.len() as i64,
        sha256: sha256_of(bytes),
    }
}

fn begin(key: &str, bytes: &[u8]) -> BeginImageCommand {
    BeginImageCommand { call: call(key), request: request(bytes) }
}

fn chunk(image: &Image, bytes: &[u8], length: usize) -> ChunkCommand {
    let offset = usize::try_from(image.received_bytes).unwrap();
    let part = &bytes[offset..bytes.len().min(offset + length)];
    ChunkCommand {
        call: call(&format!("{}-{offset}", image.id)),
        image_id: image.id.clone(),
        offset: image.received_bytes,
        bytes: part.to_vec(),
    }
}

fn on(key: &str, image: &Image) -> ImageCommand {
    ImageCommand { call: call(key), image_id: image.id.clone() }
}

fn into(key: &str, image: &Image, format: ImageFormat) -> ConvertCommand {
    let request = ConvertRequest { format, name: None };
    ConvertCommand { call: call(key), image_id: image.id.clone(), request }
}

/// Brought whole, from wherever it is.
async fn bring(driver: &HttpDriver, bytes: &[u8]) -> Image {
    let mut image = driver.begin_image(begin("begin", bytes)).await.unwrap();
    while image.received_bytes < bytes.len() as i64 {
        image = driver.upload_chunk(chunk(&image, bytes, 100_000)).await.unwrap();
    }
    driver.complete_image(on("complete", &image)).await.unwrap()
}

fn start_from(key: &str, id: &AllocationId, image: &Image) -> StartCommand {
    let request =
        StartRequest { application: None, image: Some(image.id.clone()), ..start_request() };
    StartCommand { call: call(key), allocation_id: id.clone(), request }
}

/// Held, booked, started from the image and open.
async fn open_from(driver: &HttpDriver, image: &Image) -> Allocation {
    let id = driver.hold(hold_command("hold", group())).await.unwrap().id;
    let quota = Quota::default();
    let confirm = ConfirmCommand { call: call("confirm"), allocation_id: id.clone(), quota };
    driver.confirm(confirm).await.unwrap();
    driver.start(start_from("start", &id, image)).await.unwrap();
    driver.allow(command("allow", &id)).await.unwrap()
}

async fn shown(open: &Allocation) -> String {
    let url = format!("{}files/hello.txt", service_url(open));
    prober().probe(&url).await.unwrap().body
}

async fn end(driver: &HttpDriver, id: &AllocationId) {
    driver.stop(command("end-stop", id)).await.unwrap();
    driver.erase(command("end-erase", id)).await.unwrap();
    driver.release(command("end-release", id)).await.unwrap();
}

/// Files below the folder of a cloud that hold the marker.
fn holding(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            let holds = bytes.windows(MARKER.len()).any(|part| part == MARKER.as_bytes());
            found.extend(holds.then_some(path));
        }
    }
    found
}

#[tokio::test]
async fn f7_6_3_a_service_from_an_image_shows_what_came_in_it_and_keeps_what_users_wrote() {
    let local = Local::start().await;
    let driver = &local.driver;
    let image = bring(driver, &image(1000)).await;
    let open = open_from(driver, &image).await;
    assert_eq!(open.image.as_ref(), Some(&image.id));
    assert_eq!(shown(&open).await, MARKER);
    let page = prober().probe(&service_url(&open)).await.unwrap().body;
    assert!(page.contains("/files/深い/noise.bin"), "{page}");
    for path in ["files/../notebook.json", "files/none", "files/%2e%2e/notebook.json"] {
        let answer = prober().probe(&format!("{}{path}", service_url(&open))).await.unwrap();
        assert_eq!(answer.status, 404, "{path}");
    }
    note(&open, "written by a user").await;
    let graph = driver.resources(&open.id).await.unwrap();
    graph.check().unwrap();
    let runs = graph.resources.iter().find(|each| each.kind == ResourceKind::Application).unwrap();
    assert_eq!(runs.native["image"], image.id.0);
    driver.stop(command("stop", &open.id)).await.unwrap();
    driver.start(start_from("start-2", &open.id, &image)).await.unwrap();
    let open = driver.allow(command("allow-2", &open.id)).await.unwrap();
    let page = prober().probe(&service_url(&open)).await.unwrap().body;
    assert!(page.contains("written by a user"), "the image is not put over the data");
    let refused = driver.delete_image(on("early", &image)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::InUse));
    end(driver, &open.id).await;
    assert_eq!(holding(local.dir.path()).len(), 1, "the image itself");
    let gone = driver.delete_image(on("delete", &image)).await.unwrap();
    assert_eq!((gone.state, gone.used_by.len()), (ImageState::Deleted, 0));
    assert_eq!(holding(local.dir.path()), Vec::<std::path::PathBuf>::new());
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn f7_6_3_an_upload_goes_on_where_it_was_after_both_sides_were_killed() {
    let mut cloud = Process::start().await;
    let bytes = image(300_000);
    let begun = cloud.driver.begin_image(begin("begin", &bytes)).await.unwrap();
    let has = cloud.driver.upload_chunk(chunk(&begun, &bytes, 123_456)).await.unwrap();
    assert_eq!(has.received_bytes, 123_456);
    // What a crash in the middle of a chunk leaves: bytes that were never answered.
    cloud.kill();
    let file = cloud.dir.path().join("images").join(begun.id.as_str());
    let mut half = std::fs::read(&file).unwrap();
    half.extend([9; 50_000]);
    std::fs::write(&file, half).unwrap();
    cloud.restart().await;
    // Another caller, who knows nothing but the name.
    let driver = driver(&format!("http://{}", cloud.address));
    let found = driver.images("site").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].received_bytes, found[0].state), (123_456, ImageState::Uploading));
    let whole = bring(&driver, &bytes).await;
    assert_eq!((whole.id.clone(), whole.state), (begun.id, ImageState::Ready));
    let open = open_from(&driver, &whole).await;
    assert_eq!(shown(&open).await, MARKER);
    end(&driver, &open.id).await;
}

#[tokio::test]
async fn f7_6_3_a_crash_around_any_call_leaves_one_image_and_the_call_can_be_repeated() {
    let steps = ["beginImage", "uploadChunk", "completeImage", "convertImage", "deleteImage"];
    let bytes = image(1000);
    for kind in ["crashBefore", "crashAfter"] {
        for step in steps {
            let mut cloud = Process::start().await;
            cloud.order_fault(&format!(r#"{{"operation":"{step}","kind":"{kind}"}}"#)).await;
            let mut crashed = 0;
            let mut image: Option<Image> = None;
            let mut left = steps.iter().peekable();
            while let Some(now) = left.peek() {
                match one(&cloud.driver, now, image.as_ref(), &bytes).await {
                    Ok(seen) => {
                        image = Some(seen);
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
            let all = cloud.driver.images("site").await.unwrap();
            let states: Vec<_> = all.iter().map(|image| image.state).collect();
            assert_eq!(states, [ImageState::Deleted, ImageState::Ready], "{kind} {step}");
            let made = all[1].id.0.clone();
            let files = std::fs::read_dir(cloud.dir.path().join("images")).unwrap();
            let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
            assert_eq!(files, [made.as_str()], "{kind} {step}");
        }
    }
}

/// One step of an image's life, with the step's name as its key.
async fn one(
    driver: &HttpDriver,
    step: &str,
    image: Option<&Image>,
    bytes: &[u8],
) -> Result<Image, DriverError> {
    let Some(image) = image else { return driver.begin_image(begin(step, bytes)).await };
    match step {
        "uploadChunk" => {
            let command = ChunkCommand {
                call: call(step),
                image_id: image.id.clone(),
                offset: 0,
                bytes: bytes.to_vec(),
            };
            driver.upload_chunk(command).await
        }
        "completeImage" => driver.complete_image(on(step, image)).await,
        "convertImage" => {
            let work = driver.convert_image(into(step, image, ImageFormat::TarGz)).await?;
            assert_eq!(ended(driver, &work).await.state, WorkState::Succeeded);
            driver.image(&image.id).await
        }
        "deleteImage" => driver.delete_image(on(step, image)).await,
        other => panic!("{other} is no step"),
    }
}

#[tokio::test]
async fn f7_6_3_a_conversion_that_a_crash_cut_off_is_made_again_and_is_the_same() {
    let mut cloud = Process::start().await;
    let bytes = image(200_000);
    let image = bring(&cloud.driver, &bytes).await;
    cloud.switch(json!({"slowDiskMs": 60_000})).await;
    let work = cloud.driver.convert_image(into("gz", &image, ImageFormat::TarGz)).await.unwrap();
    assert_eq!((work.kind, work.state), (WorkKind::Convert, WorkState::Running));
    let made = cloud.driver.image(work.image_id.as_ref().unwrap()).await.unwrap();
    assert_eq!((made.state, made.sha256), (ImageState::Converting, None));
    let refused = cloud.driver.delete_image(on("early", &image)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::InUse));
    cloud.kill();
    cloud.restart().await;
    let done = ended(&cloud.driver, &work).await;
    assert_eq!(done.state, WorkState::Succeeded, "{done:?}");
    let made = cloud.driver.image(done.image_id.as_ref().unwrap()).await.unwrap();
    let file = std::fs::read(cloud.dir.path().join("images").join(made.id.as_str())).unwrap();
    assert_eq!(made.sha256.as_deref(), Some(&*sha256_of(&file)));
    assert_eq!(&file[..2], [0x1f, 0x8b], "it is gzip");
    let back = cloud.driver.convert_image(into("tar", &made, ImageFormat::Tar)).await.unwrap();
    let back = ended(&cloud.driver, &back).await.image_id.unwrap();
    assert_eq!(cloud.driver.image(&back).await.unwrap().sha256, image.sha256);
    let open = open_from(&cloud.driver, &made).await;
    assert_eq!(shown(&open).await, MARKER);
    let feed = cloud.driver.events(None, Some("site")).await.unwrap();
    let kinds: Vec<_> = feed.items.iter().map(|event| event.kind.as_str()).collect();
    let expected = [
        "kumoichi.image.uploading",
        "kumoichi.image.ready",
        "kumoichi.operation.running",
        "kumoichi.operation.succeeded",
        "kumoichi.operation.running",
        "kumoichi.operation.succeeded",
    ];
    assert_eq!(kinds, expected);
    let places: Vec<i64> = feed.items.iter().map(|event| event.id.parse().unwrap()).collect();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
}

#[tokio::test]
async fn f7_6_3_a_start_that_was_cut_off_before_the_image_was_on_the_volume_is_completed() {
    let mut cloud = Process::start().await;
    let image = bring(&cloud.driver, &image(1000)).await;
    let open = open_from(&cloud.driver, &image).await;
    cloud.kill();
    for pid in child_pids(&cloud.dir) {
        let kill = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
        assert!(kill.unwrap().success());
    }
    // As it is between the intent and the exchange of the volume, with half an image beside it.
    let volume = cloud.dir.path().join("volumes").join(open.id.as_str());
    std::fs::remove_dir_all(volume.join("files")).unwrap();
    let half = cloud.dir.path().join("staging").join(format!("{}-image", open.id)).join("files");
    std::fs::create_dir_all(&half).unwrap();
    std::fs::write(half.join("hello.txt"), "half").unwrap();
    let file = cloud.dir.path().join("cloud.db");
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::query("UPDATE allocations SET image_placed = FALSE").execute(&pool).await.unwrap();
    pool.close().await;
    cloud.restart().await;
    assert_eq!(shown(&open).await, MARKER);
    assert_eq!(std::fs::read_dir(cloud.dir.path().join("staging")).unwrap().count(), 0);
    end(&cloud.driver, &open.id).await;
}

/// A start that broke off while its image was being unpacked leaves nothing behind an erasure (F7.10.1c).
#[tokio::test]
async fn f7_10_1c_what_was_unpacked_of_an_image_is_erased_and_counted_too() {
    let local = Local::start().await;
    let id = local.driver.hold(hold_command("hold", group())).await.unwrap().id;
    let quota = Quota::default();
    let confirm = ConfirmCommand { call: call("confirm"), allocation_id: id.clone(), quota };
    local.driver.confirm(confirm).await.unwrap();
    let staging = local.dir.path().join("staging");
    let half = staging.join(format!("{id}-image")).join("files");
    std::fs::create_dir_all(&half).unwrap();
    std::fs::write(half.join("hello.txt"), MARKER).unwrap();
    assert_eq!(holding(local.dir.path()).len(), 1);
    local.driver.stop(command("stop", &id)).await.unwrap();
    let statement = local.driver.erase(command("erase", &id)).await.unwrap().statement;
    assert_eq!(statement.resources[0].items, 1, "{statement:?}");
    assert_eq!(statement.bytes, MARKER.len() as i64);
    assert_eq!(holding(local.dir.path()).len(), 0);
    assert_eq!(std::fs::read_dir(staging).unwrap().count(), 0);
    local.driver.release(command("release", &id)).await.unwrap();
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn f7_6_3_room_for_images_is_bounded_and_free_again_after_deletion_or_failure() {
    let bytes = image(1000);
    let room = bytes.len() as i64 * 2 + 10;
    let local = Local::start_with(|config| config.images.space_bytes = room).await;
    let driver = &local.driver;
    let first = bring(driver, &bytes).await;
    driver.begin_image(begin("second", &bytes)).await.unwrap();
    let refused = driver.begin_image(begin("third", &bytes)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::StorageFull));
    let refused = driver.convert_image(into("gz", &first, ImageFormat::TarGz)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::StorageFull));
    driver.delete_image(on("delete", &first)).await.unwrap();
    let mut wrong = begin("third", &bytes);
    wrong.request.sha256 = sha256_of(b"other");
    wrong.request.name = "wrong".into();
    let wrong = driver.begin_image(wrong).await.unwrap();
    driver.upload_chunk(chunk(&wrong, &bytes, bytes.len())).await.unwrap();
    let refused = driver.complete_image(on("complete-3", &wrong)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::DigestMismatch));
    assert!(!local.dir.path().join("images").join(wrong.id.as_str()).exists());
    let fourth = driver.begin_image(begin("fourth", &bytes)).await.unwrap();
    switch(&local, json!({"diskFull": true})).await;
    let refused = driver.upload_chunk(chunk(&fourth, &bytes, 500)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::StorageFull));
    switch(&local, json!({})).await;
    driver.upload_chunk(chunk(&fourth, &bytes, 500)).await.unwrap();
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn f7_6_3_an_image_larger_than_the_volume_is_refused_and_nothing_was_done() {
    let local = Local::start().await;
    let driver = &local.driver;
    let image = bring(driver, &image(5000)).await;
    let id = driver.hold(hold_command("hold", group())).await.unwrap().id;
    let quota = Quota { storage_bytes: Some(4000) };
    let confirm = ConfirmCommand { call: call("confirm"), allocation_id: id.clone(), quota };
    driver.confirm(confirm).await.unwrap();
    let refused = driver.start(start_from("start", &id, &image)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::StorageFull));
    let seen = driver.allocation(&id).await.unwrap();
    assert_eq!((seen.state, seen.image), (ResourceState::Reserved, None));
    assert_eq!(driver.delete_image(on("delete", &image)).await.unwrap().state, ImageState::Deleted);
    local.cloud.shutdown().await;
}
