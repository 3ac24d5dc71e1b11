//! How likely something is, given a few features: ridge logistic regression.
//!
//! Newton's method as iteratively reweighted least squares, with halved steps where a full one overshoots; Le Cessie &
//! van Houwelingen (1992), "Ridge Estimators in Logistic Regression". The ridge makes the answer unique and finite,
//! also where a feature parts the two classes altogether.

use thiserror::Error;

use crate::table::{Standard, Table};

/// Newton steps at most; some ten are usual.
const STEPS: u32 = 100;
/// A step that moves no weight by more ends the search.
const STILL: f64 = 1e-10;

/// Why there is no regression.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum LogisticError {
    /// Each row has one answer.
    #[error("{answers} answers for {rows} rows")]
    Lengths {
        /// How many answers there were.
        answers: usize,
        /// How many rows there were.
        rows: usize,
    },
    /// Rows of one class do not say what parts it from the other.
    #[error("{yes} of {rows} rows are a yes: there must be some of each")]
    OneClass {
        /// How many rows were a yes.
        yes: usize,
        /// How many rows there were.
        rows: usize,
    },
    /// The ridge must be positive.
    #[error("ridge is {ridge}: it must be positive and finite")]
    Ridge {
        /// What it was.
        ridge: f64,
    },
}

/// A fitted regression.
///
/// ```
/// use fanvine_stats::logistic::Logistic;
/// use fanvine_stats::table::Table;
///
/// let visits = [1.0, 2.0, 2.0, 3.0, 7.0, 8.0];
/// let bought = [false, false, true, false, true, true];
/// let model = Logistic::fit(&Table::new(&visits, 1).unwrap(), &bought, 0.1).unwrap();
/// assert!(model.probability(&[9.0]) > 0.9 && model.probability(&[1.0]) < 0.3);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// The log-odds of an average row.
    pub intercept: f64,
    /// By how much one standard deviation of each column raises the log-odds.
    pub weights: Vec<f64>,
    /// What the columns were standardised by.
    pub standard: Standard,
    /// Whether the search came to rest.
    pub converged: bool,
}

impl Logistic {
    /// The regression that makes the answers likeliest: minimises Σ −ln P(answer) + ridge / 2 · Σ weight², over
    /// standardised columns, the intercept free. (scikit-learn's `C` is 1 / ridge.)
    pub fn fit(table: &Table<'_>, answers: &[bool], ridge: f64) -> Result<Logistic, LogisticError> {
        let rows = table.height();
        if answers.len() != rows {
            return Err(LogisticError::Lengths { answers: answers.len(), rows });
        }
        if !(ridge > 0.0 && ridge.is_finite()) {
            return Err(LogisticError::Ridge { ridge });
        }
        let yes = answers.iter().filter(|answer| **answer).count();
        if yes == 0 || yes == rows {
            return Err(LogisticError::OneClass { yes, rows });
        }
        let standard = Standard::of(table);
        let problem = Problem { scores: standard.apply(table), columns: table.columns(), answers, ridge };
        // The intercept first, beginning at the log-odds of the whole.
        let mut at = vec![0.0; table.columns() + 1];
        at[0] = (yes as f64 / (rows - yes) as f64).ln();
        let converged = problem.minimise(&mut at);
        let weights = at.split_off(1);
        Ok(Logistic { intercept: at[0], weights, standard, converged })
    }

    /// The probability of a yes for a row, 0 to 1.
    pub fn probability(&self, row: &[f64]) -> f64 {
        sigmoid(self.intercept + self.contributions(row).sum::<f64>())
    }

    /// What each column of a row adds to the log-odds of an average row: why it is likely.
    pub fn contributions<'a>(&'a self, row: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        self.standard.scores(row).zip(&self.weights).map(|(score, weight)| score * weight)
    }
}

fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

struct Problem<'a> {
    scores: Vec<f64>,
    columns: usize,
    answers: &'a [bool],
    ridge: f64,
}

