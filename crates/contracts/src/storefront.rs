//! Who looks at a storefront: the shopper as the shop's own server vouches for them.

/// Tells whom a token names that the shop's server signed and a browser sent.
pub trait ShopperTokens: Send + Sync {
    /// The shopper key it names.
    ///
    /// # Errors
    /// Why it is not to be believed.
    fn shopper_of(&self, token: &str) -> Result<String, TokenFault>;
}

/// Why a token is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenFault {
    /// It has not the form of such a token; what is wrong with it.
    Malformed(String),
    /// It names a source that there is not, that is off, or that has no signing secret.
    UnknownSource(String),
    /// It was not signed with that source's secret.
    Forged,
    /// It ended at this second since 1970.
    Expired(i64),
    /// It would be good for longer than so many seconds.
    TooLong(i64),
}
