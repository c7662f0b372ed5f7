//! Admissions of providers: the desk's list, checks and decisions (`/desk/admissions`), and the provider's application
//! (`/provider/admission`).
//!
//! Holds pages, their parts and view structs; every rule is in the use cases of `broker`.

mod checks;
mod desk;
mod own;
mod say;

use axum::{
    Router,
    routing::{get, post},
};

use crate::AppState;

pub(crate) use say::{news_lines, news_title, standing};

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/desk/admissions", get(desk::list))
        .route("/desk/admissions/{provider}", get(desk::show))
        .route("/desk/admissions/{provider}/turn", post(desk::turn))
        .route("/desk/admissions/{provider}/answer", post(desk::answer))
        .route("/desk/admission-checks", get(checks::show).post(checks::keep))
        .route("/provider/admission", get(own::show).post(own::keep))
}
