//! From trees to documents: every rule of the schema, every fault at once.

pub(crate) mod cursor;
pub(crate) mod scalar;
