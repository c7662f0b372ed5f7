//! The customers of one cloud: their tokens, what each may have, and the names of their keys.

use std::collections::HashSet;
use std::path::Path;

use provider_api::{Amounts, IdempotencyKey, Limits, Problem, ProblemCode, Secret};
use serde::Deserialize;
use subtle::{Choice, ConstantTimeEq};

use crate::error::{CloudError, OpError};
use crate::keys;

/// The name of the tenant of a cloud that was given one token and no tenants.
pub(crate) const MAIN: &str = "main";
/// Characters of a tenant's name at most.
const NAME_MAX: usize = 40;

/// One customer of the cloud. What belongs to one, no other can see, change, fence or use up beyond its own limits.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// 1 to 40 small letters, digits or hyphens; what was lent belongs to this name, so it is never changed.
    pub name: String,
    /// Bearer tokens of the API, at least one; several, so that one can be exchanged without a pause.
    pub tokens: Vec<Secret>,
    /// The most it may hold and run at one time, over all zones.
    pub limits: Limits,
}

/// A tenant as its file says it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    name: String,
    tokens: Vec<String>,
    #[serde(default)]
    quota: Limits,
}

impl Tenant {
    /// The one tenant of a cloud with one token; nothing is limited.
    #[must_use]
    pub fn main(token: Secret) -> Self {
        Self { name: MAIN.to_owned(), tokens: vec![token], limits: Limits::default() }
    }

    /// Reads tenants from a JSON file: a list of `name`, `tokens` and, where there is one, `quota`.
    ///
    /// # Errors
    /// When the file cannot be read or is something else.
    pub fn read(file: &Path) -> Result<Vec<Self>, CloudError> {
        let text = std::fs::read_to_string(file)
            .map_err(CloudError::io(format!("reading the tenants in {}", file.display())))?;
        Self::parse(&text).map_err(|fault| {
            // Line and column only: the text around them may be a token.
            let place = format!("line {}, column {}", fault.line(), fault.column());
            CloudError::Config(format!("the tenants in {} are wrong at {place}", file.display()))
        })
    }

    fn parse(text: &str) -> Result<Vec<Self>, serde_json::Error> {
        let written: Vec<Written> = serde_json::from_str(text)?;
        let tenant = |each: Written| Self {
            name: each.name,
            tokens: each.tokens.into_iter().map(Secret::new).collect(),
            limits: each.quota,
        };
        Ok(written.into_iter().map(tenant).collect())
    }

    /// Refuses a need beyond a limit; each is named with what is used and what is allowed.
    pub(crate) fn admit(&self, used: &Amounts, need: &Amounts) -> Result<(), OpError> {
        let faults = self.limits.faults(used, need);
        if faults.is_empty() {
            return Ok(());
        }
        let told: Vec<&str> = faults.iter().map(|fault| fault.detail.as_str()).collect();
        let detail = format!("beyond the quota of the tenant: {}", told.join("; "));
        let problem = Problem::new(ProblemCode::QuotaExceeded, detail).with_errors(faults);
        Err(OpError::Refused(Box::new(problem)))
    }
}

/// The tenant that a token belongs to. Every token is compared, by hashes and in constant time, so that timing tells
/// neither a token nor whose it is.
pub(crate) fn bearing<'a>(tenants: &'a [Tenant], token: &str) -> Option<&'a Tenant> {
    let sent = keys::hash(token.as_bytes());
    let mut found = None;
    for tenant in tenants {
        let mut hit = Choice::from(0);
        for known in &tenant.tokens {
            hit |= keys::hash(known.reveal().as_bytes()).as_bytes().ct_eq(sent.as_bytes());
        }
        if hit.into() {
            found = Some(tenant);
        }
    }
    found
}

/// Whether two tokens are one, compared as [`bearing`] does.
pub(crate) fn same(sent: &str, known: &str) -> bool {
    let (sent, known) = (keys::hash(sent.as_bytes()), keys::hash(known.as_bytes()));
    sent.as_bytes().ct_eq(known.as_bytes()).into()
}

