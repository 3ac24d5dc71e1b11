//! Offers and what a cart costs with them: coupons, thresholds, bundles, flash sales, prices for members and for a time.
//!
//! It decides which offers apply to a cart, what each takes off every single unit, what a reservation takes of what is
//! limited, and what comes back when goods do. It must never learn how a shopper came to be in a segment, nor how an order
//! is paid or shipped.

mod announce;
pub mod assist;
pub mod bargain;
mod books;
mod campaigns;
pub mod check_in;
pub mod checkout;
pub mod codes;
pub mod contest;
pub mod earning;
pub mod group_buy;
pub mod levels;
pub mod lottery;
pub mod offers;
mod others;
pub mod plays;
mod points;
pub mod quiz;
pub mod quote;
pub mod referral;
mod reminders;
mod settlements;
pub mod tasks;
pub mod vote;
mod wallet;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fanvine_kernel::{Clock, Entropy, Zone};
use fanvine_ledger::Lane;
use fanvine_store::{Migration, Store, StoreError};
use tokio::sync::Mutex;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use others::Others;
pub use wallet::storefront::router as storefront;

use offers::shelf::Shelf;
use quote::Rulebook;

/// The tables of this room. It needs the ledger's beside them.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "promote/0001_offers", sql: include_str!("../migrations/0001_offers.sql") },
    Migration { name: "promote/0002_wallet", sql: include_str!("../migrations/0002_wallet.sql") },
    Migration { name: "promote/0003_plays", sql: include_str!("../migrations/0003_plays.sql") },
    Migration { name: "promote/0004_campaigns", sql: include_str!("../migrations/0004_campaigns.sql") },
    Migration { name: "promote/0005_bargains", sql: include_str!("../migrations/0005_bargains.sql") },
    Migration { name: "promote/0006_lotteries", sql: include_str!("../migrations/0006_lotteries.sql") },
    Migration { name: "promote/0007_check_ins", sql: include_str!("../migrations/0007_check_ins.sql") },
    Migration { name: "promote/0008_referrals", sql: include_str!("../migrations/0008_referrals.sql") },
    Migration { name: "promote/0009_levels", sql: include_str!("../migrations/0009_levels.sql") },
    Migration { name: "promote/0010_earning", sql: include_str!("../migrations/0010_earning.sql") },
    Migration { name: "promote/0011_assists", sql: include_str!("../migrations/0011_assists.sql") },
    Migration { name: "promote/0012_votes", sql: include_str!("../migrations/0012_votes.sql") },
    Migration { name: "promote/0013_tasks", sql: include_str!("../migrations/0013_tasks.sql") },
    Migration { name: "promote/0014_contests", sql: include_str!("../migrations/0014_contests.sql") },
    Migration { name: "promote/0015_quizzes", sql: include_str!("../migrations/0015_quizzes.sql") },
];

/// Over how many days a reference price must be the lowest, where the shop says nothing else.
const REFERENCE_DAYS: i64 = 7;

/// Lots that expire in one transaction, so that others get their turn between.
const LOTS_AT_ONCE: u32 = 500;

/// The lock whoever changes offers holds.
pub(crate) const LOCK: &str = "offers";

/// The room's state.
pub struct Promote {
    pub(crate) store: Store,
    pub(crate) lane: Lane,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) zone: Zone,
    pub(crate) others: Others,
    /// Over how many days a reference price must be the lowest.
    pub(crate) reference_days: i64,
    /// The published offers. Read anew whenever one is published or withdrawn.
    pub(crate) shelf: Arc<Shelf>,
    /// Whether every run in flight is to be looked at: what a crash came between was not.
    pub(crate) look_at_all: AtomicBool,
    /// Groups that may be joined.
    pub(crate) groups: group_buy::OpenGroups,
    /// What is remembered of contests.
    pub(crate) contests: contest::count::Watch,
    /// Held while the ledger is proved.
    pub(crate) proving: Mutex<()>,
}

