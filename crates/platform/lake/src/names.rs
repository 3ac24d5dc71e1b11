//! Codes for the names of events.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::StringArray;
use rustc_hash::FxBuildHasher;

use crate::layout::{MAX_NAMES, SPELLED_OUT};

/// Event names by code. It only ever grows.
#[derive(Debug)]
pub(crate) struct Names {
    codes: HashMap<Box<str>, u16, FxBuildHasher>,
    list: Vec<Box<str>>,
    array: Arc<StringArray>,
}

impl Names {
    /// The names of a manifest.
    pub(crate) fn new(names: &[String]) -> Self {
        let list: Vec<Box<str>> = names.iter().map(|name| name.as_str().into()).collect();
        let codes = list.iter().zip(0u16..).map(|(name, code)| (name.clone(), code)).collect();
        let array = Arc::new(StringArray::from_iter_values(&list));
        Self { codes, list, array }
    }

    /// The name's code, a new one for a new name while there are any left.
    pub(crate) fn code(&mut self, name: &str) -> u16 {
        if let Some(code) = self.codes.get(name) {
            return *code;
        }
        if self.list.len() >= MAX_NAMES {
            return SPELLED_OUT;
        }
        let code = self.list.len() as u16;
        self.codes.insert(name.into(), code);
        self.list.push(name.into());
        code
    }

    /// The code under which to look for a name.
    pub(crate) fn find(&self, name: &str) -> u16 {
        self.codes.get(name).copied().unwrap_or(SPELLED_OUT)
    }

    /// The names, to be saved.
    pub(crate) fn to_vec(&self) -> Vec<String> {
        self.list.iter().map(|name| name.to_string()).collect()
    }

    /// The names as a column; the place is the code.
    pub(crate) fn array(&mut self) -> Arc<StringArray> {
        use datafusion::arrow::array::Array;
        if self.array.len() < self.list.len() {
            self.array = Arc::new(StringArray::from_iter_values(&self.list));
        }
        Arc::clone(&self.array)
    }
}
