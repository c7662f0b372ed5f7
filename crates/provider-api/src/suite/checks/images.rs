//! Checks of images: brought in chunks, whole or refused, started from, made into another format, deleted.

use super::door::NEVER;
use super::events::read;
use crate::archive;
use crate::paths;
use crate::probe::Probe;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Answer, Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::suite::work::begun;
use crate::wire::{
    Allocation, AllocationId, CloudEvent, ConvertRequest, Image, ImageFormat, ImageId,
    ImageManifest, ImagePage, ImageRequest, ImageState, ImageSupport, StartRequest, WorkKind,
    content_digest, sha256_of,
};

/// The application whose pages show the files of its image.
const DEMO: &str = "demo";
/// Where it shows them, and where they are on the volume.
const FILE: &str = "files/conform.txt";
const TEXT: &[u8] = b"this text came in an image";
/// What is wrong with a chunk that is something else than it says.
const OTHER: &[u8] = b"something else";

fn support<'a>(desk: &Desk<'a>) -> Result<&'a ImageSupport, Stop> {
    let support = desk.room.capabilities.images.as_ref();
    support.ok_or_else(|| Stop::Skip("the cloud does not say that it takes images".to_owned()))
}

/// A small image; where the cloud has the demo application it holds a file that is shown.
fn packed(desk: &Desk<'_>) -> Result<Vec<u8>, Stop> {
    if !support(desk)?.formats.contains(&ImageFormat::Tar) {
        return Err(Stop::Skip("the cloud takes no image that is a tar".to_owned()));
    }
    let Some(application) = desk.room.application() else {
        return Err(Stop::Skip("the cloud names no application to start".to_owned()));
    };
    let manifest = ImageManifest {
        version: ImageManifest::VERSION,
        application: application.to_owned(),
        settings: [("brought".to_owned(), "by an image".to_owned())].into(),
    };
    let manifest = serde_json::to_vec(&manifest).unwrap_or_default();
    let file = format!("{}{FILE}", ImageManifest::VOLUME);
    Ok(archive::pack(&[(ImageManifest::FILE, manifest.as_slice()), (&file, TEXT)]))
}

pub(super) fn request(desk: &Desk<'_>, bytes: &[u8]) -> Result<ImageRequest, Stop> {
    let architectures = &support(desk)?.architectures;
    let any = architectures.iter().find(|each| *each == "any").or(architectures.first());
    let Some(architecture) = any.cloned() else {
        return Err(finding("a cloud that takes images tells an architecture", "none"));
    };
    Ok(ImageRequest {
        name: desk.label(),
        format: ImageFormat::Tar,
        architecture,
        bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        sha256: sha256_of(bytes),
    })
}

async fn begin(desk: &Desk<'_>, name: &str, epoch: i64, request: &ImageRequest) -> Answer {
    let ask = Ask::new("POST", paths::IMAGES).json(request);
    desk.send(&ask.key(desk.key(name)).epoch(epoch)).await
}

fn ask(desk: &Desk<'_>, name: &str, method: &'static str, route: &str, id: &ImageId) -> Ask {
    Ask::new(method, paths::with(route, id.as_str())).key(desk.key(name)).epoch(1)
}

fn ask_chunk(desk: &Desk<'_>, name: &str, id: &ImageId, offset: usize, bytes: &[u8]) -> Ask {
    let mut ask = ask(desk, name, "PATCH", paths::IMAGE_CONTENT, id).bytes(bytes);
    ask.headers = vec![
        (paths::UPLOAD_OFFSET, offset.to_string()),
        (paths::CONTENT_DIGEST, content_digest(bytes)),
    ];
    ask
}

async fn act(desk: &Desk<'_>, name: &str, route: &str, id: &ImageId) -> Answer {
    let method = if route == paths::IMAGE { "DELETE" } else { "POST" };
    desk.send(&ask(desk, name, method, route, id)).await
}

async fn look(desk: &Desk<'_>, id: &ImageId) -> Result<Image, Stop> {
    desk.get(paths::IMAGE, id.as_str()).await.value()
}

fn is(image: &Image, state: ImageState, when: &str) -> Outcome {
    same(&format!("the state of an image {when}"), image.state, state)
}

