//! By which channel a shopper came, from what the client knows of the visit.
//!
//! In this order: the campaign's medium decides where it is a known word; else the campaign's source; else the host
//! of the page before. A page without one is `direct`; a page reached from the same shop says nothing, and so does an
//! event that knows no page (a server's).

/// What the client knows of how the visit began.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visit<'a> {
    /// `utm_medium`.
    pub medium: Option<&'a str>,
    /// `utm_source`.
    pub source: Option<&'a str>,
    /// The address of the page before, if the client saw a page.
    pub referrer: Option<&'a str>,
    /// The address of the page itself.
    pub page: Option<&'a str>,
}

/// Hosts (or names in `utm_source`) of search engines, as they appear in a host name between dots.
/// The channel: `direct`, `organic_search`, `paid_search`, `organic_social`, `paid_social`, `wechat`, `email`, `sms`,
/// `push`, `affiliate`, `display`, `referral` or `campaign` (a campaign of an unknown medium).
///
/// ```
/// use fanvine_collect::segment::channel::{Visit, of};
/// let visit = Visit { medium: Some("cpc"), source: Some("baidu"), ..Visit::default() };
/// assert_eq!(of(&visit), Some("paid_search"));
/// let visit = Visit { referrer: Some("https://www.google.co.uk/"), page: Some("https://shop.example/"), ..Visit::default() };
/// assert_eq!(of(&visit), Some("organic_search"));
/// ```
pub fn of(visit: &Visit<'_>) -> Option<&'static str> {
    let source = visit.source.map(str::to_ascii_lowercase).filter(|source| !source.is_empty());
    let origin = source.as_deref().map(Origin::of_name);
    if let Some(medium) = visit.medium.map(str::to_ascii_lowercase).filter(|medium| !medium.is_empty()) {
        return Some(by_medium(&medium, origin.unwrap_or(Origin::Unknown)));
    }
    match origin {
        Some(Origin::Unknown) => return Some("campaign"),
        Some(origin) => return Some(origin.unpaid()),
        None => {}
    }
    let page = visit.page.filter(|page| !page.is_empty());
    match visit.referrer.map(host).filter(|host| !host.is_empty()) {
        Some(before) if page.is_some_and(|page| same_shop(host(page), before)) => None,
        Some(before) => Some(Origin::of_host(before).unpaid()),
        None => page.map(|_| "direct"),
    }
}

/// What a name or host belongs to. The first of these that any part of it names is the one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    WeChat,
    Mail,
    Search,
    Social,
    Sms,
    Unknown,
}

impl Origin {
    fn of_name(name: &str) -> Self {
        match name {
            "sms" => Self::Sms,
            "email" | "e-mail" | "edm" => Self::Mail,
            _ => Self::of_host(name),
        }
    }

    fn of_host(host: &str) -> Self {
        let parts = host.as_bytes().split(|byte| matches!(byte, b'.' | b'-' | b'_' | b' '));
        parts.map(Self::of_part).min().unwrap_or(Self::Unknown)
    }

    fn of_part(part: &[u8]) -> Self {
        match part {
            b"wechat" | b"weixin" | b"servicewechat" => Self::WeChat,
            b"mail" | b"outlook" | b"newsletter" | b"mailchimp" | b"klaviyo" => Self::Mail,
            b"google" | b"bing" | b"baidu" | b"yahoo" | b"duckduckgo" | b"yandex" | b"sogou" | b"so" | b"sm"
            | b"ecosia" | b"naver" | b"startpage" => Self::Search,
            b"facebook" | b"fb" | b"instagram" | b"ig" | b"twitter" | b"t" | b"x" | b"tiktok" | b"douyin"
            | b"weibo" | b"xiaohongshu" | b"xhslink" | b"pinterest" | b"linkedin" | b"lnkd" | b"youtube" | b"youtu"
            | b"reddit" | b"snapchat" | b"whatsapp" | b"telegram" | b"line" | b"vk" | b"bilibili" | b"kuaishou"
            | b"zhihu" | b"qq" | b"threads" | b"discord" => Self::Social,
            _ => Self::Unknown,
        }
    }

    fn unpaid(self) -> &'static str {
        match self {
            Self::Search => "organic_search",
            Self::Social => "organic_social",
            Self::WeChat => "wechat",
            Self::Mail => "email",
            Self::Sms => "sms",
            Self::Unknown => "referral",
        }
    }
}

