//! Who may have what a campaign holds, as whoever keeps offers and plays asks for every cart.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use fanvine_contracts::audience::Audience;
use fanvine_contracts::campaigns::{Admission, Campaigns, Charge, Piece, PieceKind};
use fanvine_contracts::shoppers::Asking;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_store::{Store, StoreError};

use super::announce;
use super::assign::{Arm, Assigned, arm_of, standing};
use super::people;
use super::state::CampaignState;
use super::store::{self, Kept};

/// Shopper keys whose arm is remembered, of all campaigns together; past that, all are forgotten and looked up again.
const REMEMBERED: usize = 500_000;

/// The campaigns in force, in memory, and who was assigned of late.
pub struct Admissions {
    store: Store,
    audience: Arc<dyn Audience>,
    shelf: RwLock<Arc<Shelf>>,
    /// Held while the shelf is read, so that an older reading never replaces a newer one.
    turn: tokio::sync::Mutex<()>,
    /// The arm of shopper keys by campaign, as the store has it. Rows are never changed, so this is never wrong.
    known: Mutex<HashMap<(String, String), Arm>>,
}

/// The campaigns in force, by what they hold.
#[derive(Default)]
pub(crate) struct Shelf {
    pub campaigns: Vec<Arc<Kept>>,
    holders: HashMap<Piece, Arc<Kept>>,
}

impl Admissions {
    /// The campaigns in force in a store that holds this room's tables.
    ///
    /// # Errors
    /// The store failed.
    pub async fn open(store: Store, audience: Arc<dyn Audience>) -> Result<Arc<Self>, StoreError> {
        let (shelf, turn, known) = (RwLock::default(), tokio::sync::Mutex::default(), Mutex::default());
        let admissions = Self { store, audience, shelf, turn, known };
        admissions.read_anew().await?;
        Ok(Arc::new(admissions))
    }

