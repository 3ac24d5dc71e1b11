//! Signing secrets: by which a shop's own server vouches for who looks at its pages.
//!
//! A token is a JWT in compact form (RFC 7519, RFC 7515) signed with HMAC-SHA256: its header names the algorithm `HS256`
//! and, as `kid`, the source; its claims name the shopper key as `sub` and its end as `exp`. Nothing else is believed.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fanvine_contracts::storefront::{ShopperTokens, TokenFault};
use fanvine_kernel::Entropy;
use fanvine_kernel::ids::SourceId;
use fanvine_store::args;
use fanvine_web::{Answer, ProblemBody, Segment};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{Source, SourceError};
use crate::Collect;

/// How many bytes a token has at most.
const LONGEST: usize = 4_096;
/// How long a token may be good for, in seconds: a day.
const LONGEST_LIFE: i64 = 86_400;

/// A new secret, shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SigningSecret {
    /// The source: the `kid` of its tokens.
    #[schema(value_type = String)]
    pub source_id: SourceId,
    /// The secret, as text: its bytes are the key of HMAC-SHA256. It cannot be shown again.
    pub secret: String,
}

/// Make a source's signing secret
///
/// Shown this once. Tokens signed with the one before are refused from now on.
#[utoipa::path(
    post, path = "/api/v1/sources/{id}/signing-secret", operation_id = "make_signing_secret", tag = "collect",
    params(("id" = String, Path, description = "The source")),
    responses(
        (status = 201, description = "The secret", body = SigningSecret),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"])),
)]
pub(crate) async fn make_signing_secret(
    State(collect): State<Arc<Collect>>,
    Segment(id): Segment<SourceId>,
) -> Answer<(StatusCode, Json<SigningSecret>)> {
    let secret = new_secret(&*collect.entropy);
    collect.set_signing_secret(&id, Some(secret.clone())).await?;
    Ok((StatusCode::CREATED, Json(SigningSecret { source_id: id, secret })))
}

/// Remove a source's signing secret
///
/// No token of the source is believed from now on.
#[utoipa::path(
    delete, path = "/api/v1/sources/{id}/signing-secret", operation_id = "remove_signing_secret", tag = "collect",
    params(("id" = String, Path, description = "The source")),
    responses(
        (status = 204, description = "There is none"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"])),
)]
pub(crate) async fn remove_signing_secret(
    State(collect): State<Arc<Collect>>,
    Segment(id): Segment<SourceId>,
) -> Answer<StatusCode> {
    collect.set_signing_secret(&id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 256 random bits.
fn new_secret(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 32];
    entropy.fill(&mut bytes);
    format!("fvt_{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The signing secrets of sources that are enabled.
#[derive(Default)]
pub(crate) struct SecretTable(RwLock<Arc<BTreeMap<String, String>>>);

impl SecretTable {
    /// Replaces the table by the secrets of these sources.
    pub(crate) fn load(&self, sources: &[Source]) {
        let enabled = sources.iter().filter(|source| source.enabled);
        let table = enabled.filter_map(|source| Some((source.id.to_string(), source.signing_secret.clone()?)));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table.collect());
    }

    fn now(&self) -> Arc<BTreeMap<String, String>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Collect {
    async fn set_signing_secret(&self, id: &SourceId, secret: Option<String>) -> Result<(), SourceError> {
        let wanted = id.as_str().to_owned();
        let found = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE sources SET signing_secret = $1 WHERE id = $2";
                    Ok::<_, SourceError>(tx.execute(sql, args![secret, wanted]).await?)
                })
            })
            .await?;
        if found == 0 {
            return Err(SourceError::NotFound(id.to_string()));
        }
        self.reload_sources().await?;
        Ok(())
    }
}

