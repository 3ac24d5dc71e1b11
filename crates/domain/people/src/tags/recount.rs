//! Counting everybody anew for tags that were changed, beside what is there, which answers meanwhile.
//!
//! Scores fade by a half-life and deeds weigh what the catalogue says; neither can be changed in a sum. So when a change
//! touches what is scored ([`Catalogue::fingerprint`](super::Catalogue::fingerprint)), the log is read again from its
//! beginning into shoppers of their own, and these take the place of the others when they have caught up. Numbers are
//! given out by the order of the log, so they are the same.

use fanvine_kernel::event::EventRef;

use super::list_tags::TagRecount;
use crate::People;
use crate::profile::DecodeError;
use crate::segments::live::Program;
use crate::shoppers::{Shoppers, Told};

/// Shoppers counted anew.
#[derive(Debug)]
pub(crate) struct Recount {
    fingerprint: u64,
    shoppers: Shoppers,
}

impl People {
    /// Resolves when everybody is to be counted anew.
    pub async fn recount_due(&self) {
        loop {
            let due = self.recount_due.notified();
            if !self.shoppers().is_counted() {
                return;
            }
            due.await;
        }
    }

    /// From which offset on the events of the log are wanted by [`People::recount`]; none if nobody is counted anew.
    pub fn recount_from(&self) -> Option<u64> {
        let catalogue = {
            let shoppers = self.shoppers();
            (!shoppers.is_counted()).then(|| shoppers.catalogue().clone())
        };
        let mut recount = self.recounting();
        let Some(catalogue) = catalogue else {
            *recount = None;
            return None;
        };
        let fingerprint = catalogue.fingerprint();
        let same = recount.take().filter(|one| one.fingerprint == fingerprint);
        let one = same.unwrap_or_else(|| Recount { fingerprint, shoppers: self.shoppers().beside() });
        Some(recount.insert(one).shoppers.next_offset())
    }

    /// Counts events of the log anew, each with its offset, in order; `next` is the offset behind them. When it has come
    /// as far as the others, those counted anew take their place, and it answers true.
    ///
    /// # Errors
    /// What was counted anew of a shopper cannot be read: a mistake of ours.
    pub async fn recount(&self, events: &[(u64, EventRef<'_>)], next: u64) -> Result<bool, DecodeError> {
        // Not while the others are on their way to the store.
        let _saving = self.saving.lock().await;
        let mut recount = self.recounting();
        let Some(anew) = recount.as_mut() else { return Ok(false) };
        // What is said of people, and what live rules remember, is kept as it is.
        let nobody_looks = Program::default();
        let told: Vec<Told<'_>> = events
            .iter()
            .filter_map(|(offset, event)| Told::read(*offset, *event, &nobody_looks))
            .map(|mut told| {
                told.traits = Vec::new();
                told
            })
            .collect();
        if next < self.next_offset() {
            anew.shoppers.take_in(&told, next)?;
            return Ok(false);
        }
        let mut membership = self.segments.membership();
        let mut shoppers = self.shoppers_mut();
        let reached = shoppers.next_offset();
        let known = told.partition_point(|one| one.offset < reached);
        anew.shoppers.take_in(told.get(..known).unwrap_or_default(), reached)?;
        if anew.fingerprint != shoppers.catalogue().fingerprint() || anew.shoppers.next_offset() != reached {
            return Ok(false);
        }
        recount.take().into_iter().for_each(|done| shoppers.replace(done.shoppers));
        // What rules remembered is gone with those who were there before: nobody is asked until it is counted again.
        membership.unsettle_unknown(&shoppers.watch);
        drop((membership, shoppers));
        self.segments.something.notify_waiters();
        Ok(true)
    }

    /// How far everybody is counted anew, if they are.
    pub(super) fn recount_state(&self) -> Option<TagRecount> {
        let (is_counted, of) = {
            let shoppers = self.shoppers();
            (shoppers.is_counted(), shoppers.next_offset())
        };
        let counted = self.recounting().as_ref().map_or(0, |recount| recount.shoppers.next_offset());
        (!is_counted).then_some(TagRecount { counted: counted.min(of), of })
    }
}
