//! Texts with columns in braces (`rr:{user}:{item}`) and conditions on columns (`Quantity > 0`).

use std::borrow::Cow;

use super::rows::{Cell, RowReader};

/// The name under which a mapping speaks of the file a row stands in.
pub const FILE: &str = "@file";

/// A row as templates and conditions see it.
pub struct Row<'a> {
    /// Where its cells are.
    pub reader: &'a dyn RowReader,
    /// The name of its file.
    pub file: &'a str,
    /// Texts that mean no value.
    pub nulls: &'a [String],
}

impl<'a> Row<'a> {
    fn cell(&self, place: Place) -> Cell<'a> {
        match place {
            Place::File => Cell::Text(self.file),
            Place::Column(index) => match self.reader.cell(index) {
                Cell::Text(text) => {
                    let text = text.trim();
                    if self.nulls.iter().any(|null| null == text) { Cell::Null } else { Cell::Text(text) }
                }
                Cell::Float(number) if number.is_nan() => Cell::Null,
                cell => cell,
            },
            Place::Unbound => Cell::Null,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Unbound,
    Column(usize),
    File,
}

/// A column by its name and, once a file is open, its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    name: String,
    place: Place,
}

/// What a mapping asks of a file that has it not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no column `{column}`; the file has {columns}")]
pub struct NoColumn {
    /// The column asked for.
    pub column: String,
    /// The columns there are.
    pub columns: String,
}

impl Column {
    /// The column of that name.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), place: Place::Unbound }
    }

    /// Finds its place among these columns.
    pub fn bind(&mut self, columns: &[String]) -> Result<(), NoColumn> {
        self.place = if self.name == FILE {
            Place::File
        } else {
            let found = columns.iter().position(|column| *column == self.name);
            Place::Column(found.ok_or_else(|| NoColumn { column: self.name.clone(), columns: columns.join(", ") })?)
        };
        Ok(())
    }

    /// Its cell in this row.
    pub fn cell<'a>(&self, row: &Row<'a>) -> Cell<'a> {
        row.cell(self.place)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Column {
        column: Column,
        /// Whether a fraction of zero is dropped: `17850.0` is `17850`.
        whole: bool,
    },
}

/// A text with columns in braces.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Vec<Part>);

impl Template {
    /// Reads a template: `{Column}` is its value, `{Column:int}` without a fraction of zero, `{{` a brace.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if rest.starts_with(brace) {
                plain.push_str(brace);
                rest = &rest[1..];
                continue;
            }
            let inner = match (brace, rest.split_once('}')) {
                ("{", Some((inner, after))) => {
                    rest = after;
                    inner
                }
                _ => return Err(format!("`{text}` has a brace without its other half")),
            };
            let (name, whole) = match inner.rsplit_once(':') {
                Some((name, "int")) => (name, true),
                _ => (inner, false),
            };
            if name.is_empty() {
                return Err(format!("`{text}` has braces without a column's name"));
            }
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Column { column: Column::named(name), whole });
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// The columns it speaks of.
    pub fn columns(&mut self) -> impl Iterator<Item = &mut Column> {
        self.0.iter_mut().filter_map(|part| match part {
            Part::Column { column, .. } => Some(column),
            Part::Text(_) => None,
        })
    }

    /// Its cell, if it is one column and nothing else.
    pub fn cell<'a>(&self, row: &Row<'a>) -> Option<Cell<'a>> {
        match self.0.as_slice() {
            [Part::Column { column, whole: false }] => Some(column.cell(row)),
            _ => None,
        }
    }

    /// Its text for this row; none if a column in it has no value.
    pub fn text<'t, 'a: 't>(&'t self, row: &Row<'a>) -> Option<Cow<'t, str>> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(Cow::Borrowed(text)),
            [Part::Column { column, whole }] => Some(shown(column.cell(row), *whole)?),
            parts => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(plain) => text.push_str(plain),
                        Part::Column { column, whole } => text.push_str(&shown(column.cell(row), *whole)?),
                    }
                }
                Some(Cow::Owned(text))
            }
        }
    }
}

fn shown(cell: Cell<'_>, whole: bool) -> Option<Cow<'_, str>> {
    let text = cell.text()?;
    if !whole {
        return Some(text);
    }
    let kept = match text.split_once('.') {
        Some((integer, fraction)) if fraction.bytes().all(|digit| digit == b'0') => integer.len(),
        _ => text.len(),
    };
    Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..kept]),
        Cow::Owned(mut text) => {
            text.truncate(kept);
            Cow::Owned(text)
        }
    })
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Null(bool),
    StartsWith(String, bool),
    OneOf(Vec<String>, bool),
    Equal(String, Option<f64>, bool),
    Order { than: f64, less: bool, or_equal: bool },
}

/// A condition on a column. A column without a value meets only `is null`.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Which column.
    pub column: Column,
    test: Test,
}

