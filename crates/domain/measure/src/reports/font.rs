//! How wide letters are: of Helvetica as every reader of PDF has it (Adobe's Core 14 metrics), of anything else a full square.

/// A weight of Helvetica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// So many letters lie between a space and a tilde.
const PLAIN: usize = 95;

/// Widths of U+0020 to U+007E and of U+00A0 to U+00FF, in thousandths of the size.
const REGULAR: [u16; 191] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584, 278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333, 400, 584, 333, 333,
    333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611, 667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667,
    667, 278, 278, 278, 278, 722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611, 556, 556,
    556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278, 556, 556, 556, 556, 556, 556, 556, 584, 611,
    556, 556, 556, 556, 500, 556, 500,
];
const BOLD: [u16; 191] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611,
    556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389,
    280, 389, 584, 278, 333, 556, 556, 556, 556, 280, 556, 333, 737, 370, 556, 584, 333, 737, 333, 400, 584, 333, 333,
    333, 611, 556, 278, 333, 333, 365, 556, 834, 834, 834, 611, 722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667,
    667, 278, 278, 278, 278, 722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611, 556, 556,
    556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278, 278, 278, 611, 611, 611, 611, 611, 611, 611, 584, 611,
    611, 611, 611, 611, 556, 611, 556,
];

/// The place of a letter in the tables, if Helvetica has it in the encoding of Windows (WinAnsi, as Latin-1 there).
fn place(letter: char) -> Option<usize> {
    match u32::from(letter) {
        code @ 0x20..=0x7e => Some(code as usize - 0x20),
        code @ 0xa0..=0xff => Some(code as usize - 0xa0 + PLAIN),
        _ => None,
    }
}

/// Whether a letter is Helvetica's; all others are of the Chinese font.
pub(super) fn is_latin(letter: char) -> bool {
    place(letter).is_some()
}

/// How wide a letter is at a size of 1.
fn width_of_letter(letter: char, weight: Weight) -> f32 {
    let table = match weight {
        Weight::Regular => &REGULAR,
        Weight::Bold => &BOLD,
    };
    place(letter).and_then(|place| table.get(place)).map_or(1.0, |width| f32::from(*width) / 1_000.0)
}

/// How wide a text is.
pub(super) fn width(text: &str, size: f32, weight: Weight) -> f32 {
    text.chars().map(|letter| width_of_letter(letter, weight)).sum::<f32>() * size
}

/// The beginning of a text that is no wider than that, with dots where it was cut.
pub(super) fn fitting(text: &str, size: f32, weight: Weight, most: f32) -> String {
    if width(text, size, weight) <= most {
        return text.to_owned();
    }
    let room = most - width("...", size, weight);
    let mut kept = String::new();
    let mut taken = 0.0;
    for letter in text.chars() {
        taken += width_of_letter(letter, weight) * size;
        if taken > room {
            break;
        }
        kept.push(letter);
    }
    format!("{}...", kept.trim_end())
}

/// Signs that no line begins with.
const CLOSING: &str = "，。；：、）！？》”’%.,;:)!?";

/// A text in lines no wider than that: broken behind blanks and around Chinese letters; a word wider than a line, wherever the
/// line ends.
pub(super) fn lines(text: &str, size: f32, weight: Weight, most: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if !line.is_empty() && width(line.trim_end(), size, weight) + width(piece.trim_end(), size, weight) > most {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        for letter in piece.chars() {
            if width(&line, size, weight) + width_of_letter(letter, weight) * size > most
                && !CLOSING.contains(letter)
                && letter != ' '
            {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    if !line.trim_end().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// What is not broken.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut begin = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let end = at + letter.len_utf8();
        let breaks = match letters.peek() {
            None => true,
            Some((_, next)) if CLOSING.contains(*next) => false,
            Some((_, next)) => letter == ' ' || ((!is_latin(letter) || !is_latin(*next)) && !"（《“‘".contains(letter)),
        };
        if breaks {
            pieces.extend(text.get(begin..end));
            begin = end;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_as_wide_as_adobe_says() {
        // Helvetica.afm: H 722, e 556, l 222, o 556, space 278; Helvetica-Bold.afm: H 722, é 556.
        assert!((width("Hello ", 10.0, Weight::Regular) - 25.56).abs() < 1e-4);
        assert!((width("H\u{e9}", 10.0, Weight::Bold) - 12.78).abs() < 1e-4);
        assert!((width("概要", 10.0, Weight::Regular) - 20.0).abs() < 1e-4);
    }

    #[test]
    fn lines_break_behind_blanks_and_between_chinese_letters_but_before_no_full_stop() {
        assert_eq!(lines("one two three", 10.0, Weight::Regular, 40.0), ["one two", "three"]);
        assert_eq!(lines("成交总额增长。", 10.0, Weight::Regular, 60.0), ["成交总额增", "长。"]);
        assert_eq!(lines("为 12.3% 的", 10.0, Weight::Regular, 30.0), ["为", "12.3%", "的"]);
    }

    #[test]
    fn what_is_too_wide_is_cut_with_dots() {
        assert_eq!(fitting("a long name of a channel", 10.0, Weight::Regular, 60.0), "a long nam...");
        assert_eq!(fitting("short", 10.0, Weight::Regular, 60.0), "short");
    }
}
