//! What a quote must know beyond the cart: of the shopper, of what is left of what is limited, and which codes and coupons
//! are good. And the quote that fits it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fanvine_contracts::campaigns::Charge;
use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_ledger::{Account, Leg, Lot, Standing, lots_of, standings};
use fanvine_store::StoreError;

use super::quote_cart::{CodeFound, QuoteForm, quoted};
use super::realm::Realm;
use super::reserve::CheckoutError;
use super::{Accounts, Held, Use, code_account, coupon_account, legs};
use crate::Promote;
use crate::campaigns::{Said, account};
use crate::codes::{self, Code};
use crate::offers::{Claim, Offer};
use crate::points::points_account;
use crate::quote::{Facts, Quote, Rulebook};
use crate::wallet::{self, Coupon};

/// What is known, and which codes and coupons are used.
pub(crate) struct Known {
    pub facts: Facts,
    pub held: Vec<Held>,
    pub found: Vec<CodeFound>,
    /// On which campaign an offer counts.
    pub charges: BTreeMap<String, Charge>,
    standing: BTreeMap<String, Standing>,
}

/// A quote that fits what is left of everything limited, and what it takes of that.
pub(crate) struct Fitting {
    pub quote: Quote,
    pub known: Known,
    pub uses: Vec<Use>,
    pub legs: Vec<Leg>,
}

/// What was read of the store.
struct Read {
    codes: BTreeMap<String, Code>,
    coupons: Vec<Coupon>,
}

impl Known {
    /// How much more an account takes.
    fn left(&self, account: &Account) -> i64 {
        let used = self.standing.get(&account.name).map_or(0, |one| one.balance.saturating_add(one.held_in));
        account.ceiling.unwrap_or(i64::MAX).saturating_sub(used).max(0)
    }
}

impl Promote {
    /// Quotes a cart so that everything it takes is there: an offer whose budget would not last is left out.
    /// `exhausted` are offers of which nothing is left, whatever the ledger says.
    pub(crate) async fn fitting(
        &self,
        book: &Arc<Rulebook>,
        realm: &Realm,
        form: &QuoteForm,
        exhausted: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Fitting, CheckoutError> {
        let mut known = self.know(book, realm, form, now).await?;
        known.facts.left.extend(exhausted.iter().map(|offer| (offer.clone(), 0)));
        let (shopper, today) = (form.shopper.shopper_id.as_deref(), self.zone.date_of(now));
        loop {
            let quote = quoted(book, &form.cart, known.facts.clone(), now).await?;
            let (uses, legs) = legs(&quote, book, &known, realm, shopper, today);
            let tight = uses.iter().zip(&legs).find(|(_, leg)| known.left(&leg.to) < leg.amount);
            // Each turn leaves one more offer out.
            match tight.map(|(one, _)| one.offer_id.clone()) {
                Some(offer) if known.facts.left.get(&offer) != Some(&0) => known.facts.left.insert(offer, 0),
                _ => return Ok(Fitting { quote, known, uses, legs }),
            };
        }
    }

    async fn know(
        &self,
        book: &Rulebook,
        realm: &Realm,
        form: &QuoteForm,
        now: Timestamp,
    ) -> Result<Known, CheckoutError> {
        let (shopper, today) = (form.shopper.shopper_id.as_deref(), self.zone.date_of(now));
        let read = self.read_claims(realm, form, now).await?;
        let usable = |coupon: &&Coupon| coupon.is_open(now);
        let coupons: BTreeSet<String> = read
            .codes
            .values()
            .map(|code| code.offer_id.clone())
            .chain(read.coupons.iter().filter(usable).map(|coupon| coupon.offer_id.clone()))
            .chain(form.drafts.iter().cloned())
            .collect();
        let concerned = book.asked_about(&form.cart, &coupons);
        let facts = self.shopper_facts(realm, form, &concerned, today).await?;
        let said = match realm.is_live() {
            true => self.said_of(shopper, &concerned, form.cart.currency, now).await?,
            false => Said::default(),
        };
        let mut names = account_names(&concerned, &read, realm, form, today);
        names.extend(said.charges.values().map(|charge| account(charge).name));
        let points = shopper.filter(|_| form.cart.points > 0).map(|shopper| points_account(realm, shopper).name);
        let (standing, lots) = self.look(names, points.clone(), now).await?;
        let facts = Facts { refused: said.refused, ..facts };
        let mut known = Known { facts, held: Vec::new(), found: Vec::new(), charges: said.charges, standing };
        if let Some(standing) = points.and_then(|name| known.standing.get(&name)) {
            let open: i64 = lots.iter().filter(|lot| lot.is_spendable(now)).map(|lot| lot.remaining).sum();
            known.facts.points = open.saturating_sub(standing.held_out).max(0);
        }
        known.hold(read, realm, form, now);
        known.limit(&concerned, realm, form, today);
        Ok(known)
    }

    async fn read_claims(&self, realm: &Realm, form: &QuoteForm, now: Timestamp) -> Result<Read, StoreError> {
        let given: BTreeSet<String> = form.codes.iter().cloned().collect();
        // A sandbox has no wallets: what it tries is named as a draft or by code.
        let shopper = form.shopper.shopper_id.clone().filter(|_| realm.is_live());
        if given.is_empty() && shopper.is_none() {
            return Ok(Read { codes: BTreeMap::new(), coupons: Vec::new() });
        }
        if given.is_empty()
            && let Some(shopper) = &shopper
        {
            let coupons = wallet::store::current_alone(&self.store, shopper, now).await?;
            return Ok(Read { codes: BTreeMap::new(), coupons });
        }
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let codes = codes::store::some(tx, given).await?;
                let coupons = match shopper {
                    Some(shopper) => wallet::store::current(tx, &shopper, now).await?,
                    None => Vec::new(),
                };
                Ok::<_, StoreError>(Read { codes, coupons })
            })
        });
        read.await
    }

    async fn look(
        &self,
        mut names: Vec<String>,
        points: Option<String>,
        now: Timestamp,
    ) -> Result<(BTreeMap<String, Standing>, Vec<Lot>), StoreError> {
        names.extend(points.clone());
        if names.is_empty() {
            return Ok((BTreeMap::new(), Vec::new()));
        }
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let standing = standings(tx, names.iter().map(String::as_str), now).await?;
                let lots = match points {
                    Some(account) => lots_of(tx, &account).await?,
                    None => Vec::new(),
                };
                Ok::<_, StoreError>((standing, lots))
            })
        });
        read.await
    }
}

