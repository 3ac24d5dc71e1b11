//! `GET /v1/plays/{play_id}`: a published play, as a page shows it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_contracts::prices::{Goods, PricedProduct};
use fanvine_kernel::{Currency, Timestamp};
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::assist_along::ShownRung;
use super::contest_along::ShownPrize;
use crate::Promote;
use crate::assist::ActivatedBy;
use crate::bargain::OrderAt;
use crate::contest::Measure;
use crate::group_buy::GroupSize;
use crate::plays::{Gift, StockedGift};
use crate::plays::{Play, PlayError, Rules, store};
use crate::tasks::TaskStep;
use crate::wallet::storefront::Storefront;

/// What it is about, as the catalogue says.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShownProduct {
    /// The shop's number for it.
    pub product_id: String,
    /// What it is called.
    pub name: Option<String>,
    /// A picture of it.
    pub image_url: Option<String>,
    /// Its page in the shop.
    pub url: Option<String>,
    /// What a unit costs without the play, in minor units.
    pub list_minor: Option<i64>,
    /// The currency of all prices; none where the catalogue has no price.
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
}

/// What a play promises, by its kind.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ShownRules {
    /// A group buy.
    GroupBuy {
        /// The sizes to choose from, with their prices.
        sizes: Vec<GroupSize>,
        /// How long a group may take to fill, in hours.
        hours: i64,
        /// Most units a member may buy.
        most_units: i64,
        /// Whether only those may join who never ordered before.
        newcomers: bool,
        /// The product.
        product: ShownProduct,
    },
    /// A bargain.
    Bargain {
        /// What a unit costs before anybody has helped, in minor units.
        start_minor: i64,
        /// What it costs after all helps.
        floor_minor: i64,
        /// How many helps bring it there.
        helps: i64,
        /// How long a bargain is open, in hours.
        hours: i64,
        /// Whether it may be ordered at its floor alone.
        floor_only: bool,
        /// The product.
        product: ShownProduct,
    },
    /// A lottery.
    Lottery {
        /// The one that can be drawn now, which has a page of its own.
        lottery_id: String,
    },
    /// An invitation.
    Assist {
        /// What is promised for how many friends, the fewest first.
        rungs: Vec<ShownRung>,
        /// By what a friend counts.
        activated_by: ActivatedBy,
        /// The currency of what must be paid.
        #[schema(value_type = String)]
        currency: Currency,
        /// Whether only those may accept who never ordered before.
        newcomers: bool,
        /// How long friends may accept and buy, in hours.
        hours: i64,
    },
    /// A check-in.
    CheckIn {
        /// Points for each day.
        points: i64,
    },
    /// A contest.
    Contest {
        /// By what shoppers are ranked.
        measure: Measure,
        /// What places get, the first first.
        prizes: Vec<ShownPrize>,
    },
    /// A vote, or a topic challenge. How it stands, `GET /v1/votes/{play_id}` says.
    Vote,
    /// A quiz. What it asks for, `GET /v1/quizzes/{play_id}` says.
    Quiz,
    /// A referral. What it earned somebody, `GET /v1/sharers/{play_id}` says.
    Referral {
        /// What a paid order earns, in basis points of what was paid for its goods: first whoever brought the buyer, then
        /// whoever brought them. Some goods may have rates of their own.
        basis_points: Vec<i64>,
    },
    /// Tasks. How far somebody is, `GET /v1/tasks/{play_id}` says.
    Tasks {
        /// What is to be done.
        steps: Vec<ShownTask>,
        /// Whether they are taken on anew each day.
        daily: bool,
        /// What whoever has done all of them is given besides.
        reward: Option<Gift>,
    },
}

/// A step of tasks.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShownTask {
    /// What it is called.
    pub name: String,
    /// How often it is to be done.
    pub count: i64,
    /// What it gives.
    pub reward: Option<Gift>,
}

/// A play as a page shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShownPlay {
    /// Its identifier.
    pub play_id: String,
    /// What it is called.
    pub name: String,
    /// From when on it may be opened.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// Until when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// What it promises.
    pub rules: ShownRules,
    /// The moment of the answer, by which the page counts down.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
}

