//! `GET /api/v1/campaigns/{campaign_id}/review` and `…/review/export`: what a closed campaign promised and what it earned, as it
//! was when it was closed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fanvine_contracts::gates::{GateResult, Words};
use fanvine_kernel::event::names;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_web::{Answer, ProblemBody, Segment};
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};

use super::numbers::{CampaignNumbers, Interval};
use super::show_history::Step;
use super::state::Why;
use super::store::{self, Kept};
use super::{CampaignError, CampaignTerms, Campaigns};

/// What a closed campaign promised and what it earned. Its figures are frozen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = CampaignReview)]
pub struct Review {
    /// Which.
    pub campaign_id: String,
    /// Why it was closed.
    pub why: Why,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub closed_at: Timestamp,
    /// When it was published.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub published_at: Option<Timestamp>,
    /// What was promised: the goal, the budget, whom it was for and what it held, in the version that held at the end.
    pub terms: CampaignTerms,
    /// What it earned.
    pub numbers: CampaignNumbers,
    /// What it comes to, in a sentence.
    pub verdict: Words,
    /// What the gates found when it was published.
    pub gates: Vec<GateResult>,
    /// What was done with it, the latest first.
    pub history: Vec<Step>,
}

impl Review {
    /// The review of a campaign that is closed now.
    pub(crate) fn of(kept: &Kept, why: Why, now: Timestamp, numbers: CampaignNumbers, history: Vec<Step>) -> Self {
        let publication = history.iter().find(|step| step.what == names::CAMPAIGN_PUBLISHED);
        Self {
            campaign_id: kept.campaign_id.clone(),
            why,
            closed_at: now,
            published_at: kept.published_at,
            terms: kept.terms.clone(),
            verdict: verdict(&numbers),
            numbers,
            gates: publication.and_then(|step| step.gates.clone()).unwrap_or_default(),
            history,
        }
    }
}

/// What the lift comes to.
fn verdict(numbers: &CampaignNumbers) -> Words {
    let lift = &numbers.lift;
    match (&lift.too_early, lift.revenue_per_person) {
        (Some(why), _) => why.clone(),
        (None, Some(found)) if found.low > 0.0 => {
            Words::new("it earned more than would have been without it", "活动带来了增量收入")
        }
        (None, Some(found)) if found.high < 0.0 => {
            Words::new("it earned less than would have been without it", "活动使收入低于对照组")
        }
        _ => Words::new("whether it earned anything cannot be told from chance", "增量效果与随机波动无法区分"),
    }
}

/// Show a campaign's review
#[utoipa::path(
    get, path = "/api/v1/campaigns/{campaign_id}/review", tag = "engage", operation_id = "show_campaign_review",
    params(("campaign_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "What it promised and what it earned", body = Review),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_campaign_review(
    State(campaigns): State<Arc<Campaigns>>,
    Segment(campaign_id): Segment<String>,
) -> Answer<Json<Review>> {
    Ok(Json(campaigns.review(&campaign_id).await?))
}

/// Export a campaign's review
///
/// Its figures as CSV: figure, estimate, and the ends of its interval where it has one.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{campaign_id}/review/export", tag = "engage", operation_id = "export_campaign_review",
    params(("campaign_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The figures", body = String, content_type = "text/csv"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn export_campaign_review(
    State(campaigns): State<Arc<Campaigns>>,
    Segment(campaign_id): Segment<String>,
) -> Answer<Response> {
    let review = campaigns.review(&campaign_id).await?;
    let mut response = csv(&review).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{}.csv\"", review.campaign_id)) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

impl Campaigns {
    async fn review(&self, campaign_id: &str) -> Result<Review, CampaignError> {
        let kept = self.kept(campaign_id).await?;
        let wanted = kept.campaign_id.clone();
        let found = self.store.read(|tx| Box::pin(async move { store::review(tx, &wanted).await })).await?;
        let text = found.ok_or(CampaignError::NoReview(kept.campaign_id))?;
        // Nothing but this program writes it.
        let unread =
            |error| Problem::new(Code::Internal, format!("the review of {campaign_id} cannot be read: {error}"));
        Ok(serde_json::from_str(&text).map_err(unread)?)
    }
}

/// The figures by line: every number of the review under its name, with its interval.
fn csv(review: &Review) -> String {
    let mut text = String::from("figure,value,low,high\r\n");
    let mut line = |figure: &str, value: String, low: String, high: String| {
        text.push_str(&format!("{figure},{value},{low},{high}\r\n"));
    };
    let mut plain = |figure: &str, value: String| line(figure, value, String::new(), String::new());
    let (numbers, lift) = (&review.numbers, &review.numbers.lift);
    let shown = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
    plain("currency", numbers.currency.code().to_owned());
    for (figure, number) in [
        ("reach", Some(numbers.reach)),
        ("exposed", Some(numbers.exposed)),
        ("held_out", Some(numbers.held_out)),
        ("mixed", Some(numbers.mixed)),
        ("joins", Some(numbers.joins)),
        ("runs", Some(numbers.runs)),
        ("completions", Some(numbers.completions)),
        ("orders", Some(numbers.orders)),
        ("revenue_minor", Some(numbers.revenue_minor)),
        ("budget_minor", review.terms.budget_minor),
        ("cost_minor", Some(numbers.cost_minor)),
        ("reserved_minor", Some(numbers.reserved_minor)),
        ("goal_target", numbers.goal.map(|goal| goal.target)),
        ("goal_reached", numbers.goal.and_then(|goal| goal.reached)),
        ("treated_buyers", Some(lift.treated.buyers)),
        ("treated_orders", Some(lift.treated.orders)),
        ("treated_revenue_minor", Some(lift.treated.revenue_minor)),
        ("held_out_buyers", Some(lift.held_out.buyers)),
        ("held_out_orders", Some(lift.held_out.orders)),
        ("held_out_revenue_minor", Some(lift.held_out.revenue_minor)),
    ] {
        plain(figure, shown(number));
    }
    for (figure, number) in [
        ("return_on_spend", numbers.return_on_spend),
        ("k_factor", numbers.spread.k_factor),
        ("relative_lift", lift.relative),
        ("cost_per_incremental_order_minor", lift.cost_per_incremental_order_minor),
    ] {
        plain(figure, number.map_or_else(String::new, |number| number.to_string()));
    }
    for (figure, found) in [
        ("revenue_per_person_difference_minor", lift.revenue_per_person),
        ("conversion_difference", lift.conversion),
        ("orders_per_person_difference", lift.orders_per_person),
        ("incremental_revenue_minor", lift.incremental_revenue_minor),
        ("incremental_orders", lift.incremental_orders),
        ("roi", lift.roi),
    ] {
        let end = |of: fn(Interval) -> f64| found.map_or_else(String::new, |found| of(found).to_string());
        line(figure, end(|one| one.estimate), end(|one| one.low), end(|one| one.high));
    }
    text
}
