//! What the shop says of a shopper, as other rooms ask.

use std::collections::BTreeMap;

use fanvine_contracts::shoppers::{Asking, ShopperTraits};
use fanvine_kernel::Problem;

use crate::People;
use crate::profile::{Trait, newest};

impl ShopperTraits for People {
    fn traits_of<'a>(&'a self, shopper_key: &'a str, names: &'a [&'a str]) -> Asking<'a, BTreeMap<String, String>> {
        Box::pin(async move {
            let keys = self.keys_with(shopper_key);
            let said = self.traits_by_key(&keys).await.map_err(Problem::from)?;
            let all: Vec<Trait> = said.into_values().flatten().collect();
            let asked = newest(&all).into_iter().filter(|one| names.contains(&one.name.as_str()));
            Ok(asked.map(|one| (one.name.clone(), one.value.clone())).collect())
        })
    }
}
