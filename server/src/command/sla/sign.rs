//! Keys and signatures of documents.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use sla::exchange::jws::{self, PrivateKey, PublicKey};
use sla::{Document, Offer};

use super::{FAULTY, read, refuse, say_exactly};
use crate::command::say;

/// A private key.
#[derive(Debug, Args)]
pub struct PublicArgs {
    /// File with a private JSON Web Key
    key: PathBuf,
}

/// A document and a key.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// The document, YAML or JSON
    file: PathBuf,
    /// File with a private JSON Web Key, as `kumoichi sla key` makes it
    #[arg(long)]
    key: PathBuf,
}

/// A document and public keys.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The signed document, YAML or JSON
    file: PathBuf,
    /// File with a JSON Web Key that may have signed; may be repeated
    #[arg(long, required = true)]
    key: Vec<PathBuf>,
}

/// Prints a new private key.
pub fn key() -> anyhow::Result<ExitCode> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).context("the system has no random source")?;
    say(&PrivateKey::from_seed(&seed).to_jwk());
    Ok(ExitCode::SUCCESS)
}

/// Prints the public part of a key.
pub fn public(args: &PublicArgs) -> anyhow::Result<ExitCode> {
    match PrivateKey::from_jwk(&read(&args.key)?) {
        Ok(key) => say(&key.public().to_jwk()),
        Err(fault) => return Ok(refuse(&args.key, [fault])),
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the document with its signature.
pub fn sign(args: &SignArgs) -> anyhow::Result<ExitCode> {
    let key = match PrivateKey::from_jwk(&read(&args.key)?) {
        Ok(key) => key,
        Err(fault) => return Ok(refuse(&args.key, [fault])),
    };
    let mut offer: Offer = match sla::parse_offer(&read(&args.file)?) {
        Ok(offer) => offer,
        Err(faults) => return Ok(refuse(&args.file, &faults)),
    };
    offer.metadata.signature = Some(jws::sign(&offer, &key));
    say_exactly(&sla::to_yaml(&offer));
    Ok(ExitCode::SUCCESS)
}

/// Says which key signed, or why the signature is not taken.
pub fn verify(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let mut keys: Vec<PublicKey> = Vec::new();
    for path in &args.key {
        let text = read(path)?;
        // The owner may check with the private key as well.
        match PublicKey::from_jwk(&text)
            .or_else(|_| PrivateKey::from_jwk(&text).map(|key| key.public()))
        {
            Ok(key) => keys.push(key),
            Err(fault) => return Ok(refuse(path, [fault])),
        }
    }
    let documents = match sla::parse_documents(&read(&args.file)?) {
        Ok(documents) => documents,
        Err(faults) => return Ok(refuse(&args.file, &faults)),
    };
    let mut done = ExitCode::SUCCESS;
    for document in documents {
        if let Err(fault) = told(&document, &keys) {
            let name = &document.metadata().name;
            let _ = writeln!(std::io::stderr(), "{}: {name}: {fault}", args.file.display());
            done = ExitCode::from(FAULTY);
        }
    }
    Ok(done)
}

fn told(document: &Document, keys: &[PublicKey]) -> Result<(), jws::SignatureFault> {
    let of_name = |kid: &str| keys.iter().find(|key| key.kid() == kid).cloned();
    let verified = jws::verify(document, of_name)?;
    let name = &document.metadata().name;
    say(&format!("{name}: signed by the key {}; SHA-256 {}", verified.kid, verified.hash));
    Ok(())
}
