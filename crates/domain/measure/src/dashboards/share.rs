//! A link to a dashboard: a token signed with the link's own secret, good for reading this one dashboard and for nothing
//! else, until it is taken back or over.

use fanvine_kernel::ids::{DashboardId, ShareId};
use fanvine_kernel::{Entropy, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A link to a dashboard.
#[derive(Debug, Clone)]
pub struct Share {
    /// Its identifier, the first half of the token.
    pub id: ShareId,
    /// What it shows.
    pub dashboard: DashboardId,
    /// What its token is signed with.
    pub secret: Vec<u8>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is over.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Share {
    /// A new link, made now.
    pub fn new(
        dashboard: DashboardId,
        by: String,
        expires_at: Option<Timestamp>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Self {
        let mut secret = vec![0; 32];
        entropy.fill(&mut secret);
        let id = ShareId::new(now, entropy);
        Self { id, dashboard, secret, created_by: by, created_at: now, expires_at, revoked_at: None }
    }

    fn mac(&self) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).ok()?;
        mac.update(format!("read {} by {}", self.dashboard, self.id).as_bytes());
        Some(mac)
    }

    /// What opens it: the link's identifier, a dot, and 64 hexadecimal digits.
    pub fn token(&self) -> String {
        let signed = self.mac().map(|mac| mac.finalize().into_bytes());
        let digits: String = signed.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
        format!("{}.{digits}", self.id)
    }

    /// Whether the token is this link's, compared in constant time, and the link is neither over nor taken back.
    pub fn opens_with(&self, token: &str, now: Timestamp) -> bool {
        let Some(signature) = token.strip_prefix(self.id.as_str()).and_then(|rest| unhex(rest.strip_prefix('.')?))
        else {
            return false;
        };
        let genuine = self.mac().is_some_and(|mac| mac.verify_slice(&signature).is_ok());
        genuine && self.revoked_at.is_none() && self.expires_at.is_none_or(|over| now < over)
    }
}

/// Which link a token says to be of.
pub fn link_of(token: &str) -> Option<ShareId> {
    token.split_once('.')?.0.parse().ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanvine_testkit::SeededEntropy;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn a_token_opens_its_own_link_until_that_is_over_or_taken_back() {
        let entropy = SeededEntropy::new(3);
        let new = || Share::new("dsh_1".parse().unwrap(), "ann".into(), Some(at(100)), at(0), &entropy);
        let (mut one, other) = (new(), new());
        assert!(one.opens_with(&one.token(), at(99)));
        assert!(!one.opens_with(&one.token(), at(100)));
        assert!(!one.opens_with(&other.token(), at(1)));
        let forged = format!("{}.{}", one.id, other.token().split_once('.').unwrap().1);
        assert!(!one.opens_with(&forged, at(1)));
        let elsewhere = Share { dashboard: "dsh_2".parse().unwrap(), ..one.clone() };
        assert!(!one.opens_with(&elsewhere.token(), at(1)));
        assert_eq!(link_of(&one.token()), Some(one.id.clone()));
        for broken in ["", "shr_1", "shr_1.", "shr_1.zz", "é.é"] {
            assert!(!one.opens_with(broken, at(1)), "{broken}");
        }
        one.revoked_at = Some(at(1));
        assert!(!one.opens_with(&one.token(), at(2)));
    }
}
