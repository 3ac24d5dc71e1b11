//! Console sessions: a random token in a cookie, of which only a fingerprint is kept.
//!
//! How long a session lives, what its cookie looks like, and why one is refused.

mod attempts;
pub(crate) mod change_password;
pub(crate) mod current;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod store;

use fanvine_kernel::ids::{AccountId, SessionId};
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;
use http::{HeaderMap, header};
use serde::Serialize;

use crate::accounts::{Account, AccountError, HashError};
use crate::secret::{Secret, csrf_token, looks_like_token};

pub(crate) use attempts::Attempts;

/// The name of the session's cookie.
pub const SESSION_COOKIE: &str = "fanvine_session";

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// A session ends this long after signing in, whatever happens.
pub(crate) const LONGEST_LIFE: i64 = 14 * DAY;
/// A session ends after this long without a request.
pub(crate) const LONGEST_IDLE: i64 = 2 * DAY;
/// How seldom "last seen" and "last used" are written.
pub(crate) const SEEN_EVERY: i64 = 60 * SECOND;

/// Why a session was not made, found or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    /// Unknown e-mail or wrong password; which of them is not said.
    #[error("the e-mail or the password is wrong")]
    WrongCredentials,
    /// Too many attempts for this e-mail or from this address.
    #[error("too many attempts to sign in; try again in {wait_s} s")]
    TooManyAttempts {
        /// Seconds until the next attempt is heard.
        wait_s: u32,
    },
    /// The request carries a key, or a session that has ended.
    #[error("this needs a console session; a server key has none")]
    NoSession,
    /// The password given as the present one is not.
    #[error("the current password is not right")]
    WrongCurrentPassword,
    /// The new password is not acceptable.
    #[error(transparent)]
    NewPassword(AccountError),
    /// The password could not be checked.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SessionError> for Problem {
    fn from(cause: SessionError) -> Self {
        let detail = cause.to_string();
        match cause {
            SessionError::WrongCredentials => Problem::new(Code::WrongCredentials, detail),
            SessionError::TooManyAttempts { wait_s } => Problem::new(Code::TooManyAttempts, detail).retry_after(wait_s),
            SessionError::NoSession => Problem::new(Code::SignInRequired, detail),
            // Not a 401: whoever asks is signed in, and a console must not take this for the session's end.
            SessionError::WrongCurrentPassword => Problem::new(Code::InvalidBody, detail).at("/current"),
            SessionError::NewPassword(AccountError::InvalidPassword { .. }) => {
                Problem::new(Code::InvalidBody, detail).at("/new")
            }
            SessionError::NewPassword(cause) => cause.into(),
            SessionError::Hash(cause) => cause.into(),
            SessionError::Store(cause) => cause.into(),
        }
    }
}

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) id: SessionId,
    pub(crate) account_id: AccountId,
    pub(crate) created_at: Timestamp,
    pub(crate) seen_at: Timestamp,
}

/// Whether a session that began and was last seen then has ended.
pub(crate) fn has_ended(created_at: Timestamp, seen_at: Timestamp, now: Timestamp) -> bool {
    now.micros_since(created_at) >= LONGEST_LIFE || now.micros_since(seen_at) >= LONGEST_IDLE
}

/// A session as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Session {
    /// Who is signed in.
    account: Account,
    /// To be sent as `X-CSRF-Token` with every change.
    #[schema(value_type = String)]
    csrf_token: Secret,
}

impl Session {
    pub(crate) fn of(account: Account, token: &Secret) -> Self {
        Self { account, csrf_token: Secret::new(csrf_token(token.reveal())) }
    }
}

/// The session token a request carries in its cookie, if it has the form of one.
pub(crate) fn token_in(headers: &HeaderMap) -> Option<Secret> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, token)| *name == SESSION_COOKIE && looks_like_token(token))
        .map(|(_, token)| Secret::new(token))
}

/// The `Set-Cookie` that hands a session out.
pub(crate) fn cookie(token: &Secret, secure: bool) -> String {
    attributes(token.reveal(), LONGEST_LIFE / SECOND, secure)
}

/// The `Set-Cookie` that takes it back.
pub(crate) fn spent_cookie(secure: bool) -> String {
    attributes("", 0, secure)
}

fn attributes(value: &str, max_age_s: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{SESSION_COOKIE}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn a_session_ends_after_two_idle_days_or_fourteen_days_at_most() {
        let start = Timestamp::from_seconds(1_000_000);
        let day = |days: i64| start.plus_micros(days * DAY);
        assert!(!has_ended(start, start, day(2).plus_micros(-1)));
        assert!(has_ended(start, start, day(2)));
        assert!(!has_ended(start, day(13), day(14).plus_micros(-1)));
        assert!(has_ended(start, day(13), day(14)));
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "theme=dark; lang=zh".parse().unwrap());
        headers.append(header::COOKIE, format!("a=b; {SESSION_COOKIE}={TOKEN}").parse().unwrap());
        assert_eq!(token_in(&headers).unwrap().reveal(), TOKEN);
        let mut other = HeaderMap::new();
        other.insert(header::COOKIE, format!("{SESSION_COOKIE}=; x{SESSION_COOKIE}={TOKEN}").parse().unwrap());
        assert_eq!(token_in(&other), None);
    }

    #[test]
    fn the_cookie_is_closed_to_scripts_and_other_sites() {
        let text = cookie(&Secret::new(TOKEN), true);
        assert_eq!(
            text,
            format!("fanvine_session={TOKEN}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Strict; Secure")
        );
        assert!(!cookie(&Secret::new(TOKEN), false).contains("Secure"));
        assert!(spent_cookie(false).starts_with("fanvine_session=; Path=/; Max-Age=0;"));
    }

    #[test]
    fn a_session_prints_without_its_token() {
        let account = Account {
            id: "acc_1".parse().unwrap(),
            email: crate::accounts::Email::parse("a@b").unwrap(),
            name: "A".into(),
            role: fanvine_contracts::access::Role::Owner,
            created_at: Timestamp::default(),
        };
        let token = Secret::new(TOKEN);
        let session = Session::of(account, &token);
        assert!(!format!("{session:?}").contains(&csrf_token(TOKEN)));
    }
}
