//! Checks of exports: what may be taken along is whole, says what it is, and a download can go on.

use sha2::{Digest, Sha256};

use crate::archive;
use crate::paths;
use crate::probe::Probe;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Answer, Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::wire::{AllocationId, ExportManifest, digest, hexadecimal};

fn must_export(desk: &Desk<'_>) -> Outcome {
    if desk.room.capabilities.export {
        return Ok(());
    }
    Err(Stop::Skip("the cloud does not say that it exports".to_owned()))
}

/// A service that was used and then stopped.
async fn stopped(desk: &Desk<'_>) -> Result<AllocationId, Stop> {
    must_export(desk)?;
    let ready = desk.running().await?;
    if let Some(endpoint) = &ready.endpoint {
        desk.act("allow", 1, paths::ALLOW, &ready.id).await.in_state(S::Active)?;
        for _ in 0..3 {
            // Where addresses may not be asked from here, the data stay as they are.
            let _ = desk.room.probe.probe(&endpoint.url).await;
        }
    }
    let answer = desk.get(paths::EXPORT, ready.id.as_str()).await;
    answer.refused(Code::WrongState)?;
    desk.act("stop", 1, paths::STOP, &ready.id).await.in_state(S::Draining)?;
    Ok(ready.id)
}

async fn manifest(desk: &Desk<'_>, id: &AllocationId) -> Result<ExportManifest, Stop> {
    desk.get(paths::EXPORT, id.as_str()).await.value()
}

async fn archive(desk: &Desk<'_>, id: &AllocationId, part: Option<[String; 2]>) -> Answer {
    let mut ask = Ask::new("GET", paths::with(paths::EXPORT_ARCHIVE, id.as_str()));
    if let Some([range, of]) = part {
        ask.headers = vec![("range", range), ("if-range", of)];
    }
    desk.send(&ask).await
}

/// The whole archive as the manifest tells it.
async fn fetched(
    desk: &Desk<'_>,
    id: &AllocationId,
    manifest: &ExportManifest,
) -> Result<Vec<u8>, Stop> {
    let answer = archive(desk, id, None).await;
    answer.text_of(archive::MEDIA_TYPE)?;
    let bytes = answer.bytes;
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    same("the bytes of the archive", length, manifest.archive.bytes)?;
    let found = hexadecimal(&Sha256::digest(&bytes));
    same("the digest of the archive", found.as_str(), manifest.archive.sha256.as_str())?;
    Ok(bytes)
}

pub(in crate::suite) async fn whole(desk: &Desk<'_>) -> Outcome {
    let id = stopped(desk).await?;
    let told = manifest(desk, &id).await?;
    same("the allocation of the manifest", &told.allocation_id, &id)?;
    same("the label of the manifest", &told.label, &desk.label())?;
    let sum: i64 = told.files.iter().map(|file| file.bytes).sum();
    same("the bytes of all files", told.bytes, sum)?;
    same("the digest over all files", told.sha256.as_str(), digest(&told.files).as_str())?;
    let path = paths::with(paths::EXPORT_ARCHIVE, id.as_str());
    same("the path of the archive", &told.archive.path, &path)?;
    let bytes = fetched(desk, &id, &told).await?;
    let held = archive::read(&bytes).map_err(|error| finding("the archive is a tar", error))?;
    let as_told = held == told.files;
    holds(
        "the archive holds each file of the manifest and no other",
        as_told,
        format!("{held:?}"),
    )?;
    let again = manifest(desk, &id).await?;
    let stays = again.archive == told.archive && again.files == told.files;
    holds("the same data are told the same again", stays, format!("{again:?}"))?;
    desk.act("erase", 1, paths::ERASE, &id).await.value::<serde_json::Value>()?;
    for route in [paths::EXPORT, paths::EXPORT_ARCHIVE] {
        desk.get(route, id.as_str()).await.refused(Code::WrongState)?;
    }
    Ok(())
}

pub(in crate::suite) async fn part(desk: &Desk<'_>) -> Outcome {
    let id = stopped(desk).await?;
    let told = manifest(desk, &id).await?;
    let bytes = fetched(desk, &id, &told).await?;
    let middle = bytes.len() / 2 + 1;
    let rest = archive(desk, &id, Some([format!("bytes={middle}-"), told.archive.etag.clone()]));
    let rest = rest.await;
    same("the status of a part", rest.status(), Some(206))?;
    let range = format!("bytes {middle}-{}/{}", bytes.len() - 1, bytes.len());
    same("the range of a part", rest.header("content-range"), Some(range.as_str()))?;
    let fits = bytes.get(middle..) == Some(rest.bytes.as_slice());
    holds("both parts make the whole", fits, format!("{} other bytes", rest.bytes.len()))?;
    let other = [format!("bytes={middle}-"), "\"conform-other\"".to_owned()];
    let other = archive(desk, &id, Some(other)).await;
    let anew = other.status() == Some(200) && other.bytes == bytes;
    holds("a download of another archive begins anew", anew, format!("{:?}", other.status()))?;
    let beyond = [format!("bytes={}-", bytes.len()), told.archive.etag];
    archive(desk, &id, Some(beyond)).await.refused(Code::RangeUnsatisfiable)?;
    Ok(())
}
