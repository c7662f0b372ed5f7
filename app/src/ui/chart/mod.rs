//! Charts drawn on the server as SVG, each with title, description and the same data as a table.
//!
//! Needs are solid, promises dotted, missing data hatched or left open: nothing is told by colour
//! alone, and nothing absent is drawn as zero.

mod bar;
mod graph;
mod line;
mod shape;
mod svg;

pub use bar::{Bar, bars};
pub use graph::{GraphBox, GraphChart, graph_chart};
pub use line::{LineChart, line_chart};
pub use shape::{ShapeAxis, ShapeChart, shape_chart};
pub(crate) use svg::wrapped;
