//! Where a checkout takes place: in the shop, or in a sandbox beside it, whose accounts and requests are its own.

use http::HeaderMap;

use super::reserve::CheckoutError;

/// The header that names a sandbox.
pub(crate) const SANDBOX: &str = "Fanvine-Sandbox";
/// Longest name of a sandbox, in bytes.
const LONGEST: usize = 16;

/// The shop, or a sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Realm(Option<String>);

impl Realm {
    /// The realm a request is about.
    pub fn of(headers: &HeaderMap) -> Result<Self, CheckoutError> {
        let Some(value) = headers.get(SANDBOX) else { return Ok(Self(None)) };
        let name = value.to_str().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if name.is_empty() || name.len() > LONGEST || !name.bytes().all(plain) {
            return Err(CheckoutError::Sandbox(name.chars().take(64).collect()));
        }
        Ok(Self(Some(name.to_owned())))
    }

    /// The realm of what was kept.
    pub fn kept(sandbox: Option<&str>) -> Self {
        Self(sandbox.map(str::to_owned))
    }

    /// The sandbox's name, if it is one.
    pub fn sandbox(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Whether it is the shop itself.
    pub fn is_live(&self) -> bool {
        self.0.is_none()
    }

    /// The name by which this realm has something for itself.
    pub fn own(&self, name: impl Into<String>) -> String {
        let name = name.into();
        match &self.0 {
            Some(sandbox) => format!("sandbox/{sandbox}/{name}"),
            None => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_has_a_short_plain_name_and_accounts_of_its_own() {
        let of = |name: &str| Realm::of(&HeaderMap::from_iter([(SANDBOX.parse().unwrap(), name.parse().unwrap())]));
        assert_eq!(of("ci-7").unwrap().own("uses/x"), "sandbox/ci-7/uses/x");
        assert_eq!(Realm::of(&HeaderMap::new()).unwrap().own("uses/x"), "uses/x");
        for name in ["", "a/b", "twelve-and-some-more"] {
            assert!(of(name).is_err(), "{name}");
        }
    }
}
