//! What a tag catalogue may say: every fault names its field.

use super::catalogue::{Behaviours, Catalogue, Condition, Definition, Kind, Rule};
use crate::profile::NAMES;

/// How many tags a catalogue holds, and how many of them are scored, at most.
const MOST_TAGS: usize = 1_000;
const MOST_SCORED: usize = 64;
const LONGEST_NAME: usize = 80;

/// Why a catalogue cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CatalogueError {
    /// It is not a catalogue's JSON.
    #[error("the tag catalogue cannot be read: {0}")]
    Unreadable(String),
    /// An id is not its family's name, a dot and a name of its own.
    #[error("`{field}` is `{value}`, not `{family}.` with lower-case letters, digits and `_` behind it")]
    Id {
        /// Where.
        field: String,
        /// What it is.
        value: String,
        /// What it must begin with.
        family: &'static str,
    },
    /// Two tags have one id.
    #[error("`{field}` is `{value}`, which an earlier tag has")]
    Duplicate {
        /// Where.
        field: String,
        /// The id.
        value: String,
    },
    /// A text is empty or too long.
    #[error("`{field}` has {characters} characters, not 1 to {most}")]
    Length {
        /// Where.
        field: String,
        /// How many it has.
        characters: usize,
        /// How many it may have.
        most: usize,
    },
    /// A number is out of its range.
    #[error("`{field}` is {value}, not {least} to {most}")]
    Range {
        /// Where.
        field: String,
        /// What it is.
        value: f64,
        /// The least it may be.
        least: f64,
        /// The most it may be.
        most: f64,
    },
    /// A list is empty or too long.
    #[error("`{field}` has {found} entries, not 1 to {most}")]
    Entries {
        /// Where.
        field: String,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// A condition asks for something that is not computed.
    #[error("`{field}` is `{value}`, which is no computed value; a trait's name comes behind `trait.`")]
    UnknownValue {
        /// Where.
        field: String,
        /// What it is.
        value: String,
    },
    /// A condition demands nothing.
    #[error("`{field}` needs `is`, `at_least` or `at_most`")]
    NoDemand {
        /// Where.
        field: String,
    },
}

impl CatalogueError {
    /// Where it lies, if it lies in one field.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Unreadable(_) => None,
            Self::Id { field, .. }
            | Self::Duplicate { field, .. }
            | Self::Length { field, .. }
            | Self::Range { field, .. }
            | Self::Entries { field, .. }
            | Self::UnknownValue { field, .. }
            | Self::NoDemand { field } => Some(field),
        }
    }
}

impl Catalogue {
    /// Reads and checks a catalogue.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn parse(json: &str) -> Result<Self, CatalogueError> {
        let read: Self = serde_json::from_str(json).map_err(|error| CatalogueError::Unreadable(error.to_string()))?;
        read.check()?;
        Ok(read)
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn check(&self) -> Result<(), CatalogueError> {
        entries("tags", self.tags.len(), MOST_TAGS)?;
        check_behaviours("behaviours", &self.behaviours)?;
        for (place, tag) in self.tags.iter().enumerate() {
            let earlier = self.tags.iter().take(place).any(|other| other.id == tag.id);
            if earlier {
                let field = format!("tags[{place}].id");
                return Err(CatalogueError::Duplicate { field, value: tag.id.clone() });
            }
            tag.check(&format!("tags[{place}]"))?;
        }
        let scored = self.scored().count();
        if scored > MOST_SCORED {
            return Err(CatalogueError::Entries {
                field: "tags of interests".into(),
                found: scored,
                most: MOST_SCORED,
            });
        }
        Ok(())
    }
}

impl Definition {
    /// Checks every field of a definition that stands alone.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn check_alone(&self) -> Result<(), CatalogueError> {
        self.check("")
    }

    fn check(&self, at: &str) -> Result<(), CatalogueError> {
        let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        let family = self.family.as_str();
        let own = self.id.strip_prefix(family).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if own.is_empty() || !own.bytes().all(plain) {
            return Err(CatalogueError::Id { field: below("id"), value: self.id.clone(), family });
        }
        for (name, text) in [("id", &self.id), ("en", &self.en), ("zh", &self.zh)] {
            length(&below(name), text)?;
        }
        range(&below("half_life_days"), self.half_life_days, 0.5, 36_500.0)?;
        range(&below("half_at"), self.half_at, 1e-6, 1e9)?;
        range(&below("evidence"), self.evidence, 0.0, 1e9)?;
        range(&below("top"), self.top as f64, 1.0, 100.0)?;
        if let Some(behaviours) = &self.behaviours {
            check_behaviours(&below("behaviours"), behaviours)?;
        }
        match &self.kind {
            Kind::Model(name) => length(&below("kind.model"), name),
            Kind::Statistical(_) => Ok(()),
            Kind::Rule(rule) => rule.check(&below("kind.rule")),
        }
    }
}

