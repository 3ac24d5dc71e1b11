//! Coupon codes: shared ones that everybody may use, and unique ones by the million.

pub(crate) mod get_code;
pub(crate) mod list_codes;
pub(crate) mod make_codes;
pub(crate) mod store;

use fanvine_kernel::Entropy;

pub use get_code::CodeView;
pub use make_codes::{CodesForm, CodesMade};

/// A code of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    pub code: String,
    pub offer_id: String,
    /// How often it may be used; without end if absent.
    pub most_uses: Option<i64>,
}

/// Letters and digits that nobody takes for one another.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Characters of a unique code after its prefix: 60 random bits.
const LENGTH: usize = 12;

/// A code nobody can guess.
pub(crate) fn unique(prefix: &str, entropy: &dyn Entropy) -> String {
    let mut random = [0u8; LENGTH];
    entropy.fill(&mut random);
    let characters = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    prefix.chars().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Same(u8);
    impl Entropy for Same {
        fn fill(&self, into: &mut [u8]) {
            into.fill(self.0);
        }
    }

    #[test]
    fn a_code_has_its_prefix_and_twelve_plain_characters() {
        assert_eq!(unique("VIP-", &Same(33)), "VIP-333333333333");
    }
}
