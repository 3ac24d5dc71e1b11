//! What an import is to do: a preset or a mapping.

use std::path::Path;

use super::files::{OpenParquet, open};
use super::mapping::{Mapping, MappingError};
use super::rows::{ReadError, RowReader};

/// The mappings that come with the program.
const PRESETS: &[(&str, &str)] = &[
    ("uci-online-retail", include_str!("../../presets/uci-online-retail.toml")),
    ("retailrocket", include_str!("../../presets/retailrocket.toml")),
];
/// The preset of Segment's own messages, one a line.
const SEGMENT: &str = "segment";

/// What an import is to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The source the events belong to, by name.
    pub source: String,
    pub(crate) kind: Kind,
    /// What tells this plan from another: its mapping's text.
    pub(crate) text: String,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Mapped(Box<Mapping>),
    Segment,
}

impl Plan {
    /// The plan of that name.
    ///
    /// # Errors
    /// There is no such preset.
    pub fn preset(name: &str) -> Result<Self, MappingError> {
        if name == SEGMENT {
            return Ok(Self { source: "Segment import".to_owned(), kind: Kind::Segment, text: SEGMENT.to_owned() });
        }
        match PRESETS.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Self::mapping(text),
            None => Err(MappingError::UnknownPreset {
                name: name.chars().take(80).collect(),
                known: Self::presets().join(", "),
            }),
        }
    }

    /// The names of the presets.
    pub fn presets() -> Vec<&'static str> {
        PRESETS.iter().map(|(name, _)| *name).chain([SEGMENT]).collect()
    }

    /// The plan of a mapping file's text.
    ///
    /// # Errors
    /// The mapping is not valid.
    pub fn mapping(text: &str) -> Result<Self, MappingError> {
        let mapping = Mapping::parse(text)?;
        let source = mapping.source.clone().unwrap_or_else(|| "Import".to_owned());
        Ok(Self { source, kind: Kind::Mapped(Box::new(mapping)), text: text.to_owned() })
    }

    /// Which files of a folder it reads.
    pub fn pattern(&self) -> Option<&str> {
        match &self.kind {
            Kind::Mapped(mapping) => mapping.input.files.as_deref(),
            Kind::Segment => None,
        }
    }
}

/// Opens a file and finds the mapping's columns in it.
pub(crate) fn open_bound(
    mapping: &Mapping,
    file: &Path,
    parquet: Option<OpenParquet<'_>>,
) -> Result<(Mapping, Box<dyn RowReader>), ReadError> {
    let mut bound = mapping.clone();
    let mut wanted: Vec<String> = Vec::new();
    for column in bound.columns() {
        if column.name() != super::template::FILE && !wanted.iter().any(|known| known == column.name()) {
            wanted.push(column.name().to_owned());
        }
    }
    let reader = open(file, &mapping.input, &wanted, parquet)?;
    for column in bound.columns() {
        column
            .bind(reader.columns())
            .map_err(|error| ReadError { file: super::files::name_of(file), detail: error.to_string() })?;
    }
    Ok((bound, reader))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_valid() {
        for name in Plan::presets() {
            assert!(!Plan::preset(name).unwrap().source.is_empty());
        }
        let error = Plan::preset("uci").unwrap_err().to_string();
        assert_eq!(error, "there is no preset `uci`; there are uci-online-retail, retailrocket, segment");
    }
}
