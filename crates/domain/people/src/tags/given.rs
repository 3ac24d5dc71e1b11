//! What models say of shoppers: the slots of model tags, filled by whoever has the model.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_store::StoreError;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{Given, store};
use crate::People;
use crate::profile::Bilingual;

/// What a model says, all at once.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[schema(as = TagModelWeights)]
#[serde(deny_unknown_fields)]
pub struct ModelWeights {
    /// The model's name, as in the tag's definition.
    pub model: String,
    /// Which version of it, 1 to 80 characters.
    pub version: String,
    /// When it was computed; now if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub made_at: Option<Timestamp>,
    /// From when on it says nothing any more; never if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Whether all it said before is forgotten; true if absent. Upload more than fits into one request with false from
    /// the second on.
    #[serde(default = "yes")]
    pub replace: bool,
    /// Of whom it says what; up to 20,000.
    pub weights: Vec<ModelWeight>,
}

fn yes() -> bool {
    true
}

/// What a model says of one shopper.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[schema(as = TagModelWeight)]
#[serde(deny_unknown_fields)]
pub struct ModelWeight {
    /// A shopper key.
    pub shopper_id: String,
    /// What of, where the tag has terms; up to 128 characters.
    #[serde(default)]
    pub term: Option<String>,
    /// How strongly, 0 to 1.
    pub weight: f64,
    /// How sure, 0 to 1; 1 if absent.
    #[serde(default = "sure")]
    pub confidence: f64,
}

fn sure() -> f64 {
    1.0
}

/// A row of it.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub digest: String,
    pub term: String,
    pub weight: f64,
    pub confidence: f64,
}

/// What stands for a shopper key where the key itself is too long, or must not stand: 128 bits of its SHA-256.
pub(crate) fn key_digest(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

impl People {
    /// What models say now of each of these keys.
    pub(crate) async fn given<'a>(
        &self,
        keys: impl Iterator<Item = &'a String>,
    ) -> Result<BTreeMap<String, Vec<Given>>, StoreError> {
        let has_models = self.tags().tags.iter().any(|tag| matches!(tag.kind, super::Kind::Model(_)));
        let keys: BTreeMap<String, &String> =
            if has_models { keys.map(|key| (key_digest(key), key)).collect() } else { BTreeMap::new() };
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (digests, now) = (keys.keys().cloned().collect(), self.clock.now());
        let said = self.store.read(|tx| Box::pin(async move { store::weights_of(tx, digests, now).await })).await?;
        let mut given: BTreeMap<String, Vec<Given>> = BTreeMap::new();
        for (digest, said) in said {
            let Some(key) = keys.get(&digest) else { continue };
            let (model, version, day) = (&said.model, &said.version, self.zone.date_of(said.made_at));
            given.entry((*key).clone()).or_default().push(Given {
                tag: said.tag,
                why: Bilingual::new(
                    format!("model `{model}`, version {version}, computed on {day}"),
                    format!("由模型 `{model}`（版本 {version}）于 {day} 计算"),
                ),
                model: said.model,
                term: Some(said.term).filter(|term| !term.is_empty()),
                weight: said.weight,
                confidence: said.confidence,
            });
        }
        Ok(given)
    }
}

/// What is said of a person, of whose keys this is said: of one tag and term the greatest weight.
pub(crate) fn merged<'a>(said: impl Iterator<Item = &'a Given>) -> Vec<Given> {
    let mut strongest: BTreeMap<(&str, Option<&str>), &Given> = BTreeMap::new();
    for one in said {
        let known = strongest.entry((&one.tag, one.term.as_deref())).or_insert(one);
        if one.weight > known.weight {
            *known = one;
        }
    }
    strongest.into_values().cloned().collect()
}
