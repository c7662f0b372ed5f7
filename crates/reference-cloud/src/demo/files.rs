//! Shows the files that came in the image of the service, and nothing else of the volume.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Path as Asked, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::app::{State, file_work};

/// Files that are listed; more are shown where they are asked for.
const LISTED_MAX: usize = 100;

/// The names of the files, below their folder, in order.
pub(super) fn list(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    below(dir, "", &mut names)?;
    names.sort();
    Ok(names)
}

fn below(dir: &Path, prefix: &str, names: &mut Vec<String>) -> io::Result<()> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let kind = entry.file_type()?;
        if names.len() >= LISTED_MAX {
            break;
        } else if kind.is_dir() {
            below(&entry.path(), &format!("{prefix}{name}/"), names)?;
        } else if kind.is_file() {
            names.push(format!("{prefix}{name}"));
        }
    }
    Ok(())
}

pub(super) async fn show(
    Shared(state): Shared<Arc<State>>,
    Asked(path): Asked<String>,
) -> Response {
    let Some(file) = inside(&state.files, &path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let read = file_work(&state, move |_| {
        // A link could lead out of the volume; no image brings one.
        let plain = file.symlink_metadata().is_ok_and(|data| data.is_file());
        Ok(plain.then(|| std::fs::read(&file)).transpose()?)
    });
    match read.await {
        Ok(Some(bytes)) => ([(header::CONTENT_TYPE, kind(&path))], bytes).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "a file of the volume could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The place of a file, unless its name leads elsewhere.
fn inside(dir: &Path, name: &str) -> Option<PathBuf> {
    let parts = Path::new(name).components();
    let plain = parts.clone().all(|part| matches!(part, Component::Normal(_)));
    (plain && parts.count() > 0).then(|| dir.join(name))
}

/// Nothing of an image is run by a browser: pages have no script by the policy of the application.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("txt" | "md" | "csv") => "text/plain; charset=utf-8",
        Some("json") => "application/json",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_files_of_the_image_is_shown() {
        let dir = Path::new("/v/files");
        assert_eq!(inside(dir, "a/b.txt"), Some(dir.join("a/b.txt")));
        for name in ["../notebook.json", "/etc/passwd", "a/../../x", "", "."] {
            assert_eq!(inside(dir, name), None, "{name}");
        }
        assert_eq!(list(Path::new("/v/none")).unwrap(), Vec::<String>::new());
    }
}
