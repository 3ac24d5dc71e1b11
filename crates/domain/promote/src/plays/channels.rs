//! Where links may be shared for a reward, as data: a channel whose rules ban rewards for sharing is not offered, and the
//! gate names its rule. `GET /api/v1/sharing-channels` lists them for forms.

use std::collections::BTreeSet;

use axum::Json;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use crate::offers::{GateResult, TermsError, Verdict};
use crate::quote::Words;

/// A channel: its name in rules, what people call it, and by which rule it bans rewards for sharing, if it does.
struct Known {
    name: &'static str,
    title: [&'static str; 2],
    banned_by: Option<[&'static str; 2]>,
}

const WECHAT: [&str; 2] = [
    "WeChat, Standards for External Link Content (induced sharing: content that entices by benefits to share is blocked)",
    "《微信外部链接内容管理规范》（诱导分享：以利益诱惑用户分享、传播的外链内容会被停止访问）",
];

/// Every channel a play may name.
const KNOWN: &[Known] = &[
    Known { name: "link", title: ["A link to copy", "复制链接"], banned_by: None },
    Known { name: "poster", title: ["A poster with a QR code", "二维码海报"], banned_by: None },
    Known { name: "sms", title: ["Text messages", "短信"], banned_by: None },
    Known { name: "email", title: ["E-mail", "电子邮件"], banned_by: None },
    Known { name: "app", title: ["The shop's own app", "商城自有 App"], banned_by: None },
    Known { name: "wechat", title: ["WeChat chats", "微信聊天"], banned_by: Some(WECHAT) },
    Known { name: "wechat_moments", title: ["WeChat Moments", "微信朋友圈"], banned_by: Some(WECHAT) },
    Known {
        name: "facebook",
        title: ["Facebook", "Facebook"],
        banned_by: Some([
            "Meta Developer Policies, social plugins (people are not to be given incentives to use them)",
            "Meta 开发者政策·社交插件（不得以奖励诱导用户使用）",
        ]),
    },
];

/// A channel in which links may be shared.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SharingChannel {
    /// Its name in the rules of plays.
    pub channel: String,
    /// What people call it.
    pub title: Words,
    /// The rule by which it bans rewards for sharing; null if it bans none, and it may be chosen.
    pub banned_by: Option<Words>,
}

/// All channels.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SharingChannels {
    /// Those that may be chosen, then those that ban rewards for sharing.
    pub channels: Vec<SharingChannel>,
}

/// List channels for sharing
///
/// Those that ban rewards for sharing are told with their rule: a play that rewards sharing is not published with one.
#[utoipa::path(
    get, path = "/api/v1/sharing-channels", tag = "promote", operation_id = "list_sharing_channels",
    responses(
        (status = 200, description = "All channels", body = SharingChannels),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_sharing_channels() -> Answer<Json<SharingChannels>> {
    let channel = |known: &Known| SharingChannel {
        channel: known.name.to_owned(),
        title: Words::new(known.title[0], known.title[1]),
        banned_by: known.banned_by.map(|[en, zh]| Words::new(en, zh)),
    };
    Ok(Json(SharingChannels { channels: KNOWN.iter().map(channel).collect() }))
}

/// The channels of rules that name none: a link alone.
pub(crate) fn plain() -> BTreeSet<String> {
    BTreeSet::from(["link".to_owned()])
}

/// Refuses a channel nobody knows.
pub(crate) fn check(channels: &BTreeSet<String>) -> Result<(), TermsError> {
    let known = |channel: &String| KNOWN.iter().any(|known| known.name == channel);
    match channels.iter().find(|channel| !known(channel)) {
        Some(channel) => Err(TermsError::Unknown { field: "rules.channels", text: channel.chars().take(64).collect() }),
        None => Ok(()),
    }
}

/// Whether a channel bans rewards for sharing.
pub(crate) fn bans(channel: &str) -> bool {
    KNOWN.iter().any(|known| known.name == channel && known.banned_by.is_some())
}

/// Whether rewards for sharing are allowed in every channel that was chosen.
pub(crate) fn gate(channels: &BTreeSet<String>) -> GateResult {
    let chosen = || KNOWN.iter().filter(|known| channels.contains(known.name));
    let banned: Vec<Words> = chosen()
        .filter_map(|known| Some((known, known.banned_by?)))
        .map(|(known, [en, zh])| Words::new(format!("{}: {en}", known.title[0]), format!("{}：{zh}", known.title[1])))
        .collect();
    GateResult {
        gate: "sharing_channels".into(),
        rule: Words::new(
            "a play that rewards sharing is not offered in a channel whose own rules ban that",
            "渠道自身规则禁止有奖分享的，不在该渠道提供此类玩法",
        ),
        verdict: if banned.is_empty() { Verdict::Pass } else { Verdict::Refuse },
        evidence: match banned.is_empty() {
            true => chosen().map(|known| Words::new(known.title[0], known.title[1])).collect(),
            false => banned,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_that_bans_rewards_for_sharing_is_refused_with_the_name_of_its_rule() {
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(gate(&plain()).verdict, Verdict::Pass);
        let refused = gate(&of(&["link", "wechat"]));
        assert_eq!(refused.verdict, Verdict::Refuse);
        assert!(refused.evidence[0].zh.contains("微信外部链接内容管理规范"), "{refused:?}");
        assert!(check(&of(&["telepathy"])).is_err() && check(&of(&["sms", "facebook"])).is_ok());
    }
}
