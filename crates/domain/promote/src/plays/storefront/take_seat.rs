//! `POST /v1/groups/open` and `POST /v1/groups/join`: a shopper takes a seat from a page. The order is made here, of the
//! play's product at the catalogue's price, and is then the shop's to be paid.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Body, ProblemBody};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::show_group::ShownGroup;
use super::store::orders_in_play;
use super::{DAY, LOOKED_AT, MOST_LAPSED, MOST_UNPAID};
use crate::Promote;
use crate::checkout::reserve::{ReserveForm, check_key, key_of};
use crate::checkout::{Redemption, Shopper, Status};
use crate::group_buy::{GroupSeat, OpenForm};
use crate::plays::{PlayError, Rules};
use crate::quote::{Cart, Line};
use crate::wallet::storefront::Storefront;

/// A group to open.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageOpenForm {
    /// The play.
    pub play_id: String,
    /// For how many members: one of the play's sizes.
    pub size: i64,
    /// How many units; 1 if absent.
    #[serde(default)]
    pub quantity: Option<i64>,
    /// What the page said it costs, in minor units. If it costs anything else by now, nothing is reserved.
    #[serde(default)]
    pub expect_payable_minor: Option<i64>,
}

/// A group to join.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageJoinForm {
    /// The group.
    pub group_id: String,
    /// How many units; 1 if absent.
    #[serde(default)]
    pub quantity: Option<i64>,
    /// What the page said it costs, in minor units. If it costs anything else by now, nothing is reserved.
    #[serde(default)]
    pub expect_payable_minor: Option<i64>,
}

/// A seat that is kept until it is paid.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PageSeat {
    /// The order: the shop takes the payment and redeems it.
    pub redemption_id: String,
    /// What is to be paid, in minor units.
    pub payable_minor: i64,
    /// Until when it is kept.
    #[schema(value_type = String, format = DateTime)]
    pub deadline: Timestamp,
    /// The group.
    pub group: ShownGroup,
}

