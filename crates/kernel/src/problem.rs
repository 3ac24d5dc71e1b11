//! The one table of public errors: status, stable code, and what it means in English and Chinese.
//!
//! Codes are for programs and never change their meaning; rows are only ever added. A [`Problem`] is one
//! occurrence: a code, and a sentence that names the thing and its values. It is answered as
//! `application/problem+json` (RFC 9457) by the `web` room.

use std::fmt;

/// One occurrence of a public error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which row of the table.
    pub code: Code,
    /// What happened, in English, naming the thing and its values.
    pub detail: String,
    /// The same in Simplified Chinese, where whoever says it can say it.
    pub detail_zh: Option<String>,
    /// Seconds after which a retry makes sense.
    pub retry_after_s: Option<u32>,
    /// Where in the request it lies: a field, a parameter, a line and column.
    pub pointer: Option<String>,
}

impl Problem {
    /// An occurrence of `code`.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), detail_zh: None, retry_after_s: None, pointer: None }
    }

    /// The same, told in Simplified Chinese too; an empty text tells nothing.
    pub fn in_chinese(mut self, detail: impl Into<String>) -> Self {
        self.detail_zh = Some(detail.into()).filter(|detail| !detail.is_empty());
        self
    }

    /// The same, with a time to wait before trying again.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The same, pointing at a place in the request.
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Problem {}

macro_rules! table {
    ($($code:ident = $text:literal, $status:literal, $retry:ident, $english:literal, $chinese:literal;)*) => {
        /// A row of the table of public errors.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $english] $code,)* }

        impl Code {
            /// Every row.
            pub const ALL: &[Code] = &[$(Code::$code),*];

            /// The stable code: `group_buy_full`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$code => $text,)* }
            }

            /// The HTTP status it is answered with.
            pub const fn status(self) -> u16 {
                match self { $(Code::$code => $status,)* }
            }

            /// Whether the same request may succeed later, unchanged.
            pub const fn retryable(self) -> bool {
                match self { $(Code::$code => table!(@$retry),)* }
            }

            /// What it means, in English.
            pub const fn english(self) -> &'static str {
                match self { $(Code::$code => $english,)* }
            }

            /// What it means, in Simplified Chinese.
            pub const fn chinese(self) -> &'static str {
                match self { $(Code::$code => $chinese,)* }
            }
        }
    };
    (@again) => { true };
    (@final) => { false };
}

