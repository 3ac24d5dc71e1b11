//! Who is asking: the caller as `guard` recognised them, for any room that must know.

use serde::{Deserialize, Serialize};

/// What a person or a key may do. Each role may do all that the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads everything, changes nothing.
    Analyst,
    /// Runs the shop's growth: sources, products, orders, campaigns.
    Operator,
    /// Also gives out accounts and keys.
    Owner,
}

impl Role {
    /// The role's name in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Analyst => "analyst",
            Self::Operator => "operator",
            Self::Owner => "owner",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Analyst, Self::Operator, Self::Owner].into_iter().find(|role| role.as_str() == name)
    }
}

/// By what the caller was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// A console session: a cookie, so changes need its CSRF token too.
    Session,
    /// A server key in the `Authorization` header.
    ServerKey,
}

/// The caller of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account's or key's identifier.
    pub id: String,
    /// What to call them: an e-mail address or a key's name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// By what they were recognised.
    pub means: Means,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_may_do_all_that_an_analyst_may() {
        assert!(Role::Owner > Role::Operator && Role::Operator > Role::Analyst);
        assert_eq!(Role::named("operator"), Some(Role::Operator));
        assert_eq!(Role::named("root"), None);
    }
}
