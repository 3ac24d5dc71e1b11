//! What is said of many shoppers at once.

use fanvine_store::StoreError;
use rustc_hash::FxHashMap;

use super::{Said, store};
use crate::People;
use crate::profile::Trait;

impl People {
    /// All that is said of shoppers, by number.
    pub(crate) async fn traits_of(&self, numbers: Vec<u32>) -> Result<FxHashMap<u32, Vec<Trait>>, StoreError> {
        // What waits to be saved is asked for first: it may be saved in between, and is then found twice, but not lost.
        let unsaved = self.shoppers().unsaved_traits(&numbers);
        let saved = self.store.read(|tx| Box::pin(async move { store::traits(tx, &numbers).await })).await?;
        let mut latest = Said::default();
        saved.into_iter().chain(unsaved).for_each(|(number, said)| latest.say(number, said));
        let mut by_number: FxHashMap<u32, Vec<Trait>> = FxHashMap::default();
        latest.0.into_iter().for_each(|((number, ..), said)| by_number.entry(number).or_default().push(said));
        Ok(by_number)
    }
}
