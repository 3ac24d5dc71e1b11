//! Of which events somebody wants to be told: names, beginnings of names, or everything.

const MOST: usize = 50;
const LONGEST: usize = 200;

/// Why events cannot be chosen so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// There must be some, and not too many.
    #[error("{0} events are named, where 1 to {MOST} can be")]
    Number(usize),
    /// A name too short or too long.
    #[error("the name of an event has {0} bytes, where 1 to {LONGEST} can be")]
    Length(usize),
    /// A star that does not end it.
    #[error("`{0}` has a * that is not at its end")]
    Star(String),
}

/// Of which events somebody wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filters(Vec<String>);

impl Filters {
    /// Reads names of events; one that ends in `*` stands for all that begin so.
    pub fn read(texts: &[String]) -> Result<Self, FilterError> {
        if texts.is_empty() || texts.len() > MOST {
            return Err(FilterError::Number(texts.len()));
        }
        let mut filters: Vec<String> = Vec::new();
        for text in texts.iter().map(|text| text.trim()) {
            if text.is_empty() || text.len() > LONGEST {
                return Err(FilterError::Length(text.len()));
            }
            if text.strip_suffix('*').unwrap_or(text).contains('*') {
                return Err(FilterError::Star(text.to_owned()));
            }
            if !filters.iter().any(|known| known == text) {
                filters.push(text.to_owned());
            }
        }
        Ok(Self(filters))
    }

    /// What was read before and is known to be good.
    pub fn of_stored(texts: Vec<String>) -> Self {
        Self(texts)
    }

    /// As they were written.
    pub fn texts(&self) -> &[String] {
        &self.0
    }

    /// Whether an event of that name is wanted.
    pub fn want(&self, name: &str) -> bool {
        self.0.iter().any(|filter| match filter.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == filter,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<Filters, FilterError> {
        Filters::read(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_family_is_wanted_by_how_its_names_begin() {
        let filters = read(&["Redemption *", "Offer Published"]).unwrap();
        assert!(filters.want("Redemption Lapsed") && filters.want("Offer Published"));
        assert!(!filters.want("Offer Withdrawn") && !filters.want("Redemptions"));
        assert!(read(&["*"]).unwrap().want("Anything"));
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        assert_eq!(read(&[]), Err(FilterError::Number(0)));
        assert_eq!(read(&["  "]), Err(FilterError::Length(0)));
        assert_eq!(read(&["* Viewed"]), Err(FilterError::Star("* Viewed".into())));
    }
}