/// Show a play on a page
///
/// Whoever has its link may see it: it says what is published, and of nobody who takes part.
#[utoipa::path(
    get, path = "/v1/plays/{play_id}", tag = "promote", operation_id = "page_play",
    params(("play_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The play", body = ShownPlay),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_play(
    State(storefront): State<Arc<Storefront>>,
    Segment(play_id): Segment<String>,
) -> Answer<Json<ShownPlay>> {
    Ok(Json(storefront.promote.shown_play(&play_id).await?))
}

impl Promote {
    /// A published play as a page shows it.
    pub async fn shown_play(&self, play_id: &str) -> Result<ShownPlay, PlayError> {
        let wanted = play_id.to_owned();
        let found = self.store.read(|tx| Box::pin(async move { store::published(tx, &wanted).await })).await;
        let found: Option<Play> = found.map_err(|error: StoreError| PlayError::from(error))?;
        let play = found.ok_or_else(|| PlayError::Unknown(play_id.chars().take(100).collect()))?;
        let rules = match &play.terms.rules {
            Rules::GroupBuy(rules) => ShownRules::GroupBuy {
                sizes: rules.sizes.clone(),
                hours: rules.hours,
                most_units: rules.most_units,
                newcomers: rules.joiners.first_order,
                product: self.shown_product(&rules.product_id).await?,
            },
            Rules::Bargain(rules) => ShownRules::Bargain {
                start_minor: rules.start_minor,
                floor_minor: rules.floor_minor,
                helps: rules.helps,
                hours: rules.hours,
                floor_only: rules.order_at == OrderAt::Floor,
                product: self.shown_product(&rules.product_id).await?,
            },
            Rules::Lottery(_) => ShownRules::Lottery { lottery_id: self.open_lottery(&play.play_id).await?.run.run_id },
            Rules::Assist(rules) => ShownRules::Assist {
                rungs: self.shown_rungs(rules, |_| false),
                activated_by: rules.activated_by.clone(),
                currency: rules.currency,
                newcomers: rules.newcomers,
                hours: rules.hours,
            },
            Rules::Vote(_) => ShownRules::Vote,
            Rules::Quiz(_) => ShownRules::Quiz,
            Rules::Contest(rules) => {
                ShownRules::Contest { measure: rules.measure.clone(), prizes: self.shown_prizes(&rules.prizes) }
            }
            Rules::CheckIn(rules) => ShownRules::CheckIn { points: rules.points },
            Rules::Referral(rules) => {
                let basis_points = rules.levels.iter().map(|level| level.basis_points).collect();
                ShownRules::Referral { basis_points }
            }
            Rules::Tasks(rules) => {
                let gift = |reward: &Option<StockedGift>| reward.as_ref().map(|reward| reward.gives.clone());
                let step = |step: &TaskStep| ShownTask {
                    name: step.name.clone(),
                    count: step.count,
                    reward: gift(&step.reward),
                };
                let steps = rules.steps.iter().map(step).collect();
                ShownRules::Tasks { steps, daily: rules.daily, reward: gift(&rules.completed) }
            }
        };
        let (starts_at, ends_at, now) = (play.terms.starts_at, play.terms.ends_at, self.clock.now());
        Ok(ShownPlay { play_id: play.play_id, name: play.terms.name, starts_at, ends_at, rules, now })
    }

    /// A product with its price, if the catalogue has it on sale.
    pub(super) async fn priced(&self, product_id: &str) -> Result<Option<PricedProduct>, PlayError> {
        let goods = Goods { products: vec![product_id.to_owned()], ..Goods::default() };
        Ok(self.others.prices.prices_of(&goods, self.clock.now(), 1).await?.pop())
    }

    pub(super) async fn shown_product(&self, product_id: &str) -> Result<ShownProduct, PlayError> {
        let priced = self.priced(product_id).await?;
        let (list_minor, currency) = priced.as_ref().map(|one| (one.price_minor, one.currency)).unzip();
        let (name, image_url, url) = priced.map_or((None, None, None), |one| (one.name, one.image_url, one.url));
        Ok(ShownProduct { product_id: product_id.to_owned(), name, image_url, url, list_minor, currency })
    }
}