/// An image of these bytes, brought whole.
async fn brought(desk: &Desk<'_>, bytes: &[u8]) -> Result<Image, Stop> {
    let begun: Image = begin(desk, "begin", 1, &request(desk, bytes)?).await.value()?;
    let chunk = ask_chunk(desk, "chunk", &begun.id, 0, bytes);
    desk.send(&chunk).await.value::<Image>()?;
    let whole: Image = act(desk, "complete", paths::COMPLETE, &begun.id).await.value()?;
    is(&whole, ImageState::Ready, "that is complete")?;
    Ok(whole)
}

/// An image that is ready, with its bytes.
pub(super) async fn some(desk: &Desk<'_>) -> Result<(Image, Vec<u8>), Stop> {
    let bytes = packed(desk)?;
    Ok((brought(desk, &bytes).await?, bytes))
}

/// Deletes images that nothing came from.
pub(super) async fn delete_all(desk: &Desk<'_>, images: &[ImageId]) -> Outcome {
    for (number, image) in images.iter().enumerate() {
        let gone: Image =
            act(desk, &format!("delete-{number}"), paths::IMAGE, image).await.value()?;
        is(&gone, ImageState::Deleted, "after its deletion")?;
    }
    Ok(())
}

pub(in crate::suite) async fn upload(desk: &Desk<'_>) -> Outcome {
    let bytes = packed(desk)?;
    let wanted = request(desk, &bytes)?;
    let begun: Image = begin(desk, "begin", 1, &wanted).await.value()?;
    let again: Image = begin(desk, "begin", 1, &wanted).await.value()?;
    same("the image of a repeated call", &again.id, &begun.id)?;
    is(&begun, ImageState::Uploading, "that was begun")?;
    same("what the cloud has at the beginning", begun.received_bytes, 0)?;
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    for name in ["first", "first"] {
        let sent = desk.send(&ask_chunk(desk, name, &begun.id, 0, first)).await;
        let length = i64::try_from(first.len()).unwrap_or(i64::MAX);
        same("what the cloud has after a chunk", sent.value::<Image>()?.received_bytes, length)?;
    }
    act(desk, "early", paths::COMPLETE, &begun.id).await.refused(Code::WrongState)?;
    let rest = desk.send(&ask_chunk(desk, "rest", &begun.id, first.len(), rest)).await;
    same("what the cloud has at the end", rest.value::<Image>()?.received_bytes, wanted.bytes)?;
    for name in ["complete", "complete", "complete-again"] {
        let whole: Image = act(desk, name, paths::COMPLETE, &begun.id).await.value()?;
        is(&whole, ImageState::Ready, "that is complete")?;
    }
    let seen = look(desk, &begun.id).await?;
    let told = (seen.bytes, seen.sha256.as_deref());
    same("size and digest of the image", told, (Some(wanted.bytes), Some(&*wanted.sha256)))?;
    same("the application of the image", seen.application.as_deref(), desk.room.application())?;
    listed(desk, &seen).await
}

/// The image is found by its name and by its digest, and takes room.
async fn listed(desk: &Desk<'_>, image: &Image) -> Outcome {
    let sha256 = image.sha256.clone().unwrap_or_default();
    for (name, value) in [("name", &image.name), ("sha256", &sha256)] {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([(name, value.as_str())])
            .finish();
        let ask = Ask::new("GET", format!("{}?{query}", paths::IMAGES));
        let page: ImagePage = desk.send(&ask).await.value()?;
        let found = page.items.iter().any(|each| each == image);
        holds(&format!("an image is found by its {name}"), found, format!("{page:?}"))?;
        let odd = page.items.iter().any(|each| match name {
            "name" => each.name != image.name,
            _ => each.sha256 != image.sha256,
        });
        holds(&format!("only images of the {name} are found"), !odd, format!("{page:?}"))?;
        let room = page.used_bytes >= image.bytes.unwrap_or(0) && page.space_bytes > 0;
        holds("the room that images take is told", room, page.used_bytes)?;
    }
    Ok(())
}

