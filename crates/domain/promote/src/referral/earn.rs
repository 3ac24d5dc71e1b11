//! What an order earns whoever brought its buyer: with its payment, in the same commit; and what is taken back of it, unit by
//! unit, with goods that come back.

use fanvine_contracts::prices::Goods;
use fanvine_kernel::event::names;
use fanvine_kernel::{Event, Problem, Timestamp};
use fanvine_ledger::{Along, Command, Leg, Share};
use fanvine_store::{StoreError, Tx};
use serde_json::json;

use super::bind::of_play;
use super::store::{self, Earned};
use super::{Brought, OwnOrders, Rates, Referral, account, of_order, of_unit};
use crate::checkout::realm::Realm;
use crate::checkout::{Redemption, issued_for};
use crate::plays::Play;
use crate::{Promote, announce};

/// Under this number it is kept what a roll-back takes: behind every return of goods.
const ROLLED_BACK: i64 = 1_000_000;
const MOST_PRODUCTS: u32 = 1_000;

/// Commands, rows and events that belong to something else that is done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Besides {
    pub commands: Vec<Command>,
    pub rows: Vec<Along>,
    pub events: Vec<Event>,
}

/// Who earns of an order, the first level first; no more than are of the play's levels.
struct Chain {
    play: Play,
    rules: Referral,
    sharers: Vec<String>,
}

/// The key of the command by which an order's commission comes.
pub(crate) fn commission_key(redemption_id: &str) -> String {
    format!("commission/{redemption_id}")
}

impl Promote {
    /// What an order that is paid now earns whoever brought its buyer.
    pub(crate) async fn commission(&self, one: &Redemption, now: Timestamp) -> Result<Besides, Problem> {
        let live = one.sandbox.is_none() && one.quote.goods_minor > 0;
        let Some(shopper) = one.shopper_id.as_deref().filter(|_| live) else { return Ok(Besides::default()) };
        let Some(chain) = self.chain(shopper, now).await.map_err(Problem::from)? else { return Ok(Besides::default()) };
        let mut all = Vec::new();
        for ((sharer, level), number) in chain.sharers.iter().zip(&chain.rules.levels).zip(1..) {
            let sharer_level = match level.by_sharer_level.is_empty() {
                true => None,
                false => self.level_of(sharer).await?,
            };
            let categories = self.categories(one, !level.categories.is_empty()).await?;
            let rate = |product: &str| {
                let category = categories.iter().find(|(known, _)| known == product).map(|(_, name)| name.as_str());
                level.rate(product, category, sharer_level.as_deref())
            };
            let rates: Rates =
                one.quote.lines.iter().map(|line| (line.line_id.clone(), rate(&line.product_id))).collect();
            all.push(Earned {
                redemption_id: one.redemption_id.clone(),
                level: number,
                play_id: chain.play.play_id.clone(),
                version: chain.play.version,
                sharer_id: sharer.clone(),
                shopper_id: shopper.to_owned(),
                order_id: one.order_id.clone(),
                currency: one.quote.currency.code().to_owned(),
                amount_minor: of_order(&one.quote, &rates),
                taken_minor: 0,
                rates,
                paid_at: now,
                opens_at: chain.rules.opens_at(now),
            });
        }
        all.retain(|one| one.amount_minor > 0);
        if all.is_empty() {
            return Ok(Besides::default());
        }
        let legs = all.iter().map(|one| {
            let to = account(&one.sharer_id, &one.currency);
            let opens_at = Some(one.opens_at).filter(|opens| *opens > now);
            Leg { opens_at, ..Leg::new(issued_for(&Realm::default(), &to), to, one.amount_minor) }
        });
        Ok(Besides {
            commands: vec![Command::transfer(commission_key(&one.redemption_id), legs.collect())],
            rows: store::earned(&all),
            events: all.iter().map(|one| event(names::COMMISSION_EARNED, one, one.amount_minor, 0, now)).collect(),
        })
    }

    /// The categories of an order's products, as the catalogue says.
    async fn categories(&self, one: &Redemption, wanted: bool) -> Result<Vec<(String, String)>, Problem> {
        if !wanted {
            return Ok(Vec::new());
        }
        let products = one.quote.lines.iter().map(|line| line.product_id.clone()).collect();
        let goods = Goods { products, ..Goods::default() };
        let found = self.others.prices.prices_of(&goods, one.quote.at, MOST_PRODUCTS).await?;
        Ok(found.into_iter().filter_map(|product| Some((product.product_id, product.category?))).collect())
    }

