//! The way from the broker to the modelled cloud: over the simulated network.

use async_trait::async_trait;
use provider_api::DriverError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use testkit::modelled::{Answer, Carrier, Cloud, Request, Told};
use workflow::testing::simulation::{Dice, Network};

/// The way to the cloud; direct until the simulation begins.
#[derive(Debug, Clone)]
pub struct Wire {
    pub network: Network<Request, Told>,
    pub cloud: Arc<Mutex<Cloud>>,
    pub direct: Arc<AtomicBool>,
}

impl Wire {
    pub fn with_cloud<T>(&self, look: impl FnOnce(&mut Cloud) -> T) -> T {
        look(&mut self.cloud.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Carrier for Wire {
    async fn carry(&self, request: Request) -> Result<Answer, DriverError> {
        if self.direct.load(Ordering::SeqCst) {
            return self.with_cloud(|cloud| cloud.act(&request, &mut Dice::new(0)));
        }
        match self.network.call(request).await {
            Some(Told(answer)) => answer,
            None => Err(DriverError::Unknown { detail: "no answer".to_owned() }),
        }
    }

    fn cloud(&self) -> &Mutex<Cloud> {
        &self.cloud
    }
}
