//! Finding the lowest point of a function of a few variables without its derivatives.
//!
//! Nelder & Mead (1965), "A simplex method for function minimization", with the usual coefficients: reflect by 1,
//! expand by 2, contract by ½, shrink by ½. A simplex can collapse on a slope, so the search begins anew around the
//! point it ended at until that gains nothing. No randomness: the same function gives the same answer.

/// How far the corners of the last simplex may lie apart, in each variable.
const APART: f64 = 1e-6;
/// How much lower a new search must get to be worth another one.
const GAIN: f64 = 1e-11;
/// Searches at most.
const SEARCHES: u32 = 12;
/// Steps of one search at most, for each variable.
const STEPS: u32 = 400;

/// How a search went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convergence {
    /// False where the search was ended for its length, or because a parameter ran away: the point is then the lowest
    /// met so far.
    pub converged: bool,
    /// Steps of the simplex.
    pub steps: u32,
    /// How often the function was evaluated.
    pub evaluations: u32,
}

/// Where a function is lowest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minimum<const N: usize> {
    /// The point.
    pub at: [f64; N],
    /// The function's value there.
    pub value: f64,
    /// How it was found.
    pub convergence: Convergence,
}

/// A model and how it came to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fitted<M> {
    /// The model, with the parameters that were found.
    pub model: M,
    /// The log-likelihood of the data under it.
    pub log_likelihood: f64,
    /// How the search for the parameters went.
    pub convergence: Convergence,
}

impl<const N: usize> Minimum<N> {
    /// As it is, but not converged where a variable came to within ½ of `bound` or −`bound`: it would have gone on.
    pub(crate) fn within(mut self, bound: f64) -> Minimum<N> {
        self.convergence.converged &= self.at.iter().all(|variable| variable.abs() < bound - 0.5);
        self
    }
}

/// Looks for the point where `function` is lowest, beginning with a simplex of edge `step` (times the variable, where that is above 1) at `start`.
/// NaN counts as infinitely high, so a function says "not here" with either.
///
/// ```
/// // Rosenbrock's valley: lowest at (1, 1).
/// let valley = |[x, y]: &[f64; 2]| (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
/// let minimum = fanvine_stats::optimise::minimise([-1.2, 1.0], 0.5, valley);
/// assert!(minimum.convergence.converged);
/// assert!((minimum.at[0] - 1.0).abs() < 1e-5 && (minimum.at[1] - 1.0).abs() < 1e-5);
/// ```
pub fn minimise<const N: usize>(start: [f64; N], step: f64, function: impl Fn(&[f64; N]) -> f64) -> Minimum<N> {
    let mut simplex = Simplex { function, corners: Vec::with_capacity(N + 1), steps: 0, evaluations: 0 };
    let mut best = simplex.corner(start);
    for _ in 0..SEARCHES {
        let closed = simplex.search(best, step);
        let found = simplex.corners.first().copied().unwrap_or(best);
        let settled = closed && best.value - found.value <= GAIN * (1.0 + found.value.abs());
        best = found;
        if settled {
            return simplex.report(best, best.value.is_finite());
        }
    }
    simplex.report(best, false)
}

#[derive(Clone, Copy)]
struct Corner<const N: usize> {
    at: [f64; N],
    value: f64,
}

struct Simplex<F, const N: usize> {
    function: F,
    /// From the lowest to the highest.
    corners: Vec<Corner<N>>,
    steps: u32,
    evaluations: u32,
}

impl<F: Fn(&[f64; N]) -> f64, const N: usize> Simplex<F, N> {
    fn corner(&mut self, at: [f64; N]) -> Corner<N> {
        self.evaluations += 1;
        let value = (self.function)(&at);
        Corner { at, value: if value.is_nan() { f64::INFINITY } else { value } }
    }