pub(in crate::suite) async fn resume(desk: &Desk<'_>) -> Outcome {
    let bytes = packed(desk)?;
    let id = begin(desk, "begin", 1, &request(desk, &bytes)?).await.value::<Image>()?.id;
    let (first, rest) = bytes.split_at(700);
    desk.send(&ask_chunk(desk, "first", &id, 0, first)).await.value::<Image>()?;
    let early = desk.send(&ask_chunk(desk, "gap", &id, 701, rest)).await;
    let problem = early.refused(Code::WrongOffset)?;
    holds("the detail tells where it goes on", problem.detail.contains("700"), &problem.detail)?;
    let twice = ask_chunk(desk, "first-again", &id, 0, first);
    desk.send(&twice).await.refused(Code::WrongOffset)?;
    let mut broken = ask_chunk(desk, "broken", &id, 700, rest);
    broken.headers.retain(|(name, _)| *name != paths::CONTENT_DIGEST);
    broken.headers.push((paths::CONTENT_DIGEST, content_digest(OTHER)));
    desk.send(&broken).await.refused(Code::DigestMismatch)?;
    broken.headers.retain(|(name, _)| *name != paths::CONTENT_DIGEST);
    desk.send(&broken).await.refused(Code::InvalidRequest)?;
    same("what the cloud has after refusals", look(desk, &id).await?.received_bytes, 700)?;
    // As a caller that hung up in the middle and asks how much came.
    desk.cut(&ask_chunk(desk, "rest", &id, 700, rest), std::time::Duration::from_millis(2)).await;
    let rest = desk.send(&ask_chunk(desk, "rest", &id, 700, rest)).await;
    rest.value::<Image>()?;
    let whole: Image = act(desk, "complete", paths::COMPLETE, &id).await.value()?;
    is(&whole, ImageState::Ready, "that was cut off and went on")
}

pub(in crate::suite) async fn digest(desk: &Desk<'_>) -> Outcome {
    let bytes = packed(desk)?;
    let mut wanted = request(desk, &bytes)?;
    wanted.sha256 = sha256_of(OTHER);
    let id = begin(desk, "begin", 1, &wanted).await.value::<Image>()?.id;
    desk.send(&ask_chunk(desk, "chunk", &id, 0, &bytes)).await.value::<Image>()?;
    act(desk, "complete", paths::COMPLETE, &id).await.refused(Code::DigestMismatch)?;
    failed(desk, &id).await?;
    // Whole, and no image.
    let none = archive::pack(&[("something.txt", OTHER)]);
    let id = begin(desk, "begin-2", 1, &request(desk, &none)?).await.value::<Image>()?.id;
    desk.send(&ask_chunk(desk, "chunk-2", &id, 0, &none)).await.value::<Image>()?;
    act(desk, "complete-2", paths::COMPLETE, &id).await.refused(Code::ImageInvalid)?;
    failed(desk, &id).await
}

/// Nothing of it is kept, and nothing starts from it.
async fn failed(desk: &Desk<'_>, id: &ImageId) -> Outcome {
    let seen = look(desk, id).await?;
    is(&seen, ImageState::Failed, "that is not what was declared")?;
    same("what the cloud has of it", seen.received_bytes, 0)?;
    holds("it says why", seen.problem.is_some(), "no problem is told")?;
    let held = desk.hold(&format!("hold-{id}")).await?;
    desk.confirm(&format!("confirm-{id}"), 1, &held.id).await.in_state(S::Reserved)?;
    let start = ask_start(desk, &format!("start-{id}"), &held.id, id);
    desk.send(&start).await.refused(Code::WrongState)?;
    same("the state after a refused start", desk.look(&held.id).await?.state, S::Reserved)
}

fn ask_start(desk: &Desk<'_>, name: &str, allocation: &AllocationId, image: &ImageId) -> Ask {
    let request = StartRequest {
        application: None,
        image: Some(image.clone()),
        service_name: "Conformance".to_owned(),
        settings: Default::default(),
        values: Default::default(),
    };
    desk.ask_on(name, 1, paths::START, allocation).json(&request)
}

/// A service that was started from an image.
async fn started(desk: &Desk<'_>, image: &ImageId) -> Result<Allocation, Stop> {
    let held = desk.hold("hold").await?;
    desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    let ready = desk.send(&ask_start(desk, "start", &held.id, image)).await.in_state(S::Ready)?;
    same("the image of the allocation", ready.image.as_ref(), Some(image))?;
    Ok(ready)
}

/// What the service shows of its image, where that can be asked.
async fn shows(desk: &Desk<'_>, ready: &Allocation) -> Outcome {
    let Some(endpoint) = ready.endpoint.as_ref().filter(|_| desk.room.application() == Some(DEMO))
    else {
        return Ok(());
    };
    desk.act("allow", 1, paths::ALLOW, &ready.id).await.in_state(S::Active)?;
    let url = format!("{}{FILE}", endpoint.url);
    match desk.room.probe.probe(&url).await {
        Ok(answer) => {
            let text = String::from_utf8_lossy(TEXT);
            holds("the service shows what came in its image", answer.body == text, answer.body)
        }
        // Where addresses may not be asked from here.
        Err(crate::probe::ProbeError::Forbidden(_)) => Ok(()),
        Err(error) => Err(finding("the service shows what came in its image", error)),
    }
}

