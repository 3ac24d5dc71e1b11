//! Sending e-mail: for whoever has something to tell somebody who is not looking.

use std::future::Future;
use std::pin::Pin;

/// An e-mail to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Whose: `somebody@example.com`.
    pub to: String,
    /// What it is about, in one line.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// What it says, as HTML, for programs that show it; they get the plain text too.
    pub html: Option<String>,
    /// A file that comes with it.
    pub attachment: Option<Attachment>,
}

/// A file that comes with an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// What it is called: `report.pdf`.
    pub name: String,
    /// What it is: `application/pdf`.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What is to come of a sending.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>>;

/// Sends e-mail. It does not try again by itself: whoever sends knows how long the news stays news.
pub trait Mailer: Send + Sync {
    /// Whether a mail server is set at all, so that a form can tell beforehand.
    fn is_set(&self) -> bool;

    /// Sends one, and answers once the mail server has taken it. If the answer is lost, the same mail may arrive twice.
    fn send(&self, mail: Mail) -> Sending<'_>;
}

/// Why an e-mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// There is no mail server in the settings.
    #[error("no mail server is set: name one under [email] in the settings, or in FANVINE_EMAIL_SERVER")]
    NotSet,
    /// The address is none.
    #[error("`{address}` is not an e-mail address: {reason}")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The mail server will never take it.
    #[error("the mail server {server} refuses a mail to {to}: {answer}")]
    Refused {
        /// Which server.
        server: String,
        /// For whom it was.
        to: String,
        /// What the server said.
        answer: String,
    },
    /// The mail server does not take it now; later it may.
    #[error("the mail server {server} cannot take a mail to {to} now: {reason}")]
    Later {
        /// Which server.
        server: String,
        /// For whom it was.
        to: String,
        /// What happened.
        reason: String,
    },
}

impl MailError {
    /// Whether the same mail may be taken later.
    pub fn is_worth_trying_again(&self) -> bool {
        matches!(self, Self::Later { .. })
    }
}

/// No mail server: for a program, or a test, without one.
pub struct NoMailer;

impl Mailer for NoMailer {
    fn is_set(&self) -> bool {
        false
    }

    fn send(&self, _: Mail) -> Sending<'_> {
        Box::pin(std::future::ready(Err(MailError::NotSet)))
    }
}
