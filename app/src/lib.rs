#![doc = include_str!("../README.md")]

pub mod islands;

#[cfg(feature = "ssr")]
pub mod account;
#[cfg(feature = "ssr")]
pub mod address;
#[cfg(feature = "ssr")]
pub mod admissions;
#[cfg(feature = "ssr")]
pub mod announcements;
#[cfg(feature = "ssr")]
pub mod archive;
#[cfg(feature = "ssr")]
pub mod assets;
#[cfg(feature = "ssr")]
pub mod bundles;
#[cfg(feature = "ssr")]
pub mod categories;
#[cfg(feature = "ssr")]
pub mod context;
#[cfg(feature = "ssr")]
pub mod contracts;
#[cfg(feature = "ssr")]
pub mod design;
#[cfg(feature = "ssr")]
pub mod desk;
#[cfg(feature = "ssr")]
pub mod etag;
#[cfg(any(feature = "ssr", feature = "studio"))]
mod expected;
#[cfg(feature = "ssr")]
pub mod extensions;
#[cfg(feature = "ssr")]
pub mod fault;
#[cfg(feature = "ssr")]
pub mod feed;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
pub mod format;
#[cfg(feature = "ssr")]
pub mod home;
#[cfg(feature = "ssr")]
pub mod inbox;
#[cfg(feature = "ssr")]
pub mod items;
#[cfg(feature = "ssr")]
pub mod layout;
#[cfg(feature = "ssr")]
pub mod market;
#[cfg(feature = "ssr")]
pub mod needs;
#[cfg(feature = "ssr")]
pub mod providers;
#[cfg(feature = "ssr")]
pub mod render;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
pub mod securing;
#[cfg(feature = "ssr")]
pub mod state;
#[cfg(any(feature = "ssr", feature = "studio"))]
pub mod studio;
#[cfg(feature = "ssr")]
pub mod ui;
#[cfg(any(feature = "ssr", feature = "studio"))]
pub mod words;

#[cfg(feature = "ssr")]
pub use {
    context::{Flash, FlashKind, PageContext, Theme},
    render::{Page, page, redirect},
    routes::router,
    state::AppState,
    words::{Locale, Words},
};
