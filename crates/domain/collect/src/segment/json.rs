//! Reading JSON without building it: one walk checks the text and hands out its values as slices of it.

use std::borrow::Cow;

/// The text is not JSON, or not of the form that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is not as expected at byte {at}")]
pub struct Malformed {
    /// Where reading ended.
    pub at: usize,
}

/// A place in a JSON text, moving forward over checked values (RFC 8259; agrees with `serde_json`, which a property
/// test holds it to).
#[derive(Debug)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// The closing brackets that are due, innermost last.
    due: Vec<u8>,
    /// The most brackets that were open at once since this was last set to 0.
    pub deepest: usize,
}

type Step<T> = Result<T, Malformed>;

impl<'a> Cursor<'a> {
    /// At the beginning of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, due: Vec::new(), deepest: 0 }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn malformed<T>(&self) -> Step<T> {
        Err(Malformed { at: self.at })
    }

    /// Bytes not passed over yet.
    pub fn left(&self) -> usize {
        self.text.len() - self.at
    }

    /// The next byte that is not blank.
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            match self.bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    fn pass(&mut self, byte: u8) -> Step<()> {
        if self.peek() != Some(byte) {
            return self.malformed();
        }
        self.at += 1;
        Ok(())
    }

    /// Passes over the next value, whatever it is, and returns it as it stands in the text.
    ///
    /// # Errors
    /// No JSON value begins here.
    pub fn value(&mut self) -> Step<&'a str> {
        let first = self.peek();
        let from = self.at;
        match first {
            Some(b'{' | b'[') => self.nested()?,
            _ => self.scalar()?,
        }
        Ok(&self.text[from..self.at])
    }

    /// What `walk` passes over, as it stands in the text.
    ///
    /// # Errors
    /// Those of `walk`.
    pub fn slice(&mut self, walk: impl FnOnce(&mut Self) -> Step<()>) -> Step<&'a str> {
        self.peek();
        let from = self.at;
        walk(self)?;
        Ok(&self.text[from..self.at])
    }

    /// Calls `each` with the key of every entry of the object that begins here; it has to pass over the value.
    ///
    /// # Errors
    /// No object begins here, or `each` met what it could not read.
    pub fn object(&mut self, mut each: impl FnMut(&mut Self, &str) -> Step<()>) -> Step<()> {
        self.pass(b'{')?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.peek();
            let from = self.at;
            let plain = self.string()?;
            let raw = &self.text[from..self.at];
            self.pass(b':')?;
            if plain {
                each(self, &raw[1..raw.len() - 1])?;
            } else {
                let Scalar::Text(key) = scalar(raw) else { return self.malformed() };
                each(self, &key)?;
            }
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break self.at += 1,
                _ => return self.malformed(),
            }
        }
        Ok(())
    }

    /// Calls `each` before every element of the array that begins here; it has to pass over it.
    ///
    /// # Errors
    /// No array begins here, or `each` met what it could not read.
    pub fn array(&mut self, mut each: impl FnMut(&mut Self) -> Step<()>) -> Step<()> {
        self.pass(b'[')?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break self.at += 1,
                _ => return self.malformed(),
            }
        }
        Ok(())
    }

    /// Nothing but blanks may follow.
    ///
    /// # Errors
    /// Something does.
    pub fn end(&mut self) -> Step<()> {
        if self.peek().is_some() { self.malformed() } else { Ok(()) }
    }

    /// An array or object, without recursion: a hostile text nests as deeply as it is long.
    fn nested(&mut self) -> Step<()> {
        let ground = self.due.len();
        loop {
            // A value is due.
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    self.at += 1;
                    // Of an ASCII bracket the closing one is two further on.
                    self.due.push(open + 2);
                    self.deepest = self.deepest.max(self.due.len());
                    if self.peek() != Some(open + 2) {
                        if open == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            // A value is complete: what is due next?
            loop {
                if self.due.len() == ground {
                    return Ok(());
                }
                let next = self.peek();
                self.at += 1;
                match (next, self.due.last()) {
                    (Some(b','), Some(b'}')) => break self.key()?,
                    (Some(b','), _) => break,
                    (Some(close), Some(due)) if close == *due => {
                        self.due.pop();
                    }
                    _ => return Err(Malformed { at: self.at - 1 }),
                }
            }
        }
    }

    fn key(&mut self) -> Step<()> {
        self.peek();
        self.string()?;
        self.pass(b':')
    }

    fn scalar(&mut self) -> Step<()> {
        match self.bytes().get(self.at) {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => self.malformed(),
        }
    }

    fn word(&mut self, word: &str) -> Step<()> {
        if !self.bytes()[self.at..].starts_with(word.as_bytes()) {
            return self.malformed();
        }
        self.at += word.len();
        Ok(())
    }

    /// A string; whether it holds no escapes.
    fn string(&mut self) -> Step<bool> {
        let bytes = self.bytes();
        if bytes.get(self.at) != Some(&b'"') {
            return self.malformed();
        }
        let mut plain = true;
        self.at += 1;
        loop {
            self.at += up_to_special(&bytes[self.at..]);
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(plain);
                }
                Some(b'\\') => {
                    plain = false;
                    self.escape()?;
                }
                _ => return self.malformed(),
            }
        }
    }

    fn escape(&mut self) -> Step<()> {
        let length = match self.bytes().get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => match self.bytes().get(self.at + 2..self.at + 6) {
                Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => 6,
                _ => return self.malformed(),
            },
            _ => return self.malformed(),
        };
        self.at += length;
        Ok(())
    }

    fn number(&mut self) -> Step<()> {
        let bytes = self.bytes();
        let digits = |at: usize| bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut at = self.at + usize::from(bytes[self.at] == b'-');
        let whole = digits(at);
        if whole == 0 || (whole > 1 && bytes[at] == b'0') {
            return self.malformed();
        }
        at += whole;
        if bytes.get(at) == Some(&b'.') {
            match digits(at + 1) {
                0 => return self.malformed(),
                fraction => at += 1 + fraction,
            }
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            match digits(at) {
                0 => return self.malformed(),
                exponent => at += exponent,
            }
        }
        self.at = at;
        Ok(())
    }
}

