//! Orders as questions need them: by whom, when, for how much. As on the overview, an order counts when it was
//! placed, for what it brought in after discounts, without shipping and tax; what only a refund tells of is no order.

use fanvine_kernel::{Code, Currency, Problem, Timestamp};
use fanvine_lake::{Snapshot, SqlRequest};
use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Measure;
use crate::overview::Period;
use crate::sql::ask::problem_of;

/// More orders, or lines, than one question may look at.
pub const MOST_ROWS: usize = 5_000_000;

/// Orders in a currency that the figures leave out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = OrdersLeftOut)]
pub struct LeftOut {
    /// ISO 4217.
    pub currency: String,
    /// Orders placed in the period.
    pub orders: u64,
    /// What they brought in, in its minor units.
    pub revenue_minor: i64,
}

/// An order of somebody known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// When, seconds since 1970.
    pub at_s: u32,
    /// What it brought in.
    pub revenue_minor: i64,
    /// Units over all lines.
    pub units: i64,
}

/// The orders of a period in one currency.
#[derive(Debug, Default)]
pub struct Orders {
    /// By the number under which a walk shows whoever placed them, each in order of time.
    pub of: FxHashMap<u32, Vec<Placed>>,
    /// Those of guests, and of shoppers of whom no event is known.
    pub guests: Vec<Placed>,
}

/// `column` lies between the two moments.
pub fn within(column: &str, (from, to): (Timestamp, Timestamp)) -> String {
    format!("{column} >= TIMESTAMP '{from}' AND {column} < TIMESTAMP '{to}'")
}

impl Measure {
    /// Asks the lake one of this room's own questions.
    ///
    /// # Errors
    /// It fails, takes too long, or has more rows than may be looked at.
    pub async fn rows(&self, query: String) -> Result<Vec<Vec<Value>>, Problem> {
        let request = SqlRequest { query, max_rows: MOST_ROWS, timeout: self.limits.timeout };
        let answer = self.lake.sql(&request).await.map_err(problem_of)?;
        if answer.truncated {
            let text = format!("there are more than {MOST_ROWS} rows to look at; ask about a shorter period");
            return Err(Problem::new(Code::QueryTooLarge, text));
        }
        Ok(answer.rows)
    }

    /// The currency to count in: as wanted, else the shop's, else the one with most orders; and what orders in the
    /// others
    /// brought in.
    ///
    /// # Errors
    /// `wanted` is no currency; orders cannot be read.
    pub async fn currency_of(
        &self,
        wanted: Option<&str>,
        period: Period,
    ) -> Result<(Option<Currency>, Vec<LeftOut>), Problem> {
        let wanted = wanted.map(|code| code.parse::<Currency>()).transpose();
        let wanted = wanted.map_err(|error| Problem::new(Code::InvalidParameter, error.to_string()).at("currency"))?;
        let holds = within("placed_at", self.moments(period));
        let query = format!(
            "SELECT currency, count(*), sum(revenue_minor) FROM orders WHERE status <> 'refund_only' AND {holds} \
             GROUP BY currency ORDER BY 2 DESC, 1"
        );
        let found: Vec<LeftOut> = self.rows(query).await?.iter().filter_map(|row| left_out(row)).collect();
        let most = found.first().and_then(|most| most.currency.parse().ok());
        let currency = wanted.or(self.currency).or(most);
        let others =
            found.into_iter().filter(|one| Some(one.currency.as_str()) != currency.as_ref().map(|it| it.code()));
        Ok((currency, others.collect()))
    }

    /// The orders of a period in a currency.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn orders(&self, snapshot: &Snapshot, period: Period, currency: Currency) -> Result<Orders, Problem> {
        let holds = within("placed_at", self.moments(period));
        let query = format!(
            "SELECT shopper_id, CAST(placed_at AS BIGINT), revenue_minor, units FROM orders \
             WHERE status <> 'refund_only' AND currency = '{currency}' AND {holds} ORDER BY 2"
        );
        let merges = self.merges(snapshot);
        let mut orders = Orders::default();
        for row in self.rows(query).await? {
            let int = |place: usize| row.get(place).and_then(Value::as_i64).unwrap_or_default();
            let placed = Placed {
                at_s: u32::try_from(int(1).div_euclid(1_000_000)).unwrap_or_default(),
                revenue_minor: int(2),
                units: int(3),
            };
            let number = row.first().and_then(Value::as_str).and_then(|key| self.lake.shopper_number(key));
            match number {
                Some(number) => {
                    orders.of.entry(merges.person(number).unwrap_or(number)).or_default().push(placed);
                }
                None => orders.guests.push(placed),
            }
        }
        Ok(orders)
    }
}

fn left_out(row: &[Value]) -> Option<LeftOut> {
    Some(LeftOut {
        currency: row.first()?.as_str()?.to_owned(),
        orders: row.get(1)?.as_u64()?,
        revenue_minor: row.get(2)?.as_i64()?,
    })
}