table! {
    // the request itself
    InvalidJson = "invalid_json", 400, final, "The body is not valid JSON", "请求体不是合法的 JSON";
    InvalidBody = "invalid_body", 400, final, "The body does not have the expected form", "请求体的结构不符合要求";
    InvalidParameter = "invalid_parameter", 400, final, "A parameter is not valid", "参数无效";
    InvalidEncoding = "invalid_encoding", 400, final, "The body could not be decompressed or is not UTF-8", "请求体无法解压或不是 UTF-8 编码";
    UnsupportedMediaType = "unsupported_media_type", 415, final, "This content type is not accepted here", "不支持该内容类型";
    PayloadTooLarge = "payload_too_large", 413, final, "The body is larger than the limit", "请求体超过大小限制";
    NotFound = "not_found", 404, final, "There is no such thing", "未找到";
    MethodNotAllowed = "method_not_allowed", 405, final, "This address does not answer that method", "该地址不支持此请求方法";
    Conflict = "conflict", 409, final, "The request conflicts with the present state", "请求与当前状态冲突";
    IdempotencyKeyReused = "idempotency_key_reused", 422, final, "The idempotency key was used before with another request", "该幂等键已用于另一个请求";

    // who asks
    SignInRequired = "sign_in_required", 401, final, "Sign in or give a valid key", "请登录或提供有效的密钥";
    WrongCredentials = "wrong_credentials", 401, final, "The e-mail or the password is wrong", "邮箱或密码错误";
    InvalidWriteKey = "invalid_write_key", 401, final, "The write key is not known or is switched off", "写入密钥无效或已停用";
    InvalidShopperToken = "invalid_shopper_token", 401, final, "The shopper's token is not valid", "顾客令牌无效";
    ShopperTokenExpired = "shopper_token_expired", 401, final, "The shopper's token has expired; sign a new one", "顾客令牌已过期，请重新签发";
    Forbidden = "forbidden", 403, final, "Your role does not allow this", "当前角色无权执行此操作";
    CsrfRefused = "csrf_refused", 403, final, "The request does not carry this session's token", "请求未携带本次会话的令牌";
    TooManyAttempts = "too_many_attempts", 429, again, "Too many attempts; wait before the next", "尝试次数过多，请稍后再试";

    // collecting
    InvalidEvent = "invalid_event", 400, final, "The event is not valid", "事件无效";
    EventTooLarge = "event_too_large", 413, final, "The event is larger than the limit", "事件超过大小限制";
    BatchTooLarge = "batch_too_large", 413, final, "The batch is larger than the limit", "批次超过大小限制";
    RateLimited = "rate_limited", 429, again, "This source sends faster than its limit", "该来源的发送速度超过限制";
    Overloaded = "overloaded", 429, again, "More is arriving than can be stored; slow down", "写入压力过大，请稍后重试";

    // asking
    InvalidQuery = "invalid_query", 400, final, "The query is not valid", "查询无效";
    QueryNotReadOnly = "query_not_read_only", 400, final, "Only reading queries are allowed", "仅允许只读查询";
    QueryTimeout = "query_timeout", 503, again, "The query took longer than its time limit", "查询超时";
    NotEnoughData = "not_enough_data", 409, final, "There is too little data to tell", "数据不足，无法得出结论";
    QueryTooLarge = "query_too_large", 422, final, "The query needs more memory than it may use", "查询所需内存超过限制";

    // commerce
    InvalidProduct = "invalid_product", 422, final, "The product is not valid", "商品数据无效";
    InvalidOrder = "invalid_order", 422, final, "The order is not valid", "订单数据无效";
    RefundExceedsOrder = "refund_exceeds_order", 409, final, "The refund is larger than what is left of the order", "退款超过订单可退金额";

    // offers
    InvalidOffer = "invalid_offer", 422, final, "The offer is not valid", "优惠活动数据无效";
    InvalidCart = "invalid_cart", 422, final, "The cart is not valid", "购物车数据无效";
    PriceChanged = "price_changed", 409, final, "The cart no longer costs what was expected", "价格已变动";
    ReservationOver = "reservation_over", 409, final, "The reservation is not open any more", "该预留已结束";

    // points
    InvalidEarningRule = "invalid_earning_rule", 422, final, "The rule for earning points is not valid", "积分获取规则数据无效";

    // levels
    InvalidLevels = "invalid_levels", 422, final, "The levels are not valid", "会员等级数据无效";

    // plays
    InvalidPlay = "invalid_play", 422, final, "The play is not valid", "玩法数据无效";
    PlayFull = "play_full", 409, final, "Nothing is left of it: no seat, no stock, or no more for this shopper", "名额、库存或该用户的次数已用完";
    PlayOver = "play_over", 409, final, "It has not begun, or has ended", "活动尚未开始或已结束";
    PlayRule = "play_rule", 409, final, "The rules of the play do not allow this", "不符合玩法规则";

    // campaigns
    InvalidCampaign = "invalid_campaign", 422, final, "The campaign is not valid", "营销活动数据无效";
    CampaignState = "campaign_state", 409, final, "The campaign does not stand so that this could be done", "营销活动当前状态不允许此操作";

    // telling others
    InvalidWebhook = "invalid_webhook", 422, final, "The webhook is not valid", "Webhook 数据无效";
    EmailNotSent = "email_not_sent", 409, final, "The e-mail could not be sent", "邮件未能发送";

    // us
    StorageFull = "storage_full", 503, again, "The disk is full; nothing was stored", "磁盘已满，未写入任何数据";
    Unavailable = "unavailable", 503, again, "Not available just now", "服务暂不可用";
    Internal = "internal", 500, again, "Something went wrong on our side", "服务器内部错误";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_distinct_and_speak_two_languages() {
        let codes: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!((400..600).contains(&code.status()), "{}", code.as_str());
            assert!(code.english().is_ascii() && !code.chinese().is_ascii(), "{}", code.as_str());
        }
    }

    #[test]
    fn what_may_be_tried_again_says_so_by_its_status() {
        for code in Code::ALL.iter().filter(|code| code.retryable()) {
            assert!(matches!(code.status(), 429 | 500 | 503), "{}", code.as_str());
        }
    }
}
