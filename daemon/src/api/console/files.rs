//! The files of `console/dist`, as they are when the daemon is built.
//!
//! Beside a file there may be the same one compressed, `NAME.gz`: made once, when the console is built, and
//! not for every request.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use rust_embed::RustEmbed;

const PAGE: &str = "index.html";
/// Bytes of a digest that tell files apart.
const TAG: usize = 16;

/// Whatever the console's build has left; nothing, if there was none.
#[derive(RustEmbed)]
#[folder = "../console/dist"]
#[allow_missing = true]
struct Dist;

/// By name, `assets/app-1a2b.js`.
pub(crate) struct Files(BTreeMap<String, File>);

/// One of them.
#[derive(Clone)]
pub(crate) struct File {
    pub(super) kind: &'static str,
    pub(super) plain: Bytes,
    pub(super) gzip: Option<Bytes>,
    /// Tells versions of it apart, whatever their form.
    pub(super) tag: String,
    /// Another version would have another name.
    pub(super) immutable: bool,
}

impl Files {
    /// What is embedded.
    pub(crate) fn embedded() -> Self {
        Self::of::<Dist>()
    }

    pub(super) fn of<Folder: RustEmbed>() -> Self {
        let bytes = |name: &str| Folder::get(name).map(|file| file.data).map(in_memory);
        let file = |name: Cow<'static, str>| {
            let embedded = Folder::get(&name)?;
            let file = File {
                kind: kind(&name),
                tag: tag(&embedded.metadata.sha256_hash()),
                plain: in_memory(embedded.data),
                gzip: bytes(&format!("{name}.gz")),
                immutable: name.starts_with("assets/"),
            };
            Some((name.into_owned(), file))
        };
        Self(Folder::iter().filter(|name| !name.ends_with(".gz")).filter_map(file).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&File> {
        self.0.get(name)
    }

    pub(super) fn page(&self) -> Option<&File> {
        self.get(PAGE)
    }
}

fn in_memory(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    }
}

fn tag(digest: &[u8; 32]) -> String {
    digest.iter().take(TAG).fold(String::new(), |mut tag, byte| {
        let _ = write!(tag, "{byte:02x}");
        tag
    })
}

/// What a build of the console makes. Nothing is guessed from a file's content, here or by a browser.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/vnd.microsoft.icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The least that a build of the console makes.
#[cfg(test)]
pub(crate) mod testing {
    use super::{Files, RustEmbed};

    #[derive(RustEmbed)]
    #[folder = "src/api/console/fixture"]
    struct Fixture;

    #[derive(RustEmbed)]
    #[folder = "src/api/console/no-such-folder"]
    #[allow_missing = true]
    struct Nothing;

    pub(crate) fn built() -> Files {
        Files::of::<Fixture>()
    }

    pub(crate) fn not_built() -> Files {
        Files::of::<Nothing>()
    }
}
