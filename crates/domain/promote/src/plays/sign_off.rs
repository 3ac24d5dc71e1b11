//! `POST /api/v1/plays/{play_id}/sign-off`: an owner answers for what a gate asks a person to decide. It is kept with the
//! version it is about, and good for no other.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::{Actor, Means};
use fanvine_kernel::event::names;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::{Row, StoreError, Tx, args};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::{Play, PlayError, store, text};
use crate::{Promote, announce};

/// Longest statement, in bytes.
const LONGEST: usize = 2_000;

/// What the owner says.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOffForm {
    /// Why it may be published, in their own words.
    pub statement: String,
}

/// An owner's word on a version of a play.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SignOff {
    /// The play.
    pub play_id: String,
    /// The version it is about.
    pub version: i64,
    /// Who signed.
    pub signed_by: String,
    /// What they said.
    pub statement: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub signed_at: Timestamp,
}

/// Sign a play off
///
/// An owner who is signed in answers for the play's latest version: that is what the gate for commission of two levels asks
/// for. No key does, and another version needs another word.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/sign-off", tag = "promote", operation_id = "sign_play_off",
    params(("play_id" = String, Path, description = "Its identifier")),
    request_body = SignOffForm,
    responses(
        (status = 200, description = "What was kept", body = SignOff),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn sign_play_off(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(play_id): Segment<String>,
    Body(form): Body<SignOffForm>,
) -> Answer<Json<SignOff>> {
    let actor = actor.map(|Extension(actor)| actor);
    if actor.as_ref().is_some_and(|actor| actor.means == Means::ServerKey) {
        let says = "a play is signed off by an owner who is signed in, not by a key";
        return Err(Problem::new(Code::Forbidden, says).into());
    }
    let (id, name) = actor.map_or_else(Default::default, |actor| (actor.id, actor.name));
    Ok(Json(promote.sign_play_off(play_id, form, id, name).await?))
}

impl Promote {
    /// Keeps an owner's word on the latest version of a play.
    pub async fn sign_play_off(
        &self,
        play_id: String,
        form: SignOffForm,
        account_id: String,
        signed_by: String,
    ) -> Result<SignOff, PlayError> {
        const INSERT: &str =
            "INSERT INTO play_sign_offs (play_id, version, account_id, signed_by, statement, signed_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        text("statement", &form.statement, LONGEST)?;
        let now = self.clock.now();
        let signing = self.store.write(move |tx| {
            Box::pin(async move {
                tx.lock(crate::LOCK).await?;
                let view = store::one(tx, &play_id).await?.ok_or_else(|| PlayError::Unknown(play_id.clone()))?;
                let row = args![&play_id, view.version, &account_id, &signed_by, &form.statement, now];
                if tx.execute(INSERT, row).await? > 0 {
                    let play = Play { play_id: play_id.clone(), version: view.version, terms: view.terms };
                    tx.emit(&announce::play(names::PLAY_SIGNED_OFF, &play, &account_id, now)).await?;
                }
                let kept = of(tx, &play_id, view.version).await?;
                kept.into_iter().next().ok_or(PlayError::Unknown(play_id))
            })
        });
        signing.await
    }
}

/// What owners said of a version of a play, the first first.
pub(crate) async fn of(tx: &mut Tx, play_id: &str, version: i64) -> Result<Vec<SignOff>, StoreError> {
    const SELECT: &str = "SELECT play_id, version, signed_by, statement, signed_at FROM play_sign_offs
        WHERE play_id = $1 AND version = $2 ORDER BY signed_at, account_id";
    let read = |row: &Row| {
        Ok(SignOff {
            play_id: row.get("play_id")?,
            version: row.get("version")?,
            signed_by: row.get("signed_by")?,
            statement: row.get("statement")?,
            signed_at: row.get("signed_at")?,
        })
    };
    tx.rows(SELECT, args![play_id, version]).await?.iter().map(read).collect()
}