impl Rule {
    fn check(&self, at: &str) -> Result<(), CatalogueError> {
        match self {
            Self::Trait(names) | Self::AgeBand(names) => {
                let at = format!("{at}.{}", if matches!(self, Self::Trait(_)) { "trait" } else { "age_band" });
                entries(&at, names.len(), 10)?;
                names.iter().enumerate().try_for_each(|(place, name)| {
                    let field = format!("{at}[{place}]");
                    match name.strip_prefix("computed.") {
                        Some(computed) if !NAMES.contains(&computed) => {
                            Err(CatalogueError::UnknownValue { field, value: name.clone() })
                        }
                        _ => length(&field, name),
                    }
                })
            }
            Self::All(conditions) => {
                entries(&format!("{at}.all"), conditions.len(), 20)?;
                conditions.iter().enumerate().try_for_each(|(place, one)| one.check(&format!("{at}.all[{place}]")))
            }
        }
    }
}

impl Condition {
    fn check(&self, at: &str) -> Result<(), CatalogueError> {
        let of_trait = self.of.strip_prefix("trait.").is_some_and(|name| !name.is_empty());
        if !of_trait && !NAMES.contains(&self.of.as_str()) {
            return Err(CatalogueError::UnknownValue { field: format!("{at}.of"), value: self.of.clone() });
        }
        if self.is.is_none() && self.at_least.is_none() && self.at_most.is_none() {
            return Err(CatalogueError::NoDemand { field: at.to_owned() });
        }
        for (name, bound) in [("at_least", self.at_least), ("at_most", self.at_most)] {
            range(&format!("{at}.{name}"), bound.unwrap_or(0.0), -1e15, 1e15)?;
        }
        Ok(())
    }
}

fn check_behaviours(at: &str, behaviours: &Behaviours) -> Result<(), CatalogueError> {
    behaviours.named().iter().try_for_each(|(name, weight)| range(&format!("{at}.{name}"), *weight, 0.0, 1_000.0))
}

fn length(field: &str, text: &str) -> Result<(), CatalogueError> {
    let characters = text.trim().chars().count();
    if (1..=LONGEST_NAME).contains(&characters) {
        return Ok(());
    }
    Err(CatalogueError::Length { field: field.to_owned(), characters, most: LONGEST_NAME })
}

fn range(field: &str, value: f64, least: f64, most: f64) -> Result<(), CatalogueError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(CatalogueError::Range { field: field.to_owned(), value, least, most })
}

fn entries(field: &str, found: usize, most: usize) -> Result<(), CatalogueError> {
    if (1..=most).contains(&found) {
        return Ok(());
    }
    Err(CatalogueError::Entries { field: field.to_owned(), found, most })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(change: impl FnOnce(&mut Catalogue)) -> String {
        let mut catalogue = Catalogue::builtin();
        change(&mut catalogue);
        catalogue.check().unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_field_is_named() {
        assert_eq!(
            fault(|catalogue| catalogue.tags[1].half_life_days = 0.0),
            "`tags[1].half_life_days` is 0, not 0.5 to 36500"
        );
        assert_eq!(
            fault(|catalogue| catalogue.tags[0].id = "interest.gender".into()),
            "`tags[0].id` is `interest.gender`, not `basic.` with lower-case letters, digits and `_` behind it"
        );
        assert_eq!(
            fault(|catalogue| catalogue.tags[1].id = "basic.gender".into()),
            "`tags[1].id` is `basic.gender`, which an earlier tag has"
        );
        assert_eq!(fault(|catalogue| catalogue.tags[2].zh = " ".into()), "`tags[2].zh` has 0 characters, not 1 to 80");
        assert_eq!(fault(|catalogue| catalogue.behaviours.buy = f64::NAN), "`behaviours.buy` is NaN, not 0 to 1000");
        let of = |of: &str, at_least| {
            Kind::Rule(Rule::All(vec![Condition { of: of.into(), is: None, at_least, at_most: None }]))
        };
        assert_eq!(
            fault(|catalogue| catalogue.tags[0].kind = of("order", Some(1.0))),
            "`tags[0].kind.rule.all[0].of` is `order`, which is no computed value; a trait's name comes behind `trait.`"
        );
        assert_eq!(
            fault(|catalogue| catalogue.tags[0].kind = of("orders", None)),
            "`tags[0].kind.rule.all[0]` needs `is`, `at_least` or `at_most`"
        );
        assert!(Catalogue::parse(r#"{"version":1,"tags":[],"more":1}"#).unwrap_err().to_string().contains("`more`"));
    }
}
