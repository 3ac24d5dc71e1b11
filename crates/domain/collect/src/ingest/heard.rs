//! The messages of a request on their way: into the log, or into quarantine.

use std::collections::BTreeSet;
use std::sync::Arc;

use fanvine_kernel::event::Event;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_stream::Records;

use super::complete::Completing;
use super::take::{EventResult, EventStatus, Received};
use super::traffic::Traffic;
use super::{record, rejected_problem};
use crate::Collect;
use crate::plan::judge::Verdict;
use crate::plan::{Action, Plan};
use crate::quality::{Counted, class_of};
use crate::quarantine::{Quarantined, message_key};
use crate::segment::{Draft, Fault, Rejection, Taken};

impl Collect {
    /// Nothing yet, of a text of so many bytes that came by `call`.
    pub(crate) fn heard(&self, call: &str, received_at: Timestamp, verbose: bool, bytes: usize) -> Heard<'_> {
        Heard {
            call: call.to_owned(),
            received_at,
            // A record is a little shorter than its message.
            records: Records::with_capacity(bytes / 400, bytes),
            refused: Vec::new(),
            first: None,
            results: verbose.then(Vec::new),
            by_source: Vec::new(),
            of_stored: Vec::with_capacity(bytes / 400),
            count: 0,
            plan: self.plan.now(),
            traffic: Arc::clone(&self.traffic),
            completing: self.completing(),
            waiting: Vec::new(),
            unread: BTreeSet::new(),
        }
    }
}

/// The messages of a request as they go into the log, or into quarantine.
pub(crate) struct Heard<'k> {
    call: String,
    pub(super) received_at: Timestamp,
    pub(super) records: Records,
    pub(super) refused: Vec<Quarantined>,
    /// The first that was rejected.
    pub(super) first: Option<Rejection>,
    /// What becomes of each, if the sender wants to know.
    pub(super) results: Option<Vec<EventResult>>,
    pub(super) by_source: Vec<(&'k SourceId, Counted)>,
    /// Of each event that goes into the log, the place of its source in `by_source`.
    pub(super) of_stored: Vec<u16>,
    pub(super) count: usize,
    plan: Option<Arc<Plan>>,
    traffic: Arc<Traffic>,
    pub(super) completing: Option<Completing>,
    /// The events from the first on that is completed by what must be read of the catalogue, in order.
    pub(super) waiting: Vec<Event>,
    /// The products of theirs.
    pub(super) unread: BTreeSet<String>,
}

impl<'k> Heard<'k> {
    /// What would be answered if nothing of it were on disk yet: for those who only want to know.
    pub(crate) fn judged(self, many: bool) -> Result<Received, Problem> {
        match self.first {
            Some(first) if self.records.is_empty() && self.waiting.is_empty() => {
                Err(rejected_problem(&first, many, self.count))
            }
            _ => Ok(Received { success: true, results: self.results }),
        }
    }

    /// Whether there was no message at all.
    pub(crate) fn is_nothing(&self) -> bool {
        self.count == 0
    }

    /// Refuses it all if any of it is refused or held, so that nothing is kept in quarantine a second time.
    pub(crate) fn insist(&self) -> Result<(), Problem> {
        match self.refused.first() {
            Some(refused) => {
                Err(Problem::new(Code::InvalidEvent, refused.detail.clone()).in_chinese(refused.detail_zh.clone()))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn take(&mut self, Taken { source, raw, outcome }: Taken<'_, 'k>) {
        let index = self.count;
        self.count += 1;
        let place = self.place_of(source);
        let outcome = match outcome {
            Ok(mut draft) => match self.held(place, &mut draft) {
                None => Ok(draft),
                Some((action, fault)) => {
                    Err((action, Rejection { index, message_id: Some(draft.message_id.into_owned()), fault }))
                }
            },
            Err(rejection) => Err((Action::Reject, rejection)),
        };
        let (message_id, status, fault) = match outcome {
            Ok(mut draft) => {
                if let Some((_, counted)) = self.by_source.get_mut(place) {
                    counted.lateness[class_of(draft.occurred_at, draft.received_at)] += 1;
                }
                // A sender's clock may run ahead; nothing is told before it happened.
                draft.occurred_at = draft.occurred_at.min(draft.received_at);
                self.traffic.mark(&mut draft);
                self.store(&mut draft, source);
                self.of_stored.push(place as u16);
                if self.results.is_none() {
                    return;
                }
                (Some(draft.message_id.into_owned()), EventStatus::Stored, None)
            }
            Err((action, rejection)) => {
                if let Some((_, counted)) = self.by_source.get_mut(place) {
                    *counted.refused.entry(rejection.fault.reason()).or_default() += 1;
                }
                self.refused.push(self.quarantined(source.clone(), raw, &rejection));
                let status =
                    if action == Action::Quarantine { EventStatus::Quarantined } else { EventStatus::Rejected };
                let told = (rejection.message_id.clone(), status, Some(rejection.fault.clone()));
                if status == EventStatus::Rejected {
                    self.first.get_or_insert(rejection);
                }
                told
            }
        };
        self.results.iter_mut().for_each(|results| {
            let (reason, reason_zh) = (fault.as_ref().map(Fault::to_string), fault.as_ref().map(Fault::in_chinese));
            results.push(EventResult { index, message_id: message_id.clone(), status, reason, reason_zh });
        });
    }

    /// Puts an event among the records, completed; or has it wait for what must be read first, with all behind it.
    fn store(&mut self, draft: &mut Draft<'_>, source: &SourceId) {
        let unread = self.completing.as_ref().map_or(Vec::new(), |completing| completing.complete(draft, source));
        if unread.is_empty() && self.waiting.is_empty() {
            record(&mut self.records, &draft.of_source(source));
        } else {
            self.unread.extend(unread);
            self.waiting.push(draft.of_source(source).to_event_of(source.clone()));
        }
    }

    /// The place of a source among those that were heard of, counted once more.
    fn place_of(&mut self, source: &'k SourceId) -> usize {
        let place = match self.by_source.iter().position(|(known, _)| *known == source) {
            Some(place) => place,
            None => {
                self.by_source.push((source, Counted { last_at: Some(self.received_at), ..Counted::default() }));
                self.by_source.len() - 1
            }
        };
        if let Some((_, counted)) = self.by_source.get_mut(place) {
            counted.received += 1;
        }
        place
    }

    /// Whether the tracking plan keeps an event back, and why; what it only tells about is counted.
    fn held(&mut self, place: usize, draft: &mut Draft<'_>) -> Option<(Action, Fault)> {
        match self.plan.as_ref()?.judge(draft) {
            Verdict::Fine => None,
            Verdict::Told(violations) => {
                let (_, counted) = self.by_source.get_mut(place)?;
                violations.into_iter().for_each(|violation| counted.violate(&draft.name, violation));
                None
            }
            Verdict::Held(action, fault) => Some((action, fault)),
        }
    }

    fn quarantined(&self, source: SourceId, raw: &str, rejection: &Rejection) -> Quarantined {
        Quarantined {
            source,
            key: message_key(rejection.message_id.as_deref(), raw),
            received_at: self.received_at,
            reason: rejection.fault.reason().to_owned(),
            detail: rejection.fault.to_string(),
            detail_zh: rejection.fault.in_chinese(),
            body: raw.to_owned(),
            arrived_by: self.call.clone(),
        }
    }
}
