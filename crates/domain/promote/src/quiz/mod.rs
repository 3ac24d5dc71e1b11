//! Quiz 答题: a shopper answers questions within a time, and is rewarded for so many right answers.
//!
//! Beginning an attempt draws the questions and the order of their options, writes both down, and reserves every reward that
//! can still be earned: whoever answers well enough gets what they were promised, however many others come meanwhile. Right
//! options are told to nobody before they have answered. A person, whatever keys they come under, has one attempt at a time,
//! so many a day and in all, and so many rewards; a further attempt is for practice, and says so.

pub(crate) mod answer;
pub(crate) mod begin;
pub(crate) mod results;
pub(crate) mod show;
pub(crate) mod store;

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::{Entropy, LocalDate, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::offers::TermsError;
use crate::offers::check::check_id;
use crate::plays::promise::Promise;
use crate::plays::{Play, PlayError, Rules, StockedGift, pictured, range, said, text};

pub use answer::AnswersForm;
pub use results::QuizResults;
pub use show::{AskedQuestion, AttemptState, QuizAttempt};

const MOST_QUESTIONS: i64 = 500;
const MOST_ASKED: i64 = 50;
const LEAST_OPTIONS: i64 = 2;
const MOST_OPTIONS: i64 = 8;
const MOST_REWARDS: i64 = 10;
const MOST_SECONDS: i64 = 86_400;
const MOST_ATTEMPTS: i64 = 1_000;
const LONGEST: usize = 500;
/// Answers that left in time, and were on their way for so long, count.
const ON_THE_WAY: i64 = 10_000_000;
/// What is promised is kept for so long beyond the last moment at which answers count.
const GRACE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;
/// What it is called in sentences.
pub(crate) const WHAT: &str = "quiz";

/// The rules of a quiz.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quiz {
    /// What may be asked.
    pub questions: Vec<Question>,
    /// How many of them an attempt is asked, drawn anew each time; all if absent.
    #[serde(default)]
    pub ask: Option<i64>,
    /// For how many seconds an attempt is open.
    pub seconds: i64,
    /// What is promised for how many right answers, the fewest first. Of several that are reached, the last is given.
    #[serde(default)]
    pub rewards: Vec<QuizReward>,
    /// How many rewards a person may have of it; 1 if absent.
    #[serde(default = "one")]
    pub rewarded: i64,
    /// How many attempts a person has a day of the shop; 1 if absent.
    #[serde(default = "one")]
    pub per_day: i64,
    /// How many in all; as many as there are days if absent.
    #[serde(default)]
    pub in_all: Option<i64>,
    /// Whether whoever has answered is told what was right; true if absent.
    #[serde(default = "yes")]
    pub reveal: bool,
}

/// What may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its identifier.
    pub question_id: String,
    /// What is asked.
    pub text: String,
    /// A picture of it.
    #[serde(default)]
    pub image_url: Option<String>,
    /// What may be answered. Shoppers see them in an order drawn for each.
    pub options: Vec<String>,
    /// The places of the right ones among them, from 1. Of several, all must be chosen and no other.
    pub right: BTreeSet<i64>,
    /// What is told of it afterwards.
    #[serde(default)]
    pub about: String,
}

/// What is promised for so many right answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuizReward {
    /// How many answers must be right.
    pub correct: i64,
    /// What whoever has them is given. Each open attempt keeps one of its stock.
    pub reward: StockedGift,
}

fn one() -> i64 {
    1
}

fn yes() -> bool {
    true
}

impl Quiz {
    /// Refuses rules that could not be held.
    pub(crate) fn check(&self) -> Result<(), TermsError> {
        range("the number of rules.questions", self.questions.len() as i64, 1, MOST_QUESTIONS)?;
        let mut ids = BTreeSet::new();
        for question in &self.questions {
            question.check()?;
            if !ids.insert(&question.question_id) {
                return Err(TermsError::Again {
                    field: "rules.questions.question_id",
                    text: question.question_id.clone(),
                });
            }
        }
        // As many as there are, if all are asked.
        let all = self.questions.len() as i64;
        range("rules.ask", self.asks(), 1, MOST_ASKED.min(all))?;
        range("rules.seconds", self.seconds, 5, MOST_SECONDS)?;
        range("the number of rules.rewards", self.rewards.len() as i64, 0, MOST_REWARDS)?;
        let mut least = 1;
        for one in &self.rewards {
            // Each is for more right answers than the one before.
            range("rules.rewards.correct", one.correct, least, self.asks())?;
            least = one.correct + 1;
            one.reward.check()?;
        }
        range("rules.rewarded", self.rewarded, 1, MOST_ATTEMPTS)?;
        range("rules.per_day", self.per_day, 1, MOST_ATTEMPTS)?;
        self.in_all.into_iter().try_for_each(|most| range("rules.in_all", most, 1, MOST_ATTEMPTS * 366))
    }

