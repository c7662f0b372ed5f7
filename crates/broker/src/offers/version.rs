//! What the next version of an offer is: its number, whether anything changed, and whose signature
//! it carries. Shared by saving one document and by importing a file of them.

use super::write::version_row;
use crate::documents::{number, stored};
use crate::keys::Keyring;
use crate::{BrokerError, FieldFault, OpContext};
use domain::{OfferId, Timestamp};
use sla::exchange::jws;
use sla::{Document, Offer};
use storage::keys::OfferSignature;
use storage::offers::OfferVersion;

/// The newest version that is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Newest<'a> {
    pub version: i64,
    pub hash: &'a str,
}

/// What is to be written.
#[derive(Debug)]
pub(super) struct Next {
    /// The number of the newest version from now on.
    pub version: i64,
    /// The version to be inserted; `None`: the document is the newest version already.
    pub row: Option<OfferVersion>,
    /// The signature that came with the document.
    pub signature: Option<OfferSignature>,
}

/// Decides what a document becomes. The market counts the versions; a signed document has to carry
/// its number itself, because nobody can change what is signed.
pub(super) fn next(
    ctx: &OpContext,
    keys: &Keyring,
    id: OfferId,
    newest: Option<Newest<'_>>,
    mut offer: Offer,
    now: Timestamp,
) -> Result<Next, BrokerError> {
    let signature = keys.check(&offer, now)?;
    offer.metadata.signature = None;
    let signed_as = (offer.metadata.version, offer.metadata.supersedes);
    if let Some(newest) = newest {
        if signature.is_none() {
            number(&mut offer.metadata, newest.version);
        }
        if stored(&Document::Offer(offer.clone())).hash == newest.hash {
            let signature = signature.map(|signed| signed.row(id, newest.version));
            return Ok(Next { version: newest.version, row: None, signature });
        }
    }
    let version = newest.map_or(1, |newest| newest.version + 1);
    number(&mut offer.metadata, version);
    if signature.is_some() && signed_as != (offer.metadata.version, offer.metadata.supersedes) {
        return Err(other_number(signed_as.0, version));
    }
    let row = version_row(ctx, id, version, &offer, now)?;
    Ok(Next { version, row: Some(row), signature: signature.map(|signed| signed.row(id, version)) })
}

fn other_number(found: u32, next: i64) -> BrokerError {
    let before = next - 1;
    let allowed = if before == 0 {
        format!("version: {next}")
    } else {
        format!("version: {next}, supersedes: {before}")
    };
    BrokerError::Invalid(vec![FieldFault::new(
        "/metadata/version",
        "signed_version",
        &found.to_string(),
        &allowed,
        "a signed document carries the number of its version; set it and sign again",
    )])
}

/// The fault of a signature, tied to its place.
pub(crate) fn signature_fault(fault: &jws::SignatureFault, kid: &str) -> BrokerError {
    let message = fault.to_string();
    BrokerError::Invalid(vec![FieldFault::new(
        "/metadata/signature",
        fault.code(),
        kid,
        "",
        &message,
    )])
}