impl Problem<'_> {
    fn rows(&self) -> impl Iterator<Item = (&[f64], bool)> {
        self.scores.chunks_exact(self.columns).zip(self.answers.iter().copied())
    }

    /// Newton steps from `at`; says whether they came to rest.
    fn minimise(&self, at: &mut Vec<f64>) -> bool {
        let mut value = self.value(at);
        for _ in 0..STEPS {
            let (gradient, hessian) = self.slope(at);
            let Some(mut step) = solve(hessian, gradient) else { return false };
            loop {
                if step.iter().all(|step| step.abs() <= STILL) {
                    return true;
                }
                let next: Vec<f64> = at.iter().zip(&step).map(|(at, step)| at - step).collect();
                let there = self.value(&next);
                if there <= value {
                    (*at, value) = (next, there);
                    break;
                }
                step.iter_mut().for_each(|step| *step *= 0.5);
            }
        }
        false
    }

    /// What is minimised.
    fn value(&self, at: &[f64]) -> f64 {
        let Some((intercept, weights)) = at.split_first() else { return f64::NAN };
        let penalty: f64 = weights.iter().map(|weight| weight * weight).sum::<f64>() * self.ridge / 2.0;
        let loss = |(row, answer): (&[f64], bool)| {
            let odds = intercept + dot(row, weights);
            let against = if answer { -odds } else { odds };
            // ln(1 + e^against)
            against.max(0.0) + (-against.abs()).exp().ln_1p()
        };
        penalty + self.rows().map(loss).sum::<f64>()
    }

    /// Its gradient and the lower half of its Hessian, row after row.
    fn slope(&self, at: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let size = self.columns + 1;
        let (mut gradient, mut hessian) =
            (vec![0.0; size], (1..=size).map(|width| vec![0.0; width]).collect::<Vec<_>>());
        let mut row = vec![1.0; size];
        for (scores, answer) in self.rows() {
            row[1..].copy_from_slice(scores);
            let probability = sigmoid(dot(&row, at));
            let (error, weight) = (probability - f64::from(u8::from(answer)), probability * (1.0 - probability));
            for ((slope, line), value) in gradient.iter_mut().zip(&mut hessian).zip(&row) {
                *slope += error * value;
                line.iter_mut().zip(&row).for_each(|(entry, other)| *entry += weight * value * other);
            }
        }
        for index in 1..size {
            gradient[index] += self.ridge * at[index];
            hessian[index][index] += self.ridge;
        }
        (gradient, hessian)
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// Solves A x = b for a positive definite A, of which the lower half is given, by Cholesky's decomposition; none where A
/// is not positive definite.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let size = b.len();
    for row in 0..size {
        for column in 0..=row {
            let rest = a[row][column] - dot(&a[row][..column], &a[column][..column]);
            if row == column && (rest.is_nan() || rest <= 0.0) {
                return None;
            }
            a[row][column] = if row == column { rest.sqrt() } else { rest / a[column][column] };
        }
        b[row] = (b[row] - dot(&a[row][..row], &b[..row])) / a[row][row];
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|later| a[later][row] * b[later]).sum();
        b[row] = (b[row] - known) / a[row][row];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [f64; 20] =
        [1.0, 20.0, 2.0, 35.0, 3.0, 10.0, 4.0, 60.0, 5.0, 15.0, 6.0, 44.0, 7.0, 52.0, 8.0, 8.0, 9.0, 71.0, 10.0, 30.0];
    const ANSWERS: [bool; 10] = [false, false, false, true, false, true, false, false, true, true];

    #[test]
    fn weights_agree_with_scikit_learn() {
        // scikit-learn 1.9.1: LogisticRegression(C=1 / ridge, tol=1e-13) on StandardScaler().fit_transform(rows).
        for (ridge, intercept, weights, first) in [
            (1.0, -0.52983313, [0.66101887, 0.96103022], 0.09638612459963553),
            (0.1, -0.77507189, [1.18873835, 1.72505095], 0.020943402382258242),
        ] {
            let model = Logistic::fit(&Table::new(&ROWS, 2).unwrap(), &ANSWERS, ridge).unwrap();
            assert!(model.converged && (model.intercept - intercept).abs() < 1e-8, "{model:?}");
            assert!(model.weights.iter().zip(weights).all(|(ours, theirs)| (ours - theirs).abs() < 1e-8), "{model:?}");
            assert!((model.probability(&ROWS[..2]) - first).abs() < 1e-10);
        }
    }

    #[test]
    fn classes_that_a_feature_parts_altogether_keep_finite_weights() {
        let table = Table::new(&[1.0, 7.0, 2.0, 7.0, 8.0, 7.0, 9.0, 7.0], 2).unwrap();
        let model = Logistic::fit(&table, &[false, false, true, true], 1e-3).unwrap();
        assert!(model.converged && model.weights[0].is_finite() && model.weights[0] > 1.0, "{model:?}");
        assert!(model.weights[1] == 0.0, "a constant column has no weight: {model:?}");
    }

    #[test]
    fn what_cannot_be_fitted_is_refused_by_name() {
        let table = Table::new(&[1.0, 2.0], 1).unwrap();
        let message = |answers: &[bool], ridge| Logistic::fit(&table, answers, ridge).unwrap_err().to_string();
        assert_eq!(message(&[true], 1.0), "1 answers for 2 rows");
        assert_eq!(message(&[true, true], 1.0), "2 of 2 rows are a yes: there must be some of each");
        assert_eq!(message(&[true, false], 0.0), "ridge is 0: it must be positive and finite");
    }
}