impl Known {
    /// Takes in the codes given and the coupons held: of each offer one is used, a code before a coupon, of coupons the
    /// one that ends first.
    fn hold(&mut self, read: Read, realm: &Realm, form: &QuoteForm, now: Timestamp) {
        let Read { codes, coupons } = read;
        let given: BTreeSet<&String> = form.codes.iter().collect();
        for code in given {
            let one = codes.get(code);
            let account = one.and_then(|one| code_account(realm, one));
            let used_up = account.as_ref().is_some_and(|account| self.left(account) < 1);
            let offer_id = one.map(|one| one.offer_id.clone());
            self.found.push(CodeFound { code: code.clone(), offer_id: offer_id.clone(), used_up });
            if let Some(offer_id) = offer_id.filter(|_| !used_up)
                && self.facts.coupons.insert(offer_id.clone())
            {
                self.held.push(Held { offer_id, account });
            }
        }
        for coupon in coupons.iter().filter(|coupon| coupon.is_open(now)) {
            let account = coupon_account(coupon);
            if self.left(&account) > 0 && self.facts.coupons.insert(coupon.offer_id.clone()) {
                self.held.push(Held { offer_id: coupon.offer_id.clone(), account: Some(account) });
            }
        }
        self.facts.coupons.extend(form.drafts.iter().cloned());
    }

    /// Takes in how much is left of what is limited.
    fn limit(&mut self, offers: &[&Offer], realm: &Realm, form: &QuoteForm, today: LocalDate) {
        let shopper_id = form.shopper.shopper_id.as_deref();
        for &offer in offers.iter().filter(|offer| offer.is_limited()) {
            let accounts = Accounts { offer, shopper_id, today, realm };
            let of_all = [accounts.total(), accounts.of_shopper(), accounts.of_day(), accounts.of_birthday()];
            let mut least = of_all.iter().flatten().map(|account| self.left(account)).min();
            let currency = form.cart.currency.code();
            let spent = accounts.budget(currency).is_some_and(|account| self.left(&account) < 1);
            if spent || accounts.lacks_shopper() {
                least = Some(0);
            }
            if accounts.of_first_order().is_some_and(|account| self.left(&account) < 1) {
                self.facts.first_order = false;
            }
            self.facts.left.extend(least.map(|least| (offer.offer_id.clone(), least)));
            if !offer.terms.limits.per_product.is_empty() {
                for line in &form.cart.lines {
                    let stock = accounts.of_product(&line.product_id).map_or(0, |account| self.left(&account));
                    self.facts.stock.insert((offer.offer_id.clone(), line.product_id.clone()), stock);
                }
            }
        }
    }
}

impl Rulebook {
    /// The offers a quote of this cart is about: those that apply by themselves, and those of the coupons held.
    pub(crate) fn asked_about(&self, cart: &crate::quote::Cart, coupons: &BTreeSet<String>) -> Vec<&Offer> {
        let mine = |offer: &&Offer| offer.terms.claim != Claim::Coupon || coupons.contains(&offer.offer_id);
        self.near(cart, coupons).into_iter().filter(mine).collect()
    }
}

fn account_names(offers: &[&Offer], read: &Read, realm: &Realm, form: &QuoteForm, today: LocalDate) -> Vec<String> {
    let codes = read.codes.values().filter_map(|code| code_account(realm, code));
    let coupons = read.coupons.iter().map(coupon_account);
    let mut names: BTreeSet<String> = codes.chain(coupons).map(|account| account.name).collect();
    for &offer in offers.iter().filter(|offer| offer.is_limited()) {
        let accounts = Accounts { offer, shopper_id: form.shopper.shopper_id.as_deref(), today, realm };
        let budget = accounts.budget(form.cart.currency.code());
        let of_shopper = [accounts.of_shopper(), accounts.of_day(), accounts.of_birthday(), accounts.of_first_order()];
        let of_products = form.cart.lines.iter().filter_map(|line| accounts.of_product(&line.product_id));
        let of_all = [accounts.total(), budget].into_iter().chain(of_shopper).flatten().chain(of_products);
        names.extend(of_all.map(|account| account.name));
    }
    names.into_iter().collect()
}
