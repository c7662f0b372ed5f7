//! Sessions in memory and the layer that finds out who is signed in, as the server brings them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use app::account::SESSION_USER;
use async_trait::async_trait;
use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use broker::Broker;
use tower_sessions::{
    Session, SessionManagerLayer, SessionStore,
    session::{Id, Record},
    session_store::Result,
};

/// Every session there is.
#[derive(Debug, Clone, Default)]
struct InMemory(Arc<Mutex<HashMap<Id, Record>>>);

#[async_trait]
impl SessionStore for InMemory {
    async fn save(&self, record: &Record) -> Result<()> {
        self.0.lock().unwrap().insert(record.id, record.clone());
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        Ok(self.0.lock().unwrap().get(id).cloned())
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.lock().unwrap().remove(id);
        Ok(())
    }
}

/// The pages with sessions.
pub fn with_sessions(pages: Router, broker: Broker) -> Router {
    let sessions = SessionManagerLayer::new(InMemory::default()).with_secure(false);
    pages.layer(from_fn_with_state(broker, greet)).layer(sessions)
}

async fn greet(
    State(broker): State<Broker>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let user = session.get::<String>(SESSION_USER).await.unwrap();
    if let Some(user) = user
        && let Some(viewer) = broker.viewer(user.parse().unwrap()).await.unwrap()
    {
        request.extensions_mut().insert(viewer);
    }
    next.run(request).await
}
