//! Chance that is fixed before anybody takes part: a secret seed, of which a digest is published first and the seed itself
//! when it is over. Whoever has both can compute every outcome anew; the shop cannot choose one afterwards.
//!
//! A number is the first 16 bytes, the highest first, of HMAC-SHA256 under the seed's text of what the number is for. A
//! commitment is the SHA-256 of the lines that describe what is played, the seed's text the last.

use fanvine_kernel::Entropy;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest, Sha256};

/// A secret of 32 random bytes, as 64 digits of base 16.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seed(String);

impl Seed {
    /// A seed nobody had before.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(hex(&bytes))
    }

    /// The seed of that text.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is published of it first, together with what is played.
    pub fn commitment(&self, played: &[String]) -> String {
        let mut lines = played.to_vec();
        lines.push(self.0.clone());
        hex(&Sha256::digest(lines.join("\n").as_bytes()))
    }

    /// The number for something: of 128 bits, so that its remainder by any small number is as good as even.
    pub fn number(&self, of: &str) -> u128 {
        // A key of any length is taken.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()) else { return 0 };
        mac.update(of.as_bytes());
        mac.finalize().into_bytes().iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_commitments_are_what_python_computes() {
        // hmac.new(b"00ff", b"cut/1", "sha256").hexdigest()[:32] and hashlib.sha256(b"a\nb\n00ff").hexdigest()
        let seed = Seed::of_text("00ff");
        assert_eq!(format!("{:032x}", seed.number("cut/1")), PYTHONS_NUMBER);
        assert_eq!(seed.commitment(&["a".to_owned(), "b".to_owned()]), PYTHONS_COMMITMENT);
    }

    const PYTHONS_NUMBER: &str = "095133df290570864a7e70cf3a30b23c";
    const PYTHONS_COMMITMENT: &str = "1507b1608bdb99e07bacc1f7c7b8d387bd010a2c369e5fe7e500cae21e9ca5ba";
}