    /// Who earns of what a shopper buys now: by the play in which they were brought last, of those that are published.
    async fn chain(&self, shopper: &str, now: Timestamp) -> Result<Option<Chain>, StoreError> {
        let (keys, audience) = (self.keys_of(shopper), self.others.audience.clone());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let brought = store::brought_of(tx, &keys).await?;
                let own = store::sharers_of(tx, &keys).await?;
                if brought.is_empty() && own.is_empty() {
                    return Ok(None);
                }
                let mut plays: Vec<&String> = brought.iter().map(|(play, _)| play).collect();
                plays.extend(own.iter().map(|own| &own.play_id));
                plays.sort();
                plays.dedup();
                let mut found: Option<(Timestamp, Chain)> = None;
                for play_id in plays {
                    let Some((play, rules)) = store::rules(tx, play_id).await? else { continue };
                    let over = play.terms.ends_at.is_some_and(|ends| ends <= now);
                    if over || play.terms.starts_at.is_some_and(|starts| now < starts) {
                        continue;
                    }
                    let myself = own.iter().find(|own| own.play_id == *play_id);
                    let myself = myself.filter(|_| rules.own_orders == OwnOrders::Earn);
                    let first = match myself {
                        Some(own) => Some((own.joined_at, own.sharer_id.clone())),
                        None => {
                            let bound = rules.bound(&of_play(brought.clone(), play_id), now);
                            // Keys that became one person since.
                            let bound = bound.filter(|bound| !keys.contains(&bound.sharer_id));
                            bound.map(|Brought { bound_at, sharer_id, .. }| (bound_at, sharer_id))
                        }
                    };
                    let Some((since, first)) = first else { continue };
                    if found.as_ref().is_some_and(|(known, _)| *known >= since) {
                        continue;
                    }
                    let sharers =
                        up(tx, play_id, &rules, first, &keys, myself.is_some(), now, |key| audience.keys_of(key));
                    let sharers = sharers.await?;
                    found = Some((since, Chain { play, rules, sharers }));
                }
                Ok::<_, StoreError>(found.map(|(_, chain)| chain))
            })
        });
        read.await
    }
}

/// The sharer on the first level, and those on the next ones: each brought the one before. Nobody is in it twice, and the
/// buyer not at all, but for their own orders.
#[expect(clippy::too_many_arguments, reason = "one step of reading, told all that was read before")]
async fn up(
    tx: &mut Tx,
    play_id: &str,
    rules: &Referral,
    first: String,
    buyer: &[String],
    own: bool,
    now: Timestamp,
    keys_of: impl Fn(&str) -> Vec<String>,
) -> Result<Vec<String>, StoreError> {
    let mut seen = if own { Vec::new() } else { buyer.to_vec() };
    let mut sharers = vec![first.clone()];
    let mut last = first;
    while sharers.len() < rules.levels.len() {
        let mut keys = keys_of(&last);
        keys.push(last.clone());
        let next = rules.bound(&of_play(store::brought_of(tx, &keys).await?, play_id), now);
        seen.extend(keys);
        let Some(next) = next.filter(|next| !seen.contains(&next.sharer_id)) else { break };
        last.clone_from(&next.sharer_id);
        sharers.push(next.sharer_id);
    }
    Ok(sharers)
}

/// Takes back what units that came back had earned: what is kept of each level by the units that are kept, `(line, paid)`.
/// Rows and events are saved; the commands are for the caller to carry out.
pub(crate) async fn take_back(
    tx: &mut Tx,
    one: &Redemption,
    kept: &[(String, i64)],
    number: i64,
    now: Timestamp,
) -> Result<Vec<Command>, StoreError> {
    let earned = store::of_order(tx, &one.redemption_id).await?;
    let keeps = |of: &Earned| -> i64 {
        let rate = |line: &String| of.rates.get(line).copied().unwrap_or(0);
        kept.iter().map(|(line, paid)| of_unit(*paid, rate(line))).sum()
    };
    let back: Vec<i64> = earned.iter().map(|of| (of.left_minor() - keeps(of)).max(0)).collect();
    let Besides { commands, rows, events } = backwards(&earned, &back, &one.redemption_id, number, now);
    for Along { head, row, tail } in rows {
        tx.insert_many(head, vec![row], tail).await?;
    }
    tx.emit_all(&events).await?;
    Ok(commands)
}

impl Promote {
    /// Takes back all that is left of what an order earned, for one that is given up.
    pub(crate) async fn commission_back(&self, redemption_id: &str, now: Timestamp) -> Result<Besides, StoreError> {
        let id = redemption_id.to_owned();
        let earned = self.store.read(|tx| Box::pin(async move { store::of_order(tx, &id).await })).await?;
        let back: Vec<i64> = earned.iter().map(Earned::left_minor).collect();
        Ok(backwards(&earned, &back, redemption_id, ROLLED_BACK, now))
    }
}

fn backwards(earned: &[Earned], back: &[i64], redemption_id: &str, number: i64, now: Timestamp) -> Besides {
    if back.iter().all(|amount| *amount == 0) {
        return Besides::default();
    }
    let (key, of) = (format!("uncommission/{redemption_id}/{number}"), commission_key(redemption_id));
    let some = || earned.iter().zip(back.iter().copied()).filter(|(_, amount)| *amount > 0);
    Besides {
        commands: vec![Command::reverse(key, of, Share::Of(back.to_vec()))],
        rows: some().map(|(one, amount)| store::taken(one, number, amount, now)).collect(),
        events: some().map(|(one, amount)| event(names::COMMISSION_TAKEN_BACK, one, amount, number, now)).collect(),
    }
}

/// That commission came, went or opened, told of its sharer.
pub(super) fn event(name: &str, one: &Earned, amount_minor: i64, number: i64, now: Timestamp) -> Event {
    let about = json!({
        "play_id": one.play_id, "level": one.level, "redemption_id": one.redemption_id, "buyer_id": one.shopper_id,
        "amount_minor": amount_minor, "opens_at": one.opens_at,
    });
    let message_id = format!("{name}/{}/{}/{number}", one.redemption_id, one.level);
    let event = announce::event(name, message_id, now, &about);
    let currency = one.currency.parse().ok();
    Event { user_id: Some(one.sharer_id.clone()), order_id: one.order_id.clone(), currency, ..event }
}
