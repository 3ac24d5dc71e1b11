//! Of whom a question is asked: of everybody, or of those who belong to a segment now.

use std::sync::Arc;

use fanvine_kernel::{Code, Problem};
use fanvine_lake::{Run, Snapshot, Visitor};
use roaring::RoaringBitmap;

use crate::Measure;

/// The people a question is about, by the lake's numbers; none for everybody.
pub type Population = Option<Arc<RoaringBitmap>>;

/// Members asked for at a time.
const PAGE: usize = 4_096;

/// Shows a visitor only some people.
pub struct Among<V> {
    pub(super) members: Arc<RoaringBitmap>,
    pub(super) visitor: V,
}

impl<V: Visitor> Visitor for Among<V> {
    fn visit(&mut self, run: &Run<'_>) {
        if self.members.contains(run.shopper) {
            self.visitor.visit(run);
        }
    }
}

impl Measure {
    /// Who belongs to a segment; everybody, if none is named. `at` says where the question names it.
    ///
    /// # Errors
    /// There is no such segment.
    pub async fn population(
        &self,
        segment: Option<&str>,
        snapshot: &Snapshot,
        at: &str,
    ) -> Result<Population, Problem> {
        let Some(segment) = segment else { return Ok(None) };
        let (audience, lake, merges) = (self.audience.clone(), self.lake.clone(), self.merges(snapshot));
        let named = segment.to_owned();
        let members = self.work(move || {
            let (mut members, mut after) = (RoaringBitmap::new(), None);
            loop {
                let Some(page) = audience.members(&named, after, PAGE) else {
                    return Ok(None);
                };
                for member in &page {
                    // All keys of a person have the person's number; some may not be in the lake yet.
                    let number = member.keys.iter().find_map(|key| lake.shopper_number(key));
                    members.extend(number.map(|number| merges.person(number).unwrap_or(number)));
                }
                after = page.last().map(|member| member.place);
                if page.len() < PAGE {
                    return Ok(Some(members));
                }
            }
        });
        match members.await? {
            Some(members) => Ok(Some(Arc::new(members))),
            None => {
                let text = format!("there is no segment `{segment}`");
                Err(Problem::new(Code::InvalidParameter, text).at(at))
            }
        }
    }
}
