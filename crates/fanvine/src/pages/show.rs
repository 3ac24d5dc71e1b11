//! `GET /p/…`: a page, or one of the files it is made of.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fanvine_kernel::{Code, Problem};
use fanvine_promote::plays::{ShownProduct, ShownRules, ShownRung};
use fanvine_web::{Answer, Refusal, prefers_chinese};
use http::{HeaderMap, HeaderValue, header};

use super::head::{Card, markup};
use super::{PageSettings, Told};
use crate::http::serve_file;
use crate::program::Program;

/// Everything of pages.
pub const PATH: &str = "/p/{*path}";

#[derive(rust_embed::RustEmbed)]
#[folder = "../../pages/dist"]
#[allow_missing = true]
struct Built;

/// What shoppers see.
pub fn router(program: Arc<Program>) -> Router {
    Router::new().route(PATH, get(page)).with_state(program)
}

async fn page(State(program): State<Arc<Program>>, Path(path): Path<String>, request: Request) -> Answer<Response> {
    if let Some(name) = path.strip_prefix("assets/") {
        return file(name, &request);
    }
    let (kind, id) = path.split_once('/').unwrap_or((path.as_str(), ""));
    let language = language(&request);
    let url = format!("{}/p/{path}", origin(&program, request.headers()));
    let (script, card) = match kind {
        "group" => ("group", of_group(&program, id, language, url).await?),
        "bargain" => ("bargain", of_bargain(&program, id, language, url).await?),
        "assist" => ("assist", of_assist(&program, id, language, url).await?),
        "lottery" => {
            let lottery = program.promote.shown_lottery(id, None).await?;
            ("lottery", Card { title: lottery.name, url, ..Card::default() })
        }
        "play" => of_play(&program, id, language, url).await?,
        "coupons" if id.is_empty() => ("coupons", of_coupons(&program, language, url)),
        _ => return Err(Refusal(Problem::new(Code::NotFound, format!("there is no page at /p/{path}")))),
    };
    let settings = &program.settings.pages;
    let told = Told {
        page: kind,
        id,
        language,
        shop: &program.settings.shop.name,
        sign_in_url: settings.sign_in_url.as_deref(),
        pay_url: settings.pay_url.as_deref(),
        shop_url: settings.shop_url.as_deref(),
    };
    let (script, style) = (asset(&format!("{script}.js"))?, asset("pages.css")?);
    let mut response = markup(&card, &told, &script, &style, settings.write_key.as_deref()).into_response();
    guard(response.headers_mut(), settings);
    Ok(response)
}

/// Pages run their own scripts only, ask only this program, and are framed by none but the shop.
fn guard(headers: &mut HeaderMap, settings: &PageSettings) {
    let embed_from = &settings.embed_from;
    let framed = if embed_from.is_empty() { "'none'".to_owned() } else { embed_from.join(" ") };
    // Pictures of goods may lie at the shop, whatever its scheme.
    let shop = settings.shop_url.as_deref().unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data: {shop}; connect-src 'self'; \
        base-uri 'none'; form-action 'none'; frame-ancestors {framed}"
    );
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "accept-language"),
        // The shop learns from where somebody comes, and no page's address beyond that.
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    if !embed_from.is_empty() {
        // Says what the policy says to browsers that know no policy; those that do heed the policy alone.
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
}

fn file(name: &str, request: &Request) -> Answer<Response> {
    let found = Built::get(name).filter(|_| !name.contains('/'));
    let file = found.ok_or_else(|| Problem::new(Code::NotFound, missing(&format!("/p/assets/{name}"))))?;
    Ok(serve_file(name, &file, request))
}

/// The address of a file, which changes with it: so it may be kept for ever.
fn asset(name: &str) -> Result<String, Problem> {
    let file = Built::get(name).ok_or_else(|| Problem::new(Code::NotFound, missing(name)))?;
    let hash = file.metadata.sha256_hash();
    let short: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("/p/assets/{name}?v={short}"))
}

fn missing(name: &str) -> String {
    match Built::iter().next() {
        None => "this build of Fanvine has no pages inside; `make build` puts them in".to_owned(),
        Some(_) => format!("there is no file {name}"),
    }
}

/// The page's language: what its address asks for, else what the browser prefers.
fn language(request: &Request) -> &'static str {
    let asked = request.uri().query().into_iter().flat_map(|query| query.split('&'));
    match asked.filter_map(|pair| pair.strip_prefix("lang=")).next() {
        Some(wanted) if wanted.starts_with("zh") => "zh",
        Some(_) => "en",
        None if prefers_chinese(request.headers()) => "zh",
        None => "en",
    }
}

/// Where shoppers reach this program.
fn origin(program: &Program, headers: &HeaderMap) -> String {
    if let Some(url) = program.settings.pages.public_url.as_deref() {
        return url.trim_end_matches('/').to_owned();
    }
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    let scheme = if program.settings.guard.secure_cookies { "https" } else { "http" };
    format!("{scheme}://{host}")
}

fn price(minor: i64, product: &ShownProduct) -> String {
    match product.currency {
        Some(currency) => fanvine_kernel::Money::new(minor, currency).to_string(),
        None => String::new(),
    }
}