/// How many bytes come before the first quote, backslash or control character; eight at a time ("Bit Twiddling Hacks",
/// Sean Eron Anderson: a byte less than n in a word; of the marked bytes the lowest is right).
fn up_to_special(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = below(word ^ (ONES * b'"' as u64), 1);
        let backslash = below(word ^ (ONES * b'\\' as u64), 1);
        let marked = (quote | backslash | below(word, 0x20)) & HIGHS;
        if marked != 0 {
            return place * 8 + (marked.trailing_zeros() / 8) as usize;
        }
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    bytes.len() - rest.len() + rest.iter().position(special).unwrap_or(rest.len())
}

/// Calls `each` with every entry of the JSON object `object`: its key, and its value as it stands in the text.
///
/// # Errors
/// The text is not an object.
pub fn fields<'a>(object: &'a str, mut each: impl FnMut(&str, &'a str)) -> Result<(), Malformed> {
    let mut cursor = Cursor::new(object);
    cursor.object(|cursor, key| {
        each(key, cursor.value()?);
        Ok(())
    })?;
    cursor.end()
}

/// The values of these keys in a JSON object, as they stand in the text; of `null`, of what is not there, and of what is
/// no object at all, none.
pub fn pick<'a, const N: usize>(object: Option<&'a str>, keys: [&str; N]) -> [Option<&'a str>; N] {
    let mut found = [None; N];
    if let Some(object) = object.filter(|raw| raw.starts_with('{')) {
        // Of text that is no JSON, what comes before the fault is picked: whoever asks has checked it.
        let _ = fields(object, |key, value| {
            if let Some(place) = keys.iter().position(|wanted| *wanted == key) {
                found[place] = Some(value).filter(|value| *value != "null");
            }
        });
    }
    found
}

/// The elements of the JSON array `array`; nothing when it is something else.
pub fn elements(array: &str) -> Option<Vec<&str>> {
    let mut elements = Vec::new();
    let mut cursor = Cursor::new(array);
    let read = cursor.array(|cursor| {
        elements.push(cursor.value()?);
        Ok(())
    });
    read.and_then(|()| cursor.end()).ok().map(|()| elements)
}

/// A value that is not an array or object.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'a> {
    /// `null`.
    Null,
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// A number, as it was written.
    Number(&'a str),
    /// `true` or `false`.
    Bool(bool),
    /// An array or object.
    Nested,
}

/// Reads a value of valid JSON. Zero characters are dropped from strings: not every store can hold them.
pub fn scalar(raw: &str) -> Scalar<'_> {
    match raw.as_bytes() {
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => Scalar::Text(Cow::Borrowed(&raw[1..raw.len() - 1])),
        [b'"', ..] => match serde_json::from_str::<String>(raw) {
            Ok(mut text) => {
                text.retain(|letter| letter != '\0');
                Scalar::Text(Cow::Owned(text))
            }
            Err(_) => Scalar::Nested,
        },
        [b'-' | b'0'..=b'9', ..] => Scalar::Number(raw),
        b"true" => Scalar::Bool(true),
        b"false" => Scalar::Bool(false),
        b"null" => Scalar::Null,
        _ => Scalar::Nested,
    }
}

/// Whether the value is a JSON object.
pub fn is_object(raw: &str) -> bool {
    raw.starts_with('{')
}

/// Appends `text` as a JSON string.
pub fn push_text(out: &mut String, text: &str) {
    let plain = !text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
    if plain {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// Whether `text` may stand in JSON as a number, as it is.
pub fn is_number(text: &str) -> bool {
    let bytes = text.strip_prefix('-').unwrap_or(text).as_bytes();
    match bytes {
        [b'0', b'0'..=b'9', ..] => false,
        [b'0'..=b'9', ..] => {
            let (mut points, mut last_digit) = (0, true);
            for byte in bytes {
                match byte {
                    b'0'..=b'9' => last_digit = true,
                    b'.' if points == 0 => (points, last_digit) = (1, false),
                    _ => return false,
                }
            }
            last_digit
        }
        _ => false,
    }
}
