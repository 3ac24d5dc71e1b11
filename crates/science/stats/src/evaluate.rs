//! How good scores and probabilities were, once the truth is known.

use thiserror::Error;

/// Why scores cannot be judged.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum EvaluateError {
    /// Each score has one truth.
    #[error("{truths} truths for {scores} scores")]
    Lengths {
        /// How many truths there were.
        truths: usize,
        /// How many scores there were.
        scores: usize,
    },
    /// There is nothing to judge.
    #[error("there are no scores")]
    Empty,
    /// A score is not a number, or a probability not between 0 and 1.
    #[error("score {index} is {score}")]
    Score {
        /// Its place among the scores.
        index: usize,
        /// What it was.
        score: f64,
    },
    /// Ranking needs both what should be high and what should be low.
    #[error("{yes} of {count} truths are a yes: there must be some of each")]
    OneClass {
        /// How many were a yes.
        yes: usize,
        /// How many there were.
        count: usize,
    },
    /// That many cannot be taken.
    #[error("the best {k} of {count} cannot be taken")]
    Take {
        /// How many were asked for.
        k: usize,
        /// How many there are.
        count: usize,
    },
    /// There must be bins.
    #[error("there must be at least one bin")]
    NoBins,
}

/// The area under the ROC curve: how often a yes scores higher than a no, ties counting half (Hanley & McNeil 1982,
/// "The meaning and use of the area under a receiver operating characteristic (ROC) curve"). ½ is chance, 1 perfect.
///
/// ```
/// let auc = fanvine_stats::evaluate::auc(&[0.1, 0.4, 0.4, 0.9], &[false, false, true, true]).unwrap();
/// assert_eq!(auc, 3.5 / 4.0);
/// ```
pub fn auc(scores: &[f64], truths: &[bool]) -> Result<f64, EvaluateError> {
    let ranked = ranked(scores, truths)?;
    let (mut pairs, mut lower) = (0.0, 0.0);
    for equals in ranked.chunk_by(|left, right| left.0 == right.0).rev() {
        let (yes, no) = classes(equals);
        pairs += yes * (lower + no / 2.0);
        lower += no;
    }
    let (yes, no) = classes(&ranked);
    if yes == 0.0 || no == 0.0 {
        return Err(EvaluateError::OneClass { yes: yes as usize, count: ranked.len() });
    }
    Ok(pairs / (yes * no))
}

/// Lift at k: how many times more of the k best scores are a yes than of all. Of equal scores at the edge each counts
/// as much as any other, so the order of the input does not matter.
///
/// ```
/// let lift = fanvine_stats::evaluate::lift(&[0.9, 0.8, 0.3, 0.1], &[true, false, true, false], 1).unwrap();
/// assert_eq!(lift, 2.0);
/// ```
pub fn lift(scores: &[f64], truths: &[bool], k: usize) -> Result<f64, EvaluateError> {
    let ranked = ranked(scores, truths)?;
    let count = ranked.len();
    if k == 0 || k > count {
        return Err(EvaluateError::Take { k, count });
    }
    let (all, _) = classes(&ranked);
    if all == 0.0 {
        return Err(EvaluateError::OneClass { yes: 0, count });
    }
    let (mut found, mut left) = (0.0, k);
    for equals in ranked.chunk_by(|left, right| left.0 == right.0) {
        let taken = left.min(equals.len());
        found += classes(equals).0 * taken as f64 / equals.len() as f64;
        left -= taken;
    }
    Ok((found / k as f64) / (all / count as f64))
}

/// The Brier score: the mean squared difference between probability and truth (Brier 1950). 0 is perfect.
///
/// ```
/// assert_eq!(fanvine_stats::evaluate::brier(&[0.5, 1.0], &[false, true]).unwrap(), 0.125);
/// ```
pub fn brier(probabilities: &[f64], truths: &[bool]) -> Result<f64, EvaluateError> {
    mean(probabilities, truths, |probability, truth| (probability - f64::from(u8::from(truth))).powi(2))
}

