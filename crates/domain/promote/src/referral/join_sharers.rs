//! `POST /api/v1/plays/{play_id}/sharers`: somebody wants to share, and gets a code. `GET /api/v1/sharers` lists them.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{Entropy, Timestamp};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Body, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::show_statement::{Balance, balances};
use super::store::{self, Sharer};
use super::{Referral, WHAT, WhoShares};
use crate::plays::requests::PlayerForm;
use crate::plays::{PlayError, Rules};
use crate::{Promote, announce};

/// Characters of a code that nobody mistakes for one another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 40 random bits.
const LENGTH: usize = 8;
/// How often a code is made anew that somebody else has.
const TRIES: usize = 8;
/// Keys of those who were brought that a page counts.
const MOST_BROUGHT: u32 = 1_000;

/// A sharer and their code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SharerCode {
    /// As whom they share: the shopper id they joined with first.
    pub sharer_id: String,
    /// The play.
    pub play_id: String,
    /// Their code. It is the share's name in links: shares that descend from them name it as their parent.
    pub code: String,
    /// What to put behind the address of a page to make their link: `fv_share=…`. The tracker tells who opens it.
    pub link_query: String,
    /// Where it may be shared.
    pub channels: Vec<String>,
    /// When they joined.
    #[schema(value_type = String, format = DateTime)]
    pub joined_at: Timestamp,
}

/// A sharer, with what they have.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SharerView {
    /// As whom they share.
    pub sharer_id: String,
    /// The play, or the one they joined first where all are listed.
    pub play_id: String,
    /// Their code.
    pub code: String,
    /// When they joined.
    #[schema(value_type = String, format = DateTime)]
    pub joined_at: Timestamp,
    /// What they have, by currency.
    pub balances: Vec<Balance>,
}

/// Sharers by identifier.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SharerList {
    /// Some of them.
    pub sharers: Vec<SharerView>,
    /// Ask again with this as `after` for more; null if there are none.
    pub next: Option<String>,
}

/// Which sharers.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SharerQuery {
    /// Only of this play.
    pub play_id: Option<String>,
    /// Only those after this identifier.
    pub after: Option<String>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// Join the sharers of a referral play
///
/// Answers their code: the same one however often it is asked for, and under whichever key of the person.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/sharers", tag = "promote", operation_id = "join_sharers",
    params(("play_id" = String, Path, description = "The play")),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "Their code", body = SharerCode),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn join_sharers(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<SharerCode>> {
    Ok(Json(promote.join_sharers(&play_id, form).await?))
}

/// List sharers
#[utoipa::path(
    get, path = "/api/v1/sharers", tag = "promote", operation_id = "list_sharers",
    params(SharerQuery),
    responses(
        (status = 200, description = "Sharers by identifier", body = SharerList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_sharers(
    State(promote): State<Arc<Promote>>,
    Params(query): Params<SharerQuery>,
) -> Answer<Json<SharerList>> {
    let (limit, now) = (query.limit.unwrap_or(50).clamp(1, 200), promote.clock.now());
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let after = query.after.unwrap_or_default();
            let found = store::sharers(tx, query.play_id.as_deref(), &after, limit).await?;
            let next = found.last().filter(|_| found.len() == limit as usize).map(|one| one.sharer_id.clone());
            let mut sharers = Vec::with_capacity(found.len());
            for Sharer { sharer_id, play_id, code, joined_at } in found {
                let balances = balances(tx, std::slice::from_ref(&sharer_id), now).await?;
                sharers.push(SharerView { sharer_id, play_id, code, joined_at, balances });
            }
            Ok::<_, StoreError>(SharerList { sharers, next })
        })
    });
    Ok(Json(read.await.map_err(PlayError::from)?))
}

impl Promote {
    /// Makes a shopper a sharer; one who is has their code again.
    pub async fn join_sharers(&self, play_id: &str, form: PlayerForm) -> Result<SharerCode, PlayError> {
        form.check()?;
        let (shopper, now) = (form.shopper_id, self.clock.now());
        let rules = self.referral(play_id, now).await?;
        let keys = self.keys_of(&shopper);
        if !self.may_share(&rules.sharers, &keys).await? {
            let why = "this shopper is not among those who may share".to_owned();
            return Err(PlayError::Rule { play_id: play_id.to_owned(), why });
        }
        let codes: Vec<String> = (0..TRIES).map(|_| fresh_code(self.entropy.as_ref())).collect();
        let wanted = play_id.to_owned();
        let joining = self.store.write(move |tx| {
            Box::pin(async move {
                tx.lock(&lock_of(&wanted)).await?;
                let mine = |all: Vec<Sharer>| all.into_iter().find(|one| one.play_id == wanted);
                if let Some(known) = mine(store::sharers_of(tx, &keys).await?) {
                    return Ok(Some(known));
                }
                for code in codes {
                    let (sharer_id, play_id) = (shopper.clone(), wanted.clone());
                    let one = Sharer { sharer_id, play_id, code, joined_at: now };
                    if store::add_sharer(tx, &one).await? > 0 {
                        tx.emit(&joined(&one, now)).await?;
                        return Ok(Some(one));
                    }
                }
                Ok::<_, StoreError>(None)
            })
        });
        let Some(sharer) = joining.await? else { return Err(PlayError::Changing(play_id.to_owned())) };
        Ok(code(sharer, Some(&rules)))
    }

