//! The catalogue: what the shop sells, as its events and its operators last said.
//!
//! Each field remembers when it was last said, so that words arriving late never undo newer ones.

pub mod described;
pub mod get_product;
pub mod list_products;
mod lowest;
pub(crate) mod prices;
pub mod put_product;
pub(crate) mod store;

use std::collections::BTreeMap;

use fanvine_kernel::{Currency, Money, Timestamp};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::payload::SaidProduct;

/// Whether a product is on sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// On sale.
    #[default]
    Active,
    /// No longer on sale.
    Archived,
}

impl ProductStatus {
    /// The status's name as it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Product {
    /// The shop's number for it.
    pub product_id: String,
    /// What it is called.
    pub name: Option<String>,
    /// Its category.
    pub category: Option<String>,
    /// Its brand.
    pub brand: Option<String>,
    /// Its price, in minor units of `currency`.
    pub price_minor: Option<i64>,
    /// The currency of its price.
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// What a unit costs the shop, in minor units of `currency`.
    pub cost_minor: Option<i64>,
    /// A picture of it.
    pub image_url: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// Whether it is on sale.
    pub status: ProductStatus,
    /// When it was first heard of.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When something about it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// A variant of a product: a size, a colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Variant {
    /// Its name.
    pub variant: String,
    /// The shop's number for this variant.
    #[serde(default)]
    pub sku: Option<String>,
    /// Its price, in minor units of `currency`.
    #[serde(default)]
    pub price_minor: Option<i64>,
    /// The currency of its price.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
}

/// A change of price, in force until the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PriceChange {
    /// From when on.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// The price, in minor units of `currency`.
    pub price_minor: i64,
    /// Its currency.
    #[schema(value_type = String)]
    pub currency: Currency,
}

/// What an event tells of whether the shop has a product at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Presence {
    /// Nothing: somebody looked at it.
    #[default]
    Untold,
    /// The shop says what it is.
    Has,
    /// The shop has deleted it.
    Deleted,
}

/// What one event tells of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub at: Timestamp,
    pub presence: Presence,
    pub said: SaidProduct,
    /// Its price, where its currency is known.
    pub price: Option<Money>,
}

/// What events tell of products until it is saved. A shop's events say the same of the same product over and over: that
/// is kept once, with its moments.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    products: FxHashMap<String, Vec<Run>>,
}

/// The same words at several moments.
#[derive(Debug)]
struct Run {
    /// By which they are known again without being read; none for words that will not come again.
    key: Option<u64>,
    presence: Presence,
    said: SaidProduct,
    price: Option<Money>,
    moments: Vec<Timestamp>,
}

impl Sightings {
    /// Whether just these words about the product were heard before; then they are now heard at this moment too.
    pub(crate) fn again(&mut self, product_id: &str, key: u64, at: Timestamp) -> bool {
        let runs = self.products.get_mut(product_id);
        let Some(run) = runs.and_then(|runs| runs.iter_mut().find(|run| run.key == Some(key))) else { return false };
        run.moments.push(at);
        true
    }

    /// Adds what one event tells of one product.
    pub(crate) fn add(&mut self, key: Option<u64>, Sighting { at, presence, said, price }: Sighting) {
        let runs = self.products.entry(said.product_id.clone()).or_default();
        runs.push(Run { key, presence, said, price, moments: vec![at] });
    }

    /// The products spoken of.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.products.keys().map(String::as_str)
    }

    /// By product, what changes anything for those of whom `before` is known, in order of time.
    pub(crate) fn telling(&self, before: &BTreeMap<String, Known>) -> BTreeMap<&str, Vec<Sighting>> {
        let telling = |(id, runs): (&'_ String, &Vec<Run>)| {
            let known_until = before.get(id).map_or(i64::MIN, |known| known.said_at.latest());
            let mut sightings: Vec<Sighting> =
                runs.iter().flat_map(|run| run.telling(runs.len(), known_until)).collect();
            // Stable: of words of one moment, all are looked at, whatever their order.
            sightings.sort_by_key(|sighting| sighting.at);
            sightings
        };
        self.products.iter().map(|entry| (entry.0.as_str(), telling(entry))).collect()
    }
}

