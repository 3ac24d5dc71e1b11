//! Formulas over series: `A / B * 100`.

/// A formula, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// A number.
    Number(f64),
    /// A series, by its place.
    Series(usize),
    /// The other side of zero.
    Negative(Box<Formula>),
    /// Two of them, joined by `+`, `-`, `*` or `/`.
    Joined(char, Box<Formula>, Box<Formula>),
}

/// Why a text is no formula; characters are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormulaError {
    /// Something else should stand here.
    #[error("at character {at}: expected {expected}, found {found}")]
    Unexpected {
        /// Where.
        at: usize,
        /// What should stand here.
        expected: &'static str,
        /// What does.
        found: String,
    },
    /// There is no such series.
    #[error("at character {at}: there is no series {letter}; there are {series}, from A on")]
    NoSeries {
        /// Where.
        at: usize,
        /// Its letter.
        letter: char,
        /// How many there are.
        series: usize,
    },
    /// More parentheses and signs within one another than anybody reads.
    #[error("more than {limit} levels of parentheses")]
    TooDeep {
        /// How many are read.
        limit: usize,
    },
    /// Longer than anybody reads.
    #[error("a formula of {length} characters; at most {limit}")]
    TooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
}

/// Levels of parentheses and signs; keeps the stack small.
const DEEPEST: usize = 32;
/// Characters.
const LONGEST: usize = 500;

impl Formula {
    /// Reads a formula over so many series, called `A`, `B` and so on.
    ///
    /// ```
    /// # use fanvine_measure::trends::formula::Formula;
    /// let rate = Formula::read("A / (B + 1) * 100", 2).unwrap();
    /// assert_eq!(rate.of(&|series| Some([3.0, 5.0][series])), Some(50.0));
    /// ```
    ///
    /// # Errors
    /// It is none.
    pub fn read(text: &str, series: usize) -> Result<Self, FormulaError> {
        let letters: Vec<char> = text.chars().collect();
        if letters.len() > LONGEST {
            return Err(FormulaError::TooLong { length: letters.len(), limit: LONGEST });
        }
        let mut reader = Reader { letters, at: 0, series };
        let formula = reader.sum(0)?;
        match reader.next() {
            None => Ok(formula),
            Some(_) => Err(reader.unexpected("+, -, * or /")),
        }
    }

    /// Its value where the series have these; none where one has none, or something is divided by nothing.
    pub fn of(&self, series: &dyn Fn(usize) -> Option<f64>) -> Option<f64> {
        let value = match self {
            Self::Number(number) => *number,
            Self::Series(place) => series(*place)?,
            Self::Negative(formula) => -formula.of(series)?,
            Self::Joined(sign, left, right) => {
                let (left, right) = (left.of(series)?, right.of(series)?);
                match sign {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                }
            }
        };
        value.is_finite().then_some(value)
    }
}

struct Reader {
    letters: Vec<char>,
    at: usize,
    series: usize,
}

impl Reader {
    /// The next letter that is no space.
    fn next(&mut self) -> Option<char> {
        while self.letters.get(self.at).is_some_and(|letter| letter.is_whitespace()) {
            self.at += 1;
        }
        self.letters.get(self.at).copied()
    }

    fn unexpected(&mut self, expected: &'static str) -> FormulaError {
        let found = self.next().map_or("the end".to_owned(), |letter| format!("`{letter}`"));
        FormulaError::Unexpected { at: self.at + 1, expected, found }
    }

    fn sum(&mut self, depth: usize) -> Result<Formula, FormulaError> {
        let mut left = self.product(depth)?;
        while let Some(sign) = self.next().filter(|sign| matches!(sign, '+' | '-')) {
            self.at += 1;
            left = Formula::Joined(sign, Box::new(left), Box::new(self.product(depth)?));
        }
        Ok(left)
    }

    fn product(&mut self, depth: usize) -> Result<Formula, FormulaError> {
        let mut left = self.single(depth)?;
        while let Some(sign) = self.next().filter(|sign| matches!(sign, '*' | '/')) {
            self.at += 1;
            left = Formula::Joined(sign, Box::new(left), Box::new(self.single(depth)?));
        }
        Ok(left)
    }

    fn single(&mut self, depth: usize) -> Result<Formula, FormulaError> {
        if depth >= DEEPEST {
            return Err(FormulaError::TooDeep { limit: DEEPEST });
        }
        match self.next() {
            Some('-') => {
                self.at += 1;
                Ok(Formula::Negative(Box::new(self.single(depth + 1)?)))
            }
            Some('(') => {
                self.at += 1;
                let inner = self.sum(depth + 1)?;
                match self.next() {
                    Some(')') => self.at += 1,
                    _ => return Err(self.unexpected("`)`")),
                }
                Ok(inner)
            }
            Some(letter) if letter.is_ascii_alphabetic() => {
                let place = (letter.to_ascii_uppercase() as u8 - b'A') as usize;
                if place >= self.series {
                    return Err(FormulaError::NoSeries { at: self.at + 1, letter, series: self.series });
                }
                self.at += 1;
                Ok(Formula::Series(place))
            }
            Some(digit) if digit.is_ascii_digit() || digit == '.' => self.number(),
            _ => Err(self.unexpected("a series, a number or `(`")),
        }
    }

    fn number(&mut self) -> Result<Formula, FormulaError> {
        let from = self.at;
        while self.letters.get(self.at).is_some_and(|letter| letter.is_ascii_digit() || *letter == '.') {
            self.at += 1;
        }
        let text: String = self.letters.get(from..self.at).into_iter().flatten().collect();
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Formula::Number(number)),
            _ => {
                self.at = from;
                Err(FormulaError::Unexpected { at: from + 1, expected: "a number", found: format!("`{text}`") })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> Option<f64> {
        Formula::read(text, 3).unwrap().of(&|series| [Some(6.0), Some(4.0), None][series])
    }

    #[test]
    fn products_bind_before_sums_and_from_the_left() {
        for (text, expected) in
            [("A - B - 1", 1.0), ("A - B * 2", -2.0), ("12 / A / 2", 1.0), ("-(A + b) * .5", -5.0), ("--A", 6.0)]
        {
            assert_eq!(value(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_has_no_value_gives_none() {
        assert_eq!((value("A / (B - 4)"), value("A + C"), value("0 / 0")), (None, None, None));
    }

    #[test]
    fn what_is_no_formula_is_told_where() {
        for (text, expected) in [
            ("A +", "at character 4: expected a series, a number or `(`, found the end"),
            ("A B", "at character 3: expected +, -, * or /, found `B`"),
            ("(A", "at character 3: expected `)`, found the end"),
            ("A + D", "at character 5: there is no series D; there are 3, from A on"),
            ("1.2.3", "at character 1: expected a number, found `1.2.3`"),
            ("A^2", "at character 2: expected +, -, * or /, found `^`"),
        ] {
            assert_eq!(Formula::read(text, 3).unwrap_err().to_string(), expected);
        }
        assert!(matches!(Formula::read(&"(".repeat(400), 1), Err(FormulaError::TooDeep { .. })));
        assert!(matches!(Formula::read(&"1".repeat(501), 1), Err(FormulaError::TooLong { .. })));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "[A-D0-9.()+*/ -]{0,60}") {
            let _ = Formula::read(&text, 3).map(|formula| formula.of(&|_| Some(1.0)));
        }
    }
}
