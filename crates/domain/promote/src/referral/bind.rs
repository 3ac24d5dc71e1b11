//! `POST /api/v1/plays/{play_id}/bindings`: a shopper was brought by the sharer of a code. Opened links bind behind the log.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::{EventRef, names};
use fanvine_kernel::{Event, Timestamp};
use fanvine_store::{StoreError, Tx, args};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::join_sharers::lock_of;
use super::store::{self, Sharer};
use super::{Brought, Referral};
use crate::checkout::quote_cart::{LONGEST_SHOPPER, check_text};
use crate::plays::PlayError;
use crate::{Promote, announce};

/// Longest code that is looked for, in bytes.
const LONGEST_CODE: usize = 64;
/// Longest chain of who brought whom that is looked at.
const LONGEST_CHAIN: usize = 10_000;

/// Who was brought, and by which code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BindForm {
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// The sharer's code.
    pub code: String,
}

/// By whom a shopper was brought, as far as it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BindingView {
    /// The shopper.
    pub shopper_id: String,
    /// By whom.
    pub sharer_id: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub bound_at: Timestamp,
    /// Whether that is the sharer of the code; otherwise the shopper stays with who brought them before, by the play's rule.
    pub by_this_code: bool,
}

/// Bind a shopper to a sharer
///
/// Who counts of several who brought somebody says the play's rule. Nobody brings themselves, nor who brought them. Again, it
/// changes nothing.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/bindings", tag = "promote", operation_id = "bind_shopper",
    params(("play_id" = String, Path, description = "The play")),
    request_body = BindForm,
    responses(
        (status = 200, description = "By whom the shopper was brought", body = BindingView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn bind_shopper(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    Body(form): Body<BindForm>,
) -> Answer<Json<BindingView>> {
    Ok(Json(promote.bind_shopper(&play_id, form).await?))
}

impl Promote {
    /// Binds a shopper to the sharer of a code.
    pub async fn bind_shopper(&self, play_id: &str, form: BindForm) -> Result<BindingView, PlayError> {
        check_text("shopper_id", &form.shopper_id, LONGEST_SHOPPER)?;
        check_text("code", &form.code, LONGEST_CODE)?;
        let (code, now) = (form.code.clone(), self.clock.now());
        let rules = self.referral(play_id, now).await?;
        let found = self.store.read(|tx| Box::pin(async move { store::of_code(tx, &code).await })).await;
        let sharer: Option<Sharer> = found.map_err(|error: StoreError| PlayError::from(error))?;
        let sharer = sharer.filter(|sharer| sharer.play_id == play_id);
        let sharer = sharer.ok_or_else(|| PlayError::UnknownRun { what: "code", run_id: form.code.clone() })?;
        self.bind(play_id, rules, &form.shopper_id, sharer, now).await
    }

    async fn bind(
        &self,
        play_id: &str,
        rules: Referral,
        shopper: &str,
        sharer: Sharer,
        now: Timestamp,
    ) -> Result<BindingView, PlayError> {
        let refused = |why: &str| PlayError::Rule { play_id: play_id.to_owned(), why: why.to_owned() };
        let keys = self.keys_of(shopper);
        if keys.contains(&sharer.sharer_id) {
            return Err(refused("nobody brings themselves"));
        }
        self.admitted(play_id, shopper).await?;
        let known = self.brought(play_id, &keys).await?;
        if known.is_empty() && rules.newcomers && self.others.orders.has_ordered(&keys).await? {
            return Err(refused("this shopper has ordered before, and the play is for newcomers"));
        }
        let (wanted, shopper, audience) = (play_id.to_owned(), shopper.to_owned(), self.others.audience.clone());
        let binding = self.store.write(move |tx| {
            Box::pin(async move {
                tx.lock(&lock_of(&wanted)).await?;
                let mut times = of_play(store::brought_of(tx, &keys).await?, &wanted);
                let before = rules.bound(&times, now);
                // Each time has a moment of its own, so that none is lost and their order stays.
                let last = times.iter().map(|one| one.bound_at).max();
                let bound_at = last.map_or(now, |last| now.max(last.plus_micros(1)));
                let next = Brought { shopper_id: shopper, sharer_id: sharer.sharer_id.clone(), bound_at };
                times.push(next.clone());
                let after = rules.bound(&times, bound_at);
                let view = |one: Brought| BindingView {
                    by_this_code: one.sharer_id == sharer.sharer_id,
                    shopper_id: one.shopper_id,
                    sharer_id: one.sharer_id,
                    bound_at: one.bound_at,
                };
                match (before, after) {
                    // The same sharer again, or one who comes too late.
                    (Some(before), Some(after)) if before.sharer_id == next.sharer_id || after == before => {
                        return Ok(view(before));
                    }
                    _ => {}
                }
                let keys_of = |key: &str| audience.keys_of(key);
                if descends(tx, &wanted, &next.sharer_id, &keys, keys_of).await? {
                    let why = "the sharer was brought by this shopper, directly or through others".to_owned();
                    return Err(PlayError::Rule { play_id: wanted, why });
                }
                if store::bind(tx, &wanted, &next).await? > 0 {
                    tx.emit(&bound(&wanted, &next, &sharer.code, now)).await?;
                }
                Ok::<_, PlayError>(view(next))
            })
        });
        binding.await
    }

    /// Every time that a person was brought in a play.
    async fn brought(&self, play_id: &str, keys: &[String]) -> Result<Vec<Brought>, StoreError> {
        let (keys, play_id) = (keys.to_vec(), play_id.to_owned());
        let read = self.store.read(|tx| Box::pin(async move { store::brought_of(tx, &keys).await }));
        Ok(of_play(read.await?, &play_id))
    }

    /// Whether anything that happens concerns a published play which follows it: opened links, for one.
    pub async fn follows(&self) -> Result<bool, StoreError> {
        Ok(self.issues() || !self.published_that_follow().await?.is_empty())
    }

    async fn published_that_follow(&self) -> Result<Vec<String>, StoreError> {
        const PUBLISHED: &str = "SELECT play_id FROM plays WHERE published IS NOT NULL ORDER BY play_id";
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for row in tx.rows(PUBLISHED, args![]).await? {
                    let play_id: String = row.get("play_id")?;
                    let rules = store::rules(tx, &play_id).await?;
                    found.extend(rules.filter(|(_, rules)| rules.links_bind).map(|_| play_id));
                }
                Ok::<_, StoreError>(found)
            })
        });
        read.await
    }

    /// Binds whoever opened a sharer's link. What is refused is no fault: an own link, say.
    pub(crate) async fn bind_by_links(&self, events: &[(u64, EventRef<'_>)]) -> Result<(), StoreError> {
        for (_, event) in events.iter().filter(|(_, event)| event.name == names::SHARE_OPENED) {
            let Some(shopper) = event.user_id.or(event.anonymous_id) else { continue };
            let told = event.properties.and_then(|text| serde_json::from_str::<Value>(text).ok()).unwrap_or_default();
            let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let share = (text("share_id"), text("sharer_id"), text("parent_share_id"));
            let found = self.store.read(|tx| Box::pin(async move { sharer_of(tx, share).await })).await?;
            let Some(sharer) = found else { continue };
            let play_id = sharer.play_id.clone();
            let done = match self.referral(&play_id, self.clock.now()).await {
                Ok(rules) if !rules.links_bind => continue,
                Ok(rules) => self.bind(&play_id, rules, shopper, sharer, self.clock.now()).await.map(drop),
                Err(error) => Err(error),
            };
            match done {
                Err(PlayError::Store(error)) => return Err(error),
                // Whoever could not be asked is asked again.
                Err(PlayError::Asked(_)) => return Err(StoreError::Closed),
                Err(error) => tracing::debug!(%error, shopper, "an opened link bound nobody"),
                Ok(()) => {}
            }
        }
        Ok(())
    }
}

/// Whose link was opened: the sharer whose code names the share; else who shared it on, if they are a sharer; else the sharer
/// whose code names the share it descends from.
async fn sharer_of(
    tx: &mut Tx,
    (share, sharer, parent): (String, String, String),
) -> Result<Option<Sharer>, StoreError> {
    let fits = |text: &str, most: usize| !text.is_empty() && text.len() <= most;
    if fits(&share, LONGEST_CODE)
        && let Some(found) = store::of_code(tx, &share).await?
    {
        return Ok(Some(found));
    }
    if fits(&sharer, LONGEST_SHOPPER)
        && let Some(found) = store::sharers_of(tx, &[sharer]).await?.into_iter().next_back()
    {
        return Ok(Some(found));
    }
    if fits(&parent, LONGEST_CODE) { store::of_code(tx, &parent).await } else { Ok(None) }
}

pub(super) fn of_play(all: Vec<(String, Brought)>, play_id: &str) -> Vec<Brought> {
    all.into_iter().filter(|(of, _)| of == play_id).map(|(_, one)| one).collect()
}

/// Whether a sharer was ever brought by any of these keys, directly or through others. Whoever they were once bound to counts
/// too: that may hold again when keys are no longer one person.
async fn descends(
    tx: &mut Tx,
    play_id: &str,
    sharer: &str,
    keys: &[String],
    keys_of: impl Fn(&str) -> Vec<String>,
) -> Result<bool, StoreError> {
    let (mut seen, mut next) = (std::collections::BTreeSet::new(), vec![sharer.to_owned()]);
    while let Some(one) = next.pop() {
        if keys.contains(&one) {
            return Ok(true);
        }
        if seen.len() >= LONGEST_CHAIN || !seen.insert(one.clone()) {
            continue;
        }
        let mut all = keys_of(&one);
        all.push(one);
        next.extend(of_play(store::brought_of(tx, &all).await?, play_id).into_iter().map(|one| one.sharer_id));
    }
    Ok(false)
}

fn bound(play_id: &str, one: &Brought, code: &str, now: Timestamp) -> Event {
    let name = names::SHOPPER_REFERRED;
    let about = json!({ "play_id": play_id, "sharer_id": one.sharer_id, "code": code });
    let event = announce::event(
        name,
        format!("{name}/{play_id}/{code}/{}/{}", one.shopper_id, one.bound_at.micros()),
        now,
        &about,
    );
    Event { user_id: Some(one.shopper_id.clone()), ..event }
}