impl ShopperTokens for Collect {
    fn shopper_of(&self, token: &str) -> Result<String, TokenFault> {
        let secrets = self.secrets.now();
        let now = self.clock.now().micros().div_euclid(1_000_000);
        read(token, |source| secrets.get(source).map(String::as_str), now)
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
}

/// The shopper of a token, by the secrets of sources, at a second since 1970.
fn read<'s>(token: &str, secret_of: impl Fn(&str) -> Option<&'s str>, now: i64) -> Result<String, TokenFault> {
    let malformed = |what: &str| TokenFault::Malformed(what.to_owned());
    if token.len() > LONGEST {
        return Err(malformed("it has more than 4096 bytes"));
    }
    let (signed, signature) =
        token.rsplit_once('.').ok_or_else(|| malformed("it is not three parts with dots between"))?;
    let (header, claims) =
        signed.split_once('.').ok_or_else(|| malformed("it is not three parts with dots between"))?;
    let header: Header =
        part(header).ok_or_else(|| malformed("its header is not base64url of JSON with `alg` and `kid`"))?;
    if header.alg != "HS256" {
        return Err(malformed("its `alg` is not HS256"));
    }
    let unknown = || TokenFault::UnknownSource(header.kid.chars().take(64).collect());
    let secret = secret_of(&header.kid).ok_or_else(unknown)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed("its signature is not base64url"))?;
    // Any length of key will do for HMAC.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| TokenFault::Forged)?;
    mac.update(signed.as_bytes());
    // In constant time.
    mac.verify_slice(&signature).map_err(|_| TokenFault::Forged)?;
    let claims: Claims =
        part(claims).ok_or_else(|| malformed("its claims are not base64url of JSON with `sub` and `exp`"))?;
    if claims.exp <= now {
        return Err(TokenFault::Expired(claims.exp));
    }
    if claims.exp - now > LONGEST_LIFE {
        return Err(TokenFault::TooLong(LONGEST_LIFE));
    }
    match claims.sub.trim() {
        "" => Err(malformed("its `sub` is empty")),
        shopper => Ok(shopper.to_owned()),
    }
}

fn part<T: for<'d> Deserialize<'d>>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with Python's `hmac`, `hashlib` and `base64`.
    const MADE_ELSEWHERE: &str = "eyJhbGciOiJIUzI1NiIsImtpZCI6InNyY18xIiwidHlwIjoiSldUIn0.\
        eyJzdWIiOiJ1LTEiLCJleHAiOjIwMDB9.AJWF2xXcKprrodf8v-0cRyQM2l2KzdMUGTDStHrYHSg";

    fn signed(header: &str, claims: &str, secret: &str) -> String {
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn told(token: &str) -> Result<String, TokenFault> {
        read(token, |source| (source == "src_1").then_some("fvt_secret"), 1_000)
    }

    const HEADER: &str = r#"{"alg":"HS256","kid":"src_1","typ":"JWT"}"#;

    #[test]
    fn a_signed_token_names_its_shopper() {
        let token = signed(HEADER, r#"{"sub":"u-1","exp":2000}"#, "fvt_secret");
        assert_eq!(told(&token), Ok("u-1".to_owned()));
        assert_eq!(token, MADE_ELSEWHERE);
    }

    #[test]
    fn a_token_that_is_not_to_be_believed_is_refused_for_its_reason() {
        let claims = r#"{"sub":"u-1","exp":2000}"#;
        assert_eq!(told(&signed(HEADER, claims, "other")), Err(TokenFault::Forged));
        assert_eq!(told(&signed(HEADER, r#"{"sub":"u-1","exp":1000}"#, "fvt_secret")), Err(TokenFault::Expired(1_000)));
        let long = signed(HEADER, r#"{"sub":"u-1","exp":999999999}"#, "fvt_secret");
        assert_eq!(told(&long), Err(TokenFault::TooLong(86_400)));
        let unknown = signed(r#"{"alg":"HS256","kid":"src_2"}"#, claims, "fvt_secret");
        assert_eq!(told(&unknown), Err(TokenFault::UnknownSource("src_2".into())));
        let good = signed(HEADER, claims, "fvt_secret");
        let (start, _) = good.rsplit_once('.').unwrap();
        let none = signed(r#"{"alg":"none","kid":"src_1"}"#, claims, "fvt_secret");
        let no_subject = signed(HEADER, r#"{"exp":2000}"#, "fvt_secret");
        for token in
            ["", "a.b", "a.b.c", &format!("{start}."), &format!("{start}.*"), &none, &no_subject, &"x".repeat(9_000)]
        {
            let fault = told(token).unwrap_err();
            assert!(matches!(fault, TokenFault::Malformed(_) | TokenFault::Forged), "{token}: {fault:?}");
        }
    }
}