impl Run {
    /// Of the same words, uninterrupted and newer than all that is known, only the first and the last tell something.
    fn telling(&self, runs: usize, known_until: i64) -> Vec<Sighting> {
        let ends = [self.moments.iter().min(), self.moments.iter().max()];
        let moments: Vec<Timestamp> = match ends {
            [Some(first), Some(last)] if runs == 1 && first.micros() > known_until => vec![*first, *last],
            _ => self.moments.clone(),
        };
        let sighting = |at| Sighting { at, presence: self.presence, said: self.said.clone(), price: self.price };
        moments.into_iter().map(sighting).collect()
    }
}

/// When each field of a product was last said, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SaidAt {
    pub name: i64,
    pub category: i64,
    pub brand: i64,
    pub price: i64,
    pub image_url: i64,
    pub url: i64,
    /// When an operator last set it: what was deleted before that is there again.
    #[serde(default = "never")]
    pub set: i64,
    /// When the shop last said that it deleted it.
    #[serde(default = "never")]
    pub deleted: i64,
    /// When the shop last said what it is.
    #[serde(default = "never")]
    pub had: i64,
    /// Of one that was deleted since it was set: what it was before.
    #[serde(default)]
    pub before: Option<ProductStatus>,
}

fn never() -> i64 {
    i64::MIN
}

impl SaidAt {
    pub(crate) const NEVER: Self = Self {
        name: i64::MIN,
        category: i64::MIN,
        brand: i64::MIN,
        price: i64::MIN,
        image_url: i64::MIN,
        url: i64::MIN,
        set: i64::MIN,
        deleted: i64::MIN,
        had: i64::MIN,
        before: None,
    };

    /// The latest of them.
    pub(crate) fn latest(&self) -> i64 {
        let said = [self.name, self.category, self.brand, self.price, self.image_url, self.url];
        said.into_iter().fold(self.set.max(self.deleted).max(self.had), i64::max)
    }
}

/// A product with the times its fields were said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub product: Product,
    pub said_at: SaidAt,
}

impl Known {
    /// A product first heard of at `at`.
    pub(crate) fn new(product_id: &str, at: Timestamp) -> Self {
        let product = Product {
            product_id: product_id.to_owned(),
            name: None,
            category: None,
            brand: None,
            price_minor: None,
            currency: None,
            cost_minor: None,
            image_url: None,
            url: None,
            status: ProductStatus::Active,
            created_at: at,
            updated_at: at,
        };
        Self { product, said_at: SaidAt::NEVER }
    }

    /// Its price.
    pub(crate) fn price(&self) -> Option<Money> {
        Some(Money::new(self.product.price_minor?, self.product.currency?))
    }

    /// Whether the other is described the same: only when it was said differs.
    fn described_like(&self, other: &Self) -> bool {
        let (one, two) = (&self.product, &other.product);
        (&one.name, &one.category, &one.brand) == (&two.name, &two.category, &two.brand)
            && self.price() == other.price()
    }

    /// Takes in what an event tells, field by field, where it is newer than what is known. Of two words of the same
    /// moment the greater wins, so that their order of arrival does not matter.
    pub(crate) fn observe(&mut self, sighting: &Sighting) {
        let at = sighting.at.micros();
        let (product, said, times) = (&mut self.product, &sighting.said, &mut self.said_at);
        let mut changed = later(&mut product.name, &mut times.name, &said.name, at);
        changed |= later(&mut product.category, &mut times.category, &said.category, at);
        changed |= later(&mut product.brand, &mut times.brand, &said.brand, at);
        changed |= later(&mut product.image_url, &mut times.image_url, &said.image_url, at);
        changed |= later(&mut product.url, &mut times.url, &said.url, at);
        let mut price = product.price_minor.zip(product.currency);
        changed |= later(&mut price, &mut times.price, &sighting.price.map(|price| (price.minor, price.currency)), at);
        (product.price_minor, product.currency) = price.unzip();
        changed |= self.attend(sighting.presence, at);
        let product = &mut self.product;
        product.created_at = product.created_at.min(sighting.at);
        if changed {
            product.updated_at = product.updated_at.max(sighting.at);
        }
    }
}

