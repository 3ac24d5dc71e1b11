//! The worker: sends what is due, a few at once to each receiver, and keeps what came of it.
//!
//! One that hangs or fails holds nobody else up, and of what waits for it no more is in memory than is on its way. What is
//! on its way when the program is killed is sent again, under the same message id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use fanvine_kernel::{Entropy, Timestamp};
use fanvine_store::StoreError;
use http::{StatusCode, header};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use super::list_deliveries::DeliveryState;
use super::sender::{Answer, SendError};
use super::store::{self, Due, Outcome};
use super::{SECOND, Webhook, WebhooksOptions, address, sign};
use crate::Engage;

/// Messages on their way to one receiver at once …
const TO_ONE: usize = 8;
/// … and to all.
const TO_ALL: usize = 64;
/// How often it is looked whether a pause is over.
const LOOK: Duration = Duration::from_millis(250);
/// How often old deliveries are removed.
const REMOVAL_S: i64 = 600;
/// After a failure of the store.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest time a receiver may ask us to wait.
const LONGEST_WISH_S: i64 = 86_400;
/// How much of what went wrong is kept.
const LONGEST_ERROR: usize = 500;

/// What is on its way, by webhook.
type OnTheWay = BTreeMap<String, BTreeSet<i64>>;

impl Engage {
    /// Sends what is due until told to stop, then waits for what is on its way.
    pub async fn deliver(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut on_the_way = OnTheWay::new();
        let mut sent: JoinSet<(String, i64)> = JoinSet::new();
        let mut removal_due = self.clock.now();
        while !*stop.borrow() {
            let mut pause = LOOK;
            if let Err(error) = self.send_due(&mut on_the_way, &mut sent).await {
                tracing::error!(error = %error.in_full(), "webhooks could not be sent; trying again");
                pause = PAUSE;
            }
            if self.clock.now() >= removal_due {
                removal_due = self.clock.now().plus_micros(REMOVAL_S * SECOND);
                if let Err(error) = self.remove_old_deliveries().await {
                    tracing::error!(error = %error.in_full(), "old deliveries could not be removed; trying again");
                }
            }
            tokio::select! {
                Some(done) = sent.join_next() => {
                    if let Ok((webhook, id)) = done {
                        forget(&mut on_the_way, &webhook, id);
                    }
                    while let Some(Ok((webhook, id))) = sent.try_join_next() {
                        forget(&mut on_the_way, &webhook, id);
                    }
                }
                () = tokio::time::sleep(pause) => {}
                () = self.webhooks.bell.notified() => {}
                _ = stop.changed() => {}
            }
        }
        while sent.join_next().await.is_some() {}
    }

    async fn send_due(
        self: &Arc<Self>,
        on_the_way: &mut OnTheWay,
        sent: &mut JoinSet<(String, i64)>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        for webhook in self.webhooks.all().iter().filter(|one| one.paused.is_none()) {
            let busy = on_the_way.get(&webhook.webhook_id).map_or(0, BTreeSet::len);
            let room = TO_ONE.saturating_sub(busy).min(TO_ALL.saturating_sub(sent.len()));
            // Asking for each place that gets free would ask eight times as often.
            if room == 0 || busy > TO_ONE / 2 {
                continue;
            }
            let (id, most) = (webhook.webhook_id.clone(), u32::try_from(busy + room).unwrap_or(0));
            let due = self.store.read(|tx| Box::pin(async move { store::due(tx, &id, now, most).await })).await?;
            let busy = on_the_way.entry(webhook.webhook_id.clone()).or_default();
            let new: Vec<Due> = due.into_iter().filter(|one| !busy.contains(&one.id)).take(room).collect();
            busy.extend(new.iter().map(|one| one.id));
            for one in new {
                sent.spawn(attempt(self.clone(), webhook.clone(), one));
            }
        }
        Ok(())
    }

