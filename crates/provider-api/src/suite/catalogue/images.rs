//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::images;

pub(super) const CHECKS: &[Check] = &[
    check!(
        Images,
        "image.upload",
        ["F7.6.3"],
        "an image comes in chunks, is whole, and is found by its name and its digest",
        images::upload
    ),
    check!(
        Images,
        "image.resume",
        ["F7.6.3"],
        "an upload that was cut off goes on where it was, and nothing wrong is kept",
        images::resume
    ),
    check!(
        Images,
        "image.digest",
        ["F7.6.3"],
        "what is not what was declared is refused and nothing starts from it",
        images::digest
    ),
    check!(
        Images,
        "image.start",
        ["F7.6.3", "F7.6.2"],
        "a service that starts from an image shows what came in it",
        images::start
    ),
    check!(
        Images,
        "image.fresh",
        ["F7.6.3"],
        "an image is put onto a fresh volume and never over data",
        images::fresh
    ),
    check!(
        Images,
        "image.convert",
        ["F7.6.3"],
        "what is made of an image is an image with a digest of its own",
        images::convert
    ),
    check!(
        Images,
        "image.refused",
        ["F7.6.3"],
        "an image that the cloud does not take is refused by its place",
        images::refused
    ),
    check!(
        Images,
        "image.fence",
        ["F7.6.3", "G5"],
        "an epoch behind the highest seen changes no image",
        images::fence
    ),
    check!(
        Images,
        "image.deleted",
        ["F7.6.3"],
        "a deleted image is gone, however often it is deleted",
        images::deleted
    ),
    check!(
        Images,
        "image.told",
        ["F7.6.3", "F7.5.3"],
        "what becomes of an image is told as events",
        images::told
    ),
];
