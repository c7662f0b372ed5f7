//! The published offers in memory.
