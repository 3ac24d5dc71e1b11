//! A Rust source with its comments and texts blanked out, so that rules read code only, and with the parts
//! marked that are for tests or excused.
//!
//! This is a reading of brackets and quotes, not of Rust: enough for rules about words, and quick.

use std::ops::Range;

/// A Rust source.
#[derive(Debug)]
pub struct Source {
    /// From the project's root.
    pub path: String,
    /// The text itself.
    text: String,
    /// The text with comments and the insides of texts blanked; as long as the text itself.
    pub code: String,
    /// Which bytes are for tests.
    tests: Vec<Range<usize>>,
    /// Which bytes an `#[expect(…)]` of unwrapping excuses.
    excused: Vec<Range<usize>>,
    /// Which bytes are macros' patterns and what they write.
    macros: Vec<Range<usize>>,
}

impl Source {
    /// Reads a source.
    pub fn read(path: &str, text: &str) -> Self {
        let code = blanked(text);
        let attributes = attributes(&code);
        let covered = |wanted: &dyn Fn(&str) -> bool| -> Vec<Range<usize>> {
            let chosen = attributes.iter().filter(|attribute| wanted(&code[(*attribute).clone()]));
            chosen.map(|attribute| covered_by(&code, attribute.clone())).collect()
        };
        let tests = covered(&|text| text.contains("cfg") && has_word(text, "test") && !text.contains("not(test"));
        let excused = covered(&|text| {
            text.contains("expect(") && ["unwrap_used", "expect_used", "panic"].iter().any(|lint| text.contains(lint))
        });
        let macros = code.match_indices("macro_rules!").map(|(at, _)| covered_by(&code, at..at)).collect();
        let mut source = Self { path: path.to_owned(), text: text.to_owned(), code, tests, excused, macros };
        if path.split('/').any(|part| matches!(part, "tests" | "benches" | "examples" | "testkit")) {
            source.is_for_tests();
        }
        source
    }

    /// Marks the whole source as being for tests.
    pub fn is_for_tests(&mut self) {
        self.tests.push(0..self.code.len() + 1);
    }

    /// The last part of the path.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Every line with its number and where its first word begins.
    fn lines(&self) -> impl Iterator<Item = (usize, usize, &str)> {
        let mut start = 0;
        self.code.split('\n').enumerate().map(move |(index, line)| {
            let begin = start + line.len() - line.trim_start().len();
            start += line.len() + 1;
            (index + 1, begin, line)
        })
    }

    /// Every line of code with its number.
    pub fn all_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(number, _, line)| (number, line))
    }

    /// The lines that no macro writes.
    pub fn plain_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, begin, _)| !within(&self.macros, *begin)).map(|(number, _, line)| (number, line))
    }

    /// The lines that are part of the program.
    pub fn shipped_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, begin, _)| !within(&self.tests, *begin)).map(|(number, _, line)| (number, line))
    }

    /// The lines that are part of the program and not excused from unwrapping.
    pub fn strict_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines()
            .filter(|(_, begin, _)| !within(&self.tests, *begin) && !within(&self.excused, *begin))
            .map(|(number, _, line)| (number, line))
    }

    /// The lines that are for tests.
    pub fn test_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, begin, _)| within(&self.tests, *begin)).map(|(number, _, line)| (number, line))
    }

    /// The places, without `.rs`, of the modules this source declares for tests only.
    pub fn modules_for_tests(&self) -> Vec<String> {
        let (here, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let below = match name {
            "mod.rs" | "lib.rs" | "main.rs" => here,
            _ => self.path.trim_end_matches(".rs"),
        };
        let declared = self.tests.iter().filter_map(|range| Some((range, self.code.get(range.clone())?)));
        declared
            .filter_map(|(range, code)| Some((range, code.trim_end().strip_suffix(';')?.rsplit_once("mod ")?.1)))
            .map(|(range, module)| match self.text[range.clone()].split_once("#[path = \"") {
                Some((_, path)) => format!("{here}/{}", path.split(".rs\"").next().unwrap_or_default()),
                None => format!("{below}/{}", module.trim()),
            })
            .collect()
    }
}

fn within(ranges: &[Range<usize>], place: usize) -> bool {
    ranges.iter().any(|range| range.contains(&place))
}

/// Whether `text` has `word` with nothing of a word on either side.
pub fn has_word(text: &str, word: &str) -> bool {
    text.split(|character: char| !(character.is_alphanumeric() || character == '_')).any(|found| found == word)
}

