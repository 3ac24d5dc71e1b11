//! What counts for tasks, behind the log: each fact once for a step, however often its event is read.

use fanvine_kernel::event::filter::{Occurrence, Selection};
use fanvine_kernel::event::{EventRef, names};
use fanvine_kernel::{Event, Timestamp};
use fanvine_ledger::LedgerError;
use fanvine_store::StoreError;
use serde_json::{Value as Json, json};

use super::store::{self, Counted};
use super::{ALL, TaskRun, TaskStep};
use crate::earning::happening::{is_believed, shared_where_banned, value_of};
use crate::plays::promise::Giving;
use crate::{Promote, announce};

impl Promote {
    /// Whether anything may count for tasks.
    pub(crate) fn counts_for_tasks(&self) -> bool {
        !self.shelf.task_events().is_empty()
    }

    /// Counts an event for the tasks its shopper has taken on, and gives what is done with it.
    pub(crate) async fn count_for_tasks(&self, event: &EventRef<'_>) -> Result<(), StoreError> {
        let Some(shopper) = event.user_id.filter(|_| self.shelf.task_events().contains(event.name)) else {
            return Ok(());
        };
        let (shopper, at) = (shopper.to_owned(), event.received_at);
        let runs = self.store.read(|tx| Box::pin(async move { store::open_at(tx, &shopper, at).await })).await?;
        if runs.is_empty() || !is_believed(event.name, event.source) {
            return Ok(());
        }
        let told: Json = event.properties.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let occurrence = Occurrence::of(*event, &told);
        if shared_where_banned(event.name, &occurrence) {
            return Ok(());
        }
        for run in runs {
            let Some(rules) = run.rules() else { continue };
            // What happened before they were taken on, and is told later, counts for nothing.
            if occurrence.at < run.joined_at {
                continue;
            }
            for step in &rules.steps {
                let selection = Selection { names: None, filters: step.filters.0.clone() };
                let hears =
                    step.event == event.name && (step.sources.is_empty() || step.sources.contains(event.source));
                if hears
                    && selection.takes(&occurrence, self.zone)
                    && let Some(fact) = step.fact(event, &occurrence)
                {
                    self.count_for_step(&run, step, fact, event.message_id).await?;
                }
            }
        }
        Ok(())
    }

    async fn count_for_step(
        &self,
        run: &TaskRun,
        step: &TaskStep,
        fact: String,
        message_id: &str,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (of_step, of_all) = (self.giving_of(run, &step.step_id, now), self.giving_of(run, ALL, now));
        let (run, step, message_id) = (run.clone(), step.clone(), message_id.to_owned());
        let steps = run.rules().map_or(0, |rules| rules.steps.len());
        let counting = self.store.write(move |tx| {
            Box::pin(async move {
                tx.lock(&format!("tasks/{}", run.run_id)).await?;
                let counted = Counted { step_id: &step.step_id, fact: &fact, message_id: &message_id };
                if store::is_done(tx, &run.run_id, &step.step_id).await?
                    || store::count(tx, &run.run_id, &counted, now).await? < step.count
                {
                    return Ok(());
                }
                let given = give(tx, of_step, now).await?;
                store::done(tx, &run.run_id, &step.step_id, given, now).await?;
                tx.emit(&told(names::TASK_STEP_COMPLETED, &run, Some(&step), given, now)).await?;
                if store::done_steps(tx, &run.run_id).await? >= steps as i64 {
                    let given = give(tx, of_all, now).await?;
                    store::done(tx, &run.run_id, ALL, given, now).await?;
                    tx.emit(&told(names::TASKS_COMPLETED, &run, None, given, now)).await?;
                }
                Ok::<_, LedgerError>(())
            })
        });
        match counting.await {
            Ok(()) => Ok(()),
            Err(LedgerError::Store(error)) => Err(error),
            Err(_) => Err(StoreError::Closed),
        }
    }

    /// How the reward of a step, or of all, would be given now; none if there is none, or it cannot be given any more.
    fn giving_of(&self, run: &TaskRun, step_id: &str, now: Timestamp) -> Option<Giving> {
        let reward = run.rules()?.reward(step_id)?;
        let giving = self.giving(&run.promise(step_id, reward), now);
        giving.inspect_err(|error| tracing::warn!(%error, run = run.run_id, "a reward cannot be given")).ok()
    }
}

async fn give(tx: &mut fanvine_store::Tx, giving: Option<Giving>, now: Timestamp) -> Result<bool, LedgerError> {
    match giving {
        Some(giving) => giving.carry_out(tx, now).await,
        None => Ok(false),
    }
}

impl TaskStep {
    /// What is counted of an event: itself, or the value it names.
    fn fact(&self, event: &EventRef<'_>, occurrence: &Occurrence<'_>) -> Option<String> {
        use crate::wallet::Source;
        use crate::wallet::receive::receipt_key;
        match &self.once_per {
            // Their digest: values are of any length.
            Some(field) => value_of(field, occurrence).map(|value| receipt_key(Source::Auto, &["value", &value])),
            None => Some(receipt_key(Source::Auto, &["event", event.source, event.message_id])),
        }
    }
}

fn told(name: &str, run: &TaskRun, step: Option<&TaskStep>, given: bool, now: Timestamp) -> Event {
    let step_id = step.map(|step| step.step_id.as_str());
    let about = json!({
        "play_id": run.play.play_id, "name": run.play.terms.name, "day": run.day, "step_id": step_id,
        "step": step.map(|step| step.name.as_str()), "reward": run.rules().and_then(|rules| rules.reward(step_id.unwrap_or(ALL))).map(|reward| &reward.gives), "given": given,
    });
    let id = format!("{name}/{}/{}", run.run_id, step_id.unwrap_or(ALL));
    Event { user_id: Some(run.shopper_id.clone()), ..announce::event(name, id, now, &about) }
}