/// Open a group buy from a page
///
/// `Authorization: Bearer <token>` names the shopper, as for `GET /v1/profile`. Answers the order to be paid: the shop shows
/// its payment for `redemption_id` and redeems it with `POST /api/v1/redemptions/{id}/redeem`. The same key answers the same
/// seat. A shopper has at most two orders in a play that are not paid.
#[utoipa::path(
    post, path = "/v1/groups/open", tag = "promote", operation_id = "page_open_group",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer")),
    request_body = PageOpenForm,
    responses(
        (status = 200, description = "The order to be paid, and the group", body = PageSeat),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_open_group(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageOpenForm>,
) -> Answer<Json<PageSeat>> {
    let (shopper, key) = storefront.asks(&headers)?;
    Ok(Json(storefront.promote.page_open(&shopper, key, form).await?))
}

/// Join a group buy from a page
///
/// As for `POST /v1/groups/open`. Who has a seat in the group already is answered that one.
#[utoipa::path(
    post, path = "/v1/groups/join", tag = "promote", operation_id = "page_join_group",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer")),
    request_body = PageJoinForm,
    responses(
        (status = 200, description = "The order to be paid, and the group", body = PageSeat),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_join_group(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageJoinForm>,
) -> Answer<Json<PageSeat>> {
    let (shopper, key) = storefront.asks(&headers)?;
    Ok(Json(storefront.promote.page_join(&shopper, key, form).await?))
}

/// What a page orders.
pub(super) struct Wanted<'a> {
    pub product_id: &'a str,
    pub quantity: Option<i64>,
    pub expect_payable_minor: Option<i64>,
}

impl Storefront {
    /// Who looks, if they are told.
    pub(crate) fn shopper_if_told(&self, headers: &HeaderMap) -> Result<Option<String>, Problem> {
        match headers.contains_key(http::header::AUTHORIZATION) {
            true => self.shopper(headers).map(Some),
            false => Ok(None),
        }
    }

    /// Who wants to do something, and the name of the request: one of the shopper's own, which nobody else's can be.
    pub(crate) fn asks(&self, headers: &HeaderMap) -> Result<(String, String), Problem> {
        let shopper = self.shopper(headers)?;
        self.pace.count(&shopper, self.promote.clock.now())?;
        let key = key_of(headers);
        check_key(&key)?;
        let digest = Sha256::new().chain_update(&shopper).chain_update([0]).chain_update(&key).finalize();
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((shopper, format!("page/{digest}")))
    }
}

impl Promote {
    /// Opens a group from a page.
    pub async fn page_open(&self, shopper: &str, key: String, form: PageOpenForm) -> Result<PageSeat, PlayError> {
        let play = self.playable(&form.play_id, self.clock.now()).await?;
        let kind = play.terms.rules.kind();
        let Rules::GroupBuy(rules) = &play.terms.rules else {
            return Err(PlayError::Kind { play_id: form.play_id, kind, wanted: crate::group_buy::WHAT });
        };
        self.may_reserve(&play.play_id, shopper, &key).await?;
        let (quantity, expect_payable_minor) = (form.quantity, form.expect_payable_minor);
        let wanted = Wanted { product_id: &rules.product_id, quantity, expect_payable_minor };
        let order = self.page_order(&play.play_id, shopper, &wanted).await?;
        let seat = self.open_group(&play.play_id, key, OpenForm { size: form.size, order }).await?;
        self.page_seat(seat, shopper).await
    }

    /// Joins a group from a page.
    pub async fn page_join(&self, shopper: &str, key: String, form: PageJoinForm) -> Result<PageSeat, PlayError> {
        let group = self.group(&form.group_id).await?;
        let shown = self.shown_group(&form.group_id, Some(shopper)).await?;
        let kept = |status| matches!(status, Status::Reserved | Status::Redeemed);
        if let Some(mine) = shown.mine.clone().filter(|mine| kept(mine.status)) {
            let (redemption_id, payable_minor, deadline) = (mine.redemption_id, mine.payable_minor, mine.deadline);
            return Ok(PageSeat { redemption_id, payable_minor, deadline, group: shown });
        }
        let play_id = &group.run.play.play_id;
        self.may_reserve(play_id, shopper, &key).await?;
        let (quantity, expect_payable_minor) = (form.quantity, form.expect_payable_minor);
        let wanted = Wanted { product_id: &group.rules.product_id, quantity, expect_payable_minor };
        let order = self.page_order(play_id, shopper, &wanted).await?;
        let seat = self.join_group(&form.group_id, key, order).await?;
        self.page_seat(seat, shopper).await
    }

    async fn page_seat(&self, seat: GroupSeat, shopper: &str) -> Result<PageSeat, PlayError> {
        let Redemption { redemption_id, quote, deadline, .. } = seat.redemption;
        let group = self.shown_group(&seat.group.group_id, Some(shopper)).await?;
        Ok(PageSeat { redemption_id, payable_minor: quote.payable_minor, deadline, group })
    }

    /// Refuses who keeps seats that others want and pays for none of them. A request that is repeated is not counted.
    pub(super) async fn may_reserve(&self, play_id: &str, shopper: &str, key: &str) -> Result<(), PlayError> {
        let (play, who, now) = (play_id.to_owned(), shopper.to_owned(), self.clock.now());
        let key = key.to_owned();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let known = crate::checkout::store::of_key(tx, &key, now).await?.is_some();
                Ok::<_, StoreError>((known, orders_in_play(tx, &play, &who, LOOKED_AT, now).await?))
            })
        });
        let (repeated, orders) = read.await?;
        if repeated {
            return Ok(());
        }
        let refused = |why: String| Err(PlayError::Rule { play_id: play_id.to_owned(), why });
        let unpaid = orders.iter().filter(|order| order.status == Status::Reserved).count();
        if unpaid >= MOST_UNPAID {
            return refused(format!("{unpaid} of your orders wait to be paid, where {MOST_UNPAID} can"));
        }
        let today = |order: &&Redemption| order.status == Status::Lapsed && order.reserved_at.plus_micros(DAY) > now;
        let lapsed = orders.iter().filter(today).count();
        if lapsed >= MOST_LAPSED {
            return refused(format!("{lapsed} of your orders were not paid within a day, where {MOST_LAPSED} can be"));
        }
        Ok(())
    }

    /// The order a page makes: some units of the play's product, at the catalogue's price.
    pub(super) async fn page_order(
        &self,
        play_id: &str,
        shopper: &str,
        wanted: &Wanted<'_>,
    ) -> Result<ReserveForm, PlayError> {
        let product_id = wanted.product_id;
        let priced = self.priced(product_id).await?.ok_or_else(|| PlayError::Rule {
            play_id: play_id.to_owned(),
            why: format!("product {product_id} is not on sale in the catalogue, or has no price there"),
        })?;
        let line = Line {
            line_id: "1".to_owned(),
            product_id: product_id.to_owned(),
            category: priced.category,
            brand: priced.brand,
            quantity: wanted.quantity.unwrap_or(1),
            unit_minor: priced.price_minor,
        };
        let cart = Cart { currency: priced.currency, lines: vec![line], freight_minor: 0, channel: None, points: 0 };
        Ok(ReserveForm {
            cart,
            shopper: Shopper { shopper_id: Some(shopper.to_owned()), ..Shopper::default() },
            codes: Vec::new(),
            expect_payable_minor: wanted.expect_payable_minor,
            hold_s: None,
            order_id: None,
        })
    }
}
