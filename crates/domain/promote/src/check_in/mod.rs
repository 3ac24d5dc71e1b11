//! Check-in 签到: once a day of the shop, for points; the longer the streak, the more.
//!
//! The day is an account of the shopper that takes one check-in, and the points are a lot of the ledger's, moved with it. A make-up
//! card fills the first day that was missed, before the streak goes on: so days come in their order, and each earns what it would
//! have.

pub(crate) mod check_in_today;
pub(crate) mod list_check_ins;
pub(crate) mod make_up;
pub(crate) mod show_streak;
pub(crate) mod store;

use std::collections::BTreeSet;

use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_ledger::{Account, Command, Kind, LedgerError, Leg, Refusal, carry_out};
use fanvine_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::campaigns::{Grants, used_up};
use crate::checkout::issued_for;
use crate::checkout::realm::Realm;
use crate::offers::TermsError;
use crate::plays::{Play, PlayError, Rules, range};
use crate::points::{UNIT, points_account};

pub use check_in_today::CheckedIn;
pub use make_up::MakeUpForm;
pub use show_streak::StreakView;

const MOST_POINTS: i64 = 1_000_000;
const MOST_DAYS: i64 = 366;
/// What it is called in sentences.
pub(crate) const WHAT: &str = "check-in";

/// The rules of a check-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckIn {
    /// Points for each day.
    pub points: i64,
    /// Points that come in addition on certain days of the streak.
    #[serde(default)]
    pub ladder: Vec<LadderStep>,
    /// After how many days of a streak the ladder begins anew; never if absent.
    #[serde(default)]
    pub cycle_days: Option<i64>,
    /// How a missed day is made up; it is not if absent.
    #[serde(default)]
    pub make_up: Option<MakeUp>,
}

/// What a day of the streak adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LadderStep {
    /// Which day of the streak, from 1.
    pub day: i64,
    /// Points in addition.
    pub points: i64,
}

/// How a missed day is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeUp {
    /// What it costs in points.
    pub points: i64,
    /// How often in a month of the shop.
    pub per_month: i64,
    /// How many days ago it may have been at most.
    pub within_days: i64,
}

impl CheckIn {
    /// Refuses rules that could not be held.
    pub(crate) fn check(&self) -> Result<(), TermsError> {
        range("rules.points", self.points, 0, MOST_POINTS)?;
        if let Some(days) = self.cycle_days {
            range("rules.cycle_days", days, 1, MOST_DAYS)?;
        }
        let mut days = BTreeSet::new();
        for step in &self.ladder {
            range("rules.ladder.day", step.day, 1, self.cycle_days.unwrap_or(MOST_DAYS))?;
            range("rules.ladder.points", step.points, 1, MOST_POINTS)?;
            if !days.insert(step.day) {
                return Err(TermsError::Twice { field: "rules.ladder.day", number: step.day });
            }
        }
        if let Some(make_up) = &self.make_up {
            range("rules.make_up.points", make_up.points, 1, MOST_POINTS)?;
            range("rules.make_up.per_month", make_up.per_month, 1, 31)?;
            range("rules.make_up.within_days", make_up.within_days, 1, 31)?;
        }
        Ok(())
    }

    /// What a day earns that makes so long a streak.
    pub(crate) fn earned(&self, streak: i64) -> i64 {
        let day = self.cycle_days.map_or(streak, |cycle| (streak - 1).rem_euclid(cycle) + 1);
        self.points + self.ladder.iter().filter(|step| step.day == day).map(|step| step.points).sum::<i64>()
    }
}

/// A day on which a shopper checked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub day: LocalDate,
    pub streak: i64,
    pub points: i64,
    pub made_up: bool,
    pub at: Timestamp,
}

/// Whose day of which play.
pub(crate) struct Whose<'a> {
    pub play_id: &'a str,
    pub shopper: &'a str,
}

impl Whose<'_> {
    fn limit(&self, name: &str, when: &str, most: i64) -> Leg {
        let Self { play_id, shopper } = self;
        let to = Account::new(
            format!("{name}/{play_id}/{when}/{shopper}"),
            format!("days of {play_id}"),
            Kind::RedemptionLimit,
        );
        let to = to.at_most(most);
        Leg::new(issued_for(&Realm::default(), &to), to, 1)
    }

    /// That the shopper checks in on a day, and what that earns.
    fn check_in(&self, day: &Day, grants: &Grants, now: Timestamp) -> Command {
        let date = day.day.to_string();
        let mut legs = vec![self.limit("checked", &date, 1)];
        legs.extend(grants.legs(self.shopper, day.points, now));
        Command::transfer(format!("check_in/{}/{date}/{}", self.play_id, self.shopper), legs)
    }

    /// What a make-up card costs.
    fn make_up(&self, day: LocalDate, rules: &MakeUp, today: LocalDate) -> Command {
        let spent = Account::new("spent/points", UNIT, Kind::Gone);
        let month = today.month_start().to_string();
        let legs = vec![
            Leg::new(points_account(&Realm::default(), self.shopper), spent, rules.points),
            self.limit("made_up", &month, rules.per_month),
        ];
        Command::transfer(format!("make_up/{}/{day}/{}", self.play_id, self.shopper), legs)
    }
}

/// Carries out what a day costs and earns, and keeps it.
pub(crate) async fn keep(
    tx: &mut Tx,
    whose: &Whose<'_>,
    day: &Day,
    commands: Vec<Command>,
    now: Timestamp,
) -> Result<(), PlayError> {
    carry_out(tx, commands, now).await.map_err(|error| match error {
        LedgerError::Refused(Refusal::Full { ref account, .. } | Refusal::Short { ref account, .. }) => {
            if let Some(used_up) = used_up(account, whose.play_id) {
                return used_up;
            }
            let limit = match account.split('/').next() {
                Some("made_up") => "no more days of this month are made up".to_owned(),
                Some("points") => format!("{} has too few points to make a day up", whose.shopper),
                _ => format!("{} has checked in on {} already", whose.shopper, day.day),
            };
            PlayError::Full { what: "play", id: whose.play_id.to_owned(), limit }
        }
        error => error.into(),
    })?;
    store::save(tx, whose, day).await?;
    tx.emit(&crate::announce::checked_in(whose, day, now)).await?;
    Ok(())
}

/// The rules of a play that is a check-in.
pub(crate) fn rules_of(play: &Play) -> Result<&CheckIn, PlayError> {
    match &play.terms.rules {
        Rules::CheckIn(rules) => Ok(rules),
        other => Err(PlayError::Kind { play_id: play.play_id.clone(), kind: other.kind(), wanted: WHAT }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_adds_points_on_its_days_and_begins_anew_with_its_cycle() {
        let rules: CheckIn = serde_json::from_value(serde_json::json!({
            "points": 5, "cycle_days": 7, "ladder": [{ "day": 3, "points": 10 }, { "day": 7, "points": 50 }],
        }))
        .unwrap();
        rules.check().unwrap();
        let earned: Vec<i64> = (1..=10).map(|streak| rules.earned(streak)).collect();
        assert_eq!(earned, [5, 5, 15, 5, 5, 5, 55, 5, 5, 15]);
        let beyond = CheckIn { cycle_days: Some(6), ..rules };
        assert_eq!(beyond.check().unwrap_err().to_string(), "rules.ladder.day is 7, where 1 to 6 can be");
    }
}
