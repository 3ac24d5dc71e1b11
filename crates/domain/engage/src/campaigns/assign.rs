//! Who is held out: decided by the campaign's salt and the person alone, so that everybody who asks gets the same answer.

use fanvine_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// What a person gets of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CampaignArm)]
pub enum Arm {
    /// What the campaign holds.
    Treated,
    /// Nothing of it, so that what it does can be told.
    HeldOut,
}

impl Arm {
    /// Its name in rows: `held_out`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Treated => "treated",
            Self::HeldOut => "held_out",
        }
    }

    /// The arm of that name.
    pub(crate) fn named(name: &str) -> Self {
        if name == "held_out" { Self::HeldOut } else { Self::Treated }
    }
}

/// A shopper key that met a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assigned {
    pub shopper_key: String,
    pub person_key: String,
    pub arm: Arm,
    pub at: Timestamp,
    pub met: String,
}

/// The arm of a person: of the SHA-256 of `salt/person_key`, the first eight bytes as a number, by 10,000; below
/// the holdout's hundredths of a percent, the person is held out.
///
/// ```
/// use fanvine_engage::campaigns::{Arm, arm_of};
/// assert_eq!(arm_of("5a17", "u1", 0), Arm::Treated);
/// assert_eq!(arm_of("5a17", "u1", 10_000), Arm::HeldOut);
/// ```
pub fn arm_of(salt: &str, person_key: &str, holdout_basis_points: i64) -> Arm {
    let mut digest = Sha256::new();
    digest.update(salt.as_bytes());
    digest.update(b"/");
    digest.update(person_key.as_bytes());
    let first = digest.finalize().iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let place = i64::try_from(first % 10_000).unwrap_or_default();
    if place < holdout_basis_points { Arm::HeldOut } else { Arm::Treated }
}

/// The assignment that stands for a person, of those of its keys: the earliest. So a merge of somebody treated with somebody
/// held out leaves both what the one was who came first, and nobody loses what they were given before.
pub(crate) fn standing<'a>(of_keys: impl Iterator<Item = &'a Assigned>) -> Option<&'a Assigned> {
    of_keys.min_by(|one, other| (one.at, &one.shopper_key).cmp(&(other.at, &other.shopper_key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_held_out_and_another_salt_holds_out_others() {
        let held = |salt: &str| -> Vec<u32> {
            (0..20_000).filter(|n| arm_of(salt, &format!("u{n}"), 1_000) == Arm::HeldOut).collect()
        };
        let (one, other) = (held("a"), held("b"));
        assert!((1_880..2_120).contains(&one.len()), "{}", one.len());
        let both = one.iter().filter(|n| other.contains(n)).count();
        assert!((140..260).contains(&both), "of both: {both}");
        // A larger share holds out those of the smaller and more.
        assert!((0..500).all(|n| {
            let arm = |share| arm_of("a", &format!("u{n}"), share);
            arm(1_000) != Arm::HeldOut || arm(2_000) == Arm::HeldOut
        }));
    }

    #[test]
    fn of_a_merged_person_the_earliest_assignment_stands() {
        let one = |key: &str, arm, at| Assigned {
            shopper_key: key.into(),
            person_key: key.into(),
            arm,
            at: Timestamp::from_micros(at),
            met: String::new(),
        };
        let keys = [one("b", Arm::HeldOut, 2), one("a", Arm::Treated, 3), one("c", Arm::HeldOut, 2)];
        assert_eq!(standing(keys.iter()).unwrap().shopper_key, "b");
        assert_eq!(standing([].iter()), None);
    }
}
