//! What campaigns do by themselves: begin, end, pause when the budget is used or the return too low, and finish what a crash
//! came between.

use std::sync::PoisonError;

use fanvine_contracts::campaigns::Given;
use fanvine_kernel::event::names;

use super::state::{CampaignState, Why};
use super::store::Kept;
use super::{CampaignError, CampaignTerms, Campaigns};

impl Campaigns {
    /// Does what is due of every campaign in force. What fails is due again.
    pub async fn sweep(&self) {
        for kept in &self.admissions.shelf().campaigns {
            if let Err(error) = self.look_after(kept).await {
                tracing::warn!(campaign = kept.campaign_id, %error, "a campaign was not looked after; it is tried again");
            }
        }
    }

    async fn look_after(&self, kept: &Kept) -> Result<(), CampaignError> {
        self.settle_pieces(kept, "").await?;
        let (terms, now, id) = (&kept.terms, self.clock.now(), &kept.campaign_id);
        if matches!(kept.state, CampaignState::Closed { .. }) {
            return Ok(());
        }
        if terms.ends_at.is_some_and(|ends_at| ends_at <= now) {
            return self.close(id, Why::Ended, String::new()).await;
        }
        match kept.state {
            CampaignState::Published if terms.starts_at.is_none_or(|starts_at| starts_at <= now) => {
                let begun =
                    |kept: &Kept| Ok((kept.state == CampaignState::Published).then_some(CampaignState::Running));
                self.turn(id, names::CAMPAIGN_STARTED, String::new(), begun).await
            }
            CampaignState::Running => {
                // As long as nothing more is spent, and the terms are the same, it need not pause either.
                let spent = self.others.pieces.spent(&kept.charge()).await?;
                let before = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied();
                if before == Some((kept.version, spent)) {
                    return Ok(());
                }
                let since = kept.published_at.unwrap_or(kept.created_at);
                let given = self.others.pieces.given(&kept.charge(), &terms.pieces, since).await?;
                match must_pause(terms, &given) {
                    Some(why) => self.pause(id, why, String::new()).await,
                    None => {
                        let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
                        looked_at.insert(id.clone(), (kept.version, given.spent_minor));
                        Ok(())
                    }
                }
            }
            _ => Ok(()),
        }
    }
}

/// Whether a campaign must pause: what is left of the budget would not pay for another order at the average of those so far,
/// or its orders brought in less than the floor asks.
fn must_pause(terms: &CampaignTerms, given: &Given) -> Option<Why> {
    let orders = i64::try_from(given.orders.len()).unwrap_or(i64::MAX);
    if let Some(budget) = terms.budget_minor {
        let each = (given.spent_minor / orders.max(1)).max(1);
        // Without an order nothing is known of what one costs, but that nothing is left.
        if budget - given.spent_minor < if orders == 0 { 1 } else { each } {
            return Some(Why::BudgetUsed);
        }
    }
    let floor = terms.floor.filter(|floor| orders >= floor.after_orders && given.spent_minor > 0)?;
    let paid: i128 = given.orders.iter().map(|order| i128::from(order.paid_minor)).sum();
    let wanted = i128::from(given.spent_minor) * i128::from(floor.least_per_hundred);
    (paid * 100 < wanted).then_some(Why::BelowFloor)
}

#[cfg(test)]
mod tests {
    use fanvine_contracts::campaigns::UsedIn;

    use super::*;

    fn given(spent_minor: i64, paid: &[i64]) -> Given {
        let used = |paid_minor: &i64| UsedIn {
            redemption_id: String::new(),
            shopper_key: None,
            paid_minor: *paid_minor,
            off_minor: 0,
        };
        Given { spent_minor, orders: paid.iter().map(used).collect(), ..Given::default() }
    }

    #[test]
    fn a_campaign_pauses_when_the_next_order_would_not_be_paid_for_or_brings_too_little() {
        let terms: CampaignTerms = serde_json::from_value(serde_json::json!({
            "name": "x", "currency": "CNY", "budget_minor": 1_000,
            "floor": { "least_per_hundred": 200, "after_orders": 3 },
        }))
        .unwrap();
        assert_eq!(must_pause(&terms, &given(0, &[])), None);
        assert_eq!(must_pause(&terms, &given(800, &[1_000; 2])), Some(Why::BudgetUsed));
        assert_eq!(must_pause(&terms, &given(600, &[500; 2])), None, "too few orders for the floor");
        assert_eq!(must_pause(&terms, &given(600, &[399; 3])), Some(Why::BelowFloor));
        assert_eq!(must_pause(&terms, &given(600, &[400; 3])), None);
    }
}
