//! Points for what shoppers do, behind the log: each fact once, however often its event is read.

use fanvine_kernel::Event;
use fanvine_kernel::Timestamp;
use fanvine_kernel::event::filter::{Field, Occurrence, Selection, Value};
use fanvine_kernel::event::{EventRef, names};
use fanvine_kernel::ids::SourceId;
use fanvine_ledger::{Command, LedgerError, Leg, Refusal, Share};
use fanvine_store::StoreError;
use serde_json::{Value as Json, json};

use super::store::{self, Gift};
use super::{EarningRule, EarningTerms, Fact, OF_SHARES, Version};
use crate::checkout::issued_for;
use crate::checkout::realm::Realm;
use crate::plays::channels;
use crate::points::earned_leg;
use crate::{Promote, announce};

impl Promote {
    /// Whether any rule may give points, or take them back.
    pub(crate) fn earns_points(&self) -> bool {
        !self.shelf.earning().is_empty()
    }

    /// Gives the points that an event earns its shopper, and takes those back whose fact it undoes. Points are for members
    /// alone: an event without the shop's number for its shopper earns nothing. Whoever may have no more gets no more; a
    /// store that fails is told.
    pub(crate) async fn earn_points(&self, event: &EventRef<'_>) -> Result<(), StoreError> {
        let (rules, Some(shopper)) = (self.shelf.earning(), event.user_id) else { return Ok(()) };
        let concerned = |rule: &&EarningRule| {
            rule.at(event.received_at).is_some_and(|version| version.terms.hears(event.name, event.source))
        };
        let concerned: Vec<&EarningRule> = rules.iter().filter(concerned).collect();
        if concerned.is_empty() {
            return Ok(());
        }
        let told: Json = event.properties.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let occurrence = Occurrence::of(*event, &told);
        for rule in concerned {
            let Some(version) = rule.at(event.received_at) else { continue };
            let Some(fact) = version.terms.fact(event, shopper, &occurrence) else { continue };
            let gift = rule.gift(&fact);
            if version.terms.event == event.name {
                let counts = || {
                    let selection = Selection { names: None, filters: version.terms.filters.clone() };
                    rule.is_open(version, event) && selection.takes(&occurrence, self.zone)
                };
                if counts() && !shared_where_banned(event.name, &occurrence) {
                    self.give_earned(rule, version, gift, event, shopper).await?;
                }
            } else {
                self.take_earned_back(rule, gift, shopper).await?;
            }
        }
        Ok(())
    }