    /// The rules of a referral play that may be taken part in now.
    pub(crate) async fn referral(&self, play_id: &str, now: Timestamp) -> Result<Referral, PlayError> {
        let play = self.playable(play_id, now).await?;
        match play.terms.rules {
            Rules::Referral(rules) => Ok(rules),
            other => Err(PlayError::Kind { play_id: play.play_id, kind: other.kind(), wanted: WHAT }),
        }
    }

    /// All keys of the person with that key, itself among them.
    pub(crate) fn keys_of(&self, shopper: &str) -> Vec<String> {
        let mut keys = self.others.audience.keys_of(shopper);
        if !keys.iter().any(|key| key == shopper) {
            keys.push(shopper.to_owned());
        }
        keys
    }

    /// The code under which a person shares in a play, if they do; without its channels where the play is not published.
    pub(crate) async fn sharer_code(
        &self,
        play_id: &str,
        rules: Option<&Referral>,
        shopper: &str,
    ) -> Result<Option<SharerCode>, StoreError> {
        let keys = self.keys_of(shopper);
        let read = self.store.read(|tx| Box::pin(async move { store::sharers_of(tx, &keys).await }));
        let mine = read.await?.into_iter().find(|one| one.play_id == play_id);
        Ok(mine.map(|mine| code(mine, rules)))
    }

    /// How many people ever came by a sharer's links in a play, whatever keys they came under: the sharer's own, as of a
    /// browser in which they looked at their link before signing in, are nobody. Counted among the first [`MOST_BROUGHT`] keys.
    pub(crate) async fn brought_by(&self, play_id: &str, sharer_id: &str) -> Result<i64, StoreError> {
        let (play_id, sharer) = (play_id.to_owned(), sharer_id.to_owned());
        let read = self
            .store
            .read(|tx| Box::pin(async move { store::keys_brought(tx, &play_id, &sharer, MOST_BROUGHT).await }));
        let keys = read.await?;
        let mut seen: BTreeSet<String> = self.keys_of(sharer_id).into_iter().collect();
        let mut people = 0;
        for key in keys {
            people += i64::from(seen.insert(key.clone()));
            seen.extend(self.keys_of(&key));
        }
        Ok(people)
    }

    /// Whether the person with these keys is among those who may share.
    pub(crate) async fn may_share(&self, who: &WhoShares, keys: &[String]) -> Result<bool, PlayError> {
        match who {
            WhoShares::Anyone => Ok(true),
            WhoShares::Segments { segments } => {
                let belongs =
                    |segment: &String| keys.iter().any(|key| self.others.audience.belongs(segment, key) == Some(true));
                Ok(segments.iter().any(belongs))
            }
            WhoShares::Buyers => Ok(self.others.orders.has_ordered(keys).await?),
        }
    }
}

/// The lock whoever changes sharers or bindings of a play holds.
pub(super) fn lock_of(play_id: &str) -> String {
    format!("referral/{play_id}")
}

fn fresh_code(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; LENGTH];
    entropy.fill(&mut bytes);
    bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32))).map(|letter| char::from(*letter)).collect()
}

fn code(sharer: Sharer, rules: Option<&Referral>) -> SharerCode {
    let Sharer { sharer_id, play_id, code, joined_at } = sharer;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let who: String = sharer_id
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    let link_query = format!("fv_share={code}~{who}~");
    let channels = rules.map_or_else(Vec::new, |rules| rules.channels.iter().cloned().collect());
    SharerCode { sharer_id, play_id, code, link_query, channels, joined_at }
}

fn joined(one: &Sharer, now: Timestamp) -> fanvine_kernel::Event {
    let name = names::SHARER_JOINED;
    let about = json!({ "play_id": one.play_id, "code": one.code });
    let event = announce::event(name, format!("{name}/{}", one.code), now, &about);
    fanvine_kernel::Event { user_id: Some(one.sharer_id.clone()), ..event }
}
