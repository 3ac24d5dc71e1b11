//! E-mail, by the shop's own mail server (SMTP, RFC 5321; TLS by RFC 8314 or STARTTLS).

pub(crate) mod send_test;
pub(crate) mod show_email;

use std::time::Duration;

use fanvine_contracts::mail::{Mail, MailError, Mailer, Sending};
use lettre::address::AddressError;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use url::Url;

/// A mail server answers within this, or is taken for unreachable.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a mail server cannot be used as it is set.
#[derive(Debug, thiserror::Error)]
pub enum EmailSettingsError {
    /// The address of the server is none.
    #[error("email.server is not an address such as smtps://user:password@mail.example.com: {0}")]
    Server(String),
    /// The password would travel for all to read.
    #[error("email.server {0} would send its password in the clear: use smtps://, or end it in ?tls=required")]
    InTheClear(String),
    /// The sender is none.
    #[error("email.from `{from}` is not a sender such as `Shop <shop@example.com>`: {reason}")]
    From {
        /// What was set.
        from: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is a server and no sender.
    #[error("email.server is set, but email.from, the sender, is not")]
    NoSender,
}

/// Sends by a mail server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Its name, for messages.
    server: String,
}

impl SmtpMailer {
    /// By the server of that address, from that sender. Nothing is connected yet.
    ///
    /// # Errors
    /// Either is not valid.
    pub fn new(server: &str, from: &str) -> Result<Self, EmailSettingsError> {
        let url = Url::parse(server).map_err(|error| EmailSettingsError::Server(error.to_string()))?;
        let name = url.host_str().unwrap_or_default().to_owned();
        let secure =
            url.scheme() == "smtps" || url.query_pairs().any(|(key, value)| key == "tls" && value == "required");
        if url.password().is_some() && !secure {
            return Err(EmailSettingsError::InTheClear(name));
        }
        let from = from.trim();
        let refused = |reason: String| EmailSettingsError::From { from: from.to_owned(), reason };
        let mailbox = mailbox(from).map_err(|error| refused(error.to_string()))?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(server);
        let builder = builder.map_err(|error| EmailSettingsError::Server(error.to_string()))?;
        Ok(Self { transport: builder.timeout(Some(PATIENCE)).build(), from: mailbox, server: name })
    }

    fn message(&self, mail: Mail) -> Result<Message, MailError> {
        let refused = |reason: String| MailError::Address { address: mail.to.clone(), reason };
        let to = mailbox(&mail.to).map_err(|error| refused(error.to_string()))?;
        // A subject is one line: what follows a line's end would be read as another header.
        let subject = mail.subject.replace(['\r', '\n'], " ");
        let builder = Message::builder().from(self.from.clone()).to(to).subject(subject);
        let said = mail.html.map(|html| MultiPart::alternative_plain_html(mail.text.clone(), html));
        let built = match (mail.attachment, said) {
            (None, Some(said)) => builder.multipart(said),
            (None, None) => builder.header(ContentType::TEXT_PLAIN).body(mail.text),
            (Some(file), said) => {
                let kind = ContentType::parse(file.content_type).map_err(|error| refused(error.to_string()))?;
                let file = Attachment::new(file.name).body(file.bytes, kind);
                let mixed = MultiPart::mixed();
                builder.multipart(match said {
                    Some(said) => mixed.multipart(said).singlepart(file),
                    None => mixed.singlepart(SinglePart::plain(mail.text)).singlepart(file),
                })
            }
        };
        built.map_err(|error| refused(error.to_string()))
    }

    async fn deliver(&self, mail: Mail) -> Result<(), MailError> {
        let (server, to) = (self.server.clone(), mail.to.clone());
        let message = self.message(mail)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(MailError::Refused { server, to, answer: in_full(&error) }),
            Err(error) => Err(MailError::Later { server, to, reason: in_full(&error) }),
        }
    }
}

/// `address`, or `name <address>`, whatever script the name is in.
fn mailbox(text: &str) -> Result<Mailbox, AddressError> {
    match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        None => Ok(Mailbox::new(None, text.trim().parse()?)),
        Some((name, address)) => {
            let name = name.trim().trim_matches('"');
            Ok(Mailbox::new((!name.is_empty()).then(|| name.to_owned()), address.trim().parse()?))
        }
    }
}

/// An error with its causes.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        let more = one.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = one.source();
    }
    text
}

impl Mailer for SmtpMailer {
    fn is_set(&self) -> bool {
        true
    }

    fn send(&self, mail: Mail) -> Sending<'_> {
        Box::pin(self.deliver(mail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_travels_in_the_clear() {
        let refused = SmtpMailer::new("smtp://shop:secret@mail.example.com", "shop@example.com").err().unwrap();
        assert!(matches!(refused, EmailSettingsError::InTheClear(_)), "{refused}");
        assert!(!refused.to_string().contains("secret"));
        for server in ["smtps://shop:secret@mail.example.com", "smtp://shop:secret@mail.example.com:587?tls=required"] {
            assert!(SmtpMailer::new(server, "茶店 <shop@example.com>").is_ok(), "{server}");
        }
    }

    #[test]
    fn what_is_no_server_or_no_sender_is_refused_by_name() {
        let refused = SmtpMailer::new("mail.example.com", "shop@example.com").err().unwrap();
        assert!(refused.to_string().starts_with("email.server is not an address"), "{refused}");
        let refused = SmtpMailer::new("smtps://mail.example.com", "shop").err().unwrap();
        assert!(refused.to_string().starts_with("email.from `shop` is not a sender"), "{refused}");
    }

    #[test]
    fn a_subject_adds_no_headers() {
        let mailer = SmtpMailer::new("smtp://localhost", "shop@example.com").unwrap();
        let mail = Mail {
            to: "ana@example.com".into(),
            subject: "Sales\r\nBcc: eve@example.com".into(),
            text: "hello".into(),
            html: None,
            attachment: None,
        };
        let text = String::from_utf8(mailer.message(mail).unwrap().formatted()).unwrap();
        assert!(!text.contains("\r\nBcc:"), "{text}");
    }
}
