//! `DELETE /api/v1/people/{shopper_id}`: a person is forgotten, under all their keys.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody, Refusal, Segment};
use serde::Serialize;

use super::Erasure;
use crate::People;
use crate::shopper_key::ShopperKey;

/// A person who is forgotten.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonErased {
    /// What the person's id was.
    pub person_id: String,
    /// How many shopper keys were erased now; 0 if that was done before.
    pub keys: usize,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub erased_at: Timestamp,
}

/// Erase a person
///
/// By any of their shopper keys; for good. All that is kept of the person under any key goes: what was counted, traits,
/// tags, evidence and decisions on who they are, model weights, places in lists and segments. Asking again changes
/// nothing. Their events stay in the event log and the event store, where SQL finds them; what is kept of orders stays
/// with the orders. What they do afterwards begins anew.
#[utoipa::path(
    delete, path = "/api/v1/people/{shopper_id}", tag = "people", operation_id = "erase_person",
    params(("shopper_id" = String, Path, description = "A user id or an anonymous id, or `key:` and that")),
    responses(
        (status = 200, description = "The person is forgotten", body = PersonErased),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn erase_person(
    State(people): State<Arc<People>>,
    Segment(ShopperKey(shopper_id)): Segment<ShopperKey>,
    actor: Option<Extension<Actor>>,
) -> Answer<Json<PersonErased>> {
    let by = actor.map(|Extension(actor)| actor.name);
    // A task of its own: what is forgotten must be saved even if the caller does not wait for the answer.
    let erasing = tokio::spawn(async move { people.erase(&shopper_id, by).await });
    let ended = |_| Problem::new(Code::Internal, "the person was not erased to the end; ask again");
    Ok(Json(erasing.await.map_err(ended)??))
}

impl People {
    /// Forgets a person. If the store fails, they are forgotten in memory, and in the store with the next save.
    async fn erase(self: &Arc<Self>, shopper_id: &str, by: Option<String>) -> Result<PersonErased, Refusal> {
        if let Err(unknown) = self.must_know(shopper_id) {
            let before = self.shoppers().erased_at(shopper_id).ok_or(unknown)?;
            // It may still be on its way to the store.
            self.save().await.map_err(not_saved)?;
            let person_id = crate::identity::PersonId::of_key(shopper_id).to_string();
            return Ok(PersonErased { person_id, keys: 0, erased_at: before });
        }
        let erased = {
            // Not while something is on its way to the store, nor while who is who is decided.
            let _saving = self.saving.lock().await;
            let _deciding = self.identity.deciding().await;
            let forgotten = self.forget(shopper_id, by);
            // Whoever is counted anew begins again, without them.
            *self.recounting() = None;
            forgotten
        };
        self.recount_due.notify_one();
        self.save().await.map_err(not_saved)?;
        Ok(erased)
    }

    /// Forgets a person in memory, and has the next save forget them in the store: who they were, and their keys.
    pub(crate) fn forget(&self, shopper_id: &str, by: Option<String>) -> PersonErased {
        let keys: Vec<String> = self.keys_with(shopper_id).into_iter().collect();
        let mut lists = self.segments.lists_mut();
        let mut membership = self.segments.membership();
        let mut shoppers = self.shoppers_mut();
        // What was received before is taken in, or is told late.
        let at = self.clock.now();
        let (person_id, identity) = self.identity.forget(&keys, at);
        let erased = PersonErased { person_id: person_id.to_string(), keys: keys.len(), erased_at: at };
        let until = shoppers.next_offset();
        let numbers = shoppers.erase(&keys, at);
        membership.forget_people(&numbers);
        lists.forget(&keys, &numbers);
        let person_id = erased.person_id.clone();
        shoppers.have_erased(Erasure { person_id, keys: keys.clone(), numbers, until, at, by, identity });
        drop((shoppers, membership, lists));
        self.segments.numbers.forget(&self.lake, &keys);
        erased
    }
}

fn not_saved(error: StoreError) -> Refusal {
    let problem: Problem = error.into();
    Refusal(problem)
}

#[cfg(test)]
mod tests {
    use fanvine_kernel::EventKind;
    use fanvine_testkit::track;

    use crate::testing::Opened;

    #[tokio::test]
    async fn who_came_again_before_it_was_saved_keeps_the_evidence_of_the_new_life() {
        let shop = Opened::new().await;
        let signs_in = || [track("Identify").kind(EventKind::Identify).user("ann").anonymous("b1")];
        shop.does(signs_in());
        shop.people.save().await.unwrap();
        shop.people.forget("ann", None);
        shop.clock.advance_micros(1);
        shop.does(signs_in());
        shop.people.save().await.unwrap();
        let again = shop.people.identity().read().keys_with("ann").len();
        let restarted = super::People::open(
            shop.store.store(),
            shop.people.lake.clone(),
            shop.clock.clone(),
            fanvine_kernel::Zone::UTC,
        );
        let saved = restarted.await.unwrap().identity().read().keys_with("ann").len();
        assert_eq!((again, saved), (2, 2));
    }
}
