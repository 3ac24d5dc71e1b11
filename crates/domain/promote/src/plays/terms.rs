//! What a play promises, as data; and what of it cannot be.

use fanvine_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::assist::Assist;
use crate::bargain::Bargain;
use crate::check_in::CheckIn;
use crate::contest::Contest;
use crate::group_buy::GroupBuy;
use crate::lottery::Lottery;
use crate::offers::TermsError;
use crate::quiz::Quiz;
use crate::referral::Referral;
use crate::tasks::Tasks;
use crate::vote::Vote;

/// Longest name, in bytes.
const LONGEST: usize = 200;
/// Longest address of a picture, and most that is said of something, in bytes.
const LONGEST_SAID: usize = 2_000;

/// What a play is called, when it holds, and its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayTerms {
    /// What people call it.
    pub name: String,
    /// From when on it may be opened; from ever if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// Until when it may be opened, that moment excluded; for ever if absent. What is open by then goes on.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// Its rules.
    pub rules: Rules,
}

/// The rules of a play, by its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Rules {
    /// Several shoppers buy together for a lower price, or nobody does.
    GroupBuy(GroupBuy),
    /// Others help a shopper to cut the price.
    Bargain(Bargain),
    /// Prizes are drawn by chance that was fixed before.
    Lottery(Lottery),
    /// Points for every day, more for days in a row.
    CheckIn(CheckIn),
    /// Who shares earns a part of what those they bring pay.
    Referral(Referral),
    /// Steps to do, with a reward for a step or for all of them.
    Tasks(Tasks),
    /// Who invites friends gets what is promised for so many who count.
    Assist(Assist),
    /// Shoppers vote for what the shop or other shoppers put up.
    Vote(Vote),
    /// Questions to be answered within a time, with a reward for so many right answers.
    Quiz(Quiz),
    /// Shoppers are ranked by what they do, and the first get prizes.
    Contest(Contest),
}

impl Rules {
    /// The kind's name: `group_buy`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Rules::GroupBuy(_) => "group_buy",
            Rules::Bargain(_) => "bargain",
            Rules::Lottery(_) => "lottery",
            Rules::CheckIn(_) => "check_in",
            Rules::Referral(_) => crate::referral::KIND,
            Rules::Tasks(_) => crate::tasks::WHAT,
            Rules::Assist(_) => crate::assist::KIND,
            Rules::Vote(_) => "vote",
            Rules::Quiz(_) => crate::quiz::WHAT,
            Rules::Contest(_) => crate::contest::KIND,
        }
    }
}

impl PlayTerms {
    /// Refuses what could not be kept or held.
    pub fn check(&self) -> Result<(), TermsError> {
        text("name", &self.name, LONGEST)?;
        if let (Some(starts), Some(ends)) = (self.starts_at, self.ends_at)
            && ends <= starts
        {
            return Err(TermsError::Ends { starts_at: starts.to_string(), ends_at: ends.to_string() });
        }
        match &self.rules {
            Rules::GroupBuy(rules) => rules.check(),
            Rules::Bargain(rules) => rules.check(),
            Rules::Lottery(rules) => rules.check(),
            Rules::CheckIn(rules) => rules.check(),
            Rules::Referral(rules) => rules.check(),
            Rules::Tasks(rules) => rules.check(self.ends_at),
            Rules::Assist(rules) => rules.check(),
            Rules::Vote(rules) => rules.check(),
            Rules::Quiz(rules) => rules.check(),
            Rules::Contest(rules) => rules.check(),
        }
    }
}

/// Refuses a text too short or too long, or one no database keeps.
pub(crate) fn text(field: &'static str, text: &str, most: usize) -> Result<(), TermsError> {
    let good = !text.trim().is_empty() && text.len() <= most && !text.contains('\0');
    if good { Ok(()) } else { Err(TermsError::Text { field, bytes: text.len(), most }) }
}

/// Refuses a number out of its range.
pub(crate) fn range(field: &'static str, number: i64, least: i64, most: i64) -> Result<(), TermsError> {
    if (least..=most).contains(&number) { Ok(()) } else { Err(TermsError::Range { field, number, least, most }) }
}

/// Refuses more words than a page shows.
pub(crate) fn said(field: &'static str, said: &str) -> Result<(), TermsError> {
    if said.is_empty() { Ok(()) } else { text(field, said, LONGEST_SAID) }
}

/// Refuses a picture that no page could show.
pub(crate) fn pictured(field: &'static str, url: Option<&str>) -> Result<(), TermsError> {
    let Some(url) = url else { return Ok(()) };
    text(field, url, LONGEST_SAID)?;
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(());
    }
    Err(TermsError::Rule(format!("{field} `{url}` is no address that begins with http:// or https://")))
}