/// Tenants that can be told apart, with tokens that a header can carry and nobody shares.
pub(crate) fn check(tenants: &[Tenant]) -> Result<(), String> {
    let (mut names, mut tokens) = (HashSet::new(), HashSet::new());
    if tenants.is_empty() {
        return Err("a cloud needs at least one tenant".to_owned());
    }
    for Tenant { name, tokens: own, limits } in tenants {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=NAME_MAX).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(format!(
                "a tenant's name has 1 to {NAME_MAX} small letters, digits or hyphens, not {name:?}"
            ));
        }
        if !names.insert(name) {
            return Err(format!("tenant {name} is named twice"));
        }
        if own.is_empty() {
            return Err(format!("tenant {name} has no token"));
        }
        for token in own.iter().map(Secret::reveal) {
            // What a header can carry and a market takes (RFC 6750: no spaces).
            if token.len() < 8 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(format!(
                    "each token of tenant {name} needs at least 8 visible ASCII characters without spaces"
                ));
            }
            if !tokens.insert(token) {
                return Err(format!("a token of tenant {name} is given twice"));
            }
        }
        let Limits { instances, vcpu, ram_mb, storage_gb, mbps } = *limits;
        if [instances, vcpu, ram_mb, storage_gb, mbps].into_iter().flatten().any(|most| most < 0) {
            return Err(format!("tenant {name}: a quota cannot be below zero"));
        }
    }
    Ok(())
}

/// An idempotency key with the tenant whose it is, as it is stored: no two tenants ever meet at one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnKey(String);

impl OwnKey {
    /// Neither names of tenants nor keys have spaces.
    pub(crate) fn new(tenant: &str, key: &IdempotencyKey) -> Self {
        Self(format!("{tenant} {}", key.as_str()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as its caller wrote it.
    pub(crate) fn bare(stored: &str) -> &str {
        stored.split_once(' ').map_or(stored, |(_, key)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str, token: &str) -> Tenant {
        Tenant { name: name.to_owned(), ..Tenant::main(Secret::new(token)) }
    }

    #[test]
    fn a_token_leads_to_its_tenant_and_to_no_other() {
        let mut second = tenant("second", "token-of-second");
        second.tokens.push(Secret::new("next-token-of-second"));
        let tenants = [tenant("first", "token-of-first"), second];
        let name = |token| bearing(&tenants, token).map(|tenant| tenant.name.as_str());
        assert_eq!(name("token-of-first"), Some("first"));
        assert_eq!(name("token-of-second"), Some("second"));
        assert_eq!(name("next-token-of-second"), Some("second"));
        assert_eq!((name("token-of"), name("")), (None, None));
    }

    #[test]
    fn tenants_that_cannot_be_told_apart_are_refused() {
        let refused = |tenants: &[Tenant]| check(tenants).unwrap_err();
        check(&[tenant("a", "token-of-a"), tenant("b-2", "token-of-b")]).unwrap();
        assert!(refused(&[]).contains("at least one tenant"));
        assert!(refused(&[tenant("A", "token-of-a")]).contains("small letters"));
        assert!(refused(&[tenant("a b", "token-of-a")]).contains("small letters"));
        assert!(refused(&[tenant("a", "token 123")]).contains("without spaces"));
        assert!(refused(&[tenant("a", "token-1"), tenant("a", "t")]).contains("8 visible"));
        let twice = [tenant("a", "token-of-a"), tenant("b", "token-of-a")];
        assert!(refused(&twice).contains("given twice"));
        let same = [tenant("a", "token-of-a"), tenant("a", "token-of-b")];
        assert!(refused(&same).contains("named twice"));
        let mut below = tenant("a", "token-of-a");
        below.limits.vcpu = Some(-1);
        assert!(refused(&[below]).contains("below zero"));
        assert!(refused(&[Tenant { tokens: vec![], ..tenant("a", "") }]).contains("no token"));
    }

    #[test]
    fn a_file_is_read_whole_or_refused_without_showing_a_token() {
        let text = r#"[{"name": "acme", "tokens": ["token-of-acme"], "quota": {"vcpu": 4, "ramMb": 512}},
            {"name": "other", "tokens": ["token-of-other"]}]"#;
        let read = Tenant::parse(text).unwrap();
        assert_eq!((read[0].limits.vcpu, read[0].limits.mbps), (Some(4), None));
        assert!(read[1].limits.is_empty());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tenants.json");
        std::fs::write(&file, r#"[{"name": "acme", "tokens": "token-of-acme"}]"#).unwrap();
        let said = Tenant::read(&file).unwrap_err().to_string();
        assert!(said.contains("line 1") && !said.contains("token-of-acme"), "{said}");
    }

    #[test]
    fn a_stored_key_is_its_tenants_and_reads_back() {
        let key = IdempotencyKey::parse("4f1c-hold").unwrap();
        let own = OwnKey::new("acme", &key);
        assert_eq!((own.as_str(), OwnKey::bare(own.as_str())), ("acme 4f1c-hold", "4f1c-hold"));
    }
}