    async fn give_earned(
        &self,
        rule: &EarningRule,
        version: &Version,
        gift: String,
        event: &EventRef<'_>,
        shopper: &str,
    ) -> Result<(), StoreError> {
        let (live, now, terms) = (Realm::default(), self.clock.now(), &version.terms);
        // The day on which it reached us: what a client says of its own clock opens no other day.
        let day = self.zone.date_of(event.received_at).to_string();
        let points = earned_leg(&live, shopper, terms.points, self.offers().points(), now);
        let of_day = rule.counted_for(shopper, Some(day)).at_most(terms.per_shopper_per_day);
        let mut of_shopper = rule.counted_for(shopper, None);
        of_shopper.ceiling = terms.per_shopper;
        let mut of_all = rule.given();
        of_all.ceiling = terms.budget_points;
        let row = Gift {
            gift,
            rule_id: rule.rule_id.clone(),
            version: version.number,
            shopper_id: shopper.to_owned(),
            points: terms.points,
            event: event.name.to_owned(),
            message_id: event.message_id.to_owned(),
            given_at: now,
            expires_at: points.expires_at,
        };
        let about = json!({
            "rule_id": row.rule_id, "version": row.version, "name": terms.name, "points": row.points, "event": row.event,
            "opens_at": points.opens_at, "expires_at": points.expires_at,
        });
        let told = told(names::POINTS_GIVEN, &row.gift, shopper, now, &about);
        let limits = [(of_day, 1), (of_shopper, 1), (of_all, terms.points)];
        let limits = limits.into_iter().map(|(to, amount)| Leg::new(issued_for(&live, &to), to, amount));
        let command = Command::transfer(store::key(&row.gift), std::iter::once(points).chain(limits).collect());
        let done = self.lane.carry_out_and_tell(vec![command], vec![store::row(&row)], vec![told]).await;
        match done {
            Err(LedgerError::Store(error)) => Err(error),
            Err(LedgerError::Closed) => Err(StoreError::Closed),
            // A limit is reached; or the fact gave before, when the rule or the day was another.
            Err(LedgerError::Refused(refusal)) => {
                tracing::debug!(%refusal, shopper, rule = rule.rule_id, "no points were earned");
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    async fn take_earned_back(&self, rule: &EarningRule, gift: String, shopper: &str) -> Result<(), StoreError> {
        let wanted = gift.clone();
        let found = self.store.read(|tx| Box::pin(async move { store::one(tx, &wanted).await })).await?;
        let now = self.clock.now();
        // Points that expired are gone already: taking them back would take others.
        let Some(given) = found.filter(|given| given.expires_at.is_none_or(|expires| now < expires)) else {
            return Ok(());
        };
        let command = Command::reverse(format!("unearned/{gift}"), store::key(&gift), Share::All);
        let about = json!({ "rule_id": rule.rule_id, "points": given.points, "event": given.event });
        let told = told(names::POINTS_TAKEN_BACK, &gift, shopper, now, &about);
        match self.lane.carry_out_and_tell(vec![command], vec![store::taken_back(&gift, now)], vec![told]).await {
            Err(LedgerError::Store(error)) => Err(error),
            Err(LedgerError::Closed) => Err(StoreError::Closed),
            Err(LedgerError::Refused(refusal @ Refusal::Exceeds { .. })) => {
                tracing::debug!(%refusal, shopper, rule = rule.rule_id, "points were taken back before");
                Ok(())
            }
            Err(LedgerError::Refused(refusal)) => {
                tracing::warn!(%refusal, shopper, rule = rule.rule_id, "points were not taken back");
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }
}

impl EarningTerms {
    /// Whether events of that name and source concern it.
    fn hears(&self, name: &str, source: &str) -> bool {
        // What only the program itself can know is believed from nobody else.
        let believed = !names::THE_SHOPS_OWN.contains(&name) || source == SourceId::own().as_str();
        (self.event == name || self.taken_back_on.contains(name))
            && (self.sources.is_empty() || self.sources.contains(source))
            && believed
    }

    /// The fact an event tells of; none if it does not say which.
    fn fact<'f>(&self, event: &EventRef<'f>, shopper: &'f str, occurrence: &Occurrence<'_>) -> Option<Fact<'f>> {
        let Some(field) = &self.once_per else {
            return Some(Fact::Event { source: event.source, message_id: event.message_id });
        };
        let value = occurrence.values(field).first().and_then(text_of)?;
        Some(Fact::Named { shopper, value })
    }
}

impl EarningRule {
    /// Whether it gives points at the moment an event reached us. What happened before the rule was there, and is told or
    /// imported later, gives nothing.
    fn is_open(&self, version: &Version, event: &EventRef<'_>) -> bool {
        let (terms, happened) = (&version.terms, event.occurred_at.min(event.received_at));
        !terms.paused
            && self.first_set().max(terms.starts_at).is_some_and(|starts| starts <= happened)
            && terms.ends_at.is_none_or(|ends| event.received_at < ends)
    }
}

/// Whether something was shared in a channel whose own rules ban rewards for sharing.
fn shared_where_banned(name: &str, occurrence: &Occurrence<'_>) -> bool {
    let via = ["share_via", "channel"].map(|property| Field::Property(property.to_owned()));
    OF_SHARES.contains(&name)
        && via
            .iter()
            .flat_map(|field| occurrence.values(field))
            .filter_map(|value| text_of(&value))
            .any(|via| channels::bans(&via))
}

fn text_of(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) if !text.is_empty() => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Text(_) | Value::Time(_) | Value::Money(_) => None,
    }
}

fn told(name: &str, gift: &str, shopper: &str, now: Timestamp, about: &Json) -> Event {
    let event = announce::event(name, format!("{name}/{gift}"), now, about);
    Event { user_id: Some(shopper.to_owned()), ..event }
}
