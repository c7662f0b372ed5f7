//! The cloud's signing key, random names and short hashes.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};

use crate::error::CloudError;

/// The key that signs erasure statements, with its id.
#[derive(Clone)]
pub(crate) struct Signer {
    pub key: SigningKey,
    pub key_id: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

impl Signer {
    /// Reads the key of the data directory, or makes one at the first start.
    pub(crate) fn open(file: &Path) -> Result<Self, CloudError> {
        let seed = match std::fs::read_to_string(file) {
            Ok(text) => hex::decode(text.trim()).map_err(|_| CloudError::Key)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let seed = random::<32>()?;
                write_secret(file, &hex::encode(seed))
                    .map_err(CloudError::io("writing the signing key"))?;
                seed.to_vec()
            }
            Err(source) => {
                return Err(CloudError::Io { what: "reading the signing key".into(), source });
            }
        };
        let seed: [u8; 32] = seed.try_into().map_err(|_| CloudError::Key)?;
        let key = SigningKey::from_bytes(&seed);
        let key_id = short_hash(key.verifying_key().as_bytes());
        Ok(Self { key, key_id })
    }
}

fn write_secret(file: &Path, text: &str) -> std::io::Result<()> {
    // Written beside and renamed, so that a crash cannot leave half a key.
    let beside = file.with_extension("new");
    let mut options = std::fs::File::options();
    let mut handle = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    handle.write_all(text.as_bytes())?;
    handle.sync_all()?;
    std::fs::rename(beside, file)
}

/// First 16 hexadecimal digits of the SHA-256.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes).get(..8).unwrap_or_default())
}

/// All 64 hexadecimal digits of the SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], CloudError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| CloudError::Randomness)?;
    Ok(bytes)
}