impl Known {
    /// Takes in whether the shop has it: deleted, it is archived until the shop says again what it is, or an operator sets
    /// it. Whatever the order in which these words arrive. Whether that changed its status.
    fn attend(&mut self, presence: Presence, at: i64) -> bool {
        let (status, times) = (self.product.status, &mut self.said_at);
        match presence {
            Presence::Untold => return false,
            Presence::Has => times.had = times.had.max(at),
            Presence::Deleted if at > times.set => times.deleted = times.deleted.max(at),
            Presence::Deleted => {}
        }
        if times.deleted == i64::MIN {
            return false;
        }
        let before = *times.before.get_or_insert(status);
        self.product.status = if times.deleted >= times.had { ProductStatus::Archived } else { before };
        self.product.status != status
    }
}

/// Replaces the field if the word is newer; whether its value changed.
fn later<T: Clone + Ord>(field: &mut Option<T>, said_at: &mut i64, word: &Option<T>, at: i64) -> bool {
    let newer = at > *said_at || (at == *said_at && *word > *field);
    if word.is_none() || !newer {
        return false;
    }
    *said_at = at;
    let changed = field != word;
    field.clone_from(word);
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sighting(at: i64, name: Option<&str>, price: Option<i64>) -> Sighting {
        Sighting {
            at: Timestamp::from_micros(at),
            presence: Presence::Untold,
            said: SaidProduct { product_id: "p".to_owned(), name: name.map(str::to_owned), ..SaidProduct::default() },
            price: price.map(|minor| Money::new(minor, "CNY".parse().unwrap())),
        }
    }

    fn after(sightings: &[Sighting]) -> Known {
        let mut known = Known::new("p", sightings[0].at);
        sightings.iter().for_each(|sighting| known.observe(sighting));
        known
    }

    #[test]
    fn an_older_word_fills_gaps_but_never_undoes_a_newer_one() {
        let known = after(&[sighting(5, Some("new"), None), sighting(3, Some("old"), Some(100))]);
        assert_eq!(known.product.name.as_deref(), Some("new"));
        assert_eq!(known.product.price_minor, Some(100));
        assert_eq!(known.product.created_at.micros(), 3);
    }

    #[test]
    fn what_the_shop_deleted_is_archived_until_it_says_what_it_is_or_an_operator_sets_it() {
        let told = |at, presence| Sighting { presence, ..sighting(at, None, None) };
        let status = |sightings: &[Sighting]| after(sightings).product.status;
        use Presence::{Deleted, Has, Untold};
        assert_eq!(status(&[told(1, Has), told(2, Deleted), told(3, Untold)]), ProductStatus::Archived);
        assert_eq!(status(&[told(2, Deleted), told(1, Has)]), ProductStatus::Archived);
        assert_eq!(status(&[told(4, Has), told(2, Deleted)]), ProductStatus::Active);
        // An operator had it off sale before: so it is when it comes back.
        let mut known = Known::new("p", Timestamp::from_micros(1));
        (known.product.status, known.said_at.set) = (ProductStatus::Archived, 5);
        for word in [told(4, Deleted), told(6, Has), told(7, Deleted), told(8, Has)] {
            known.observe(&word);
            assert_eq!(known.product.status, ProductStatus::Archived);
        }
        (known.product.status, known.said_at) = (ProductStatus::Active, SaidAt { set: 9, ..SaidAt::NEVER });
        known.observe(&told(7, Deleted));
        assert_eq!(known.product.status, ProductStatus::Active, "it was deleted before it was set");
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(
            words in prop::collection::vec(
                (0i64..6, prop::option::of("[ab]"), prop::option::of(1i64..4), 0usize..3), 1..8),
        ) {
            let presence = [Presence::Untold, Presence::Has, Presence::Deleted];
            let sightings: Vec<Sighting> = words
                .iter()
                .map(|(at, name, price, told)| {
                    Sighting { presence: presence[*told], ..sighting(*at, name.as_deref(), *price) }
                })
                .collect();
            let mut reversed = sightings.clone();
            reversed.reverse();
            let (one, mut two) = (after(&sightings), after(&reversed));
            // When something last changed is a matter of arrival; what it is is not.
            two.product.updated_at = one.product.updated_at;
            prop_assert_eq!(one, two);
        }
    }
}
