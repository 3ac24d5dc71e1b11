//! What is said of people, by themselves, the shop and models: read from the store for many at once, if some rule asks.

use fanvine_store::StoreError;
use rustc_hash::FxHashMap;

use super::live::{Fact, Program};
use crate::People;
use crate::profile::Trait;
use crate::tags::Given;
use crate::tags::given::merged;

/// What is said of shopper keys, by number.
#[derive(Debug, Default)]
pub(crate) struct Stated {
    traits: FxHashMap<u32, Vec<Trait>>,
    given: FxHashMap<u32, Vec<Given>>,
}

/// What is said of one person.
#[derive(Debug, Default)]
pub(crate) struct StatedOf {
    /// By themselves and the shop.
    pub(crate) traits: Vec<Trait>,
    /// By models.
    pub(crate) given: Vec<Given>,
}

/// Asks what is said of keys, as far as rules ask, and waits for it.
pub(crate) type Ask<'a> = dyn Fn(&Program, Vec<u32>) -> Result<Stated, StoreError> + Sync + 'a;

impl Stated {
    /// Of the person with these keys.
    pub(crate) fn of(&self, numbers: &[u32]) -> StatedOf {
        let traits = numbers.iter().filter_map(|number| self.traits.get(number)).flatten();
        let given = numbers.iter().filter_map(|number| self.given.get(number)).flatten();
        StatedOf { traits: traits.cloned().collect(), given: merged(given) }
    }
}

impl People {
    /// What is said of these keys, as far as these rules of a program ask, or all of them.
    pub(crate) async fn stated(
        &self,
        program: &Program,
        rules: Option<&[usize]>,
        numbers: Vec<u32>,
    ) -> Result<Stated, StoreError> {
        let asked =
            |fact: &Fact| rules.is_none_or(|rules| program.readers(fact).iter().any(|reader| rules.contains(reader)));
        let asks = |wanted: fn(&Fact) -> bool| program.facts().any(|fact| wanted(fact) && asked(fact));
        let mut stated = Stated::default();
        if asks(|fact| matches!(fact, Fact::Tag(_))) {
            let keys = self.keys_of(numbers.iter().copied());
            let mut given = self.given(keys.iter()).await?;
            let of_key = |(number, key): (&u32, &String)| given.remove(key).map(|given| (*number, given));
            stated.given = numbers.iter().zip(&keys).filter_map(of_key).collect();
        }
        // Tags rest on traits too.
        if asks(|fact| matches!(fact, Fact::Trait(_) | Fact::Tag(_))) {
            stated.traits = self.traits_of(numbers).await?;
        }
        Ok(stated)
    }
}
