//! A broken rule and where.

use std::fmt;

/// A broken rule and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// From the project's root.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// The rule, in a word.
    pub rule: &'static str,
    /// What is wrong and what to do instead.
    pub says: String,
}

impl Finding {
    /// A finding at a line of a file.
    pub fn at(path: &str, line: usize, rule: &'static str, says: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, says: says.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: [{}] {}", self.path, self.line, self.rule, self.says)
    }
}
