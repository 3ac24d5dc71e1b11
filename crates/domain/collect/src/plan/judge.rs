//! An event, held against the plan.

use std::borrow::Cow;

use super::departure::Departure;
use super::schema::Violation;
use super::{Action, Plan};
use crate::segment::{Draft, Fault};

/// What the plan says of an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as planned, or nobody minds.
    Fine,
    /// It is taken and told about.
    Told(Vec<Violation>),
    /// It is not taken as it is: quarantined, or rejected.
    Held(Action, Fault),
}

impl Plan {
    /// Mends what the plan lets be mended, and says what becomes of the event.
    pub fn judge(&self, draft: &mut Draft<'_>) -> Verdict {
        let Some((action, schema)) = self.events.get(&*draft.name) else {
            let violation = || Violation { path: "event".to_owned(), problem: Departure::UnknownEvent };
            return match self.unknown_events {
                Action::Allow => Verdict::Fine,
                Action::Warn => Verdict::Told(vec![violation()]),
                held => Verdict::Held(held, Fault::Unplanned { event: draft.name.to_string() }),
            };
        };
        if (self.trim || self.coerce)
            && let Some(properties) = draft.properties.as_deref()
            && let Some(mended) = schema.mended(properties, self.trim, self.coerce)
        {
            draft.properties = Some(Cow::Owned(mended));
        }
        let violations = schema.check(draft.properties.as_deref().unwrap_or("{}"));
        match (violations.is_empty(), action) {
            (true, _) | (_, Action::Allow) => Verdict::Fine,
            (_, Action::Warn) => Verdict::Told(violations),
            (_, held) => {
                let more = violations.len() - 1;
                let Some(Violation { path, problem }) = violations.into_iter().next() else { return Verdict::Fine };
                Verdict::Held(*held, Fault::Violates { path, problem, more })
            }
        }
    }
}
