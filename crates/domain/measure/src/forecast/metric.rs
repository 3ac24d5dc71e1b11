//! The figures that can be watched, aimed at and foretold.

use fanvine_kernel::ids::InsightId;
use serde::{Deserialize, Serialize};

/// A figure by day or week. What each means is told with the question it is taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Metric {
    /// Shoppers seen for the first time ever.
    NewShoppers,
    /// Distinct shoppers who did something.
    ActiveShoppers,
    /// Orders placed.
    Orders,
    /// What orders placed brought in (GMV), in minor units of the shop's currency.
    Revenue,
    /// Shoppers who ordered, by active shoppers.
    Conversion,
    /// Of the shoppers new on a day, the share that came by again on exactly that day after.
    Retention {
        /// How many days after, 1 to 90.
        on_day: u32,
    },
    /// What a saved insight counts: of active shoppers, how many are active; of trends, the first line as a whole.
    Insight {
        /// Which.
        #[schema(value_type = String)]
        insight_id: InsightId,
    },
}

/// In what a figure is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "unit", rename_all = "snake_case")]
#[schema(as = MetricUnit)]
pub enum Unit {
    /// A number of things.
    Count,
    /// A share, 0 to 1.
    Share,
    /// An amount, in minor units.
    Money {
        /// ISO 4217; none while there are no orders and the shop named none.
        currency: Option<String>,
        /// How many digits of the amount stand behind the point.
        digits: u32,
    },
}

/// How the figure of a period comes of those of its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MetricFold)]
pub enum Fold {
    /// It is their sum.
    Sum,
    /// It is their mean, each weighing as much as it stands for.
    Mean,
}

impl Metric {
    /// Its name in a sentence, in English and in Chinese; of an insight, what people call it.
    pub(crate) fn name(&self, insight: Option<&str>) -> [String; 2] {
        let [en, zh] = match self {
            Self::NewShoppers => ["new shoppers", "新增顾客"],
            Self::ActiveShoppers => ["active shoppers", "活跃顾客"],
            Self::Orders => ["orders", "订单数"],
            Self::Revenue => ["revenue", "成交额"],
            Self::Conversion => ["conversion", "转化率"],
            Self::Retention { on_day } => {
                return [format!("day-{on_day} retention"), format!("第 {on_day} 日留存率")];
            }
            Self::Insight { insight_id } => {
                let name = insight.unwrap_or(insight_id.as_str());
                return [format!("“{name}”"), format!("“{name}”")];
            }
        };
        [en.to_owned(), zh.to_owned()]
    }

    /// How the figure of a period comes of those of its days; an insight says it itself.
    pub(crate) fn fold(&self) -> Fold {
        match self {
            Self::NewShoppers | Self::Orders | Self::Revenue => Fold::Sum,
            Self::ActiveShoppers | Self::Conversion | Self::Retention { .. } | Self::Insight { .. } => Fold::Mean,
        }
    }
}