    /// Reads the campaigns in force anew: whoever changed one does it before they answer.
    pub(crate) async fn read_anew(&self) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        let kept: Vec<Kept> = self.store.read(|tx| Box::pin(store::in_force(tx))).await?;
        let campaigns: Vec<Arc<Kept>> = kept.into_iter().map(Arc::new).collect();
        let holds = |kept: &Arc<Kept>| {
            let kept = kept.clone();
            kept.terms.pieces.clone().into_iter().map(move |piece| (piece, kept.clone()))
        };
        // One that is closed gives way to the next that holds the same.
        let (closed, open): (Vec<_>, Vec<_>) =
            campaigns.iter().partition(|kept| matches!(kept.state, CampaignState::Closed { .. }));
        let holders = closed.into_iter().chain(open).flat_map(holds).collect();
        *self.shelf.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Shelf { campaigns, holders });
        Ok(())
    }

    /// The campaigns in force.
    pub(crate) fn shelf(&self) -> Arc<Shelf> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a campaign in force says to a shopper who meets it by `met`.
    pub(crate) async fn ask(
        &self,
        kept: &Kept,
        shopper_key: Option<&str>,
        met: &str,
        now: Timestamp,
    ) -> Result<Admission, StoreError> {
        let terms = &kept.terms;
        match kept.state {
            CampaignState::Closed { at, .. } => return Ok(Admission::Over { ended_at: at }),
            CampaignState::Paused { .. } => return Ok(Admission::Paused),
            CampaignState::Draft | CampaignState::Published | CampaignState::Running => {}
        }
        match (terms.starts_at, terms.ends_at) {
            (Some(starts_at), _) if now < starts_at => return Ok(Admission::NotYet { starts_at }),
            (_, Some(ended_at)) if ended_at <= now => return Ok(Admission::Over { ended_at }),
            _ => {}
        }
        let arm = match shopper_key {
            Some(shopper_key) => self.arm(kept, shopper_key, met, now).await?,
            // Who is not known cannot be told from somebody held out, unless it is for everybody.
            None if terms.segment.is_none() && terms.holdout_basis_points == 0 => Some(Arm::Treated),
            None => None,
        };
        Ok(match arm {
            Some(Arm::Treated) => Admission::Open(kept.charge()),
            Some(Arm::HeldOut) | None => Admission::OtherShoppers,
        })
    }

    /// The arm of a person; none outside of the audience. Whoever was assigned once stays, whatever becomes of the segment.
    async fn arm(&self, kept: &Kept, key: &str, met: &str, now: Timestamp) -> Result<Option<Arm>, StoreError> {
        let keys = self.audience.keys_of(key);
        if let Some(arm) = self.remembered(&kept.campaign_id, &keys) {
            return Ok(Some(arm));
        }
        let (campaign_id, asked) = (kept.campaign_id.clone(), keys.clone());
        let read = self.store.read(|tx| Box::pin(async move { people::of_keys(tx, &campaign_id, &asked).await }));
        let before: Vec<Assigned> = read.await?;
        let arm = match standing(before.iter()) {
            Some(stands) => stands.arm,
            None => {
                let segment = kept.terms.segment.as_deref();
                if segment.is_some_and(|segment| self.audience.belongs(segment, key) != Some(true)) {
                    return Ok(None);
                }
                let first = keys.iter().min().map_or(key, String::as_str);
                arm_of(&kept.salt, first, kept.terms.holdout_basis_points)
            }
        };
        let found =
            if before.len() < keys.len() { self.assign(kept, &keys, key, arm, met, now).await? } else { before };
        self.remember(&kept.campaign_id, &found);
        Ok(standing(found.iter()).map(|stands| stands.arm))
    }

    /// Writes down the arm of every key of a person; what stands written by then.
    async fn assign(
        &self,
        kept: &Kept,
        keys: &[String],
        asked_by: &str,
        arm: Arm,
        met: &str,
        now: Timestamp,
    ) -> Result<Vec<Assigned>, StoreError> {
        let person_key = keys.iter().min().map_or(asked_by, String::as_str);
        let row = |key: &String| Assigned {
            shopper_key: key.clone(),
            person_key: person_key.to_owned(),
            arm,
            at: now,
            met: met.to_owned(),
        };
        let (rows, campaign_id) = (keys.iter().map(row).collect::<Vec<_>>(), kept.campaign_id.clone());
        let (keys, asked_by) = (keys.to_vec(), asked_by.to_owned());
        let assigning = self.store.write(move |tx| {
            Box::pin(async move {
                let fresh = people::of_keys(tx, &campaign_id, &keys).await?.is_empty();
                people::assign(tx, &campaign_id, &rows).await?;
                let stand = people::of_keys(tx, &campaign_id, &keys).await?;
                if let Some(first) = standing(stand.iter()).filter(|_| fresh) {
                    tx.emit(&announce::met(&campaign_id, &asked_by, first)).await?;
                }
                Ok::<_, StoreError>(stand)
            })
        });
        assigning.await
    }

    /// The arm of a person of whom every key is remembered, all with the same arm.
    fn remembered(&self, campaign_id: &str, keys: &[String]) -> Option<Arm> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut arms = keys.iter().map(|key| known.get(&(campaign_id.to_owned(), key.clone())).copied());
        let first = arms.next()??;
        arms.all(|arm| arm == Some(first)).then_some(first)
    }

    fn remember(&self, campaign_id: &str, assigned: &[Assigned]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + assigned.len() > REMEMBERED {
            known.clear();
        }
        known.extend(assigned.iter().map(|one| ((campaign_id.to_owned(), one.shopper_key.clone()), one.arm)));
    }
}

impl Kept {
    /// On what its costs count.
    pub(crate) fn charge(&self) -> Charge {
        Charge {
            campaign_id: self.campaign_id.clone(),
            currency: self.terms.currency,
            budget_minor: self.terms.budget_minor,
        }
    }
}

impl Campaigns for Admissions {
    fn admit<'a>(
        &'a self,
        shopper_key: Option<&'a str>,
        pieces: Vec<Piece>,
        now: Timestamp,
    ) -> Asking<'a, BTreeMap<Piece, Admission>> {
        Box::pin(async move {
            let shelf = self.shelf();
            let mut said = BTreeMap::new();
            for piece in pieces {
                let Some(kept) = shelf.holders.get(&piece) else { continue };
                let kind = match piece.kind {
                    PieceKind::Offer => "offer",
                    PieceKind::Play => "play",
                };
                let met = format!("{kind}/{}", piece.id);
                let admission = self.ask(kept, shopper_key, &met, now).await.map_err(Problem::from)?;
                said.insert(piece, admission);
            }
            Ok(said)
        })
    }
}
