//! Whether a body was signed by somebody who knows the secret.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::said::form::base64_bytes;

/// Whether `signature` is base64 of the HMAC-SHA256 of `body` under `secret`, as Shopify and WooCommerce sign.
pub fn fits(secret: &str, body: &[u8], signature: &str) -> bool {
    let Some(signature) = base64_bytes(signature) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(body);
    // In constant time.
    mac.verify_slice(&signature).is_ok()
}