pub(in crate::suite) async fn start(desk: &Desk<'_>) -> Outcome {
    let image = brought(desk, &packed(desk)?).await?.id;
    let ready = started(desk, &image).await?;
    shows(desk, &ready).await?;
    let used = look(desk, &image).await?.used_by;
    same("who uses the image", used.as_slice(), std::slice::from_ref(&ready.id))?;
    act(desk, "delete-early", paths::IMAGE, &image).await.refused(Code::InUse)?;
    is(&look(desk, &image).await?, ImageState::Ready, "after a refused deletion")?;
    desk.act("stop", 1, paths::STOP, &ready.id).await.in_state(S::Draining)?;
    let again = ask_start(desk, "start-again", &ready.id, &image);
    desk.send(&again).await.in_state(S::Ready)?;
    desk.ended(&ready.id, 1).await?;
    let gone: Image = act(desk, "delete", paths::IMAGE, &image).await.value()?;
    is(&gone, ImageState::Deleted, "that was deleted")
}

pub(in crate::suite) async fn fresh(desk: &Desk<'_>) -> Outcome {
    let bytes = packed(desk)?;
    let image = brought(desk, &bytes).await?.id;
    let id = desk.running().await?.id;
    desk.act("stop", 1, paths::STOP, &id).await.in_state(S::Draining)?;
    let over = ask_start(desk, "start-over", &id, &image);
    desk.send(&over).await.refused(Code::WrongState)?;
    let neither = ask_start(desk, "neither", &id, &image);
    let mut neither = neither;
    neither.replace(&format!("\"{image}\""), "null");
    desk.send(&neither).await.names("/image")?;
    desk.send(&ask_start(desk, "never", &id, &NEVER.into())).await.refused(Code::NotFound)?;
    desk.start("start-again", &id).await?.in_state(S::Ready)?;
    Ok(())
}

pub(in crate::suite) async fn convert(desk: &Desk<'_>) -> Outcome {
    let support = support(desk)?;
    let Some(to) = support.conversions.iter().find(|each| each.from == ImageFormat::Tar) else {
        return Err(Stop::Skip("the cloud makes nothing of a tar".to_owned()));
    };
    let bytes = packed(desk)?;
    let image = brought(desk, &bytes).await?;
    let made = converted(desk, "convert", &image.id, to.to).await?;
    same("the format of what was made", made.format, to.to)?;
    same("what it was made of", made.converted_from.as_ref(), Some(&image.id))?;
    let other = made.sha256.is_some() && made.sha256 != image.sha256 && made.bytes.is_some();
    holds("what was made has a size and a digest of its own", other, format!("{made:?}"))?;
    if support.converts(to.to, ImageFormat::Tar) {
        let back = converted(desk, "back", &made.id, ImageFormat::Tar).await?;
        same("the digest of the tar made of it again", &back.sha256, &image.sha256)?;
    }
    let request = ConvertRequest { format: ImageFormat::Other, name: None };
    let odd = ask(desk, "odd", "POST", paths::CONVERT, &image.id).json(&request);
    desk.send(&odd).await.refused(Code::Unsupported)?;
    let ready = started(desk, &made.id).await?;
    shows(desk, &ready).await
}

async fn converted(
    desk: &Desk<'_>,
    name: &str,
    image: &ImageId,
    format: ImageFormat,
) -> Result<Image, Stop> {
    let call = ask(desk, name, "POST", paths::CONVERT, image);
    let call = call.json(&ConvertRequest { format, name: None });
    let work = begun(&desk.send(&call).await)?;
    same("the kind of the work", work.kind, WorkKind::Convert)?;
    let done = desk.succeeded(&work).await?;
    let again = begun(&desk.send(&call).await)?;
    same("the work of a repeated call", &again.id, &work.id)?;
    let Some(made) = done.image_id else {
        return Err(finding("work on an image names it", format!("{done:?}")));
    };
    let path = paths::with(paths::IMAGE, made.as_str());
    same("the path of what came of it", done.result.as_ref(), Some(&path))?;
    let made = look(desk, &made).await?;
    is(&made, ImageState::Ready, "that was made of another")?;
    Ok(made)
}