    /// Removes deliveries that were taken or given up long ago.
    pub(crate) async fn remove_old_deliveries(&self) -> Result<(), StoreError> {
        let (now, options) = (self.clock.now(), &self.webhooks.options);
        let kept = [(DeliveryState::Delivered, options.keep_delivered), (DeliveryState::Dead, options.keep_dead)];
        for (state, kept) in kept {
            let before = now.plus_micros(-micros(kept));
            let remove = || self.store.write(move |tx| Box::pin(store::remove_old(tx, state, before)));
            while remove().await? > 0 {}
        }
        Ok(())
    }

    /// Signs a message as that webhook expects it, and sends it.
    pub(crate) async fn send(&self, webhook: &Webhook, message_id: &str, body: &str) -> Result<Answer, String> {
        let private_too = self.webhooks.sender.private_too();
        let url: Url = address::read(&webhook.url, private_too).map_err(|error| error.to_string())?;
        let now = self.clock.now();
        let seconds = sign::seconds(now);
        let before = webhook.before.as_ref().filter(|(_, until)| *until > now).map(|(secret, _)| secret.as_str());
        let secrets = std::iter::once(webhook.secret.as_str()).chain(before);
        let headers = [
            (header::CONTENT_TYPE.as_str(), "application/json".to_owned()),
            (header::USER_AGENT.as_str(), concat!("Fanvine/", env!("CARGO_PKG_VERSION")).to_owned()),
            ("webhook-id", message_id.to_owned()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", sign::signatures(secrets, message_id, seconds, body)),
        ];
        let answer = self.webhooks.sender.post(&url, &headers, body.to_owned()).await;
        answer.map_err(|error: SendError| error.to_string())
    }
}

fn forget(on_the_way: &mut OnTheWay, webhook: &str, id: i64) {
    if let Some(busy) = on_the_way.get_mut(webhook) {
        busy.remove(&id);
        if busy.is_empty() {
            on_the_way.remove(webhook);
        }
    }
}

/// Sends one delivery and keeps what came of it.
async fn attempt(engage: Arc<Engage>, webhook: Webhook, due: Due) -> (String, i64) {
    let begun = engage.clock.now();
    let answer = engage.send(&webhook, &due.message_id, &due.body).await;
    let now = engage.clock.now();
    let took_ms = now.micros().saturating_sub(begun.micros()) / 1_000;
    let gone = answer.as_ref().is_ok_and(|answer| answer.status == StatusCode::GONE);
    let verdict = judge(&answer, due.attempts, now, &engage.webhooks.options, engage.entropy.as_ref());
    let outcome = Outcome { took_ms, ..verdict };
    let (id, webhook_id) = (due.id, webhook.webhook_id.clone());
    let kept = engage.store.write(move |tx| {
        Box::pin(async move {
            store::record(tx, id, &outcome).await?;
            if gone { store::pause_gone(tx, &webhook_id, now).await } else { Ok(()) }
        })
    });
    let mut kept = kept.await;
    if gone && kept.is_ok() {
        tracing::warn!(webhook = webhook.webhook_id, url = webhook.url, "the receiver is gone; its webhook is paused");
        let _turn = engage.changing_webhooks().await;
        kept = engage.read_webhooks().await.map_err(|error| match error {
            super::WebhooksError::Store(error) => error,
            _ => StoreError::Closed,
        });
    }
    if let Err(error) = kept {
        // It is due still, so it is sent again: under the same id.
        tracing::error!(error = %error.in_full(), "what came of a delivery could not be kept; it is sent again");
        tokio::time::sleep(PAUSE).await;
    }
    (webhook.webhook_id, id)
}

/// What becomes of a delivery after this answer.
fn judge(
    answer: &Result<Answer, String>,
    attempts: i64,
    now: Timestamp,
    options: &WebhooksOptions,
    entropy: &dyn Entropy,
) -> Outcome {
    let attempts = attempts.saturating_add(1);
    let (status, error, wish) = match answer {
        Ok(answer) if answer.status.is_success() => (Some(answer.status), None, None),
        Ok(answer) => {
            let said = answer.text.trim();
            let text = if said.is_empty() { answer.status.to_string() } else { format!("{}: {said}", answer.status) };
            (Some(answer.status), Some(text), answer.retry_after_s)
        }
        Err(reason) => (None, Some(reason.clone()), None),
    };
    let last = attempts >= i64::from(options.attempts) || status == Some(StatusCode::GONE);
    let state = match &error {
        None => DeliveryState::Delivered,
        Some(_) if last => DeliveryState::Dead,
        Some(_) => DeliveryState::Waiting,
    };
    let wish = wish.unwrap_or(0).clamp(0, LONGEST_WISH_S) * SECOND;
    let error = error.map(|text| text.chars().filter(|one| *one != '\0').take(LONGEST_ERROR).collect());
    Outcome {
        state,
        due_at: now.plus_micros(pause(attempts, options, entropy).max(wish)),
        attempts,
        tried_at: now,
        status: status.map(|status| i64::from(status.as_u16())),
        error,
        took_ms: 0,
    }
}

/// How long to wait after so many attempts, in microseconds: four times as long each time up to the longest, and a quarter
/// more or less, so that what failed together is not sent together again.
fn pause(attempts: i64, options: &WebhooksOptions, entropy: &dyn Entropy) -> i64 {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 30) * 2).unwrap_or(0);
    let whole = micros(options.first_pause).saturating_mul(1_i64 << doublings).min(micros(options.longest_pause));
    let mut bytes = [0u8; 2];
    entropy.fill(&mut bytes);
    let share = i64::from(u16::from_le_bytes(bytes));
    whole / 4 * 3 + (whole / 2).saturating_mul(share) / 65_536
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 8).min(i64::MAX / 131_072)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanvine_testkit::FixedEntropy;

    fn answered(status: u16, retry_after_s: Option<i64>) -> Result<Answer, String> {
        Ok(Answer { status: StatusCode::from_u16(status).unwrap(), retry_after_s, text: "no".into() })
    }

    fn judged(answer: &Result<Answer, String>, attempts: i64) -> Outcome {
        judge(answer, attempts, Timestamp::from_micros(0), &WebhooksOptions::default(), &FixedEntropy(0))
    }

    #[test]
    fn pauses_grow_fourfold_up_to_half_a_day_and_differ_by_a_quarter() {
        let options = WebhooksOptions::default();
        let seconds = |attempts, byte| pause(attempts, &options, &FixedEntropy(byte)) / SECOND;
        assert_eq!((seconds(1, 0), seconds(1, 255)), (3, 6));
        assert_eq!((seconds(2, 0), seconds(2, 255)), (15, 24));
        assert_eq!((seconds(9, 0), seconds(9, 255)), (32_400, 53_999));
        assert_eq!(seconds(1_000, 0), 32_400);
    }

    #[test]
    fn only_a_success_counts_as_delivered_and_a_redirect_is_none() {
        assert_eq!(judged(&answered(204, None), 0).state, DeliveryState::Delivered);
        for status in [302, 400, 404, 500] {
            assert_eq!(judged(&answered(status, None), 0).state, DeliveryState::Waiting);
        }
        assert_eq!(judged(&Err("no answer".into()), 0).state, DeliveryState::Waiting);
    }

    #[test]
    fn the_last_attempt_leaves_a_dead_letter_and_so_does_a_receiver_that_is_gone() {
        assert_eq!(judged(&answered(500, None), 8).state, DeliveryState::Waiting);
        let last = judged(&answered(500, None), 9);
        assert_eq!((last.state, last.attempts), (DeliveryState::Dead, 10));
        assert_eq!(last.error.as_deref(), Some("500 Internal Server Error: no"));
        assert_eq!(judged(&answered(410, None), 0).state, DeliveryState::Dead);
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_pause_but_not_for_ever() {
        assert_eq!(judged(&answered(429, Some(120)), 0).due_at.micros(), 120 * SECOND);
        assert_eq!(judged(&answered(429, Some(i64::MAX)), 0).due_at.micros(), LONGEST_WISH_S * SECOND);
        assert_eq!(judged(&answered(503, Some(1)), 0).due_at.micros(), 3 * SECOND + 750_000);
    }
}
