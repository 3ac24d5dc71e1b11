//! The markup of a page: a head that tells whom it is shared with what it is about, and the place where the script draws.

use std::fmt::Write as _;

use super::Told;

/// What a shared link shows, by Open Graph (ogp.me).
#[derive(Debug, Default)]
pub struct Card {
    pub title: String,
    pub description: String,
    /// The page's own address, without anybody's token.
    pub url: String,
    pub image: Option<String>,
}

/// Text as it stands between tags or in an attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// The page. `script` and `style` are addresses; `write_key` lets it tell of its visit.
pub fn markup(card: &Card, told: &Told<'_>, script: &str, style: &str, write_key: Option<&str>) -> String {
    let language = if told.language == "zh" { "zh-CN" } else { "en" };
    let (title, description) = (escaped(&card.title), escaped(&card.description));
    let mut head = String::new();
    let mut meta = |name: &str, content: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(head, "<meta property=\"og:{name}\" content=\"{}\">", escaped(content));
    };
    meta("type", "website");
    meta("title", &card.title);
    meta("description", &card.description);
    meta("url", &card.url);
    meta("site_name", told.shop);
    meta("locale", if told.language == "zh" { "zh_CN" } else { "en_US" });
    if let Some(image) = card.image.as_deref() {
        meta("image", image);
    }
    // Nothing in a block of data is run; it must only not end before its end.
    let data = serde_json::to_string(told).unwrap_or_default().replace('<', "\\u003c");
    let tracker = write_key.map_or_else(String::new, |key| {
        format!("<script async src=\"/sdk/fanvine.js\" data-write-key=\"{}\"></script>\n", escaped(key))
    });
    let (script, style) = (escaped(script), escaped(style));
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">\n\
        <title>{title}</title>\n<meta name=\"description\" content=\"{description}\">\n{head}\
        <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"{style}\">\n\
        <script type=\"application/json\" id=\"told\">{data}</script>\n\
        <script defer src=\"{script}\"></script>\n{tracker}</head>\n\
        <body><main id=\"page\" aria-busy=\"true\"></main></body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_shop_calls_its_goods_becomes_markup() {
        let evil = "</script><script>alert('x')</script>\"";
        let card = Card { title: evil.into(), image: Some(evil.into()), ..Card::default() };
        let told = Told {
            page: "group",
            id: evil,
            language: "zh",
            shop: evil,
            sign_in_url: None,
            pay_url: None,
            shop_url: Some(evil),
        };
        let page = markup(&card, &told, "/p/assets/group.js?v=1", "/p/assets/pages.css?v=1", Some(evil));
        assert_eq!(page.matches("<script").count(), 3, "{page}");
        assert!(!page.contains("<script>alert") && page.contains("lang=\"zh-CN\""), "{page}");
        let data = page.split_once("id=\"told\">").and_then(|(_, rest)| rest.split_once("</script>")).unwrap().0;
        assert_eq!(serde_json::from_str::<serde_json::Value>(data).unwrap()["id"], evil);
    }
}
