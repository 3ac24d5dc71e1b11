//! The words of feedback: what many who complain have in common.
//!
//! Words of Latin and other spaced scripts in lower case without the commonest; of Chinese, which has no spaces, every two
//! characters that stand together. So counting needs no dictionary, and finds `漏水` in `盖子漏水`.

use std::collections::BTreeSet;

/// Words that say nothing of what is wrong.
const COMMON: &[&str] = &[
    "the", "and", "for", "was", "were", "are", "this", "that", "with", "not", "but", "have", "has", "had", "very",
    "you", "your", "they", "them", "its", "it's", "too", "all", "just", "from", "when", "what", "would", "will", "can",
    "could", "did", "didn't", "does", "doesn't", "don't", "been", "than", "then", "there", "their", "our", "out",
    "one", "she", "her", "his", "him", "who", "why", "how", "any", "some", "only", "also", "after", "before",
    "because", "about",
];
/// Characters that stand between others in any sentence.
const COMMON_HAN: &str = "的了是我你他她它们这那在有和也都就很不没吧吗呢啊么个一还被把给跟与及太真";
/// Of one text so many terms are taken.
const MOST: usize = 100;
const LEAST_LETTERS: usize = 3;

/// The terms of a text, each once.
pub(super) fn terms_of(text: &str) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    for word in text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'') {
        let mut spaced = String::new();
        let mut before: Option<char> = None;
        for letter in word.chars() {
            if !is_han(letter) {
                spaced.extend(letter.to_lowercase());
                before = None;
                continue;
            }
            if let Some(before) = before.filter(|before| ![*before, letter].iter().any(|one| COMMON_HAN.contains(*one)))
            {
                terms.insert([before, letter].iter().collect());
            }
            before = Some(letter);
            keep(&mut terms, std::mem::take(&mut spaced));
        }
        keep(&mut terms, spaced);
        if terms.len() >= MOST {
            break;
        }
    }
    terms
}

fn keep(terms: &mut BTreeSet<String>, word: String) {
    let letters = word.chars().count();
    let has_letter = word.chars().any(char::is_alphabetic);
    if (LEAST_LETTERS..=40).contains(&letters) && has_letter && !COMMON.contains(&word.as_str()) {
        terms.insert(word);
    }
}

fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_pairs_of_characters_are_terms() {
        let terms = |text| terms_of(text).into_iter().collect::<Vec<_>>();
        assert_eq!(terms("The lid LEAKS, and the box was broken!"), ["box", "broken", "leaks", "lid"]);
        assert_eq!(terms("盖子漏水了"), ["子漏", "漏水", "盖子"]);
        assert_eq!(terms("快递slow 3 2026"), ["slow", "快递"]);
        assert!(terms("不 了 12").is_empty());
    }
}
