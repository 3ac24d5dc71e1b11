//! The short way through the search: what has no goods in common is solved apart.
//!
//! Thresholds that share no goods, no freight and no rule of combining fall into parts, each of which has its own best
//! choice. Put together they leave least to pay before coupons. Whether the best coupon on top of that is the best of all is
//! then *proved*, not assumed: for each coupon, the most that any choice of the parts could come to with it is reckoned,
//! at every point where one of its thresholds would be just reached. If that is no more than what was found, no other
//! combination can be better. If it is more, the whole search decides, beginning from what was found.

use std::collections::BTreeSet;

use super::effect::{Left, missing, most_of_tier};
use super::search::{Candidate, Found, Node, Search, clash};
use crate::offers::{At, Benefit, By, Policy, Reward};

/// A part: roots that touch one another, and the portions they touch.
struct Piece<'n> {
    roots: Vec<&'n Node>,
    members: Vec<usize>,
    places: BTreeSet<usize>,
    freight: bool,
}

impl Candidate<'_> {
    /// Whether it says anything of what it may be used with.
    fn has_rules(&self) -> bool {
        let stacking = &self.offer.terms.stacking;
        stacking.exclusive || !stacking.excludes.is_empty() || !stacking.needs.is_empty()
    }
}

impl Node {
    /// The candidates in it.
    fn members(&self) -> Vec<usize> {
        match self {
            Node::Offer(at) => vec![*at],
            Node::Group { members, .. } => members.iter().flat_map(Node::members).collect(),
        }
    }
}

