//! Levels 会员等级: who has grown enough is at a level at once, and stays there until its period ends; then whoever has grown
//! too little to stay goes down, to the highest level they have grown enough to keep.
//!
//! A shopper grows by what they pay for goods and keep, and by what the shop gives them. What came back never counts: whoever
//! reached a level with it is where they would be without. Levels decide nothing by themselves; offers, commission and
//! segments ask for them.

pub(crate) mod decide;
pub(crate) mod give_growth;
pub(crate) mod list_members;
pub(crate) mod put_ladder;
pub(crate) mod show_member;
pub(crate) mod store;
pub(crate) mod sweep;

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::{Code, Currency, Problem, Timestamp};
use fanvine_store::StoreError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Promote;
use crate::offers::TermsError;
use crate::plays::range;
use decide::{Ladders, Standing};

pub use decide::{Cause, Grown, Held, Left, Step};

/// The trait that names a shopper's level, where the shop has no levels here.
const LEVEL: &str = "level";
const MOST_DAYS: i64 = 3_660;
const MOST_GROWTH: i64 = 1_000_000_000_000;
const MOST_LEVELS: i64 = 20;
const MOST_RIGHTS: i64 = 20;
const MOST_CURRENCIES: i64 = 20;
/// Longest name or right, in bytes.
const LONGEST: usize = 200;

/// The levels of a shop, and how one comes to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// For how many days what grew counts.
    pub window_days: i64,
    /// How long a level is held before it is asked whether it is kept, in days.
    pub period_days: i64,
    /// After how many days an order counts: the time in which goods may come back.
    #[serde(default)]
    pub counts_after_days: i64,
    /// For how many minor units paid for goods a shopper grows by one, by currency. What is paid in others counts nothing.
    pub minor_per_growth: BTreeMap<String, i64>,
    /// The levels, from the lowest to the highest.
    pub levels: Vec<Level>,
}

/// A level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Its name in offers and segments: `gold`.
    pub level: String,
    /// What people call it.
    pub name: String,
    /// How much must have grown to reach it.
    pub needs: i64,
    /// How much to keep it when its period ends; no more than to reach it.
    pub keeps: i64,
    /// What its members have beside the offers that ask for it, in the shop's words.
    #[serde(default)]
    pub rights: Vec<String>,
}

impl Ladder {
    /// Refuses levels that could not be held.
    pub fn check(&self) -> Result<(), TermsError> {
        range("window_days", self.window_days, 1, MOST_DAYS)?;
        range("period_days", self.period_days, 1, MOST_DAYS)?;
        range("counts_after_days", self.counts_after_days, 0, MOST_DAYS)?;
        count("the number of currencies", self.minor_per_growth.len(), 1, MOST_CURRENCIES)?;
        for (currency, minor) in &self.minor_per_growth {
            if currency.parse::<Currency>().map_or(true, |known| known.code() != currency) {
                return Err(TermsError::Unknown { field: "minor_per_growth", text: currency.clone() });
            }
            range("minor_per_growth", *minor, 1, MOST_GROWTH)?;
        }
        count("the number of levels", self.levels.len(), 1, MOST_LEVELS)?;
        let (mut names, mut needs, mut keeps) = (BTreeSet::new(), 1, 0);
        for level in &self.levels {
            text("levels.level", &level.level)?;
            text("levels.name", &level.name)?;
            if !names.insert(&level.level) {
                return Err(TermsError::Again { field: "levels", text: level.level.clone() });
            }
            range("levels.needs", level.needs, needs, MOST_GROWTH)?;
            range("levels.keeps", level.keeps, keeps, level.needs)?;
            count("the number of rights", level.rights.len(), 0, MOST_RIGHTS)?;
            level.rights.iter().try_for_each(|right| text("levels.rights", right))?;
            (needs, keeps) = (level.needs + 1, level.keeps);
        }
        Ok(())
    }
}

fn count(field: &'static str, number: usize, least: i64, most: i64) -> Result<(), TermsError> {
    range(field, i64::try_from(number).unwrap_or(i64::MAX), least, most)
}

