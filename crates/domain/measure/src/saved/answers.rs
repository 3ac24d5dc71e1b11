//! Answers given a moment ago, for whoever asks the same again while nothing has changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fanvine_kernel::Timestamp;
use serde_json::Value;

/// So long an answer is kept at most: what is asked may depend on the time of day.
const KEPT_MICROS: i64 = 60_000_000;
/// So many answers are kept.
const MOST: usize = 256;

/// What an answer depends on: the question, and how far the lake and the persons were.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    /// The kind and the question as JSON, with its days.
    pub question: String,
    /// The lake's next offset.
    pub lake: u64,
    /// The persons' version.
    pub persons: u64,
}

/// An answer, and when it was worked out.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    /// The answer as JSON.
    pub answer: Arc<Value>,
    /// When it was worked out.
    pub computed_at: Timestamp,
}

/// Answers given a moment ago.
#[derive(Debug, Default)]
pub struct Answers(Mutex<HashMap<Asked, Answered>>);

impl Answers {
    /// The answer to the same, if it was given less than a minute ago.
    pub(crate) fn recent(&self, asked: &Asked, now: Timestamp) -> Option<Answered> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(asked).filter(|answered| is_recent(answered, now)).cloned()
    }

    /// Remembers an answer.
    pub(crate) fn remember(&self, asked: Asked, answered: Answered) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, one| is_recent(one, answered.computed_at));
        if known.len() >= MOST
            && let Some(oldest) = known.iter().min_by_key(|(_, one)| one.computed_at).map(|(asked, _)| asked.clone())
        {
            known.remove(&oldest);
        }
        known.insert(asked, answered);
    }
}

fn is_recent(answered: &Answered, now: Timestamp) -> bool {
    (0..KEPT_MICROS).contains(&now.micros_since(answered.computed_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &str, lake: u64) -> Asked {
        Asked { question: question.to_owned(), lake, persons: 0 }
    }

    fn answered(second: i64) -> Answered {
        Answered { answer: Arc::new(Value::Null), computed_at: Timestamp::from_seconds(second) }
    }

    #[test]
    fn an_answer_holds_for_its_question_its_events_and_a_minute() {
        let answers = Answers::default();
        answers.remember(asked("a", 7), answered(100));
        let at = Timestamp::from_seconds;
        assert!(answers.recent(&asked("a", 7), at(159)).is_some());
        assert!(answers.recent(&asked("a", 7), at(160)).is_none());
        assert!(answers.recent(&asked("a", 8), at(101)).is_none());
        assert!(answers.recent(&asked("b", 7), at(101)).is_none());
    }

    #[test]
    fn the_oldest_answer_makes_room() {
        let answers = Answers::default();
        (0..=MOST).for_each(|number| answers.remember(asked("q", number as u64), answered(number as i64 / 10)));
        let at = Timestamp::from_seconds(26);
        assert_eq!(answers.0.lock().unwrap().len(), MOST);
        assert!(answers.recent(&asked("q", MOST as u64), at).is_some());
    }
}