/// `text` with comments and the insides of texts as spaces; lines and lengths stay.
fn blanked(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = match rest {
            [b'/', b'/', ..] => at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => at + block_comment(rest),
            [b'"', ..] => at + quoted(rest, b'"'),
            [b'r', b'"' | b'#', ..] if !follows_a_word(bytes, at) => at + raw_text(rest),
            [b'\'', ..] => at + character(rest),
            _ => at + 1,
        };
        if end > at + 1 {
            // The first and last byte stay where they are quotes, so that an empty text still reads as one.
            let keep = usize::from(rest[0] != b'/');
            for byte in &mut out[(at + keep).min(end)..end.saturating_sub(keep)] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn follows_a_word(bytes: &[u8], at: usize) -> bool {
    // A `b` before the `r` belongs to the text's own prefix.
    let before = |back: usize| at.checked_sub(back).map(|index| bytes[index]);
    let wordy = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if before(1) == Some(b'b') { wordy(before(2)) } else { wordy(before(1)) }
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at + 1 < rest.len() {
        match [rest[at], rest[at + 1]] {
            [b'/', b'*'] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/'] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn raw_text(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return 1;
    }
    let close = [b"\"".as_slice(), "#".repeat(hashes).as_bytes()].concat();
    let inside = &rest[hashes + 2..];
    inside
        .windows(close.len())
        .position(|window| window == close)
        .map_or(rest.len(), |at| hashes + 2 + at + close.len())
}

/// A character's length in bytes; 1 where the quote begins a lifetime.
fn character(rest: &[u8]) -> usize {
    match rest {
        [b'\'', b'\\', ..] => quoted(rest, b'\''),
        _ => match rest.iter().skip(2).take(4).position(|byte| *byte == b'\'') {
            Some(0) => 3,
            Some(more) if !rest[1].is_ascii() => more + 3,
            _ => 1,
        },
    }
}

/// Where the attributes stand: `#[…]` and `#![…]`.
fn attributes(code: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = code[from..].find('#').map(|at| from + at) {
        let open = at + 1 + usize::from(code[at + 1..].starts_with('!'));
        if code[open..].starts_with('[') {
            let end = closing(code, open);
            found.push(at..end);
            from = end;
        } else {
            from = at + 1;
        }
    }
    found
}

/// What an attribute speaks of: itself and the item after it, or the whole source for `#![…]`.
fn covered_by(code: &str, attribute: Range<usize>) -> Range<usize> {
    if code[attribute.clone()].starts_with("#!") {
        return 0..code.len() + 1;
    }
    let mut at = attribute.end;
    loop {
        let Some(next) = code[at..].find(|character: char| "#;{([".contains(character)).map(|next| at + next) else {
            return attribute.start..code.len() + 1;
        };
        at = match code.as_bytes()[next] {
            b'{' => return attribute.start..closing(code, next),
            b';' => return attribute.start..next + 1,
            b'#' => next + 1,
            _ => closing(code, next),
        };
    }
}

/// Just past the bracket that closes the one at `open`.
fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<usize> {
        lines.map(|(number, _)| number).collect()
    }

    #[test]
    fn comments_and_texts_are_no_code() {
        let text =
            "a(\"b // \\\" c\"); // d\n/* e /* f */ g */ h('\"', 'i', \"\"); k::<'l>(r#\"m \" n\"#, '\\'', '中') 'o: p";
        let code = blanked(text);
        assert_eq!(code.len(), text.len());
        let words: Vec<_> = code.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        assert_eq!(words, ["a", "h", "k", "l", "r", "o", "p"]);
    }

    #[test]
    fn an_unfinished_text_ends_with_the_file() {
        for text in ["\"abc", "/* abc", "r#\"abc", "'\\", "'", "//", "b\"\\", "#[", "#", "#!"] {
            let _ = Source::read("a.rs", text);
        }
    }

    #[test]
    fn a_test_module_ends_with_its_bracket() {
        let source = Source::read(
            "crates/a/src/b.rs",
            "fn one() {}\n#[cfg(test)]\nmod tests {\n  fn two() {}\n}\nfn three() {}\n",
        );
        assert_eq!(numbers(source.test_lines()), [2, 3, 4, 5]);
        assert_eq!(numbers(source.shipped_lines()), [1, 6, 7]);
        let whole = Source::read("crates/a/tests/b.rs", "fn one() {}");
        assert_eq!(numbers(whole.test_lines()), [1]);
    }

    #[test]
    fn a_module_declared_for_tests_lies_beside_its_parent() {
        let text = "#[cfg(test)]\nmod faults;\nmod b;";
        assert_eq!(Source::read("crates/a/src/lib.rs", text).modules_for_tests(), ["crates/a/src/faults"]);
        assert_eq!(Source::read("crates/a/src/b.rs", text).modules_for_tests(), ["crates/a/src/b/faults"]);
        let named = "// 中\n#[cfg(test)]\n#[path = \"b_tests.rs\"]\nmod tests;";
        assert_eq!(Source::read("crates/a/src/b.rs", named).modules_for_tests(), ["crates/a/src/b_tests"]);
    }

    #[test]
    fn an_expectation_excuses_the_item_after_it_only() {
        let source = Source::read(
            "crates/a/src/b.rs",
            "#[expect(clippy::unwrap_used, reason = \"x\")]\nfn one(a: &[u8]) {\n  a.unwrap();\n}\nfn two() {}",
        );
        assert_eq!(numbers(source.strict_lines()), [5]);
    }
}
