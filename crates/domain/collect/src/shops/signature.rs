//! Whether a body was signed by somebody who knows the secret.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::said::form::base64_bytes;

/// Whether `signature` is base64 of the HMAC-SHA256 of `body` under `secret`, as Shopify and WooCommerce sign.
pub fn fits(secret: &str, body: &[u8], signature: &str) -> bool {
    base64_bytes(signature).is_some_and(|signature| signed(secret, &[body], &signature))
}

/// Whether `signature` is the HMAC-SHA256 of these parts, one after the other.
pub(crate) fn signed(secret: &str, parts: &[&[u8]], signature: &[u8]) -> bool {
    // In constant time.
    mac(secret, parts).is_some_and(|mac| mac.verify_slice(signature).is_ok())
}

fn mac(secret: &str, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    parts.iter().for_each(|part| mac.update(part));
    Some(mac)
}

/// The HMAC-SHA256 of these parts.
#[cfg(test)]
pub(crate) fn sign(secret: &str, parts: &[&[u8]]) -> Vec<u8> {
    mac(secret, parts).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
}
