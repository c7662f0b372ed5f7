//! Signatures and keys: nothing but the signature itself is accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sla::exchange::jws::{self, PrivateKey, PublicKey};
use std::sync::LazyLock;

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::from_seed(&[42; 32]));
static OFFER: LazyLock<sla::Offer> = LazyLock::new(|| {
    let mut offer = sla::parse_offer(sla::EXAMPLE_OFFERS[2].yaml).expect("an example is sound");
    offer.metadata.signature = Some(jws::sign(&offer, &KEY));
    offer
});

fuzz_target!(|text: &str| {
    if let Ok(key) = PublicKey::from_jwk(text) {
        assert_eq!(PublicKey::from_jwk(&key.to_jwk()).as_ref(), Ok(&key));
    }
    if let Ok(key) = PrivateKey::from_jwk(text) {
        assert!(PublicKey::from_jwk(&key.to_jwk()).is_err(), "a private key is no public one");
    }
    let mut offer = OFFER.clone();
    let good = offer.metadata.signature.as_ref().and_then(|signature| signature.value.clone());
    if let Some(signature) = &mut offer.metadata.signature {
        signature.value = Some(text.to_owned());
        signature.kid = None;
    }
    let taken = jws::verify(&offer, |_| Some(KEY.public())).is_ok();
    assert_eq!(taken, good.as_deref() == Some(text));
});