    /// How many questions an attempt is asked.
    pub(crate) fn asks(&self) -> i64 {
        self.ask.unwrap_or(self.questions.len() as i64)
    }

    /// Questions for an attempt, in an order drawn for it, as are their options.
    fn draw(&self, entropy: &dyn Entropy) -> Vec<Asked> {
        let mut drawn: Vec<&Question> = self.questions.iter().collect();
        shuffle(&mut drawn, entropy);
        let asked = drawn.into_iter().take(usize::try_from(self.asks()).unwrap_or_default()).map(|question| {
            let mut order: Vec<i64> = (1..=question.options.len() as i64).collect();
            shuffle(&mut order, entropy);
            Asked { question_id: question.question_id.clone(), order }
        });
        asked.collect()
    }
}

impl Question {
    fn check(&self) -> Result<(), TermsError> {
        check_id(&self.question_id)?;
        text("rules.questions.text", &self.text, LONGEST)?;
        pictured("rules.questions.image_url", self.image_url.as_deref())?;
        said("rules.questions.about", &self.about)?;
        let many = self.options.len() as i64;
        range("the number of rules.questions.options", many, LEAST_OPTIONS, MOST_OPTIONS)?;
        let mut said = BTreeSet::new();
        for option in &self.options {
            text("rules.questions.options", option, LONGEST)?;
            if !said.insert(option.trim()) {
                return Err(TermsError::Again { field: "rules.questions.options", text: option.clone() });
            }
        }
        range("the number of rules.questions.right", self.right.len() as i64, 1, many)?;
        self.right.iter().try_for_each(|place| range("rules.questions.right", *place, 1, many))
    }
}

/// Brings a list into an order in which every one is as likely as any other (Fisher and Yates).
fn shuffle<T>(list: &mut [T], entropy: &dyn Entropy) {
    for last in (1..list.len()).rev() {
        let mut bytes = [0; 8];
        entropy.fill(&mut bytes);
        // Of so many bits, the remainder by so small a number is as good as even.
        let other = u64::from_le_bytes(bytes) % (last as u64 + 1);
        list.swap(last, usize::try_from(other).unwrap_or(last));
    }
}

/// A question of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    #[serde(rename = "q")]
    pub question_id: String,
    /// The places that its options have in the rules, in the order in which they are shown.
    #[serde(rename = "o")]
    pub order: Vec<i64>,
}

/// What was chosen of each question: the places of options in the rules.
pub(crate) type Chosen = BTreeMap<String, BTreeSet<i64>>;

/// An attempt of a shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub attempt_id: String,
    /// The play in the version in which it was begun.
    pub play: Play,
    pub shopper_id: String,
    /// The day on which it was.
    pub day: LocalDate,
    pub asked: Vec<Asked>,
    /// The rewards that are kept for it, by the right answers they are for.
    pub promised: BTreeSet<i64>,
    pub began_at: Timestamp,
    /// Until when it is open, that moment excluded.
    pub closes_at: Timestamp,
    pub answered: Option<Answered>,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub chosen: Chosen,
    /// How many answers are right.
    pub correct: i64,
    /// The reward that was earned, by the right answers it is for.
    pub won: Option<i64>,
    /// Whether it was given.
    pub given: bool,
    pub at: Timestamp,
}

impl Attempt {
    pub fn rules(&self) -> Result<&Quiz, PlayError> {
        rules_of(&self.play)
    }

    /// Whether answers count that reach us now.
    fn takes_answers(&self, now: Timestamp) -> bool {
        self.answered.is_none() && now < self.closes_at.plus_micros(ON_THE_WAY)
    }

    /// A reward that is promised for so many right answers; the part is their number as text.
    fn promise<'r>(&'r self, part: &'r str, reward: &'r StockedGift) -> Promise<'r> {
        let until = self.closes_at.plus_micros(ON_THE_WAY + GRACE);
        let (play_id, run_id, shopper) = (&self.play.play_id, &self.attempt_id, &self.shopper_id);
        Promise { kind: "quiz", play_id, run_id, part, shopper, reward, until }
    }
}

