//! What is checked before something is published, and what was found: alike for offers, plays and campaigns.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Words {
    /// In English.
    pub en: String,
    /// In Simplified Chinese.
    pub zh: String,
}

impl Words {
    /// A sentence in both languages.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }

    /// What is the same in both: a name, say.
    pub fn alike(text: impl Into<String>) -> Self {
        let en = text.into();
        Self { zh: en.clone(), en }
    }
}

/// What a gate found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateResult {
    /// The rule, by a name that stays.
    pub gate: String,
    /// What it asks for.
    pub rule: Words,
    /// Whether it lets through what is to be published.
    pub verdict: Verdict,
    /// What it looked at and found, in words.
    #[serde(deserialize_with = "kept_evidence")]
    pub evidence: Vec<Words>,
}

/// Evidence that was kept when it was said in English alone is read as it was.
fn kept_evidence<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Words>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kept {
        Both(Words),
        English(String),
    }
    let kept = Vec::<Kept>::deserialize(input)?;
    Ok(kept
        .into_iter()
        .map(|one| match one {
            Kept::Both(words) => words,
            Kept::English(text) => Words::alike(text),
        })
        .collect())
}

/// Whether a gate lets through what is to be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing speaks against it.
    Pass,
    /// It may be published, but somebody should look.
    Warn,
    /// It may not be published.
    Refuse,
}
