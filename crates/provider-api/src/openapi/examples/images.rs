//! Examples of images.

use super::{ID, NOW_US, SECOND_US};
use crate::wire::*;

const IMAGE: &str = "img_40c1d8e7b2";
const NAME: &str = "tracking-site";

pub(super) fn support() -> ImageSupport {
    let both = [(ImageFormat::Tar, ImageFormat::TarGz), (ImageFormat::TarGz, ImageFormat::Tar)];
    ImageSupport {
        formats: ImageFormat::ALL.to_vec(),
        conversions: both.map(|(from, to)| ImageConversion { from, to }).to_vec(),
        architectures: vec!["any".to_owned(), "x86_64".to_owned()],
        bytes_max: 1 << 28,
        chunk_bytes_max: 1 << 23,
        space_bytes: 1 << 30,
    }
}

fn sha256() -> String {
    sha256_of(b"an image")
}

pub(super) fn request() -> ImageRequest {
    ImageRequest {
        name: NAME.to_owned(),
        format: ImageFormat::Tar,
        architecture: "any".to_owned(),
        bytes: 10_240,
        sha256: sha256(),
    }
}

pub(super) fn convert() -> ConvertRequest {
    ConvertRequest { format: ImageFormat::TarGz, name: None }
}

pub(super) fn image() -> Image {
    Image {
        id: IMAGE.into(),
        name: NAME.to_owned(),
        format: ImageFormat::Tar,
        architecture: "any".to_owned(),
        state: ImageState::Ready,
        epoch: 7,
        bytes: Some(10_240),
        sha256: Some(sha256()),
        received_bytes: 10_240,
        application: Some("demo".to_owned()),
        converted_from: None,
        pulled_through: None,
        used_by: vec![ID.into()],
        created_at_us: NOW_US - 3 * SECOND_US,
        ready_at_us: Some(NOW_US),
        deleted_at_us: None,
        problem: None,
    }
}

pub(super) fn page() -> ImagePage {
    ImagePage { items: vec![image()], next: None, used_bytes: 10_240, space_bytes: 1 << 30 }
}
