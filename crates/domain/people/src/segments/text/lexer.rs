//! A text cut into words, quoted texts, numbers, days and signs.

use fanvine_kernel::LocalDate;
use fanvine_kernel::event::filter::text::{begins_word, in_word};

use super::TextError;

/// One piece of the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A bare word: letters, digits, `_` and `.`, beginning with a letter or `_`.
    Word(String),
    /// Quoted text, without its marks.
    Text(String),
    /// A number as it was written.
    Number(String),
    /// A day.
    Day(LocalDate),
    /// A sign.
    Sign(&'static str),
    /// Nothing more.
    End,
}

/// A piece, where it begins (in characters from 1) and how it was written.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub token: Token,
    pub at: usize,
    pub written: String,
}

const SIGNS: [&str; 10] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", ",", ":"];

/// Cuts the text; the last piece is the end.
pub(super) fn cut(text: &str) -> Result<Vec<Piece>, TextError> {
    let mut pieces = Vec::new();
    let (mut rest, mut at) = (text, 1);
    loop {
        let spaces = rest.len() - rest.trim_start().len();
        at += rest[..spaces].chars().count();
        rest = &rest[spaces..];
        let Some(first) = rest.chars().next() else {
            pieces.push(Piece { token: Token::End, at, written: String::new() });
            return Ok(pieces);
        };
        let (token, length) = next(rest, first, at)?;
        let written = rest[..length].to_owned();
        let characters = written.chars().count();
        pieces.push(Piece { token, at, written });
        at += characters;
        rest = &rest[length..];
    }
}

/// The piece with which `rest` begins, and its length in bytes.
fn next(rest: &str, first: char, at: usize) -> Result<(Token, usize), TextError> {
    let strange = |found: char| TextError::Strange { at, found };
    if first == '"' {
        return quoted(rest).ok_or(TextError::NeverClosed { at });
    }
    if begins_word(first) {
        let length = rest.find(|letter| !in_word(letter)).unwrap_or(rest.len());
        return Ok((Token::Word(rest[..length].to_owned()), length));
    }
    if first.is_ascii_digit() || first == '-' {
        return match number(rest, at)? {
            (_, 0) => Err(strange('-')),
            found => Ok(found),
        };
    }
    match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        Some(sign) => Ok((Token::Sign(sign), sign.len())),
        None => Err(strange(first)),
    }
}

/// A number or a day; length 0 if it is neither.
fn number(rest: &str, at: usize) -> Result<(Token, usize), TextError> {
    let digits = |from: usize| rest[from..].bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(rest.starts_with('-'));
    let mut length = sign + digits(sign);
    if length == sign {
        return Ok((Token::End, 0));
    }
    if sign == 0 && length == 4 && rest[4..].starts_with('-') {
        let length = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '-').unwrap_or(rest.len());
        let day = rest[..length].parse();
        return Ok((
            Token::Day(day.map_err(|_| TextError::OutOfRange { at, found: rest[..length].to_owned() })?),
            length,
        ));
    }
    if rest[length..].starts_with('.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    Ok((Token::Number(rest[..length].to_owned()), length))
}

/// A quoted text, in which `\` takes the next character as it is.
fn quoted(rest: &str) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((place, letter)) = letters.next() {
        match letter {
            '"' => return Some((Token::Text(text), place + 1)),
            '\\' => text.push(letters.next()?.1),
            other => text.push(other),
        }
    }
    None
}