impl Promote {
    /// The room over a store that holds [`MIGRATIONS`] and the ledger's. Must be called inside a tokio runtime.
    pub async fn open(
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        zone: Zone,
    ) -> Result<Self, StoreError> {
        let lane = Lane::start(store.clone(), clock.clone());
        let shelf = Arc::new(Shelf::new(store.clone()));
        shelf.read_anew().await?;
        let (others, proving, look_at_all) = (Others::nobody(), Mutex::default(), AtomicBool::new(true));
        let reference_days = REFERENCE_DAYS;
        let (groups, contests) = (group_buy::OpenGroups::default(), contest::count::Watch::default());
        let promote = Self {
            store,
            lane,
            clock,
            entropy,
            zone,
            others,
            reference_days,
            shelf,
            look_at_all,
            groups,
            contests,
            proving,
        };
        // Whether any contest is in flight is known from here on.
        promote.contests_in_flight().await?;
        Ok(promote)
    }

    /// The same, asking these others. Without, no shopper and no product is known.
    pub fn asking(mut self, others: Others) -> Self {
        self.others = others;
        self
    }

    /// The same, where a reference price must be the lowest of so many days: 7 in China, 30 in the European Union.
    pub fn with_reference_days(mut self, days: i64) -> Self {
        self.reference_days = days.max(1);
        self
    }

    /// The published offers.
    pub(crate) fn offers(&self) -> Arc<Rulebook> {
        self.shelf.now()
    }

    /// Releases reservations that are over, and tells of them, lets lots expire, ends plays that are due, decides
    /// levels, and tells of reminders that are due, until nothing is left to do.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.tell_reminders().await?;
        self.count_friends().await?;
        self.look_over_contests().await?;
        self.sweep_runs().await?;
        self.release_commission().await?;
        self.decide_levels().await?;
        loop {
            let swept = self.store.write(move |tx| Box::pin(fanvine_ledger::sweep(tx, now, LOTS_AT_ONCE))).await?;
            if swept.expired == 0 {
                return announce::lapsed(&self.store, now).await;
            }
        }
    }
}