/// The mean of −ln of the probability that was given to the truth. 0 is perfect; a probability counts as at least
/// 10⁻¹⁵, so that one that was surely wrong does not make it infinite.
///
/// ```
/// let loss = fanvine_stats::evaluate::log_loss(&[0.5, 1.0], &[false, true]).unwrap();
/// assert!((loss - 2.0_f64.ln() / 2.0).abs() < 1e-15);
/// ```
pub fn log_loss(probabilities: &[f64], truths: &[bool]) -> Result<f64, EvaluateError> {
    mean(probabilities, truths, |probability, truth| {
        let given = if truth { probability } else { 1.0 - probability };
        -given.max(1e-15).ln()
    })
}

/// Those whose probability fell into one stretch of 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bin {
    /// How many there are.
    pub count: usize,
    /// Their mean probability; 0 where there are none.
    pub predicted: f64,
    /// The share of them that was a yes; 0 where there are none.
    pub observed: f64,
}

/// The calibration curve: `bins` equally wide stretches of 0 to 1, each with its lower end and without its upper one,
/// the last with both.
///
/// ```
/// let curve = fanvine_stats::evaluate::calibration(&[0.25, 0.5, 1.0], &[false, true, true], 2).unwrap();
/// assert_eq!((curve[0].count, curve[1].count, curve[1].predicted, curve[1].observed), (1, 2, 0.75, 1.0));
/// ```
pub fn calibration(probabilities: &[f64], truths: &[bool], bins: usize) -> Result<Vec<Bin>, EvaluateError> {
    check(probabilities, truths, is_probability)?;
    let last = bins.checked_sub(1).ok_or(EvaluateError::NoBins)?;
    let mut curve = vec![Bin::default(); bins];
    for (probability, truth) in probabilities.iter().zip(truths) {
        let bin = &mut curve[((probability * bins as f64) as usize).min(last)];
        bin.count += 1;
        bin.predicted += probability;
        bin.observed += f64::from(u8::from(*truth));
    }
    for bin in curve.iter_mut().filter(|bin| bin.count > 0) {
        bin.predicted /= bin.count as f64;
        bin.observed /= bin.count as f64;
    }
    Ok(curve)
}

/// The expected calibration error: the mean over the bins of |predicted − observed|, weighted by their count (Naeini,
/// Cooper & Hauskrecht 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning"). 0 is perfect.
///
/// ```
/// let error = fanvine_stats::evaluate::calibration_error(&[0.25, 0.5, 1.0], &[false, true, true], 2).unwrap();
/// assert!((error - (0.25 + 2.0 * 0.25) / 3.0).abs() < 1e-15);
/// ```
pub fn calibration_error(probabilities: &[f64], truths: &[bool], bins: usize) -> Result<f64, EvaluateError> {
    let curve = calibration(probabilities, truths, bins)?;
    let errors = curve.iter().map(|bin| bin.count as f64 * (bin.predicted - bin.observed).abs());
    Ok(errors.sum::<f64>() / probabilities.len() as f64)
}

/// Scores with their truths, the highest first.
fn ranked(scores: &[f64], truths: &[bool]) -> Result<Vec<(f64, bool)>, EvaluateError> {
    check(scores, truths, |score| !score.is_nan())?;
    let mut ranked: Vec<(f64, bool)> = scores.iter().copied().zip(truths.iter().copied()).collect();
    ranked.sort_by(|left, right| right.0.total_cmp(&left.0));
    Ok(ranked)
}

/// How many are a yes and how many a no.
fn classes(ranked: &[(f64, bool)]) -> (f64, f64) {
    let yes = ranked.iter().filter(|(_, truth)| *truth).count();
    (yes as f64, (ranked.len() - yes) as f64)
}

fn mean(probabilities: &[f64], truths: &[bool], loss: fn(f64, bool) -> f64) -> Result<f64, EvaluateError> {
    check(probabilities, truths, is_probability)?;
    let losses = probabilities.iter().zip(truths).map(|(probability, truth)| loss(*probability, *truth));
    Ok(losses.sum::<f64>() / probabilities.len() as f64)
}

fn is_probability(score: f64) -> bool {
    (0.0..=1.0).contains(&score)
}

