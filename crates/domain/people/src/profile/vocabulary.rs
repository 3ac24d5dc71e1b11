//! The shop's words by number: categories, brands, styles, channels, regions, topics, searches.
//!
//! A state of a few hundred bytes cannot hold texts, so it holds their numbers. Numbers are given in order of first
//! appearance and are never taken back; reading the log again gives the same ones.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::codec::{DecodeError, Reader, put, put_bytes};

/// The number of a word, below [`Vocabulary::CAPACITY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(u32);

impl Word {
    /// The bare number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The word of that number; none from [`Vocabulary::CAPACITY`] on.
    pub const fn new(number: u32) -> Option<Self> {
        if number < Vocabulary::CAPACITY { Some(Self(number)) } else { None }
    }
}

/// Every word known, by text and by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    numbers: FxHashMap<Arc<str>, Word>,
    texts: Vec<Arc<str>>,
}

impl Vocabulary {
    /// How many words it holds at most: 2²². Words beyond are not counted by anybody.
    pub const CAPACITY: u32 = 1 << 22;
    /// How much of a text is a word, in characters; the rest is cut off.
    pub const LONGEST: usize = 128;

    /// The number of `text`, a new one if it has none; none if it is blank or the vocabulary is full.
    pub fn intern(&mut self, text: &str) -> Option<Word> {
        let text = cut(text);
        if text.is_empty() {
            return None;
        }
        if let Some(word) = self.numbers.get(text) {
            return Some(*word);
        }
        let word = Word::new(u32::try_from(self.texts.len()).ok()?)?;
        let shared: Arc<str> = text.into();
        self.texts.push(shared.clone());
        self.numbers.insert(shared, word);
        Some(word)
    }

    /// The number of `text`, if it has one.
    pub fn find(&self, text: &str) -> Option<Word> {
        self.numbers.get(cut(text)).copied()
    }

    /// The text of a word; `?` if it is of another vocabulary.
    pub fn text(&self, word: Word) -> &str {
        self.texts.get(word.0 as usize).map_or("?", |text| text)
    }

    /// How many words there are; also the number the next one gets.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Writes the words from number `first` on, for a store that already has those before.
    pub fn encode_from(&self, first: usize, out: &mut Vec<u8>) {
        let new = self.texts.get(first..).unwrap_or_default();
        put(out, first as u64);
        put(out, new.len() as u64);
        for text in new {
            put_bytes(out, text.as_bytes());
        }
    }

    /// Adds what [`Self::encode_from`] wrote.
    ///
    /// # Errors
    /// The bytes are of another form, or do not follow on what is already here.
    pub fn extend_from(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let mut reader = Reader::new("vocabulary", bytes);
        let first = reader.number()?;
        if first != self.texts.len() as u64 {
            return Err(reader.wrong("first number", first));
        }
        for _ in 0..reader.number()? {
            let text = reader.text()?;
            let before = self.texts.len();
            if self.intern(text).is_none() || self.texts.len() == before {
                return Err(reader.wrong("word number", before as u64));
            }
        }
        reader.finish()
    }
}

fn cut(text: &str) -> &str {
    let text = text.trim();
    text.char_indices().nth(Vocabulary::LONGEST).map_or(text, |(end, _)| text.get(..end).unwrap_or(text).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_keeps_its_number() {
        let mut words = Vocabulary::default();
        let tea = words.intern(" 茶 ").unwrap();
        assert_eq!((words.intern("茶"), words.find("茶"), words.text(tea)), (Some(tea), Some(tea), "茶"));
        assert_eq!((words.intern("  "), words.find("coffee"), words.len()), (None, None, 1));
        let long = words.intern(&"é".repeat(500)).unwrap();
        assert_eq!(words.text(long).chars().count(), Vocabulary::LONGEST);
    }

    #[test]
    fn new_words_are_appended_to_what_is_stored() {
        let mut words = Vocabulary::default();
        words.intern("a");
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        words.encode_from(0, &mut first);
        words.intern("b");
        words.encode_from(1, &mut rest);
        let mut read = Vocabulary::default();
        read.extend_from(&first).unwrap();
        assert_eq!(read.extend_from(&first).unwrap_err().to_string(), "vocabulary: first number is 0 at byte 1");
        read.extend_from(&rest).unwrap();
        assert_eq!(read, words);
        assert!(Vocabulary::default().extend_from(&first[..2]).is_err());
    }
}
