//! `POST /api/v1/plays/{play_id}/vote-entries`: a shopper puts something up in a topic challenge.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::ids::EntryId;
use fanvine_ledger::carry_out;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::show_votes::{EntryState, EntryView};
use super::store;
use super::{LONGEST_NAME, rules_of};
use crate::checkout::reserve::{check_key, key_of};
use crate::offers::store::json as text_of;
use crate::plays::{PlayError, PlayerForm, pictured, requests, said, text};
use crate::{Promote, announce};

/// What is put up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryForm {
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// What they call it.
    pub title: String,
    /// What they say of it.
    #[serde(default)]
    pub about: String,
    /// A picture of it.
    #[serde(default)]
    pub image_url: Option<String>,
}

/// Put something up
///
/// In a vote whose rules take entries. It is shown once an operator has looked at it, or at once if the rules say so. The same key
/// with the same request answers the same entry.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/vote-entries", tag = "promote", operation_id = "enter_vote",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
    ),
    request_body = EntryForm,
    responses(
        (status = 200, description = "The entry", body = EntryView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn enter_vote(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<EntryForm>,
) -> Answer<Json<EntryView>> {
    Ok(Json(promote.enter_vote(&play_id, key_of(&headers), form).await?))
}

impl Promote {
    /// Puts something up to be voted for.
    pub async fn enter_vote(&self, play_id: &str, key: String, form: EntryForm) -> Result<EntryView, PlayError> {
        check_key(&key)?;
        PlayerForm { shopper_id: form.shopper_id.clone() }.check()?;
        text("title", &form.title, LONGEST_NAME)?;
        said("about", &form.about)?;
        pictured("image_url", form.image_url.as_deref())?;
        let (now, request) = (self.clock.now(), text_of(&("enter", play_id, &form)));
        // What was answered stands, whatever became of the play since.
        if let Some(before) = self.answered(&key, &request).await? {
            let read = self.store.read(|tx| Box::pin(async move { store::one(tx, &before).await }));
            if let Some(entry) = read.await? {
                return Ok(entry);
            }
        }
        self.admitted(play_id, &form.shopper_id).await?;
        let play = self.playable(play_id, now).await?;
        let Some(entries) = rules_of(&play)?.entries else {
            let why = "shoppers put nothing up in it".to_owned();
            return Err(PlayError::Rule { play_id: play.play_id, why });
        };
        let (keys, id) = (self.keys_of(&form.shopper_id), EntryId::new(now, self.entropy.as_ref()).to_string());
        let entering = self.store.write(move |tx| {
            Box::pin(async move {
                // As with votes: of two at once, one comes second.
                carry_out(tx, Vec::new(), now).await?;
                if let Some(before) = requests::answered(tx, &key, &request).await? {
                    let unknown = || PlayError::UnknownRun { what: "entry", run_id: before.clone() };
                    return store::one(tx, &before).await?.ok_or_else(unknown);
                }
                let theirs = store::of_keys(tx, &play.play_id, &keys).await?;
                let many = theirs.iter().filter(|one| one.state != EntryState::Hidden).count();
                if i64::try_from(many).unwrap_or(i64::MAX) >= entries.per_shopper {
                    let limit = format!("{} has put up {many}, of {} each", form.shopper_id, entries.per_shopper);
                    return Err(PlayError::Full { what: "play", id: play.play_id, limit });
                }
                let entry = EntryView {
                    entry_id: id.clone(),
                    play_id: play.play_id,
                    shopper_id: form.shopper_id,
                    title: form.title,
                    about: form.about,
                    image_url: form.image_url,
                    state: if entries.reviewed { EntryState::Waiting } else { EntryState::Shown },
                    entered_at: now,
                    decided_by: None,
                    decided_at: None,
                };
                store::enter(tx, &entry).await?;
                let name = names::ENTRY_SUBMITTED;
                let about = json!({ "play_id": entry.play_id, "entry_id": id, "title": entry.title });
                let event = announce::event(name, format!("{name}/{id}"), now, &about);
                tx.emit(&fanvine_kernel::Event { user_id: Some(entry.shopper_id.clone()), ..event }).await?;
                requests::keep(tx, vec![requests::row(&key, &request, &id)]).await?;
                Ok::<_, PlayError>(entry)
            })
        });
        entering.await
    }
}