fn check(scores: &[f64], truths: &[bool], fine: fn(f64) -> bool) -> Result<(), EvaluateError> {
    if scores.len() != truths.len() {
        return Err(EvaluateError::Lengths { truths: truths.len(), scores: scores.len() });
    }
    if scores.is_empty() {
        return Err(EvaluateError::Empty);
    }
    match scores.iter().enumerate().find(|(_, score)| !fine(**score)) {
        Some((index, score)) => Err(EvaluateError::Score { index, score: *score }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn auc_is_the_share_of_pairs_in_the_right_order(cases in prop::collection::vec((0..9_u8, any::<bool>()), 2..40)) {
            let (scores, truths): (Vec<f64>, Vec<bool>) =
                cases.iter().map(|(score, truth)| (f64::from(*score), *truth)).unzip();
            let (mut right, mut pairs) = (0.0, 0.0);
            for (yes, _) in cases.iter().filter(|(_, truth)| *truth) {
                for (no, _) in cases.iter().filter(|(_, truth)| !*truth) {
                    right += if yes > no { 1.0 } else if yes == no { 0.5 } else { 0.0 };
                    pairs += 1.0;
                }
            }
            match auc(&scores, &truths) {
                Ok(auc) => prop_assert!((auc - right / pairs).abs() < 1e-12),
                Err(error) => prop_assert!(pairs == 0.0, "{error}"),
            }
        }
    }

    const SCORES: [f64; 6] = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9];
    const TRUTHS: [bool; 6] = [false, false, true, true, true, true];

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-14, "{value} is not {expected}");
    }

    #[test]
    fn figures_agree_with_those_by_hand() {
        // 8 pairs of a yes and a no: 0.1 is below all four; 0.4 below two, equal to one.
        close(auc(&SCORES, &TRUTHS).unwrap(), 6.5 / 8.0);
        close(brier(&SCORES, &TRUTHS).unwrap(), (0.01 + 0.16 + 0.4225 + 0.04 + 0.36 + 0.01) / 6.0);
        // scikit-learn 1.9.1: log_loss(truths, scores).
        close(log_loss(&SCORES, &TRUTHS).unwrap(), 0.485133843794781);
        // Halves: 0.1, 0.35, 0.4, 0.4 (mean 0.3125, half of them a yes), and 0.8, 0.9 (mean 0.85, all a yes).
        close(calibration_error(&SCORES, &TRUTHS, 2).unwrap(), (4.0 * 0.1875 + 2.0 * 0.15) / 6.0);
    }

    #[test]
    fn lift_shares_the_edge_among_equals() {
        close(lift(&SCORES, &TRUTHS, 2).unwrap(), 1.5);
        // The third is one of the two with 0.4, of which one is a yes.
        close(lift(&SCORES, &TRUTHS, 3).unwrap(), 2.5 / 3.0 * 1.5);
        close(lift(&SCORES, &TRUTHS, 6).unwrap(), 1.0);
    }

    #[test]
    fn the_surely_wrong_is_not_infinitely_bad() {
        assert!(log_loss(&[1.0], &[false]).unwrap() < 35.0);
    }

    #[test]
    fn equal_scores_are_chance() {
        close(auc(&[0.3; 5], &[true, false, false, true, false]).unwrap(), 0.5);
        close(auc(&[0.0, -0.0], &[true, false]).unwrap(), 0.5);
    }

    #[test]
    fn what_cannot_be_judged_is_refused_by_name() {
        let message = |result: Result<f64, EvaluateError>| result.unwrap_err().to_string();
        assert_eq!(message(auc(&[0.1], &[])), "0 truths for 1 scores");
        assert_eq!(message(auc(&[], &[])), "there are no scores");
        assert_eq!(message(auc(&[0.1, f64::NAN], &[true, false])), "score 1 is NaN");
        assert_eq!(message(auc(&[0.1], &[true])), "1 of 1 truths are a yes: there must be some of each");
        assert_eq!(message(brier(&[1.5], &[true])), "score 0 is 1.5");
        assert_eq!(message(lift(&[0.1], &[true], 2)), "the best 2 of 1 cannot be taken");
        assert_eq!(message(lift(&[0.1], &[false], 1)), "0 of 1 truths are a yes: there must be some of each");
        assert_eq!(message(calibration_error(&[0.1], &[true], 0)), "there must be at least one bin");
    }
}
