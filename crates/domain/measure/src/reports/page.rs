//! A report on pages of A4: what stands where. Places are in points from the upper left corner of a page.

use super::content::{Content, Section, Table};
use super::drawing::{Anchor, Ink, Mark, draw};
use super::figures::days;
use super::font::{Weight, fitting, lines, width};
use crate::dashboards::adopt_template::Language;
use crate::dashboards::list_templates::Said;
use crate::overview::Period;

/// A4, in points.
pub(super) const WIDTH: f32 = 595.0;
pub(super) const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 48.0;
const ROOM: f32 = WIDTH - 2.0 * MARGIN;
const BOTTOM: f32 = HEIGHT - 56.0;
const ROW: f32 = 16.0;

/// A text on a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lettering {
    pub x: f32,
    pub y: f32,
    pub text: String,
    pub size: f32,
    pub weight: Weight,
    pub ink: Ink,
}

/// What stands on a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Page {
    pub letterings: Vec<Lettering>,
    /// Boxes and paths.
    pub shapes: Vec<Mark>,
}

/// Sets a report in a language on as many pages as it takes.
pub(super) fn set(content: &Content, name: &str, language: Language) -> Vec<Page> {
    let mut setter = Setter { pages: vec![Page::default()], y: MARGIN, language };
    for line in lines(name, 20.0, Weight::Bold, ROOM) {
        setter.line(&line, 20.0, Weight::Bold, Ink::Text);
    }
    let word = |said: Said| language.of([said.en, said.zh]);
    let period = word(days(Period { from: content.from, to: content.to }));
    let before = word(days(Period { from: content.before_from, to: content.before_to }));
    let compared = language.of(["compared with", "对比"]);
    let about = format!("{} · {period} {compared} {before}", content.shop);
    for line in lines(&about, 9.5, Weight::Regular, ROOM) {
        setter.line(&line, 9.5, Weight::Regular, Ink::Faint);
    }
    content.sections.iter().for_each(|section| setter.section(section));
    let Setter { mut pages, .. } = setter;
    let count = pages.len();
    for (place, page) in pages.iter_mut().enumerate() {
        let number = format!("{} / {count}", place + 1);
        let shop = fitting(&content.shop, 8.0, Weight::Regular, ROOM / 2.0);
        let x = WIDTH - MARGIN - width(&number, 8.0, Weight::Regular);
        for (x, text) in [(MARGIN, shop), (x, number)] {
            let (size, weight) = (8.0, Weight::Regular);
            page.letterings.push(Lettering { x, y: HEIGHT - 30.0, text, size, weight, ink: Ink::Faint });
        }
    }
    pages
}

struct Setter {
    pages: Vec<Page>,
    /// Where the next thing begins.
    y: f32,
    language: Language,
}

impl Setter {
    fn page(&mut self) -> &mut Page {
        if self.pages.is_empty() {
            self.pages.push(Page::default());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    /// Goes on to the next page where what follows finds no room on this one.
    fn make_room(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > MARGIN {
            self.pages.push(Page::default());
            self.y = MARGIN;
        }
    }

    fn put(&mut self, x: f32, y: f32, text: String, size: f32, weight: Weight, ink: Ink) {
        self.page().letterings.push(Lettering { x, y, text, size, weight, ink });
    }

    fn line(&mut self, text: &str, size: f32, weight: Weight, ink: Ink) {
        let height = size * 1.45;
        self.make_room(height);
        self.put(MARGIN, self.y + size, text.to_owned(), size, weight, ink);
        self.y += height;
    }

    fn section(&mut self, section: &Section) {
        let word = |said: &Said| self.language.of([&said.en, &said.zh]).clone();
        let (title, sentences): (String, Vec<String>) =
            (word(&section.title), section.sentences.iter().map(word).collect());
        self.y += 18.0;
        // A title is never the last on a page.
        self.make_room(70.0);
        self.line(&title, 13.0, Weight::Bold, Ink::Text);
        self.y += 2.0;
        for sentence in &sentences {
            for line in lines(sentence, 10.0, Weight::Regular, ROOM) {
                self.line(&line, 10.0, Weight::Regular, Ink::Text);
            }
            self.y += 2.5;
        }
        if let Some(chart) = &section.chart {
            let drawing = draw(chart, self.language, ROOM);
            self.y += 8.0;
            self.make_room(drawing.height);
            drawing.marks.into_iter().for_each(|mark| self.mark(mark));
            self.y += drawing.height;
        }
        if let Some(table) = &section.table {
            self.y += 8.0;
            self.table(table);
        }
    }

    /// A mark of a chart that begins where the page has come to.
    fn mark(&mut self, mark: Mark) {
        let (left, top) = (MARGIN, self.y);
        match mark {
            Mark::Box { x, y, width, height, ink } => {
                self.page().shapes.push(Mark::Box { x: x + left, y: y + top, width, height, ink });
            }
            Mark::Path { points, width, dashed, ink } => {
                let points = points.into_iter().map(|[x, y]| [x + left, y + top]).collect();
                self.page().shapes.push(Mark::Path { points, width, dashed, ink });
            }
            Mark::Text { x, y, text, size, anchor, ink } => {
                let wide = width(&text, size, Weight::Regular);
                let back = match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => wide / 2.0,
                    Anchor::End => wide,
                };
                self.put(x + left - back, y + top, text, size, Weight::Regular, ink);
            }
        }
    }

    fn table(&mut self, table: &Table) {
        self.row(&table.columns, Weight::Bold, Ink::Faint);
        for row in &table.rows {
            if self.y + ROW > BOTTOM {
                self.make_room(ROW);
                self.row(&table.columns, Weight::Bold, Ink::Faint);
            }
            self.row(row, Weight::Regular, Ink::Text);
        }
    }

    /// The first column is a name, the others are figures of one width, on the right.
    fn row(&mut self, cells: &[Said], weight: Weight, ink: Ink) {
        const SIZE: f32 = 8.5;
        self.make_room(ROW);
        let figures = cells.len().saturating_sub(1).max(1) as f32;
        let first = ROOM * if figures > 4.0 { 0.28 } else { 0.38 };
        let each = (ROOM - first) / figures;
        for (place, cell) in cells.iter().enumerate() {
            let most = if place == 0 { first } else { each } - 6.0;
            let text = fitting(self.language.of([&cell.en, &cell.zh]), SIZE, weight, most);
            let x = match place {
                0 => MARGIN,
                place => MARGIN + first + each * place as f32 - width(&text, SIZE, weight),
            };
            self.put(x, self.y + 11.0, text, SIZE, weight, ink);
        }
        let y = self.y + ROW - 0.5;
        let points = vec![[MARGIN, y], [WIDTH - MARGIN, y]];
        self.page().shapes.push(Mark::Path { points, width: 0.5, dashed: false, ink: Ink::Rule });
        self.y += ROW;
    }
}
