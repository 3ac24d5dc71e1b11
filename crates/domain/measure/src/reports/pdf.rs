//! A report as PDF 1.7. Fonts are those that every reader has: Helvetica, and for Chinese STSong by the character collection
//! Adobe-GB1, so nothing is embedded and the file stays small.

use std::io::Write;

use fanvine_kernel::Timestamp;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo};
use pdf_writer::{Content as Drawn, Date, Filter, Name, Pdf, Rect, Ref, Str, TextStr};

use super::content::Content;
use super::drawing::{Ink, Mark};
use super::font::{Weight, is_latin};
use super::page::{HEIGHT, Lettering, Page, WIDTH, set};
use crate::dashboards::adopt_template::Language;

const CATALOG: Ref = Ref::new(1);
const TREE: Ref = Ref::new(2);
const ABOUT: Ref = Ref::new(3);
const REGULAR: Ref = Ref::new(4);
const BOLD: Ref = Ref::new(5);
const SONG: Ref = Ref::new(6);
const SONG_SHAPES: Ref = Ref::new(7);
const SONG_ABOUT: Ref = Ref::new(8);
/// Pages and what stands on them follow, two by two.
const FIRST_PAGE: i32 = 9;

/// The report in a language.
pub fn render(content: &Content, name: &str, language: Language, made_at: Timestamp) -> Vec<u8> {
    let pages = set(content, name, language);
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(TREE).lang(TextStr(language.of(["en", "zh-CN"])));
    let mut about = pdf.document_info(ABOUT);
    about.title(TextStr(name)).author(TextStr(&content.shop)).creator(TextStr("Fanvine"));
    about.creation_date(date(made_at));
    drop(about);
    fonts(&mut pdf);
    let reference = |place: usize| Ref::new(FIRST_PAGE + 2 * i32::try_from(place).unwrap_or_default());
    let count = i32::try_from(pages.len()).unwrap_or_default();
    pdf.pages(TREE).kids((0..pages.len()).map(reference)).count(count);
    for (place, page) in pages.iter().enumerate() {
        let (id, drawn) = (reference(place), reference(place).next());
        let mut one = pdf.page(id);
        one.parent(TREE).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(drawn);
        let mut resources = one.resources();
        resources.fonts().pair(Name(b"R"), REGULAR).pair(Name(b"B"), BOLD).pair(Name(b"S"), SONG);
        drop(resources);
        drop(one);
        let drawing = draw(page);
        match compressed(&drawing) {
            Some(bytes) => drop(pdf.stream(drawn, &bytes).filter(Filter::FlateDecode)),
            None => drop(pdf.stream(drawn, &drawing)),
        }
    }
    pdf.finish()
}

/// Writing to memory does not fail; if it did, the page goes as it is.
fn compressed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// `2026-11-22T08:00:00Z` as PDF has it.
fn date(moment: Timestamp) -> Date {
    let text = moment.to_string();
    let part =
        |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u16>().ok()).unwrap_or_default();
    let small = |from: usize| u8::try_from(part(from, from + 2)).unwrap_or_default();
    Date::new(part(0, 4))
        .month(small(5))
        .day(small(8))
        .hour(small(11))
        .minute(small(14))
        .second(small(17))
        .utc_offset_hour(0)
}

fn fonts(pdf: &mut Pdf) {
    for (id, name) in [(REGULAR, &b"Helvetica"[..]), (BOLD, b"Helvetica-Bold")] {
        pdf.type1_font(id).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.type0_font(SONG)
        .base_font(Name(b"STSong-Light-UniGB-UTF16-H"))
        .encoding_predefined(Name(b"UniGB-UTF16-H"))
        .descendant_font(SONG_SHAPES);
    let mut shapes = pdf.cid_font(SONG_SHAPES);
    shapes
        .subtype(CidFontType::Type0)
        .base_font(Name(b"STSong-Light"))
        .font_descriptor(SONG_ABOUT)
        .default_width(1_000.0);
    shapes.system_info(SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"GB1"), supplement: 4 });
    drop(shapes);
    let mut about = pdf.font_descriptor(SONG_ABOUT);
    about.name(Name(b"STSong-Light")).flags(FontFlags::SYMBOLIC | FontFlags::SERIF);
    about.bbox(Rect::new(-25.0, -254.0, 1_000.0, 880.0)).italic_angle(0.0);
    about.ascent(880.0).descent(-120.0).cap_height(880.0).stem_v(93.0);
}

fn draw(page: &Page) -> Vec<u8> {
    let mut drawn = Drawn::new();
    for shape in &page.shapes {
        match shape {
            Mark::Box { x, y, width, height, ink } => {
                let [red, green, blue] = colour(*ink);
                drawn.set_fill_rgb(red, green, blue).rect(*x, HEIGHT - y - height, *width, *height).fill_nonzero();
            }
            Mark::Path { points, width, dashed, ink } => {
                let [red, green, blue] = colour(*ink);
                drawn.set_stroke_rgb(red, green, blue).set_line_width(*width);
                drawn.set_dash_pattern(if *dashed { vec![4.0, 3.0] } else { Vec::new() }, 0.0);
                for (place, [x, y]) in points.iter().enumerate() {
                    if place == 0 {
                        drawn.move_to(*x, HEIGHT - y)
                    } else {
                        drawn.line_to(*x, HEIGHT - y)
                    };
                }
                drawn.stroke();
            }
            // Texts were put among the letterings.
            Mark::Text { .. } => {}
        }
    }
    page.letterings.iter().for_each(|lettering| letter(&mut drawn, lettering));
    drawn.finish().to_vec()
}

fn colour(ink: Ink) -> [f32; 3] {
    ink.rgb().map(|part| f32::from(part) / 255.0)
}

/// Shows a text: what is Latin in Helvetica, anything else in the Chinese font, one behind the other.
fn letter(drawn: &mut Drawn, lettering: &Lettering) {
    let Lettering { x, y, text, size, weight, ink } = lettering;
    let [red, green, blue] = colour(*ink);
    let latin = match weight {
        Weight::Regular => Name(b"R"),
        Weight::Bold => Name(b"B"),
    };
    drawn.set_fill_rgb(red, green, blue).begin_text().next_line(*x, HEIGHT - y);
    for (is_latin, run) in runs(text) {
        drawn.set_font(if is_latin { latin } else { Name(b"S") }, *size);
        let bytes: Vec<u8> = match is_latin {
            true => run.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect(),
            false => run.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        };
        drawn.show(Str(&bytes));
    }
    drawn.end_text();
}

/// A text in runs of one font.
fn runs(text: &str) -> Vec<(bool, String)> {
    let mut runs: Vec<(bool, String)> = Vec::new();
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        let latin = is_latin(letter);
        match runs.last_mut() {
            Some((of, run)) if *of == latin => run.push(letter),
            _ => runs.push((latin, letter.to_string())),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_in_runs_of_one_font() {
        let runs = runs("GMV（成交总额）£5");
        assert_eq!(runs, [(true, "GMV".to_owned()), (false, "（成交总额）".to_owned()), (true, "£5".to_owned())]);
    }
}