fn text(field: &'static str, text: &str) -> Result<(), TermsError> {
    match text.len() {
        1..=LONGEST => Ok(()),
        bytes => Err(TermsError::Text { field, bytes, most: LONGEST }),
    }
}

/// A shopper, with all that decides where they stand.
pub(crate) struct Member {
    pub ladders: Ladders,
    pub grown: Vec<Grown>,
    pub standing: Standing,
}

impl Promote {
    /// The level a shopper has now: by the shop's levels, or if it has none here, as the trait `level` says.
    pub(crate) async fn level_of(&self, shopper: &str) -> Result<Option<String>, Problem> {
        let (now, wanted) = (self.clock.now(), shopper.to_owned());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let (shopper, ladders) = (wanted.as_str(), store::ladders(tx).await?);
                let Some(version) = ladders.in_force(now) else { return Ok::<_, StoreError>(None) };
                let kept = store::standing(tx, shopper).await?;
                if let Some(kept) = kept.as_ref().filter(|kept| kept.holds(version.number, now))
                    && !store::has_news(tx, shopper, now).await?
                {
                    return Ok(Some(kept.level.clone()));
                }
                let grown = store::grown(tx, shopper).await?;
                let (standing, _) = ladders.look(&kept.unwrap_or_default().standing, &grown, now);
                Ok(Some(ladders.level(&standing).map(|level| level.level.clone())))
            })
        });
        match read.await? {
            Some(level) => Ok(level),
            None => Ok(self.others.traits.traits_of(shopper, &[LEVEL]).await?.remove(LEVEL)),
        }
    }

    /// Where a shopper stands now, whenever it was decided last.
    pub(crate) async fn member(&self, shopper: &str, now: Timestamp) -> Result<Member, Problem> {
        let shopper = shopper.to_owned();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let (ladders, grown) = (store::ladders(tx).await?, store::grown(tx, &shopper).await?);
                let kept = store::standing(tx, &shopper).await?.unwrap_or_default();
                let (standing, _) = ladders.look(&kept.standing, &grown, now);
                Ok::<_, StoreError>(Member { ladders, grown, standing })
            })
        });
        read.await.map_err(Problem::from)
    }
}

/// That the shop has no levels.
pub(crate) fn none() -> Problem {
    Problem::new(Code::NotFound, "the shop has no levels; set them first")
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn ladder() -> Ladder {
        let level =
            |name: &str, needs, keeps| Level { level: name.into(), name: name.into(), needs, keeps, rights: vec![] };
        let levels = vec![level("silver", 100, 50), level("gold", 300, 200)];
        let minor_per_growth = BTreeMap::from([("CNY".to_owned(), 100)]);
        Ladder { window_days: 10, period_days: 6, counts_after_days: 2, minor_per_growth, levels }
    }

    #[test]
    fn levels_that_could_not_be_held_are_refused_by_name() {
        let refused = |change: fn(&mut Ladder)| {
            let mut wrong = ladder();
            change(&mut wrong);
            wrong.check().unwrap_err().to_string()
        };
        ladder().check().unwrap();
        let says = "levels.needs is 100, where 101 to 1000000000000 can be";
        assert_eq!(refused(|wrong| wrong.levels[1].needs = 100), says);
        assert_eq!(refused(|wrong| wrong.levels[1].keeps = 301), "levels.keeps is 301, where 50 to 300 can be");
        assert_eq!(refused(|wrong| wrong.levels[1].level = "silver".into()), "levels has silver twice");
        assert_eq!(refused(|wrong| wrong.levels.clear()), "the number of levels is 0, where 1 to 20 can be");
        assert_eq!(refused(|wrong| wrong.levels[0].name.clear()), "levels.name has 0 bytes, where 1 to 200 can be");
        let euro = refused(|wrong| wrong.minor_per_growth.extend([("euro".to_owned(), 100)]));
        assert_eq!(euro, "minor_per_growth names `euro`, which there is not");
    }
}
