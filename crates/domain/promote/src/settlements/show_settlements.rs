//! `GET /api/v1/settlements`: what offers cost in a time, and how much of it partners bear.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::{Row, StoreError, Tx, args};
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use crate::Promote;

/// What offers cost in a time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Settlements {
    /// By offer, partner and currency.
    pub settlements: Vec<Settlement>,
}

/// What an offer cost in a time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Settlement {
    /// The offer.
    pub offer_id: String,
    /// Who bears a part of it.
    pub partner: Option<String>,
    /// The currency of the amounts.
    pub currency: String,
    /// Orders with it that were redeemed.
    pub orders: i64,
    /// What it took off them, goods and freight, in minor units.
    pub off_minor: i64,
    /// What of that came back, with goods or with orders given up, in this time.
    pub back_minor: i64,
    /// What is left of it.
    pub net_minor: i64,
    /// The partner's part of what is left.
    pub partner_minor: i64,
    /// The shop's part of it.
    pub shop_minor: i64,
}

/// Which time, by when orders were redeemed and goods came back.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SettlementQuery {
    /// From this moment on, in ISO 8601; from the beginning if absent.
    pub from: Option<String>,
    /// Until this moment, itself excluded; until now if absent.
    pub until: Option<String>,
    /// Only of this offer.
    pub offer_id: Option<String>,
    /// Only of this partner.
    pub partner: Option<String>,
}

/// Show what offers cost
///
/// Sandboxes are not counted. What comes back counts in the time it comes back in.
#[utoipa::path(
    get, path = "/api/v1/settlements", tag = "promote", operation_id = "show_settlements",
    params(SettlementQuery),
    responses(
        (status = 200, description = "What each offer cost", body = Settlements),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_settlements(
    State(promote): State<Arc<Promote>>,
    Params(query): Params<SettlementQuery>,
) -> Answer<Json<Settlements>> {
    let from = moment("from", query.from.as_deref(), Timestamp::from_micros(0))?;
    let until = moment("until", query.until.as_deref(), Timestamp::from_micros(i64::MAX))?;
    let read = promote.store.read(|tx| Box::pin(settlements(tx, from, until))).await;
    let mut settlements = read.map_err(|error: StoreError| Problem::from(error))?;
    settlements.retain(|one| {
        query.offer_id.as_ref().is_none_or(|wanted| *wanted == one.offer_id)
            && query.partner.as_ref().is_none_or(|wanted| one.partner.as_ref() == Some(wanted))
    });
    Ok(Json(Settlements { settlements }))
}

fn moment(field: &str, text: Option<&str>, default: Timestamp) -> Result<Timestamp, Problem> {
    let Some(text) = text else { return Ok(default) };
    Timestamp::parse(text).map_err(|error| Problem::new(Code::InvalidParameter, error.to_string()).at(field))
}

async fn settlements(tx: &mut Tx, from: Timestamp, until: Timestamp) -> Result<Vec<Settlement>, StoreError> {
    // What an order given up still had is all of it, less what had come back before.
    const SELECT: &str = "SELECT offer_id, partner, currency, CAST(SUM(orders) AS BIGINT) AS orders,
            CAST(SUM(off_minor) AS BIGINT) AS off_minor, CAST(SUM(back_minor) AS BIGINT) AS back_minor,
            CAST(SUM(partner_minor) AS BIGINT) AS partner_minor
        FROM (
            SELECT o.offer_id, o.partner, o.currency, 1 AS orders, o.off_minor, 0 AS back_minor, o.partner_minor
            FROM redemption_steps s JOIN redemptions r ON r.redemption_id = s.redemption_id AND r.sandbox IS NULL
            JOIN redemption_offers o ON o.redemption_id = s.redemption_id
            WHERE s.step = 'redeemed' AND s.at >= $1 AND s.at < $2
            UNION ALL
            SELECT o.offer_id, o.partner, o.currency, 0, 0, o.off_minor, -o.partner_minor
            FROM redemption_steps s JOIN redemptions r ON r.redemption_id = s.redemption_id AND r.sandbox IS NULL
            JOIN redemption_steps b ON b.redemption_id = s.redemption_id AND b.step = 'redeemed'
            JOIN redemption_offers o ON o.redemption_id = s.redemption_id
            WHERE s.step = 'rolled_back' AND s.at >= $1 AND s.at < $2
            UNION ALL
            SELECT o.offer_id, o.partner, o.currency, 0, 0, -b.off_minor, b.partner_minor
            FROM redemption_steps s JOIN redemptions r ON r.redemption_id = s.redemption_id AND r.sandbox IS NULL
            JOIN redemption_offer_returns b ON b.redemption_id = s.redemption_id
            JOIN redemption_offers o ON o.redemption_id = b.redemption_id AND o.offer_id = b.offer_id
            WHERE s.step = 'rolled_back' AND s.at >= $1 AND s.at < $2
            UNION ALL
            SELECT o.offer_id, o.partner, o.currency, 0, 0, b.off_minor, -b.partner_minor
            FROM redemption_offer_returns b
            JOIN redemptions r ON r.redemption_id = b.redemption_id AND r.sandbox IS NULL
            JOIN redemption_offers o ON o.redemption_id = b.redemption_id AND o.offer_id = b.offer_id
            WHERE b.returned_at >= $1 AND b.returned_at < $2
        ) AS parts GROUP BY offer_id, partner, currency ORDER BY offer_id, partner, currency";
    let read = |row: &Row| {
        let (off_minor, back_minor): (i64, i64) = (row.get("off_minor")?, row.get("back_minor")?);
        let (net_minor, partner_minor) = (off_minor - back_minor, row.get("partner_minor")?);
        Ok(Settlement {
            offer_id: row.get("offer_id")?,
            partner: row.get("partner")?,
            currency: row.get("currency")?,
            orders: row.get("orders")?,
            off_minor,
            back_minor,
            net_minor,
            partner_minor,
            shop_minor: net_minor - partner_minor,
        })
    };
    tx.rows(SELECT, args![from, until]).await?.iter().map(read).collect()
}
