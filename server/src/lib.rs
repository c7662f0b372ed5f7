#![doc = include_str!("../README.md")]

pub mod api;
mod cli;
mod clouds;
mod command;
pub mod config;
mod letters;
mod log;
mod plain_words;
mod system;
pub mod web;
pub mod wiring;

pub use cli::{Cli, run};
pub use system::{SystemClock, SystemIds};
