//! `POST /api/v1/email/test`: sends one e-mail, to see whether the mail server takes it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_contracts::mail::{Mail, MailError};
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Body, ProblemBody};
use serde::{Deserialize, Serialize};

use crate::Engage;

/// To whom.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailTest {
    /// The address.
    pub to: String,
}

/// Send a test e-mail
///
/// Answers once the mail server has taken it.
#[utoipa::path(
    post, path = "/api/v1/email/test", tag = "engage", operation_id = "send_test_email",
    request_body = EmailTest,
    responses(
        (status = 200, description = "To whom it was sent", body = EmailTest),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn send_test_email(
    State(engage): State<Arc<Engage>>,
    Body(form): Body<EmailTest>,
) -> Answer<Json<EmailTest>> {
    let mail = Mail {
        to: form.to.clone(),
        subject: "Fanvine can send e-mail · Fanvine 可以发送邮件".into(),
        text: "Your mail server takes what Fanvine sends.\n您的邮件服务器已接收 Fanvine 发出的邮件。\n".into(),
        html: None,
        attachment: None,
    };
    engage.mailer.send(mail).await.map_err(problem)?;
    Ok(Json(form))
}

fn problem(error: MailError) -> Problem {
    let code = match error {
        MailError::Address { .. } => Code::InvalidParameter,
        MailError::Later { .. } => Code::Unavailable,
        MailError::NotSet | MailError::Refused { .. } => Code::EmailNotSent,
    };
    Problem::new(code, error.to_string())
}
