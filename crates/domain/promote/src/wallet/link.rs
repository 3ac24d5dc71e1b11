//! `POST /api/v1/offers/{offer_id}/links`: a signed link by which whoever has it may take a coupon, once.
//!
//! It is `base64url(JSON) . base64url(HMAC-SHA256)`: the offer, when the link ends, and how many may use it, signed with a
//! secret of this program. So a link cannot be made up, and none is kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fanvine_kernel::{Entropy, Timestamp};
use fanvine_ledger::{Account, Kind};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::receive::WalletError;
use super::store;
use crate::Promote;

/// Longest link, in bytes.
const LONGEST: usize = 1_024;
/// Longest time a link is good, in days.
const LONGEST_LIFE_DAYS: i64 = 366;
const DAY: i64 = 86_400_000_000;

/// What link.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinkForm {
    /// For how many days it is good; 30 if absent, 366 at most.
    pub good_for_days: Option<i64>,
    /// How many coupons may be taken by it; as many as the offer has if absent.
    pub most: Option<i64>,
}

/// A link.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkMade {
    /// What to put into the address of a page of the shop; that page sends it to `POST /v1/coupons`.
    pub link: String,
    /// Until when it is good.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
}

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    pub offer_id: String,
    /// Names the link.
    pub name: String,
    /// In microseconds since 1970.
    pub ends: i64,
    pub most: Option<i64>,
}

impl Link {
    /// The account of the coupons taken by it, if these are limited.
    pub fn account(&self) -> Option<Account> {
        let unit = format!("receipts of {}", self.offer_id);
        Some(Account::new(format!("link/{}", self.name), unit, Kind::CouponQuota).at_most(self.most?))
    }

    fn sign(&self, secret: &str) -> String {
        // Text and numbers: writing them as JSON cannot fail.
        let said = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default());
        let signature = signature(&said, secret).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        format!("{said}.{}", signature.unwrap_or_default())
    }

    /// Reads a link that was signed here and is not over.
    pub fn read(text: &str, secret: &str, now: Timestamp) -> Result<Self, WalletError> {
        const MALFORMED: WalletError = WalletError::Link("is not one of this shop's");
        if text.len() > LONGEST {
            return Err(MALFORMED);
        }
        let (said, given) = text.split_once('.').ok_or(MALFORMED)?;
        let given = URL_SAFE_NO_PAD.decode(given).map_err(|_| MALFORMED)?;
        // In constant time.
        signature(said, secret).ok_or(MALFORMED)?.verify_slice(&given).map_err(|_| MALFORMED)?;
        let said = URL_SAFE_NO_PAD.decode(said).map_err(|_| MALFORMED)?;
        let link: Self = serde_json::from_slice(&said).map_err(|_| MALFORMED)?;
        if link.ends <= now.micros() { Err(WalletError::Link("is over")) } else { Ok(link) }
    }
}

/// Any length of key will do for HMAC.
fn signature(said: &str, secret: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(said.as_bytes());
    Some(mac)
}

/// 128 random bits as text.
fn random(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Make a link for a coupon
///
/// Whoever has it may take one coupon of the offer, within the offer's limits, whether or not that is open on the
/// storefront.
#[utoipa::path(
    post, path = "/api/v1/offers/{offer_id}/links", tag = "promote", operation_id = "make_link",
    params(("offer_id" = String, Path, description = "The offer")),
    request_body = LinkForm,
    responses(
        (status = 200, description = "The link", body = LinkMade),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn make_link(
    State(promote): State<Arc<Promote>>,
    Segment(offer_id): Segment<String>,
    Body(form): Body<LinkForm>,
) -> Answer<Json<LinkMade>> {
    Ok(Json(promote.make_link(&offer_id, &form).await?))
}

impl Promote {
    async fn make_link(&self, offer_id: &str, form: &LinkForm) -> Result<LinkMade, WalletError> {
        let now = self.clock.now();
        self.coupon_offer(offer_id, now)?;
        let days = form.good_for_days.unwrap_or(30);
        if !(1..=LONGEST_LIFE_DAYS).contains(&days) || form.most.is_some_and(|most| most < 1) {
            let says = format!("good_for_days is 1 to {LONGEST_LIFE_DAYS}, and most at least 1");
            return Err(WalletError::Form(says));
        }
        let ends_at = now.plus_micros(days * DAY);
        let name = random(self.entropy.as_ref());
        let link = Link { offer_id: offer_id.to_owned(), name, ends: ends_at.micros(), most: form.most };
        Ok(LinkMade { link: link.sign(&self.link_secret().await?), ends_at })
    }

    /// The secret by which links are signed, made when it is first asked for.
    pub(crate) async fn link_secret(&self) -> Result<String, WalletError> {
        let fresh = format!("{}{}", random(self.entropy.as_ref()), random(self.entropy.as_ref()));
        let saved = self.store.write(move |tx| Box::pin(async move { store::link_secret(tx, fresh).await })).await;
        saved.map_err(WalletError::Store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_it_was_signed_and_no_other() {
        let link = Link { offer_id: "o".into(), name: "n".into(), ends: 2_000, most: Some(3) };
        let text = link.sign("secret");
        let read = |text: &str, secret: &str, now| Link::read(text, secret, Timestamp::from_micros(now));
        assert_eq!(read(&text, "secret", 1_000).unwrap(), link);
        assert!(matches!(read(&text, "secret", 2_000), Err(WalletError::Link("is over"))));
        for (text, secret) in [(text.as_str(), "other"), ("", "secret"), ("e30.", "secret"), (&text[1..], "secret")] {
            assert!(matches!(read(text, secret, 1_000), Err(WalletError::Link("is not one of this shop's"))));
        }
    }
}
