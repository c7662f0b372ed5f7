//! Passwords: Argon2id, computed beside the async workers and never more than a few at once.

use crate::{Broker, BrokerError};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::OnceLock;

/// Shorter passwords are guessed too soon; nothing else is asked of a password (NIST SP 800-63B).
pub(crate) const PASSWORD_CHARACTERS_MIN: usize = 10;
/// Longer ones only cost time.
pub(crate) const PASSWORD_BYTES_MAX: usize = 1000;

/// Iterations and lanes of Argon2id, as OWASP suggests beside [`PASSWORD_MEMORY_KIB`].
const ITERATIONS: u32 = 2;
const LANES: u32 = 1;
/// Memory of one password hash, KiB (OWASP: 19 MiB with two iterations).
pub const PASSWORD_MEMORY_KIB: u32 = 19 * 1024;

/// Verified in place of an unknown person's hash, so that the answer takes as long.
fn nobody(memory_kib: u32) -> &'static str {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let make = || hash(b"nobody has this password", &[0x5a; 16], memory_kib).unwrap_or_default();
    NOBODY.get_or_init(make)
}

fn hash(password: &[u8], salt: &[u8], memory_kib: u32) -> Result<String, BrokerError> {
    let fault =
        |error: &dyn std::fmt::Display| BrokerError::Internal(format!("password hashing: {error}"));
    let params = Params::new(memory_kib, ITERATIONS, LANES, None).map_err(|error| fault(&error))?;
    let hashed: PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password, salt)
        .map_err(|error| fault(&error))?;
    Ok(hashed.to_string())
}

impl Broker {
    pub(crate) async fn hash_password(&self, password: &str) -> Result<String, BrokerError> {
        let salt = self.ids().next_secret();
        let password = password.to_owned();
        let memory_kib = self.inner.config.password_memory_kib;
        self.beside(move || hash(password.as_bytes(), &salt[..16], memory_kib)).await?
    }

    /// Whether the password belongs to the hash; `None` takes as long and is never right.
    pub(crate) async fn verify_password(
        &self,
        password: &str,
        stored: Option<String>,
    ) -> Result<bool, BrokerError> {
        let password = password.to_owned();
        let memory_kib = self.inner.config.password_memory_kib;
        self.beside(move || {
            let text = stored.as_deref().unwrap_or_else(|| nobody(memory_kib));
            let right = PasswordHash::new(text).is_ok_and(|parsed| {
                Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
            });
            right && stored.is_some()
        })
        .await
    }

    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BrokerError> {
        let stopped = |_| BrokerError::Internal("the broker is stopping".to_owned());
        let _permit = self.inner.hashing.acquire().await.map_err(stopped)?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| BrokerError::Internal(format!("password hashing: {error}")))
    }
}
