//! Look-alikes: who of the rest is most like the members of a seed.
//!
//! A regression learns what parts the seed from everybody else, and ranks the rest by it. Some of the rest are what is
//! looked for, so a score is no probability; but it ranks as one would, where the seed is a fair sample of what is
//! looked for (Elkan & Noto 2008, "Learning Classifiers from Only Positive and Unlabeled Data").

use thiserror::Error;

use crate::evaluate::{self, EvaluateError};
use crate::logistic::{Logistic, LogisticError};
use crate::random::Random;
use crate::table::Table;

/// Why a ranking cannot be tried out.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TrialError {
    /// Nothing could be learnt from the members left.
    #[error(transparent)]
    Learn(#[from] LogisticError),
    /// Nothing could be said about the members hidden.
    #[error(transparent)]
    Judge(#[from] EvaluateError),
}

/// One of the rest, and how like the seed they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alike {
    /// The row in the table.
    pub row: usize,
    /// 0 to 1; it ranks, and is no probability.
    pub score: f64,
}

/// The rest ranked by similarity to the seed, and what was learnt (its weights say what the seed has in common).
#[derive(Debug, Clone, PartialEq)]
pub struct LookAlikes {
    /// Everybody who is not in the seed, the most alike first; equals in the order of their rows.
    pub ranked: Vec<Alike>,
    /// What parts the seed from the rest.
    pub model: Logistic,
}

/// Ranks those who are not in the seed by how like it they are. `seed` says of each row whether it is in.
///
/// ```
/// use fanvine_stats::similar::look_alikes;
/// use fanvine_stats::table::Table;
///
/// // Orders and share of them with a coupon.
/// let table = [8.0, 0.1, 9.0, 0.0, 1.0, 0.9, 7.0, 0.2, 2.0, 0.8];
/// let seed = [true, true, false, false, false];
/// let found = look_alikes(&Table::new(&table, 2).unwrap(), &seed, 1.0).unwrap();
/// assert_eq!(found.ranked[0].row, 3);
/// assert!(found.model.weights[0] > 0.0 && found.model.weights[1] < 0.0);
/// ```
pub fn look_alikes(table: &Table<'_>, seed: &[bool], ridge: f64) -> Result<LookAlikes, LogisticError> {
    let model = Logistic::fit(table, seed, ridge)?;
    let rest = table.rows().zip(seed).enumerate().filter(|(_, (_, in_seed))| !**in_seed);
    let mut ranked: Vec<Alike> =
        rest.map(|(row, (values, _))| Alike { row, score: model.probability(values) }).collect();
    ranked.sort_by(|left, right| right.score.total_cmp(&left.score));
    Ok(LookAlikes { ranked, model })
}

/// How well members who were hidden were found again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// How many members were hidden among the rest.
    pub hidden: usize,
    /// How often a hidden member ranked above somebody else; ½ is chance.
    pub auc: f64,
    /// How many times more hidden members are in the first tenth of the ranking than in all of it; 1 is chance.
    pub lift: f64,
}

/// Tries the ranking out: hides a fifth of the seed (at least one member, drawn with `random_seed`) among the rest,
/// learns from the other four fifths, and looks where the hidden ones rank.
///
/// ```
/// use fanvine_stats::similar::trial;
/// use fanvine_stats::table::Table;
///
/// let orders: Vec<f64> = (0..50).map(f64::from).collect();
/// let seed: Vec<bool> = orders.iter().map(|orders| *orders >= 40.0).collect();
/// let trial = trial(&Table::new(&orders, 1).unwrap(), &seed, 1.0, 7).unwrap();
/// // The two who were hidden come first, two of the first five of 42.
/// assert_eq!((trial.hidden, trial.auc, trial.lift), (2, 1.0, 42.0 / 5.0));
/// ```
pub fn trial(table: &Table<'_>, seed: &[bool], ridge: f64, random_seed: u64) -> Result<Trial, TrialError> {
    let members: Vec<usize> = seed.iter().enumerate().filter_map(|(row, member)| member.then_some(row)).collect();
    let hidden = Random::new(random_seed).sample(members.len(), (members.len() / 5).max(1));
    let mut left = seed.to_vec();
    hidden.iter().for_each(|member| left[members[*member]] = false);
    let found = look_alikes(table, &left, ridge)?;
    let scores: Vec<f64> = found.ranked.iter().map(|alike| alike.score).collect();
    let truths: Vec<bool> = found.ranked.iter().map(|alike| seed[alike.row]).collect();
    let auc = evaluate::auc(&scores, &truths)?;
    let lift = evaluate::lift(&scores, &truths, scores.len().div_ceil(10))?;
    Ok(Trial { hidden: hidden.len(), auc, lift })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_needs_a_member_to_hide_one_to_learn_from_and_others() {
        let table = Table::new(&[5.0, 1.0], 1).unwrap();
        let message = |seed: [bool; 2]| trial(&table, &seed, 1.0, 1).unwrap_err().to_string();
        assert_eq!(message([true, false]), "0 of 2 rows are a yes: there must be some of each");
        assert_eq!(message([true, true]), "1 of 1 truths are a yes: there must be some of each");
        assert_eq!(trial(&table, &[true], 1.0, 1).unwrap_err().to_string(), "1 answers for 2 rows");
    }

    #[test]
    fn the_rest_is_ranked_once_each_and_equals_keep_their_order() {
        let table = Table::new(&[5.0, 1.0, 4.0, 1.0, 4.0], 1).unwrap();
        let found = look_alikes(&table, &[true, false, false, false, false], 1.0).unwrap();
        assert_eq!(found.ranked.iter().map(|alike| alike.row).collect::<Vec<_>>(), [2, 4, 1, 3]);
    }

    #[test]
    fn an_empty_seed_is_refused_by_name() {
        let table = Table::new(&[5.0, 1.0], 1).unwrap();
        assert_eq!(
            look_alikes(&table, &[false, false], 1.0).unwrap_err().to_string(),
            "0 of 2 rows are a yes: there must be some of each"
        );
    }
}
