//! `GET /v1/sharers/{play_id}`, `POST /v1/sharers/join`, `…/bind` and `…/withdraw`: a shopper shares from a page, is brought by
//! somebody's link, sees what that earned, and asks for it to be paid.
//!
//! Whose order earned what a page does not say, nor who brought whom.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Body, Params, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::Promote;
use crate::plays::{PlayError, PlayerForm, Rules, store};
use crate::referral::{
    Balance, BindForm, BindingView, CommissionEntry, Referral, SharerCode, Statement, StatementQuery, WithdrawalForm,
    WithdrawalState, WithdrawalView,
};
use crate::wallet::storefront::Storefront;

/// Orders that earned something, told at once where nothing else is asked.
const MOST: u32 = 20;

/// A referral play as its page shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShownSharing {
    /// The play.
    pub play_id: String,
    /// What it is called.
    pub name: String,
    /// Whether it can be taken part in now. What was earned stays, whatever becomes of the play.
    pub open: bool,
    /// What a paid order earns, in basis points of what was paid for its goods: first whoever brought the buyer, then whoever
    /// brought them. Some goods may have rates of their own. Empty where the play is not published any more.
    pub basis_points: Vec<i64>,
    /// For how many days commission is frozen after the payment.
    pub frozen_days: i64,
    /// What the shopper who asks has in it; null if nobody is told.
    pub mine: Option<MySharing>,
    /// The moment of the answer.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
}

/// What a shopper has of sharing.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MySharing {
    /// Their code in this play; null before they joined.
    pub code: Option<String>,
    /// What to put behind the address of a page to make their link: `fv_share=…`; null before they joined.
    pub link_query: Option<String>,
    /// Where it may be shared.
    pub channels: Vec<String>,
    /// How many people ever came by their links in this play; of more than a thousand shopper keys the first are counted.
    pub brought: i64,
    /// What they have, by currency, of all plays.
    pub balances: Vec<Balance>,
    /// Orders that earned them something, of all plays, the latest first.
    pub entries: Vec<ShownCommission>,
    /// Ask again with this as `before` for earlier ones; null if there are none.
    pub next: Option<String>,
    /// What they asked for, the latest first; the last hundred.
    pub withdrawals: Vec<ShownWithdrawal>,
}

/// What an order earned. Who bought what, the page does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShownCommission {
    /// 1 for who brought the buyer, 2 for who brought them.
    pub level: i64,
    /// The currency.
    pub currency: String,
    /// What it earned with the payment, in minor units.
    pub amount_minor: i64,
    /// What of that was taken back with goods.
    pub taken_back_minor: i64,
    /// Whether the rest is frozen still.
    pub frozen: bool,
    /// When it was paid.
    #[schema(value_type = String, format = DateTime)]
    pub paid_at: Timestamp,
    /// From when on it may be withdrawn.
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Timestamp,
}

/// A withdrawal. Who decided it, and what they noted for themselves, the page does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShownWithdrawal {
    /// Its identifier.
    pub withdrawal_id: String,
    /// The currency.
    pub currency: String,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// Where to.
    pub payee: String,
    /// How it stands.
    pub state: WithdrawalState,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// When it is over unless somebody decides.
    #[schema(value_type = String, format = DateTime)]
    pub deadline: Timestamp,
    /// When it was decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
}

/// A referral play to share in.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageShareForm {
    /// The play.
    pub play_id: String,
}

/// By whose link somebody came.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageBindForm {
    /// The play.
    pub play_id: String,
    /// The sharer's code: what stands behind `fv_share=` up to the first `~`.
    pub code: String,
}

/// Whether somebody was brought by the sharer of a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PageBound {
    /// Whether that is the sharer of the code; otherwise the shopper stays with who brought them before, by the play's rule.
    pub by_this_code: bool,
    /// Since when they are bound to whoever it is.
    #[schema(value_type = String, format = DateTime)]
    pub bound_at: Timestamp,
}

