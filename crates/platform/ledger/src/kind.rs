//! Kinds of account, as one table: what each is for and what its balance may do.

macro_rules! kinds {
    ($($kind:ident = $text:literal, $floor:ident, $lots:ident, $english:literal, $chinese:literal;)*) => {
        /// What an account is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $(#[doc = $english] $kind,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// Its name in the database and in answers: `flash_stock`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Kind::$kind => $text,)* }
            }

            /// How far its balance may fall.
            pub const fn floor(self) -> Floor {
                match self { $(Kind::$kind => Floor::$floor,)* }
            }

            /// Whether what comes in is kept in lots, each with a day it opens or expires.
            pub const fn has_lots(self) -> bool {
                match self { $(Kind::$kind => kinds!(@$lots),)* }
            }

            /// What it is for, in English.
            pub const fn english(self) -> &'static str {
                match self { $(Kind::$kind => $english,)* }
            }

            /// What it is for, in Simplified Chinese.
            pub const fn chinese(self) -> &'static str {
                match self { $(Kind::$kind => $chinese,)* }
            }
        }
    };
    (@lots) => { true };
    (@plain) => { false };
}

/// How far a balance may fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// Without end: what is given out first of all comes from here.
    None,
    /// To zero.
    Zero,
    /// To zero by spending, below it when something is taken back.
    Clawback,
}

kinds! {
    Issue = "issue", None, plain, "Where a unit is issued from", "发行来源";
    Gone = "gone", Zero, plain, "Where what was used, sold or expired goes", "已用、已售或已过期的去向";
    CouponQuota = "coupon_quota", Zero, plain, "A quota of coupons or of uses of an offer", "优惠券或优惠的数量配额";
    RedemptionLimit = "redemption_limit", Zero, plain, "How often someone has used an offer", "用户使用优惠的次数";
    FlashStock = "flash_stock", Zero, plain, "Units of a flash sale", "秒杀商品件数";
    GroupSeats = "group_seats", Zero, plain, "Free seats of a group buy", "拼团名额";
    Helps = "helps", Zero, plain, "Helps someone has given on a day", "每日助力次数";
    Entries = "entries", Zero, plain, "Draws of a lottery that a shopper may still make", "抽奖次数";
    Points = "points", Clawback, lots, "Points of a shopper", "积分";
    Gifts = "gifts", Zero, plain, "Points a rule gave for what shoppers did, and how often", "行为奖励规则已发放的积分与次数";
    Commission = "commission", Clawback, lots, "Commission of a promoter, frozen at first", "佣金（先冻结）";
    Prizes = "prizes", Zero, plain, "Prizes that may still be won", "奖品库存";
    Budget = "budget", Zero, plain, "Money a campaign has spent in a period", "活动预算消耗";
}

impl Kind {
    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_its_name_and_speaks_two_languages() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.as_str()), Some(*kind));
            assert!(kind.english().is_ascii() && !kind.chinese().is_ascii());
        }
        assert_eq!(Kind::named("gold"), None);
    }
}
