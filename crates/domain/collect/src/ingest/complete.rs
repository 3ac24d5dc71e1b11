//! What an event leaves out of its products, completed from the shop's catalogue.
//!
//! Where a source wants it, a product that is named by its number and has no name, category, brand or price gets what the
//! catalogue has. What the sender said stays as it was said; what was added is named by the property `from_catalogue`
//! beside it. Prices are completed only where they are sure: in the event's own currency, in force when it happened, the
//! same for all variants, and never in orders, which are worth what was charged.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fanvine_contracts::products::{DescribedProduct, DescribedProducts, FROM_CATALOGUE, InMemory};
use fanvine_kernel::event::{EventRef, Json, names};
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Currency, EventKind, Timestamp};
use rustc_hash::FxHashSet;

use super::heard::Heard;
use super::record;
use crate::Collect;
use crate::said::Object;
use crate::segment::json::{Scalar, elements, fields, push_text, scalar};
use crate::segment::{Draft, text_of};

/// What is completed.
const FIELDS: [&str; 4] = ["name", "category", "brand", "price"];
/// How many products of one event are looked at.
const MOST_PRODUCTS: usize = 200;

/// By what events of the sources that want it are completed.
#[derive(Clone)]
pub(crate) struct Completing {
    products: Arc<dyn DescribedProducts>,
    sources: Arc<FxHashSet<SourceId>>,
    shop: Option<Currency>,
    /// The most bytes properties may come to.
    limit: usize,
}

/// Of which moment and kind of event.
#[derive(Debug, Clone, Copy)]
struct Moment<'a> {
    name: &'a str,
    at: Timestamp,
    shop: Option<Currency>,
}

impl Collect {
    /// None where nothing is to be completed.
    pub(super) fn completing(&self) -> Option<Completing> {
        let sources = self.keys.completing();
        if sources.is_empty() {
            return None;
        }
        let products = Arc::clone(self.products.as_ref()?);
        Some(Completing { products, sources, shop: self.currency(), limit: self.limits.event_bytes })
    }

    /// Reads what of the catalogue was not in memory, once for all events that wait for it. They are taken as they came
    /// if it cannot be read.
    pub(super) async fn settled<'k>(&self, mut heard: Heard<'k>) -> Heard<'k> {
        let Some(completing) = heard.completing.take().filter(|_| !heard.waiting.is_empty()) else { return heard };
        let unread = std::mem::take(&mut heard.unread).into_iter().collect();
        let read = completing.products.read(unread).await.unwrap_or_else(|problem| {
            tracing::warn!(%problem, "events were not completed: the catalogue could not be read");
            BTreeMap::new()
        });
        for mut event in std::mem::take(&mut heard.waiting) {
            let moment = Moment { name: &event.name, at: event.occurred_at, shop: completing.shop };
            let properties = event.properties.as_ref().map(Json::get);
            if let Some(text) = completing.completed(properties, moment, &|id| read.get(id).cloned()) {
                event.properties = Some(Json::of_valid(text));
            }
            record(&mut heard.records, &EventRef::from(&event));
        }
        heard
    }
}

impl Completing {
    /// Completes an event by what is in memory; what must be read first, if anything.
    pub(super) fn complete(&self, draft: &mut Draft<'_>, source: &SourceId) -> Vec<String> {
        if !self.sources.contains(source) || draft.kind != EventKind::Track || draft.name == names::PRODUCT_UPDATED {
            return Vec::new();
        }
        let lacking = lacking(draft.properties.as_deref());
        let (mut known, mut unread) = (BTreeMap::new(), false);
        for id in &lacking {
            match self.products.in_memory(id) {
                InMemory::Known(product) => drop(product.map(|product| known.insert(id.clone(), product))),
                InMemory::Unread => unread = true,
            }
        }
        if unread {
            return lacking;
        }
        let moment = Moment { name: &draft.name, at: draft.occurred_at, shop: self.shop };
        let completed = self.completed(draft.properties.as_deref(), moment, &|id| known.get(id).cloned());
        if let Some(completed) = completed {
            draft.properties = Some(Cow::Owned(completed));
        }
        Vec::new()
    }

    fn completed(&self, properties: Option<&str>, moment: Moment<'_>, known: &Known<'_>) -> Option<String> {
        // What would be longer than an event may be is better left as it was sent.
        completed(properties?, moment, known).filter(|text| text.len() <= self.limit)
    }
}

type Known<'k> = dyn Fn(&str) -> Option<Arc<DescribedProduct>> + 'k;

/// What an object says of a product.
#[derive(Default)]
struct Said<'a> {
    ids: [Option<Cow<'a, str>>; 3],
    has: [bool; 4],
    variant: bool,
    currency: Option<&'a str>,
    products: Option<&'a str>,
    /// Whether the sender uses our mark for something.
    marked: bool,
}

