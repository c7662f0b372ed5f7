//! Style sheet, scripts and images: found once at start, held in memory, named by content.
//!
//! The build writes them with a `manifest.json`. Without one, the style sheet and images compiled
//! into the program are used, so that pages work before the browser half was ever built.

use std::{collections::HashMap, fs, io, path::Path};

use axum::{
    body::{Body, Bytes},
    extract::{Path as UrlPath, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::state::AppState;

/// Names of the built files, relative to `/pkg/`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    /// The style sheet.
    pub css: String,
    /// The bindings of the browser half; absent when only the server half was built.
    pub js: Option<String>,
    /// The browser half itself.
    pub wasm: Option<String>,
    /// The loader a page with an island asks for.
    pub boot: Option<String>,
    /// What pages with the requirement studio load instead.
    #[serde(default)]
    pub studio: Option<Half>,
}

/// A browser half with what loads it; names relative to `/pkg/`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Half {
    /// The bindings.
    pub js: String,
    /// The wasm module.
    pub wasm: String,
    /// The loader.
    pub boot: String,
}

#[derive(Debug, Clone)]
struct File {
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
}

/// Every file the interface serves, by its path below the site's root.
#[derive(Debug, Clone)]
pub struct Assets {
    manifest: Manifest,
    files: HashMap<String, File>,
}

/// All of `style/`, joined in layer order while building.
const STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/style.css"));

const IMAGES: [(&str, &str); 2] = [
    ("favicon.svg", include_str!("../../public/favicon.svg")),
    ("robots.txt", include_str!("../../public/robots.txt")),
];

impl Assets {
    /// The files compiled into the program; no island wakes up with these.
    pub fn built_in() -> Self {
        let manifest = Manifest {
            css: "kumoichi.css".to_owned(),
            js: None,
            wasm: None,
            boot: None,
            studio: None,
        };
        let mut files = HashMap::new();
        files.insert(
            "pkg/kumoichi.css".to_owned(),
            File::plain(Bytes::from_static(STYLE.as_bytes())),
        );
        for (name, text) in IMAGES {
            files.insert(name.to_owned(), File::plain(Bytes::from_static(text.as_bytes())));
        }
        Self { manifest, files }
    }

    /// Reads `manifest.json` and every file of a built site folder, with `.br` and `.gz` beside them.
    pub fn load(site: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(site.join("manifest.json"))?;
        let manifest = serde_json::from_str(&text).map_err(io::Error::other)?;
        let mut assets = Self { manifest, files: Self::built_in().files };
        for folder in ["", "pkg"] {
            let path = site.join(folder);
            if path.is_dir() {
                assets.add_folder(&path, folder)?;
            }
        }
        Ok(assets)
    }

    fn add_folder(&mut self, path: &Path, folder: &str) -> io::Result<()> {
        for entry in fs::read_dir(path)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let packed = name.ends_with(".br") || name.ends_with(".gz");
            if !path.is_file() || packed || name == "manifest.json" {
                continue;
            }
            let beside = |suffix: &str| {
                fs::read(path.with_file_name(format!("{name}.{suffix}"))).ok().map(Bytes::from)
            };
            let file =
                File { plain: fs::read(&path)?.into(), gzip: beside("gz"), brotli: beside("br") };
            let key = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            self.files.insert(key, file);
        }
        Ok(())
    }

    /// The address of the style sheet.
    pub fn css_url(&self) -> String {
        format!("/pkg/{}", self.manifest.css)
    }

    /// The browser half that a page needs; `None` when it was not built.
    pub fn half(&self, studio: bool) -> Option<Half> {
        let manifest = &self.manifest;
        if studio {
            return manifest.studio.clone();
        }
        Some(Half {
            js: manifest.js.clone()?,
            wasm: manifest.wasm.clone()?,
            boot: manifest.boot.clone()?,
        })
    }

    fn respond(&self, key: &str, headers: &HeaderMap) -> Response {
        let Some(file) = self.files.get(key) else { return StatusCode::NOT_FOUND.into_response() };
        let accepts = headers
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let (bytes, encoding) = file.best(accepts);
        let mut response = Response::new(Body::from(bytes));
        let into = response.headers_mut();
        into.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(key)));
        into.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        into.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache_control(key)));
        into.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(encoding) = encoding {
            into.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn cache_control(&self, key: &str) -> &'static str {
        // Only names that carry a hash of their content may be kept for ever.
        let hashed =
            key.starts_with("pkg/") && key.bytes().filter(|byte| *byte == b'.').count() > 1;
        if hashed { "public, max-age=31536000, immutable" } else { "public, max-age=300" }
    }
}

impl File {
    fn plain(bytes: Bytes) -> Self {
        Self { plain: bytes, gzip: None, brotli: None }
    }

    fn best(&self, accepts: &str) -> (Bytes, Option<&'static str>) {
        let accepted = |name: &str| {
            accepts
                .split(',')
                .any(|part| part.trim() == name || part.trim().starts_with(&format!("{name};q=1")))
        };
        match (&self.brotli, &self.gzip) {
            (Some(brotli), _) if accepted("br") => (brotli.clone(), Some("br")),
            (_, Some(gzip)) if accepted("gzip") => (gzip.clone(), Some("gzip")),
            _ => (self.plain.clone(), None),
        }
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Serves `/pkg/{name}`.
pub(crate) async fn package_file(
    State(state): State<AppState>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
) -> Response {
    state.assets.respond(&format!("pkg/{name}"), &headers)
}

/// Serves `/favicon.svg`.
pub(crate) async fn favicon(State(state): State<AppState>, headers: HeaderMap) -> Response {
    state.assets.respond("favicon.svg", &headers)
}

/// Serves `/robots.txt`.
pub(crate) async fn robots(State(state): State<AppState>, headers: HeaderMap) -> Response {
    state.assets.respond("robots.txt", &headers)
}