/// The room's routes.
pub fn router(state: Arc<Promote>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(offers::list_offers::list_offers))
        .routes(routes!(offers::list_offers::get_offer, offers::put_offer::put_offer))
        .routes(routes!(offers::put_offer::put_offer_group))
        .routes(routes!(offers::list_versions::list_offer_versions))
        .routes(routes!(offers::examine::check_offer))
        .routes(routes!(offers::publish_offer::publish_offer))
        .routes(routes!(offers::publish_offer::withdraw_offer))
        .routes(routes!(codes::make_codes::make_codes, codes::list_codes::list_codes))
        .routes(routes!(codes::list_codes::export_codes))
        .routes(routes!(codes::get_code::get_code))
        .routes(routes!(checkout::quote_cart::quote_cart))
        .routes(routes!(checkout::list_redemptions::list_redemptions, checkout::reserve::reserve_offers))
        .routes(routes!(checkout::settle::get_redemption))
        .routes(routes!(checkout::deposit::pay_deposit))
        .routes(routes!(checkout::settle::redeem))
        .routes(routes!(checkout::settle::roll_back))
        .routes(routes!(checkout::return_goods::return_goods))
        .routes(routes!(books::show_proof::show_ledger_proof))
        .routes(routes!(books::show_account::show_ledger_account))
        .routes(routes!(books::list_accounts::list_ledger_accounts))
        .routes(routes!(books::list_transfers::list_ledger_transfers))
        .routes(routes!(books::list_transfers::list_ledger_reservations))
        .routes(routes!(wallet::list_coupons::list_coupons))
        .routes(routes!(wallet::issue_coupons::issue_coupons))
        .routes(routes!(wallet::link::make_link))
        .routes(routes!(points::put_rule::get_points_rule, points::put_rule::put_points_rule))
        .routes(routes!(points::show_points::show_points, points::give_points::give_points))
        .routes(routes!(earning::list_earned::list_earned_points))
        .routes(routes!(earning::list_rules::list_earning_rules))
        .routes(routes!(earning::put_rule::put_earning_rule))
        .routes(routes!(levels::put_ladder::get_levels, levels::put_ladder::put_levels))
        .routes(routes!(levels::list_members::list_level_members))
        .routes(routes!(levels::show_member::show_level_member))
        .routes(routes!(levels::give_growth::give_growth))
        .routes(routes!(levels::give_growth::take_growth_back))
        .routes(routes!(settlements::show_settlements::show_settlements))
        .routes(routes!(plays::list_plays::list_plays))
        .routes(routes!(plays::list_plays::get_play, plays::put_play::put_play))
        .routes(routes!(plays::examine::check_play))
        .routes(routes!(plays::publish_play::publish_play))
        .routes(routes!(plays::publish_play::withdraw_play))
        .routes(routes!(plays::channels::list_sharing_channels))
        .routes(routes!(plays::sign_off::sign_play_off))
        .routes(routes!(referral::join_sharers::join_sharers))
        .routes(routes!(referral::join_sharers::list_sharers))
        .routes(routes!(referral::bind::bind_shopper))
        .routes(routes!(referral::show_statement::show_statement))
        .routes(routes!(referral::show_tree::show_invite_tree))
        .routes(routes!(referral::withdraw::request_withdrawal))
        .routes(routes!(referral::withdraw::list_withdrawals))
        .routes(routes!(referral::decide_withdrawal::approve_withdrawal))
        .routes(routes!(referral::decide_withdrawal::reject_withdrawal))
        .routes(routes!(group_buy::open::open_group))
        .routes(routes!(group_buy::join::join_group))
        .routes(routes!(group_buy::show_group::list_groups))
        .routes(routes!(group_buy::show_group::get_group))
        .routes(routes!(bargain::open::open_bargain))
        .routes(routes!(bargain::help::help_bargain))
        .routes(routes!(bargain::order::order_bargain))
        .routes(routes!(bargain::show_bargain::list_bargains))
        .routes(routes!(bargain::show_bargain::get_bargain))
        .routes(routes!(bargain::prove::prove_bargain))
        .routes(routes!(assist::open::open_assist))
        .routes(routes!(assist::accept::accept_assist))
        .routes(routes!(assist::activate::activate_friend))
        .routes(routes!(assist::show_assist::list_assists))
        .routes(routes!(assist::show_assist::get_assist))
        .routes(routes!(lottery::draw::draw_lottery))
        .routes(routes!(lottery::entries::give_entries))
        .routes(routes!(lottery::entries::show_entries))
        .routes(routes!(lottery::show_lottery::list_lotteries))
        .routes(routes!(lottery::show_lottery::get_lottery))
        .routes(routes!(lottery::prove::prove_lottery))
        .routes(routes!(lottery::show_draws::list_draws))
        .routes(routes!(lottery::claim::claim_prize))
        .routes(routes!(check_in::check_in_today::check_in))
        .routes(routes!(check_in::make_up::make_up_check_in))
        .routes(routes!(check_in::list_check_ins::list_check_ins))
        .routes(routes!(check_in::show_streak::show_streak))
        .routes(routes!(tasks::join::take_tasks_on, tasks::show::list_tasks))
        .routes(routes!(tasks::show::show_tasks))
        .routes(routes!(vote::cast::cast_vote))
        .routes(routes!(vote::enter::enter_vote))
        .routes(routes!(vote::show_votes::show_votes))
        .routes(routes!(vote::show_votes::list_vote_entries))
        .routes(routes!(vote::decide_entry::decide_vote_entry))
        .routes(routes!(quiz::begin::begin_quiz, quiz::show::list_quiz_attempts))
        .routes(routes!(quiz::show::show_quiz_attempt))
        .routes(routes!(quiz::answer::answer_quiz))
        .routes(routes!(quiz::results::show_quiz))
        .routes(routes!(contest::show_contest::list_contests))
        .routes(routes!(contest::show_contest::get_contest))
        .routes(routes!(contest::standings::show_contest_standings))
        .routes(routes!(contest::standings::show_contest_entrant))
        .routes(routes!(contest::join::join_contest))
        .routes(routes!(contest::join::leave_contest))
        .routes(routes!(contest::exclude::exclude_from_contest))
        .routes(routes!(contest::exclude::readmit_to_contest))
        .with_state(state)
}
