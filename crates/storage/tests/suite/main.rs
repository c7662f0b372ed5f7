//! The conformance stories of the storage crate, each told on both databases.

mod statements;
