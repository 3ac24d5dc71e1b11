//! What the shop says of a shopper, as other rooms ask.

use std::collections::BTreeMap;

use fanvine_contracts::shoppers::{Asking, ShopperTraits};
use fanvine_kernel::Problem;

use crate::People;
use crate::profile::Trait;

impl ShopperTraits for People {
    fn traits_of<'a>(&'a self, shopper_key: &'a str, names: &'a [&'a str]) -> Asking<'a, BTreeMap<String, String>> {
        Box::pin(async move {
            let keys = self.keys_with(shopper_key);
            let said = self.traits_by_key(&keys).await.map_err(Problem::from)?;
            let mut latest: BTreeMap<&str, &Trait> = BTreeMap::new();
            for one in said.values().flatten().filter(|one| names.contains(&one.name.as_str())) {
                let known = latest.entry(&one.name).or_insert(one);
                if one.at > known.at {
                    *known = one;
                }
            }
            let kept = latest.into_iter().filter(|(_, one)| !one.value.is_empty());
            Ok(kept.map(|(name, one)| (name.to_owned(), one.value.clone())).collect())
        })
    }
}
