//! A report as a page of HTML that needs nothing else: no script, no file, no address.

use std::fmt::Write;

use super::content::{Content, Section, Table};
use super::drawing::{Anchor, Drawing, Ink, Mark, draw};
use super::figures::days;
use crate::dashboards::adopt_template::Language;
use crate::dashboards::list_templates::Said;
use crate::overview::Period;

const STYLE: &str = "body{margin:0;background:#fff;color:#1f2328;font:15px/1.6 system-ui,-apple-system,'Segoe UI','PingFang SC',\
'Microsoft YaHei','Noto Sans SC',sans-serif}main{max-width:720px;margin:0 auto;padding:32px 20px 48px}h1{font-size:26px;\
line-height:1.3;margin:0}h2{font-size:18px;margin:36px 0 8px}p{margin:6px 0}.days{color:#57606a;margin:4px 0 0}\
svg{display:block;width:100%;height:auto;margin:14px 0}table{border-collapse:collapse;width:100%;font-size:13px;margin:12px 0}\
th,td{padding:6px 8px;border-bottom:1px solid #dee2e6;text-align:right;font-variant-numeric:tabular-nums}\
th:first-child,td:first-child{text-align:left;overflow-wrap:anywhere}th{color:#57606a;font-weight:600}\
@media print{h2,svg,tr{break-inside:avoid}h2{break-after:avoid}}";

/// Names and values come from outside.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

/// The report in a language.
pub fn render(content: &Content, name: &str, language: Language) -> String {
    let word = |said: &Said| escaped(language.of([&said.en, &said.zh]));
    let period = days(Period { from: content.from, to: content.to });
    let before = days(Period { from: content.before_from, to: content.before_to });
    let compared = language.of(["compared with", "对比"]);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{name} - {shop}</title>\
         <style>{STYLE}</style></head>\n<body><main>\n<header><h1>{name}</h1>\
         <p class=\"days\">{shop} &middot; {} {compared} {}</p></header>\n",
        language.of(["en", "zh-CN"]),
        word(&period),
        word(&before),
        name = escaped(name),
        shop = escaped(&content.shop),
    );
    for section in &content.sections {
        render_section(&mut out, section, language);
    }
    out.push_str("</main></body></html>\n");
    out
}

fn render_section(out: &mut String, section: &Section, language: Language) {
    let word = |said: &Said| escaped(language.of([&said.en, &said.zh]));
    let title = word(&section.title);
    // Writing to a text cannot fail.
    let _ = writeln!(out, "<section><h2>{title}</h2>");
    for sentence in &section.sentences {
        let _ = writeln!(out, "<p>{}</p>", word(sentence));
    }
    if let Some(chart) = &section.chart {
        svg(out, &draw(chart, language, 680.0), &title);
    }
    if let Some(table) = &section.table {
        render_table(out, table, language);
    }
    out.push_str("</section>\n");
}

fn render_table(out: &mut String, table: &Table, language: Language) {
    let row = |out: &mut String, cells: &[Said], tag: &str| {
        out.push_str("<tr>");
        for cell in cells {
            let _ = write!(out, "<{tag}>{}</{tag}>", escaped(language.of([&cell.en, &cell.zh])));
        }
        out.push_str("</tr>\n");
    };
    out.push_str("<table><thead>");
    row(out, &table.columns, "th");
    out.push_str("</thead><tbody>\n");
    table.rows.iter().for_each(|cells| row(out, cells, "td"));
    out.push_str("</tbody></table>\n");
}

fn colour(ink: Ink) -> String {
    let [red, green, blue] = ink.rgb();
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn svg(out: &mut String, drawing: &Drawing, label: &str) {
    let Drawing { width, height, marks } = drawing;
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\" \
         font-family=\"Helvetica, Arial, sans-serif\">"
    );
    for mark in marks {
        let _ = match mark {
            Mark::Box { x, y, width, height, ink } => {
                writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{}\"/>",
                    colour(*ink)
                )
            }
            Mark::Path { points, width, dashed, ink } => {
                let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
                let dashes = if *dashed { " stroke-dasharray=\"4 3\"" } else { "" };
                writeln!(
                    out,
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{dashes}/>",
                    points.join(" "),
                    colour(*ink)
                )
            }
            Mark::Text { x, y, text, size, anchor, ink } => {
                let anchor = match anchor {
                    Anchor::Start => "start",
                    Anchor::Middle => "middle",
                    Anchor::End => "end",
                };
                writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{}\">{}</text>",
                    colour(*ink),
                    escaped(text)
                )
            }
        };
    }
    out.push_str("</svg>\n");
}