/// Basis points as people read them: `12.5%`.
fn percent(basis_points: i64) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    let rest = if rest == 0 { String::new() } else { format!(".{rest:02}") };
    format!("{whole}{}%", rest.trim_end_matches('0'))
}

fn called(product: &ShownProduct) -> &str {
    product.name.as_deref().unwrap_or(&product.product_id)
}

async fn of_group(program: &Program, id: &str, language: &str, url: String) -> Result<Card, Problem> {
    let group = program.promote.shown_group(id, None).await?;
    let (product, missing) = (&group.product, group.size - group.paid);
    let (unit, goods) = (price(group.unit_minor, product), called(product));
    let title = match language {
        "zh" => format!("【{}人团】{goods} {unit}", group.size),
        _ => format!("{goods} for {unit}: join our group of {}", group.size),
    };
    let description = match (language, missing) {
        ("zh", 1..) => format!("{}，还差{missing}人成团", group.name),
        ("zh", _) => group.name.clone(),
        (_, 1..) => format!("{}: {missing} more needed", group.name),
        _ => group.name.clone(),
    };
    Ok(Card { title, description, url, image: product.image_url.clone() })
}

async fn of_bargain(program: &Program, id: &str, language: &str, url: String) -> Result<Card, Problem> {
    let bargain = program.promote.shown_bargain(id, None).await?;
    let product = &bargain.product;
    let (now, floor) = (price(bargain.price_minor, product), price(bargain.floor_minor, product));
    let goods = called(product);
    let (title, description) = match language {
        "zh" => (format!("帮我砍一刀：{goods}"), format!("现价 {now}，最低 {floor}")),
        _ => (format!("Help me bargain for {goods}"), format!("{now} now, {floor} at the least")),
    };
    Ok(Card { title, description, url, image: product.image_url.clone() })
}

async fn of_assist(program: &Program, id: &str, language: &str, url: String) -> Result<Card, Problem> {
    let assist = program.promote.shown_assist(id, None).await?;
    let title = match language {
        "zh" => format!("邀请你参加：{}", assist.name),
        _ => format!("You are invited: {}", assist.name),
    };
    Ok(Card { title, description: ladder(&assist.rungs, language), url, image: None })
}

/// What a ladder promises first.
fn ladder(rungs: &[ShownRung], language: &str) -> String {
    let Some(first) = rungs.first() else { return String::new() };
    let friends = first.friends;
    match (language, first.points, &first.coupon) {
        ("zh", Some(points), _) => format!("邀请 {friends} 位好友得 {points} 积分"),
        (_, Some(points), _) => format!("{points} points for {friends} friends"),
        ("zh", None, Some(coupon)) => format!("邀请 {friends} 位好友得 {coupon}"),
        (_, None, Some(coupon)) => format!("{coupon} for {friends} friends"),
        _ => String::new(),
    }
}

async fn of_play(program: &Program, id: &str, language: &str, url: String) -> Result<(&'static str, Card), Problem> {
    let play = program.promote.shown_play(id).await?;
    match play.rules {
        ShownRules::GroupBuy { sizes, product, .. } => {
            let least = sizes.iter().map(|size| size.unit_minor).min().unwrap_or(0);
            let (unit, goods) = (price(least, &product), called(&product));
            let description = match language {
                "zh" => format!("{goods}，拼团价 {unit} 起"),
                _ => format!("{goods}, from {unit} together"),
            };
            Ok(("group", Card { title: play.name, description, url, image: product.image_url }))
        }
        ShownRules::Bargain { floor_minor, product, .. } => {
            let (floor, goods) = (price(floor_minor, &product), called(&product));
            let description = match language {
                "zh" => format!("{goods}，最低可砍至 {floor}"),
                _ => format!("{goods}, down to {floor} with your friends' help"),
            };
            Ok(("bargain", Card { title: play.name, description, url, image: product.image_url }))
        }
        ShownRules::Assist { rungs, .. } => {
            let description = ladder(&rungs, language);
            Ok(("assist", Card { title: play.name, description, url, image: None }))
        }
        ShownRules::Lottery { .. } => Ok(("lottery", Card { title: play.name, url, ..Card::default() })),
        ShownRules::Quiz => Ok(("quiz", Card { title: play.name, url, ..Card::default() })),
        ShownRules::Vote => Ok(("vote", Card { title: play.name, url, ..Card::default() })),
        ShownRules::Contest { .. } => Ok(("contest", Card { title: play.name, url, ..Card::default() })),
        ShownRules::CheckIn { .. } => Ok(("check-in", Card { title: play.name, url, ..Card::default() })),
        ShownRules::Tasks { .. } => Ok(("tasks", Card { title: play.name, url, ..Card::default() })),
        ShownRules::Referral { basis_points } => {
            let percent = basis_points.first().map_or_else(String::new, |rate| percent(*rate));
            let description = match language {
                "zh" => format!("好友下单，你得实付金额的 {percent}"),
                _ => format!("{percent} of what your friends pay is yours"),
            };
            Ok(("sharing", Card { title: play.name, description, url, image: None }))
        }
    }
}

fn of_coupons(program: &Program, language: &str, url: String) -> Card {
    let shop = &program.settings.shop.name;
    let title = match language {
        "zh" => format!("{shop} 领券中心"),
        _ => format!("Coupons of {shop}"),
    };
    Card { title, description: String::new(), url, image: None }
}