impl<'a> Said<'a> {
    fn read(object: &'a str) -> Self {
        let mut said = Self::default();
        // What is no object says nothing.
        let _ = fields(object, |key, value| match key {
            "product_id" => said.ids[0] = text_of(value),
            "productId" => said.ids[1] = text_of(value),
            "sku" => said.ids[2] = text_of(value),
            "variant" => said.variant |= !is_nothing(value),
            "currency" => said.currency = Some(value).filter(|value| !is_nothing(value)),
            "products" => said.products = Some(value),
            FROM_CATALOGUE => said.marked = true,
            other => {
                if let Some(place) = FIELDS.iter().position(|field| *field == other) {
                    said.has[place] |= !is_nothing(value);
                }
            }
        });
        said
    }

    /// The number of the product, by which the catalogue knows it.
    fn id(&self) -> Option<&str> {
        self.ids.iter().flatten().map(|id| id.trim()).find(|id| !id.is_empty())
    }

    fn lacks(&self) -> Option<&str> {
        self.id().filter(|_| !self.marked && self.has.contains(&false))
    }

    /// Whether it is about one variant and not about the product as a whole.
    fn is_variant(&self) -> bool {
        self.variant || (self.ids[2].is_some() && (self.ids[0].is_some() || self.ids[1].is_some()))
    }
}

/// `null`, and texts of blanks.
fn is_nothing(raw: &str) -> bool {
    match scalar(raw) {
        Scalar::Null => true,
        Scalar::Text(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// The numbers of the products of which an event leaves something out.
fn lacking(properties: Option<&str>) -> Vec<String> {
    let Some(properties) = properties else { return Vec::new() };
    let said = Said::read(properties);
    let mut ids: BTreeSet<String> = said.lacks().map(str::to_owned).into_iter().collect();
    for entry in entries(&said) {
        ids.extend(Said::read(entry).lacks().map(str::to_owned));
    }
    ids.into_iter().collect()
}

fn entries<'a>(said: &Said<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    said.products.and_then(elements).unwrap_or_default().into_iter().take(MOST_PRODUCTS)
}

/// The properties with what is known of their products; none where nothing is added.
fn completed(properties: &str, moment: Moment<'_>, known: &Known<'_>) -> Option<String> {
    let said = Said::read(properties);
    let currency = currency_of(&said).unwrap_or(moment.shop);
    let own = Added::to(&said, currency, moment, known);
    let mut any = own.is_some();
    let products = said.products.and_then(elements).map(|products| {
        let each = products.into_iter().enumerate().map(|(place, entry)| {
            let said = Said::read(entry);
            let currency = currency_of(&said).unwrap_or(currency);
            let added = Added::to(&said, currency, moment, known).filter(|_| place < MOST_PRODUCTS);
            any |= added.is_some();
            added.map_or(Cow::Borrowed(entry), |added| Cow::Owned(added.into(entry, None)))
        });
        format!("[{}]", each.collect::<Vec<_>>().join(","))
    });
    any.then(|| own.unwrap_or_default().into(properties, products.as_deref()))
}

/// The currency an object says; `None` in it for one nobody knows.
fn currency_of(said: &Said<'_>) -> Option<Option<Currency>> {
    said.currency.map(|raw| text_of(raw).and_then(|code| code.parse().ok()))
}

/// What is added to an object: JSON, by field.
#[derive(Default)]
struct Added([Option<String>; 4]);

impl Added {
    fn to(said: &Said<'_>, currency: Option<Currency>, moment: Moment<'_>, known: &Known<'_>) -> Option<Self> {
        let product = known(said.lacks()?)?;
        let text = |text: &Option<String>| {
            let mut json = String::new();
            push_text(&mut json, text.as_deref()?);
            Some(json)
        };
        let of_order = moment.name.starts_with("Order ");
        let sure = !(of_order || product.priced_variants && said.is_variant());
        let price =
            product.price.filter(|(price, since)| sure && Some(price.currency) == currency && *since <= moment.at);
        let price = price.map(|(price, _)| price.to_string());
        let price = price.as_deref().and_then(|text| text.split_once(' ')).map(|(amount, _)| amount.to_owned());
        let mut added = [text(&product.name), text(&product.category), text(&product.brand), price];
        for (added, has) in added.iter_mut().zip(said.has) {
            *added = added.take().filter(|_| !has);
        }
        added.iter().any(Option::is_some).then_some(Self(added))
    }

    /// The object with it, and with these entries as its `products` where they are given.
    fn into(self, object: &str, products: Option<&str>) -> String {
        let mut out = Object::new();
        let mut names = String::new();
        for (field, value) in FIELDS.iter().zip(&self.0) {
            if value.is_some() {
                names.push_str(if names.is_empty() { "\"" } else { ",\"" });
                names.push_str(field);
                names.push('"');
            }
        }
        if !names.is_empty() {
            out.raw(FROM_CATALOGUE, Some(&format!("[{names}]")));
        }
        for (field, value) in FIELDS.iter().zip(&self.0) {
            out.raw(field, value.as_deref());
        }
        // It was read as an object before.
        let _ = fields(object, |key, value| {
            let place = FIELDS.iter().position(|field| *field == key);
            // Nothing stood there.
            let replaced = place.is_some_and(|place| self.0[place].is_some());
            if !replaced {
                out.raw(key, Some(products.filter(|_| key == "products").unwrap_or(value)));
            }
        });
        out.done()
    }
}
