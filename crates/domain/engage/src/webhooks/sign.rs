//! Signatures by the Standard Webhooks specification (standardwebhooks.com, version 1, symmetric): HMAC-SHA256 over
//! `id.timestamp.body` by the secret's bytes, written in base 64 after `v1,`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fanvine_kernel::{Entropy, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::SECOND;

const PREFIX: &str = "whsec_";
/// The specification asks for 24 to 64 bytes.
const BYTES: usize = 32;

/// A new secret: `whsec_` and its bytes in base 64.
pub(crate) fn new_secret(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; BYTES];
    entropy.fill(&mut bytes);
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The value of `webhook-timestamp`: seconds since 1970.
pub(crate) fn seconds(at: Timestamp) -> i64 {
    at.micros().div_euclid(SECOND)
}

/// The value of `webhook-signature`: one signature for each secret.
pub(crate) fn signatures<'s>(
    secrets: impl Iterator<Item = &'s str>,
    message_id: &str,
    seconds: i64,
    body: &str,
) -> String {
    let one = |secret: &str| {
        // Nothing but this program writes secrets, so they are base 64.
        let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret)).unwrap_or_default();
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(format!("{message_id}.{seconds}.").as_bytes());
        mac.update(body.as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    secrets.filter_map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanvine_testkit::FixedEntropy;

    /// The figures stand in the tests of the specification's own reference libraries.
    #[test]
    fn a_signature_is_that_of_the_reference_libraries() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", r#"{"test": 2432232314}"#);
        let signed = signatures([secret].into_iter(), id, 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn while_a_secret_is_replaced_both_sign() {
        let (old, new) = (new_secret(&FixedEntropy(1)), new_secret(&FixedEntropy(2)));
        let both = signatures([new.as_str(), old.as_str()].into_iter(), "msg_1", 5, "{}");
        let alone = signatures([old.as_str()].into_iter(), "msg_1", 5, "{}");
        assert!(both.ends_with(&format!(" {alone}")) && both.split(' ').count() == 2);
    }
}