impl Search<'_> {
    /// The best combination of what stands in `roots`, if the short way finds and proves it; else the best it found.
    pub(super) fn by_parts(&mut self, roots: &[Node]) -> Result<Found, Found> {
        let coupon =
            |root: &Node| root.members().iter().all(|at| self.candidate(*at).is_some_and(Candidate::is_coupon));
        let first_coupon = roots.iter().position(coupon).unwrap_or(roots.len());
        let (early, late) = roots.split_at(first_coupon);
        let Some(coupons) = self.apart(early, late) else { return Err(self.so_far()) };
        let before = self.left.clone();
        let mut gains = Vec::new();
        let mut effects = Vec::new();
        for piece in self.pieces(early) {
            let found = self.best_of(&piece.roots);
            let off = found.effects.iter().map(|effect| effect.worth()).sum::<i64>();
            gains.push((piece.places, off));
            effects.extend(found.effects);
        }
        let mut found = self.so_far();
        self.with_all(effects, |search| found = search.best_after(late));
        let most = self.most_with(&coupons, &before, &gains);
        if found.money() >= most && !self.was_cut_short() { Ok(found) } else { Err(found) }
    }

    /// The coupons that compete for one place after everything else, if nothing but what is left to pay ties the early
    /// roots to them.
    fn apart(&self, early: &[Node], late: &[Node]) -> Option<Vec<usize>> {
        let coupons = match late {
            [] => Vec::new(),
            [Node::Group { policy: Policy::BestForShopper, by: By::Order, members }]
                if members.iter().all(|member| matches!(member, Node::Offer(_))) =>
            {
                members.iter().flat_map(Node::members).collect()
            }
            [Node::Offer(at)] => vec![*at],
            _ => return None,
        };
        let early: Vec<usize> = early.iter().flat_map(Node::members).collect();
        let tied = early.iter().any(|one| coupons.iter().any(|other| self.are_tied(*one, *other)));
        let freight = |at: &usize| self.candidate(*at).is_some_and(|one| frees_freight(&one.offer.terms.benefit));
        let freight = early.iter().any(freight) && coupons.iter().any(freight);
        (!tied && !freight).then_some(coupons)
    }

    fn candidate(&self, at: usize) -> Option<&Candidate<'_>> {
        self.candidates.get(at)
    }

    /// Whether a rule of combining ties two candidates.
    fn are_tied(&self, one: usize, other: usize) -> bool {
        let (Some(one), Some(other)) = (self.candidate(one), self.candidate(other)) else { return false };
        if !one.has_rules() && !other.has_rules() {
            return false;
        }
        let needs =
            |one: &Candidate<'_>, other: &Candidate<'_>| one.offer.terms.stacking.needs.contains(&other.offer.offer_id);
        clash(one.offer, other.offer) || needs(one, other) || needs(other, one)
    }

    /// The early roots by what they touch.
    fn pieces<'n>(&self, roots: &'n [Node]) -> Vec<Piece<'n>> {
        let mut pieces: Vec<Piece<'n>> = Vec::new();
        for root in roots {
            let members = root.members();
            let of_member = |at: &usize| self.candidate(*at).map_or(&[][..], |candidate| &candidate.places);
            let places: BTreeSet<usize> = members.iter().flat_map(of_member).copied().collect();
            let freight = members
                .iter()
                .any(|at| self.candidate(*at).is_some_and(|candidate| frees_freight(&candidate.offer.terms.benefit)));
            let mut whole = Piece { roots: Vec::new(), members, places, freight };
            let touches = |piece: &Piece<'_>, whole: &Piece<'_>| {
                let tied =
                    || piece.members.iter().any(|one| whole.members.iter().any(|other| self.are_tied(*one, *other)));
                !piece.places.is_disjoint(&whole.places) || piece.freight && whole.freight || tied()
            };
            let (touching, apart): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|piece| touches(piece, &whole));
            pieces = apart;
            for mut piece in touching {
                whole.roots.append(&mut piece.roots);
                whole.members.append(&mut piece.members);
                whole.places.append(&mut piece.places);
                whole.freight |= piece.freight;
            }
            whole.roots.push(root);
            pieces.push(whole);
        }
        pieces
    }

    /// More than anything can come to: the parts at their best without a coupon, or with the best for each.
    fn most_with(&self, coupons: &[usize], before: &Left, gains: &[(BTreeSet<usize>, i64)]) -> i64 {
        let all: i64 = gains.iter().map(|(_, off)| off).sum();
        let with = coupons.iter().filter_map(|at| self.candidate(*at)).map(|coupon| {
            let places: BTreeSet<usize> = coupon.places.iter().copied().collect();
            let inside = gains.iter().filter(|(touched, _)| touched.is_subset(&places)).map(|(_, off)| off).sum();
            (all - inside) + most_of_one(coupon, before, inside)
        });
        with.fold(all, i64::max)
    }
}

fn frees_freight(benefit: &Benefit) -> bool {
    let Benefit::Tiers { tiers, .. } = benefit else { return false };
    tiers.iter().flat_map(|tier| &tier.rewards).any(|reward| matches!(reward, Reward::FreeFreight { .. }))
}

/// The most that a coupon comes to together with at most `inside` taken off its goods before it.
fn most_of_one(coupon: &Candidate<'_>, before: &Left, inside: i64) -> i64 {
    let spend: i64 = coupon.places.iter().map(|place| before.of(*place)).sum();
    match &coupon.offer.terms.benefit {
        Benefit::Tiers { tiers, repeats: false } => {
            // Between its thresholds, a coupon takes off at most one minor unit less for each that is taken off before it.
            let just_reached = tiers.iter().filter_map(|tier| match tier.at {
                At::SpendMinor(minor) => Some(spend - minor),
                At::Units(_) => None,
            });
            let points = just_reached.filter(|taken| (0..inside).contains(taken)).chain([inside]);
            let worth = |taken: i64| {
                let tiers = tiers.iter().filter(|tier| missing(tier.at, spend - taken, i64::MAX) == 0);
                let left = spend - taken;
                let offs = tiers.map(|tier| most_of_tier(tier, 1, left, left, before.freight).0);
                taken + offs.max().unwrap_or(0)
            };
            points.map(worth).max().unwrap_or(inside)
        }
        _ => inside + spend + before.freight,
    }
}