impl Condition {
    /// Reads `COLUMN OPERATOR VALUE`; operators are `=`, `!=`, `<`, `<=`, `>`, `>=`, `starts with`,
    /// `not starts with`, `in a | b`, `not in a | b`, `is null` and `is not null`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        const OPERATORS: [&str; 12] = [
            " is not null",
            " is null",
            " not starts with ",
            " starts with ",
            " not in ",
            " in ",
            " != ",
            " >= ",
            " <= ",
            " = ",
            " > ",
            " < ",
        ];
        let padded = format!("{} ", text.trim());
        let found = OPERATORS.iter().find_map(|operator| padded.split_once(operator).map(|parts| (*operator, parts)));
        let Some((operator, (column, value))) = found else {
            return Err(format!("`{text}` is not a condition of the form `COLUMN OPERATOR VALUE`"));
        };
        let (column, value) = (column.trim(), value.trim());
        let number = value.parse::<f64>().ok();
        let ordered = |less, or_equal| {
            let than = number.ok_or_else(|| format!("`{text}` compares with `{value}`, which is not a number"))?;
            Ok::<_, String>(Test::Order { than, less, or_equal })
        };
        let options = || value.split('|').map(|option| option.trim().to_owned()).collect();
        let test = match operator.trim() {
            "is null" => Test::Null(true),
            "is not null" => Test::Null(false),
            "starts with" => Test::StartsWith(value.to_owned(), true),
            "not starts with" => Test::StartsWith(value.to_owned(), false),
            "in" => Test::OneOf(options(), true),
            "not in" => Test::OneOf(options(), false),
            "=" => Test::Equal(value.to_owned(), number, true),
            "!=" => Test::Equal(value.to_owned(), number, false),
            "<" => ordered(true, false)?,
            "<=" => ordered(true, true)?,
            ">" => ordered(false, false)?,
            _ => ordered(false, true)?,
        };
        if column.is_empty() {
            return Err(format!("`{text}` names no column"));
        }
        Ok(Self { column: Column::named(column), test })
    }

    /// Whether this row meets it.
    pub fn holds(&self, row: &Row<'_>) -> bool {
        let cell = self.column.cell(row);
        let text = || cell.text().unwrap_or_default();
        match (&self.test, cell) {
            (Test::Null(wanted), cell) => (cell == Cell::Null) == *wanted,
            (_, Cell::Null) => false,
            (Test::StartsWith(start, wanted), _) => text().starts_with(start.as_str()) == *wanted,
            (Test::OneOf(options, wanted), _) => options.iter().any(|option| *option == text()) == *wanted,
            (Test::Equal(value, number, wanted), cell) => {
                let equal = match (number, number_of(cell)) {
                    (Some(one), Some(other)) => *one == other,
                    _ => *value == text(),
                };
                equal == *wanted
            }
            (Test::Order { than, less, or_equal }, cell) => number_of(cell).is_some_and(|number| {
                (*or_equal && number == *than) || if *less { number < *than } else { number > *than }
            }),
        }
    }
}

fn number_of(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Int(number) => Some(number as f64),
        Cell::Float(number) => Some(number),
        Cell::Text(text) | Cell::Number(text) => text.parse().ok(),
        Cell::Null | Cell::Bool(_) | Cell::Time(_) | Cell::Wall(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::rows::{ReadError, Step};

    struct One(Vec<String>, Vec<Cell<'static>>);
    impl RowReader for One {
        fn columns(&self) -> &[String] {
            &self.0
        }
        fn advance(&mut self) -> Result<Step, ReadError> {
            Ok(Step::End)
        }
        fn cell(&self, column: usize) -> Cell<'_> {
            self.1[column]
        }
        fn bytes_done(&self) -> u64 {
            0
        }
    }

    fn reader() -> One {
        One(
            ["No", "Customer", "Price", "Empty"].map(str::to_owned).to_vec(),
            vec![Cell::Text("C12"), Cell::Float(17850.0), Cell::Text("2.50"), Cell::Text("")],
        )
    }

    fn shows(template: &str) -> Option<String> {
        let reader = reader();
        let mut template = Template::parse(template).unwrap();
        template.columns().for_each(|column| column.bind(reader.columns()).unwrap());
        let row = Row { reader: &reader, file: "f.csv", nulls: &[String::new()] };
        template.text(&row).map(Cow::into_owned)
    }

    fn holds(condition: &str) -> bool {
        let reader = reader();
        let mut condition = Condition::parse(condition).unwrap();
        condition.column.bind(reader.columns()).unwrap();
        condition.holds(&Row { reader: &reader, file: "f.csv", nulls: &[String::new()] })
    }

    #[test]
    fn columns_stand_in_braces() {
        assert_eq!(shows("uci:{No}").as_deref(), Some("uci:C12"));
        assert_eq!(shows("{Customer:int}").as_deref(), Some("17850"));
        assert_eq!(shows("{{{@file}}}").as_deref(), Some("{f.csv}"));
        assert_eq!(shows("x{Empty}"), None);
        for bad in ["{", "}", "{}", "a{b"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn conditions_compare_numbers_as_numbers() {
        for yes in [
            "Price = 2.5",
            "Price > 2.4999",
            "Price <= 2.5",
            "No starts with C",
            "No in A | C12",
            "Empty is null",
            "Customer != 3",
            "@file = f.csv",
            "No not starts with D",
        ] {
            assert!(holds(yes), "{yes}");
        }
        for no in ["Price < 2.5", "No = C1", "Empty = x", "Empty != x", "No is null", "No not in C12 | D", "No > 3"] {
            assert!(!holds(no), "{no}");
        }
        assert!(Condition::parse("Price about 3").is_err());
        assert!(Condition::parse("Price > much").is_err());
    }

    #[test]
    fn a_column_that_is_not_there_is_named() {
        let error = Column::named("Nope").bind(&["A".to_owned(), "B".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "there is no column `Nope`; the file has A, B");
    }
}
