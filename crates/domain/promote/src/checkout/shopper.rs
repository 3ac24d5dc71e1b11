//! What a quote knows of the shopper. The shop's server decides it: segments as people are counted, first orders as orders
//! are kept, level as levels are decided or a trait says, birthday as a trait says. What a request claims is believed in a sandbox alone.

use fanvine_kernel::LocalDate;

use super::quote_cart::QuoteForm;
use super::realm::Realm;
use super::reserve::CheckoutError;
use crate::Promote;
use crate::offers::Offer;
use crate::quote::{Facts, PointsRule};

/// The trait with a shopper's birthday: `1990-05-17` or `05-17`.
const BIRTHDAY: &str = "birthday";

impl Promote {
    /// What is known of the shopper as far as these offers ask.
    pub(crate) async fn shopper_facts(
        &self,
        realm: &Realm,
        form: &QuoteForm,
        offers: &[&Offer],
        today: LocalDate,
    ) -> Result<Facts, CheckoutError> {
        let claimed = &form.shopper;
        if !realm.is_live() {
            return Ok(Facts {
                segments: claimed.segments.clone(),
                level: claimed.level.clone(),
                first_order: claimed.first_order,
                birthday: claimed.birthday,
                ..Facts::default()
            });
        }
        let Some(shopper) = claimed.shopper_id.as_deref() else { return Ok(Facts::default()) };
        let asked = || offers.iter().map(|offer| &offer.terms.audience);
        let belongs = |segment: &&String| self.others.audience.belongs(segment, shopper) == Some(true);
        let segments = asked().flat_map(|audience| &audience.segments).filter(belongs).cloned().collect();
        let mut facts = Facts { segments, ..Facts::default() };
        let earns_by_level = self.offers().points().is_some_and(PointsRule::asks_level);
        if earns_by_level || asked().any(|audience| !audience.levels.is_empty()) {
            facts.level = self.level_of(shopper).await?;
        }
        if asked().any(|audience| audience.birthday) {
            let traits = self.others.traits.traits_of(shopper, &[BIRTHDAY]).await?;
            facts.birthday = traits.get(BIRTHDAY).is_some_and(|birthday| is_birthday(birthday, today));
        }
        if asked().any(|audience| audience.first_order) {
            let keys = self.others.audience.keys_of(shopper);
            facts.first_order = !self.others.orders.has_ordered(&keys).await?;
        }
        Ok(facts)
    }
}

/// Whether a day is the birthday of somebody born on `birthday`. Those of 29 February have it on the 28th in other years.
fn is_birthday(birthday: &str, today: LocalDate) -> bool {
    let day_of = |text: &str| match text.len() {
        5 => Some(text.to_owned()),
        _ => text.get(5..10).filter(|_| text.as_bytes().get(4) == Some(&b'-')).map(str::to_owned),
    };
    let Some(born) = day_of(birthday) else { return false };
    let is = |day: LocalDate| day_of(&day.to_string()).as_deref() == Some(born.as_str());
    let leap = || today.month_start() != today.plus_days(1).month_start() && born == "02-29";
    is(today) || leap() && day_of(&today.to_string()).as_deref() == Some("02-28")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_comes_once_a_year_whatever_the_year() {
        let is = |birthday: &str, today: &str| is_birthday(birthday, today.parse().unwrap());
        assert!(
            is("1990-05-17", "2026-05-17") && is("05-17", "2026-05-17") && is("1990-05-17T00:00:00Z", "2026-05-17")
        );
        assert!(!is("1990-05-17", "2026-05-18") && !is("soon", "2026-05-17") && !is("", "2026-05-17"));
        assert!(is("2000-02-29", "2026-02-28") && is("2000-02-29", "2028-02-29") && !is("2000-02-29", "2028-02-28"));
        assert!(!is("2000-02-29", "2026-03-01"));
    }
}