/// The rules of a play that is a quiz.
pub(crate) fn rules_of(play: &Play) -> Result<&Quiz, PlayError> {
    match &play.terms.rules {
        Rules::Quiz(rules) => Ok(rules),
        other => Err(PlayError::Kind { play_id: play.play_id.clone(), kind: other.kind(), wanted: WHAT }),
    }
}

/// What a person still has of a quiz.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// Attempts on that day.
    pub today: i64,
    /// Rewards: neither given nor kept for an attempt that can still be answered.
    pub rewards: i64,
}

/// What a person has left, of the attempts they made.
pub(crate) fn left(rules: &Quiz, attempts: &[Attempt], today: LocalDate, now: Timestamp) -> Left {
    let count = |of: &dyn Fn(&Attempt) -> bool| attempts.iter().filter(|one| of(one)).count() as i64;
    let of_all = rules.in_all.map_or(i64::MAX, |most| most - count(&|_| true));
    let won = count(&|one| one.answered.as_ref().is_some_and(|answered| answered.won.is_some()));
    let kept = count(&|one| one.takes_answers(now) && !one.promised.is_empty());
    Left {
        today: (rules.per_day - count(&|one| one.day == today)).min(of_all).max(0),
        rewards: (rules.rewarded - won - kept).max(0),
    }
}

#[cfg(test)]
mod tests {
    use fanvine_testkit::SeededEntropy;
    use serde_json::{Value, json};

    use super::*;

    fn quiz(more: Value) -> Quiz {
        let question = |id: &str| json!({ "question_id": id, "text": "Which is green?", "options": ["this", "that", "none"], "right": [1] });
        let mut rules = json!({ "questions": [question("a"), question("b"), question("c")], "seconds": 60 });
        rules.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(rules).unwrap()
    }

    #[test]
    fn rules_that_could_not_be_held_are_refused_by_name() {
        let refused = |more: Value| quiz(more).check().unwrap_err().to_string();
        let reward = |correct| json!({ "correct": correct, "reward": { "stock": 1, "gives": { "kind": "points", "points": 1 } } });
        quiz(json!({ "rewards": [reward(2), reward(3)] })).check().unwrap();
        assert_eq!(refused(json!({ "ask": 4 })), "rules.ask is 4, where 1 to 3 can be");
        assert_eq!(refused(json!({ "seconds": 4 })), "rules.seconds is 4, where 5 to 86400 can be");
        let says = "rules.rewards.correct is 3, where 1 to 2 can be";
        assert_eq!(refused(json!({ "ask": 2, "rewards": [reward(3)] })), says);
        assert_eq!(
            refused(json!({ "rewards": [reward(2), reward(2)] })),
            "rules.rewards.correct is 2, where 3 to 3 can be"
        );
        let with = |field: &str, value: Value| {
            let mut question = json!({ "question_id": "a", "text": "?", "options": ["this", "that"], "right": [1] });
            question[field] = value;
            refused(json!({ "questions": [question] }))
        };
        assert_eq!(with("right", json!([3])), "rules.questions.right is 3, where 1 to 2 can be");
        assert_eq!(with("right", json!([])), "the number of rules.questions.right is 0, where 1 to 2 can be");
        assert_eq!(with("options", json!(["this", "this"])), "rules.questions.options has this twice");
    }

    #[test]
    fn every_question_and_every_order_is_as_likely_as_any_other() {
        let (rules, entropy) = (quiz(json!({ "ask": 1 })), SeededEntropy::new(5));
        let mut seen: BTreeMap<(String, Vec<i64>), i64> = BTreeMap::new();
        const DRAWS: i64 = 18_000;
        for _ in 0..DRAWS {
            let asked = rules.draw(&entropy).pop().unwrap();
            *seen.entry((asked.question_id, asked.order)).or_default() += 1;
        }
        assert_eq!(seen.len(), 3 * 6);
        let expected = DRAWS as f64 / 18.0;
        let chi2: f64 = seen.values().map(|count| (*count as f64 - expected).powi(2) / expected).sum();
        // The 99.9th percentile of chi-squared with 17 degrees of freedom.
        assert!(chi2 < 40.79, "{chi2}: {seen:?}");
    }
}
