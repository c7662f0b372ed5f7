//! The browser half: hands the islands of `app` to the loader and holds nothing of its own.

use wasm_bindgen::prelude::wasm_bindgen;

// Keeps the islands, which only the loader calls, from being left out.
pub use app::islands;

/// Prepares the reactive system; the loader then wakes each island.
#[wasm_bindgen]
pub fn hydrate() {
    app::islands::prepare();
}
