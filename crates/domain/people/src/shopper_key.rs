//! A shopper key in an address.
//!
//! Beside `/people/{shopper_id}` there are `/people/rfm`, `/people/value` and others, which come first: a shopper who is
//! called so is reached as `key:rfm`. One that itself begins with `key:` must be written so too.

use serde::{Deserialize, Deserializer};

/// What says that a key follows, whatever it looks like.
const PREFIX: &str = "key:";

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShopperKey(pub(crate) String);

impl<'de> Deserialize<'de> for ShopperKey {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        Ok(Self(text.strip_prefix(PREFIX).map_or(text.clone(), str::to_owned)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_written() {
        for (written, key) in
            [("u1", "u1"), ("key:rfm", "rfm"), ("key:key:1", "key:1"), ("a:key:", "a:key:"), ("key:", "")]
        {
            let read: ShopperKey = serde_json::from_value(written.into()).unwrap();
            assert_eq!(read.0, key);
        }
    }
}