fn by_medium(medium: &str, origin: Origin) -> &'static str {
    match medium {
        "cpc" | "ppc" | "paid" | "sem" | "paidsearch" | "paid_search" | "paid-search" => match origin {
            Origin::Social => "paid_social",
            Origin::WeChat => "wechat",
            _ => "paid_search",
        },
        "paid_social" | "paid-social" | "paidsocial" | "cpm_social" => "paid_social",
        "organic" | "seo" => match origin {
            Origin::Social => "organic_social",
            _ => "organic_search",
        },
        "social" | "social-media" | "social_media" | "sm" | "organic_social" => match origin {
            Origin::WeChat => "wechat",
            _ => "organic_social",
        },
        "email" | "e-mail" | "e_mail" | "newsletter" | "edm" => "email",
        "sms" | "text" | "mms" => "sms",
        "wechat" | "weixin" | "miniprogram" | "mini_program" | "official_account" => "wechat",
        "affiliate" | "affiliates" | "partner" | "cps" => "affiliate",
        "display" | "banner" | "cpm" | "programmatic" => match origin {
            Origin::Social => "paid_social",
            _ => "display",
        },
        "push" | "web_push" | "app_push" => "push",
        "referral" | "referrer" | "share" | "invite" => match origin {
            Origin::WeChat => "wechat",
            _ => "referral",
        },
        "(none)" | "none" | "direct" => "direct",
        _ => match origin {
            Origin::Unknown => "campaign",
            known => known.unpaid(),
        },
    }
}

/// The host of an address, in lower case only if it was.
fn host(address: &str) -> &str {
    let bytes = address.as_bytes();
    let scheme = bytes.iter().position(|byte| *byte == b':').filter(|at| bytes[at + 1..].starts_with(b"//"));
    let from = scheme.map_or(0, |at| at + 3);
    let (mut start, mut end) = (from, None);
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match byte {
            b'/' | b'?' | b'#' => {
                end.get_or_insert(at);
                break;
            }
            // What stands before it is a login; a port was none.
            b'@' => (start, end) = (at + 1, None),
            b':' => {
                end.get_or_insert(at);
            }
            _ => {}
        }
    }
    &address[start..end.unwrap_or(bytes.len())]
}

fn same_shop(one: &str, other: &str) -> bool {
    let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_ascii_lowercase();
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn campaign(medium: &str, source: &str) -> &'static str {
        of(&Visit { medium: Some(medium), source: Some(source), ..Visit::default() }).unwrap()
    }

    fn from(referrer: &str) -> Option<&'static str> {
        of(&Visit { referrer: Some(referrer), page: Some("https://www.shop.cn/p/1"), ..Visit::default() })
    }

    #[test]
    fn a_campaign_says_its_channel_by_medium_and_source() {
        assert_eq!(campaign("CPC", "Google"), "paid_search");
        assert_eq!(campaign("cpc", "facebook"), "paid_social");
        assert_eq!(campaign("email", "spring"), "email");
        assert_eq!(campaign("sms", "twilio"), "sms");
        assert_eq!(campaign("social", "wechat"), "wechat");
        assert_eq!(campaign("social", "xiaohongshu"), "organic_social");
        assert_eq!(campaign("affiliate", "blog"), "affiliate");
        assert_eq!(campaign("billboard", "station"), "campaign");
        assert_eq!(campaign("", "weixin"), "wechat");
    }

    #[test]
    fn without_a_campaign_the_page_before_says_it() {
        assert_eq!(from("https://www.baidu.com/s?wd=x"), Some("organic_search"));
        assert_eq!(from("https://l.facebook.com/"), Some("organic_social"));
        assert_eq!(from("https://t.co/abc"), Some("organic_social"));
        assert_eq!(from("https://servicewechat.com/wx1/2/page"), Some("wechat"));
        assert_eq!(from("https://mail.qq.com/"), Some("email"));
        assert_eq!(from("https://a-friend.example/"), Some("referral"));
        assert_eq!(from(""), Some("direct"));
    }

    #[test]
    fn a_step_inside_the_shop_or_a_server_says_nothing() {
        assert_eq!(from("https://shop.cn/cart"), None);
        assert_eq!(of(&Visit::default()), None);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(medium in ".{0,20}", source in ".{0,20}", referrer in ".{0,40}", page in ".{0,40}") {
            let visit = Visit { medium: Some(&medium), source: Some(&source), referrer: Some(&referrer), page: Some(&page) };
            let _ = of(&visit);
        }
    }
}
