//! What a quote must know beyond the cart: how much is left of what is limited, and which codes are good.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_ledger::{Account, Standing, standings};
use fanvine_store::StoreError;

use super::quote_cart::{CodeFound, QuoteForm};
use super::{Accounts, code_account};
use crate::Promote;
use crate::codes::{self, Code};
use crate::quote::{Facts, Rulebook};

/// What is known, and which of the codes given are used.
pub(crate) struct Known {
    pub facts: Facts,
    pub codes: Vec<Code>,
    pub found: Vec<CodeFound>,
}

impl Promote {
    /// Reads what a quote must know. `exhausted` are offers of which nothing is left, whatever the ledger says.
    pub(crate) async fn know(
        &self,
        book: &Rulebook,
        form: &QuoteForm,
        exhausted: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Known, StoreError> {
        let shopper = &form.shopper;
        let mut known = Known {
            facts: Facts {
                segments: shopper.segments.clone(),
                level: shopper.level.clone(),
                first_order: shopper.first_order,
                birthday: shopper.birthday,
                ..Facts::default()
            },
            codes: Vec::new(),
            found: Vec::new(),
        };
        let given: BTreeSet<String> = form.codes.iter().cloned().collect();
        let found: BTreeMap<String, Code> = if given.is_empty() {
            BTreeMap::new()
        } else {
            let wanted = given.clone();
            self.store.read(|tx| Box::pin(async move { codes::store::some(tx, wanted).await })).await?
        };
        let coupons: BTreeSet<String> = found.values().map(|code| code.offer_id.clone()).collect();
        let limited = book.limited(&form.cart, &coupons);
        let today = self.zone.date_of(now);
        let names = account_names(&limited, &found, form, today);
        let standing: BTreeMap<String, Standing> = if names.is_empty() {
            BTreeMap::new()
        } else {
            let read = self
                .store
                .read(move |tx| Box::pin(async move { standings(tx, names.iter().map(String::as_str), now).await }));
            read.await?
        };
        let left = |account: &Account| {
            let used = standing.get(&account.name).map_or(0, |one| one.balance.saturating_add(one.held_in));
            account.ceiling.unwrap_or(i64::MAX).saturating_sub(used).max(0)
        };
        for code in given {
            let one = found.get(&code);
            let used_up = one.and_then(code_account).is_some_and(|account| left(&account) < 1);
            known.found.push(CodeFound { code, offer_id: one.map(|one| one.offer_id.clone()), used_up });
            if let Some(one) = one.filter(|_| !used_up)
                && known.facts.coupons.insert(one.offer_id.clone())
            {
                known.codes.push(one.clone());
            }
        }
        for offer in limited {
            let accounts = Accounts { offer, shopper_id: shopper.shopper_id.as_deref(), today };
            let of_all = [accounts.total(), accounts.of_shopper(), accounts.of_day()];
            let mut least = of_all.iter().flatten().map(&left).min();
            let currency = form.cart.currency.code();
            let spent = accounts.budget(currency).is_some_and(|account| left(&account) < 1);
            if spent || accounts.lacks_shopper() || exhausted.contains(&offer.offer_id) {
                least = Some(0);
            }
            known.facts.left.extend(least.map(|least| (offer.offer_id.clone(), least)));
            if !offer.terms.limits.per_product.is_empty() {
                for line in &form.cart.lines {
                    let stock = accounts.of_product(&line.product_id).map_or(0, |account| left(&account));
                    known.facts.stock.insert((offer.offer_id.clone(), line.product_id.clone()), stock);
                }
            }
        }
        Ok(known)
    }
}

fn account_names(
    limited: &[&crate::offers::Offer],
    codes: &BTreeMap<String, Code>,
    form: &QuoteForm,
    today: LocalDate,
) -> Vec<String> {
    let mut names: BTreeSet<String> = codes.values().filter_map(code_account).map(|account| account.name).collect();
    for offer in limited {
        let accounts = Accounts { offer, shopper_id: form.shopper.shopper_id.as_deref(), today };
        let budget = accounts.budget(form.cart.currency.code());
        let of_all = [accounts.total(), accounts.of_shopper(), accounts.of_day(), budget];
        let of_products = form.cart.lines.iter().filter_map(|line| accounts.of_product(&line.product_id));
        names.extend(of_all.into_iter().flatten().chain(of_products).map(|account| account.name));
    }
    names.into_iter().collect()
}