pub(in crate::suite) async fn refused(desk: &Desk<'_>) -> Outcome {
    let support = support(desk)?;
    let bytes = packed(desk)?;
    let good = request(desk, &bytes)?;
    let with = |change: &dyn Fn(&mut ImageRequest)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let large = with(&|request| request.bytes = support.bytes_max.saturating_add(1));
    begin(desk, "large", 1, &large).await.names("/bytes")?;
    begin(desk, "empty", 1, &with(&|request| request.bytes = 0)).await.names("/bytes")?;
    let digest = with(&|request| request.sha256 = "abc".to_owned());
    begin(desk, "digest", 1, &digest).await.names("/sha256")?;
    begin(desk, "nameless", 1, &with(&|request| request.name.clear())).await.names("/name")?;
    let format = with(&|request| request.format = ImageFormat::Other);
    begin(desk, "format", 1, &format).await.refused(Code::Unsupported)?;
    let odd = with(&|request| request.architecture = "conform-abacus".to_owned());
    begin(desk, "abacus", 1, &odd).await.refused(Code::Unsupported)?;
    let id = begin(desk, "begin", 1, &good).await.value::<Image>()?.id;
    let long = [bytes.as_slice(), b"?"].concat();
    desk.send(&ask_chunk(desk, "long", &id, 0, &long)).await.refused(Code::InvalidRequest)?;
    same("what the cloud has after refusals", look(desk, &id).await?.received_bytes, 0)
}

pub(in crate::suite) async fn fence(desk: &Desk<'_>) -> Outcome {
    let bytes = packed(desk)?;
    let wanted = request(desk, &bytes)?;
    let id = begin(desk, "begin", 5, &wanted).await.value::<Image>()?.id;
    let late = [
        ask_chunk(desk, "late", &id, 0, &bytes),
        ask(desk, "late", "POST", paths::COMPLETE, &id),
        ask(desk, "late", "DELETE", paths::IMAGE, &id),
    ];
    for mut late in late {
        desk.send(&late.clone().epoch(4)).await.refused(Code::StaleEpoch)?;
        late.key = None;
        desk.send(&late).await.refused(Code::IdempotencyKeyMissing)?;
    }
    let chunk = ask_chunk(desk, "begin", &id, 0, &bytes).epoch(5);
    desk.send(&chunk).await.refused(Code::IdempotencyKeyReused)?;
    let seen = look(desk, &id).await?;
    is(&seen, ImageState::Uploading, "after stale calls")?;
    same("what the cloud has after stale calls", seen.received_bytes, 0)
}

pub(in crate::suite) async fn deleted(desk: &Desk<'_>) -> Outcome {
    let image = brought(desk, &packed(desk)?).await?;
    for name in ["delete", "delete", "delete-again"] {
        let gone: Image = act(desk, name, paths::IMAGE, &image.id).await.value()?;
        is(&gone, ImageState::Deleted, "that was deleted")?;
        let told = gone.deleted_at_us.is_some() && gone.received_bytes == 0;
        holds("a deleted image says since when and has nothing", told, format!("{gone:?}"))?;
    }
    let held = desk.hold("hold").await?;
    desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    let start = ask_start(desk, "start", &held.id, &image.id);
    desk.send(&start).await.refused(Code::WrongState)?;
    desk.get(paths::IMAGE, NEVER).await.refused(Code::NotFound)?;
    for route in [paths::COMPLETE, paths::IMAGE] {
        act(desk, "never", route, &NEVER.into()).await.refused(Code::NotFound)?;
    }
    Ok(())
}

pub(in crate::suite) async fn told(desk: &Desk<'_>) -> Outcome {
    let bytes = packed(desk)?;
    let (_, place) = read(desk, None).await?;
    let image = brought(desk, &bytes).await?.id;
    act(desk, "delete", paths::IMAGE, &image).await.value::<Image>()?;
    let (events, _) = read(desk, place).await?;
    let kinds: Vec<_> = events.iter().map(|event| event.kind.clone()).collect();
    let states = [ImageState::Uploading, ImageState::Ready, ImageState::Deleted];
    let expected = states.map(|state| format!("{}{}", CloudEvent::IMAGE_PREFIX, state.as_str()));
    same("the events of an image, in order", kinds.as_slice(), expected.as_slice())?;
    for (event, state) in events.iter().zip(states) {
        same("the subject of the event", event.subject.as_str(), image.as_str())?;
        let about = event.data.image.as_ref().map(|image| (&image.id, image.state));
        same("the image of the event", about, Some((&image, state)))?;
        same("the common state of the event", event.data.state, state.common())?;
    }
    Ok(())
}
