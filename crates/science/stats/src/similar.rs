//! Look-alikes: who of the rest is most like the members of a seed.
//!
//! A regression learns what parts the seed from everybody else, and ranks the rest by it. Some of the rest are what is
//! looked for, so a score is no probability; but it ranks as one would, where the seed is a fair sample of what is
//! looked for (Elkan & Noto 2008, "Learning Classifiers from Only Positive and Unlabeled Data").

use crate::logistic::{Logistic, LogisticError};
use crate::table::Table;

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

#[cfg(test)]
mod tests {
    use super::*;

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