/// Which entries.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageShareQuery {
    /// Only orders before this one: `next` of an answer before.
    pub before: Option<String>,
}

/// Show sharing on a page
///
/// Whoever has its link may see what a play promises. With `Authorization: Bearer <token>`, as for `GET /v1/profile`, it says
/// what the shopper earned too.
#[utoipa::path(
    get, path = "/v1/sharers/{play_id}", tag = "promote", operation_id = "page_sharing",
    params(("play_id" = String, Path, description = "The play"), PageShareQuery),
    responses(
        (status = 200, description = "The play, and what the shopper has in it", body = ShownSharing),
        (status = 401, description = "A token that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_sharing(
    State(storefront): State<Arc<Storefront>>,
    Segment(play_id): Segment<String>,
    Params(query): Params<PageShareQuery>,
    headers: HeaderMap,
) -> Answer<Json<ShownSharing>> {
    let shopper = storefront.shopper_if_told(&headers)?;
    Ok(Json(storefront.promote.shown_sharing(&play_id, shopper.as_deref(), query.before).await?))
}

/// Join the sharers from a page
///
/// `Authorization: Bearer <token>` names the shopper, as for `GET /v1/profile`. Again, it changes nothing.
#[utoipa::path(
    post, path = "/v1/sharers/join", tag = "promote", operation_id = "page_join_sharers",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing")),
    request_body = PageShareForm,
    responses(
        (status = 200, description = "The play, with the shopper's code", body = ShownSharing),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_join_sharers(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageShareForm>,
) -> Answer<Json<ShownSharing>> {
    let (shopper, _) = storefront.asks(&headers)?;
    let promote = &storefront.promote;
    promote.join_sharers(&form.play_id, PlayerForm { shopper_id: shopper.clone() }).await?;
    Ok(Json(promote.shown_sharing(&form.play_id, Some(&shopper), None).await?))
}

/// Come by somebody's link from a page
///
/// As for `POST /v1/sharers/join`: binds the shopper to the sharer of the code, as `POST /api/v1/plays/{play_id}/bindings` does.
/// Refused in a play whose links do not bind: there the shop's own server binds. Again, it changes nothing.
#[utoipa::path(
    post, path = "/v1/sharers/bind", tag = "promote", operation_id = "page_bind",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing")),
    request_body = PageBindForm,
    responses(
        (status = 200, description = "Whether the sharer of the code brought them", body = PageBound),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_bind(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageBindForm>,
) -> Answer<Json<PageBound>> {
    let (shopper, _) = storefront.asks(&headers)?;
    Ok(Json(storefront.promote.page_bind(shopper, form).await?))
}

/// Ask for commission to be paid from a page
///
/// As for `POST /v1/sharers/join`: sets the amount aside until the shop decides. The same key with the same request answers the
/// same withdrawal.
#[utoipa::path(
    post, path = "/v1/sharers/withdraw", tag = "promote", operation_id = "page_withdraw",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer")),
    request_body = WithdrawalForm,
    responses(
        (status = 200, description = "The withdrawal", body = ShownWithdrawal),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_withdraw(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<WithdrawalForm>,
) -> Answer<Json<ShownWithdrawal>> {
    let (shopper, key) = storefront.asks(&headers)?;
    Ok(Json(shown_withdrawal(storefront.promote.request_withdrawal(&shopper, key, form).await?)))
}

impl Promote {
    /// A referral play as its page shows it to a shopper, or to anybody.
    pub async fn shown_sharing(
        &self,
        play_id: &str,
        shopper: Option<&str>,
        before: Option<String>,
    ) -> Result<ShownSharing, PlayError> {
        let now = self.clock.now();
        let (name, rules) = self.sharing_of(play_id).await?;
        let open = match self.referral(play_id, now).await {
            Ok(_) => true,
            Err(PlayError::NotYet { .. } | PlayError::Over { .. } | PlayError::Unpublished(_)) => false,
            Err(error) => return Err(error),
        };
        let mine = match shopper {
            Some(shopper) => Some(self.my_sharing(play_id, rules.as_ref(), shopper, before).await?),
            None => None,
        };
        // What is not published is nobody's business but of those who shared in it.
        if rules.is_none() && mine.as_ref().is_none_or(|mine| mine.code.is_none()) {
            return Err(PlayError::Unpublished(play_id.to_owned()));
        }
        let basis_points = rules.iter().flat_map(|rules| &rules.levels).map(|level| level.basis_points).collect();
        let frozen_days = rules.as_ref().map_or(0, |rules| rules.frozen_days);
        Ok(ShownSharing { play_id: play_id.to_owned(), name, open, basis_points, frozen_days, mine, now })
    }

    /// What a referral play is called, and its rules while it is published.
    async fn sharing_of(&self, play_id: &str) -> Result<(String, Option<Referral>), PlayError> {
        let wanted = play_id.to_owned();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let published = store::published(tx, &wanted).await?;
                let latest = store::one(tx, &wanted).await?;
                let terms = published.as_ref().map(|play| &play.terms).or(latest.as_ref().map(|view| &view.terms));
                let Some(terms) = terms.cloned() else { return Err(PlayError::Unknown(wanted)) };
                match (terms.rules, published.is_some()) {
                    (Rules::Referral(rules), true) => Ok((terms.name, Some(rules))),
                    (Rules::Referral(_), false) => Ok((terms.name, None)),
                    (other, _) => {
                        let (kind, wanted_kind) = (other.kind(), crate::referral::WHAT);
                        Err(PlayError::Kind { play_id: wanted, kind, wanted: wanted_kind })
                    }
                }
            })
        });
        read.await
    }

    async fn my_sharing(
        &self,
        play_id: &str,
        rules: Option<&Referral>,
        shopper: &str,
        before: Option<String>,
    ) -> Result<MySharing, PlayError> {
        let code: Option<SharerCode> = self.sharer_code(play_id, rules, shopper).await?;
        let statement = self.statement(shopper, StatementQuery { before, limit: Some(MOST) }).await?;
        let Statement { balances, entries, next, withdrawals, .. } = statement;
        let now = self.clock.now();
        let brought = match &code {
            Some(code) => self.brought_by(play_id, &code.sharer_id).await?,
            None => 0,
        };
        let (code, link_query, channels) = code.map_or((None, None, Vec::new()), |one| {
            let SharerCode { code, link_query, channels, .. } = one;
            (Some(code), Some(link_query), channels)
        });
        Ok(MySharing {
            code,
            link_query,
            channels,
            brought,
            balances,
            entries: entries.into_iter().map(|one| shown_commission(one, now)).collect(),
            next,
            withdrawals: withdrawals.into_iter().map(shown_withdrawal).collect(),
        })
    }

    async fn page_bind(&self, shopper_id: String, form: PageBindForm) -> Result<PageBound, PlayError> {
        let PageBindForm { play_id, code } = form;
        if !self.referral(&play_id, self.clock.now()).await?.links_bind {
            let why = "its links do not bind: the shop's own server does".to_owned();
            return Err(PlayError::Rule { play_id, why });
        }
        let BindingView { by_this_code, bound_at, .. } =
            self.bind_shopper(&play_id, BindForm { shopper_id, code }).await?;
        Ok(PageBound { by_this_code, bound_at })
    }
}

fn shown_commission(one: CommissionEntry, now: Timestamp) -> ShownCommission {
    let CommissionEntry { level, currency, amount_minor, taken_back_minor, paid_at, opens_at, .. } = one;
    ShownCommission { level, currency, amount_minor, taken_back_minor, frozen: now < opens_at, paid_at, opens_at }
}

fn shown_withdrawal(one: WithdrawalView) -> ShownWithdrawal {
    let WithdrawalView {
        withdrawal_id, currency, amount_minor, payee, state, requested_at, deadline, decided_at, ..
    } = one;
    ShownWithdrawal { withdrawal_id, currency, amount_minor, payee, state, requested_at, deadline, decided_at }
}
