//! Why an offer was not applied, and what would unlock it, in words for shoppers.

pub use fanvine_contracts::gates::Words;
use fanvine_kernel::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why an offer was not applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// It has not begun.
    NotYet {
        /// When it begins.
        #[schema(value_type = String, format = DateTime)]
        starts_at: Timestamp,
    },
    /// It is over.
    Over {
        /// When it ended.
        #[schema(value_type = String, format = DateTime)]
        ended_at: Timestamp,
    },
    /// It is for other shoppers.
    OtherShoppers,
    /// It is for other channels.
    OtherChannels,
    /// It is for first orders.
    FirstOrderOnly,
    /// It is for birthdays.
    BirthdayOnly,
    /// It was used as often as it may be.
    UsedUp,
    /// Nothing in the cart is in its scope.
    NothingInScope,
    /// Another base price shuts it out.
    ShutOut {
        /// The offer with that price.
        by: String,
    },
    /// It is paid with points, and there are too few, or none are to be spent.
    NeedsPoints {
        /// What a unit costs in points.
        points: i64,
    },
    /// The price is as good already.
    NotBetter,
    /// The threshold is not reached.
    BelowThreshold {
        /// What is missing, in minor units.
        missing_minor: Option<i64>,
        /// How many units are missing.
        missing_units: Option<i64>,
    },
    /// It cannot be used with another that is.
    NotWith {
        /// The other offer.
        offer_id: String,
    },
    /// It can only be used together with another.
    OnlyWith {
        /// The other offer.
        offer_id: String,
    },
    /// The combination without it is better, or another of its group was chosen.
    Outweighed {
        /// The offers that were used in its place, if any of its group was.
        by: Option<String>,
    },
    /// The search for the best combination was cut short before it was tried with all others.
    NotTried,
    /// Its campaign is paused.
    Paused,
}

/// An amount as shoppers read it.
fn shown(minor: i64, currency: Currency) -> String {
    let text = Money::new(minor, currency).to_string();
    match (currency.code(), text.split_once(' ')) {
        ("CNY", Some((amount, _))) => format!("¥{amount}"),
        _ => text,
    }
}

impl Reason {
    /// The reason in words.
    pub fn words(&self, currency: Currency) -> Words {
        let (en, zh) = match self {
            Self::NotYet { starts_at } => (format!("begins at {starts_at}"), format!("将于 {starts_at} 开始")),
            Self::Over { ended_at } => (format!("ended at {ended_at}"), format!("已于 {ended_at} 结束")),
            Self::OtherShoppers => ("is for other shoppers".into(), "不适用于当前用户".into()),
            Self::OtherChannels => ("is for other channels".into(), "不适用于当前渠道".into()),
            Self::FirstOrderOnly => ("is for first orders".into(), "仅限首单".into()),
            Self::BirthdayOnly => ("is for birthdays".into(), "仅限生日当天".into()),
            Self::UsedUp => ("was used as often as it may be".into(), "已达使用次数上限".into()),
            Self::NothingInScope => ("applies to nothing in the cart".into(), "购物车中没有适用商品".into()),
            Self::ShutOut { by } => {
                (format!("is shut out by the price of {by}"), format!("已享受 {by} 的价格，不可叠加"))
            }
            Self::NeedsPoints { points } => (format!("costs {points} points a unit"), format!("每件需 {points} 积分")),
            Self::NotBetter => ("the price is as good already".into(), "当前价格已不高于此优惠".into()),
            Self::BelowThreshold { missing_minor: Some(minor), .. } => {
                let amount = shown(*minor, currency);
                (format!("{amount} short of its threshold"), format!("距离门槛还差 {amount}"))
            }
            Self::BelowThreshold { missing_units, .. } => {
                let units = missing_units.unwrap_or(1);
                (format!("{units} units short of its threshold"), format!("距离门槛还差 {units} 件"))
            }
            Self::NotWith { offer_id } => {
                (format!("cannot be used with {offer_id}"), format!("不可与 {offer_id} 同时使用"))
            }
            Self::OnlyWith { offer_id } => {
                (format!("can only be used with {offer_id}"), format!("需与 {offer_id} 同时使用"))
            }
            Self::Outweighed { by: Some(by) } => (format!("{by} was used in its place"), format!("已选用 {by}")),
            Self::Outweighed { by: None } => ("the price is lower without it".into(), "不使用此优惠时价格更低".into()),
            Self::Paused => ("is paused".into(), "活动已暂停".into()),
            Self::NotTried => ("was not tried with all others".into(), "组合过多，未逐一比较".into()),
        };
        Words { en, zh }
    }

    /// What the shopper could do to have it, if anything.
    pub fn unlock(&self, currency: Currency) -> Option<Words> {
        let (en, zh) = match self {
            Self::BelowThreshold { missing_minor: Some(minor), .. } => {
                let amount = shown(*minor, currency);
                (format!("add {amount} more"), format!("再买 {amount} 即可使用"))
            }
            Self::BelowThreshold { missing_units: Some(units), .. } => {
                (format!("add {units} more units"), format!("再买 {units} 件即可使用"))
            }
            Self::NeedsPoints { points } => {
                (format!("spend {points} points for each unit"), format!("每件使用 {points} 积分"))
            }
            Self::NotYet { starts_at } => (format!("wait until {starts_at}"), format!("{starts_at} 开始后可用")),
            _ => return None,
        };
        Some(Words { en, zh })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shopper_is_told_what_to_add() {
        let reason = Reason::BelowThreshold { missing_minor: Some(1_200), missing_units: None };
        let yuan: Currency = "CNY".parse().unwrap();
        assert_eq!(reason.unlock(yuan).unwrap().en, "add ¥12.00 more");
        assert_eq!(reason.words("USD".parse().unwrap()).en, "12.00 USD short of its threshold");
    }
}