    fn report(&self, best: Corner<N>, converged: bool) -> Minimum<N> {
        let convergence = Convergence { converged, steps: self.steps, evaluations: self.evaluations };
        Minimum { at: best.at, value: best.value, convergence }
    }

    /// One search around a point; says whether the simplex closed on a point.
    fn search(&mut self, around: Corner<N>, edge: f64) -> bool {
        self.corners = vec![around];
        for variable in 0..N {
            let mut at = around.at;
            at[variable] += edge * at[variable].abs().max(1.0);
            let corner = self.corner(at);
            self.corners.push(corner);
        }
        self.sort();
        for _ in 0..STEPS * N as u32 {
            if self.is_closed() {
                return true;
            }
            self.step();
        }
        false
    }

    /// One step: replaces the highest corner by a lower point, or draws all corners towards the lowest.
    fn step(&mut self) {
        self.steps += 1;
        let (Some(lowest), Some(highest)) = (self.corners.first().copied(), self.corners.pop()) else { return };
        let second = self.corners.last().map_or(lowest.value, |corner| corner.value);
        let count = self.corners.len() as f64;
        let middle: [f64; N] =
            std::array::from_fn(|v| self.corners.iter().map(|corner| corner.at[v]).sum::<f64>() / count);
        let beyond = |by: f64| std::array::from_fn(|v| middle[v] + by * (middle[v] - highest.at[v]));

        let reflected = self.corner(beyond(1.0));
        let next = if reflected.value < lowest.value {
            let expanded = self.corner(beyond(2.0));
            Some(if expanded.value < reflected.value { expanded } else { reflected })
        } else if reflected.value < second {
            Some(reflected)
        } else {
            let outside = reflected.value < highest.value;
            let contracted = self.corner(beyond(if outside { 0.5 } else { -0.5 }));
            (contracted.value < reflected.value.min(highest.value)).then_some(contracted)
        };
        self.corners.push(next.unwrap_or(highest));
        if next.is_none() {
            self.shrink(lowest);
        }
        self.sort();
    }

    fn shrink(&mut self, lowest: Corner<N>) {
        for index in 1..self.corners.len() {
            let far = self.corners[index].at;
            let near = std::array::from_fn(|v| 0.5 * (far[v] + lowest.at[v]));
            self.corners[index] = self.corner(near);
        }
    }

    fn sort(&mut self) {
        self.corners.sort_by(|left, right| left.value.total_cmp(&right.value));
    }

    fn is_closed(&self) -> bool {
        let Some((lowest, others)) = self.corners.split_first() else { return true };
        others.iter().all(|corner| corner.at.iter().zip(lowest.at).all(|(x, lowest)| (x - lowest).abs() <= APART))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_a_bowl_is_found_in_four_dimensions() {
        let bowl =
            |x: &[f64; 4]| x.iter().zip([1.0, -2.0, 3.0, 0.5]).map(|(x, c)| (x - c).powi(2) * (1.0 + c * c)).sum();
        let minimum = minimise([0.0; 4], 1.0, bowl);
        assert!(minimum.convergence.converged, "{minimum:?}");
        for (x, expected) in minimum.at.iter().zip([1.0, -2.0, 3.0, 0.5]) {
            assert!((x - expected).abs() < 1e-5, "{minimum:?}");
        }
    }

    #[test]
    fn places_that_are_not_allowed_are_kept_out_of() {
        let minimum = minimise([3.0], 1.0, |[x]: &[f64; 1]| if *x < 1.0 { f64::NAN } else { x * x });
        assert!((minimum.at[0] - 1.0).abs() < 1e-5, "{minimum:?}");
    }

    #[test]
    fn a_function_without_a_bottom_is_reported_as_not_converged() {
        assert!(!minimise([0.0, 0.0], 1.0, |[x, y]: &[f64; 2]| -x - y).convergence.converged);
        assert!(!minimise([0.0], 1.0, |_: &[f64; 1]| f64::NAN).convergence.converged);
    }
}
