//! Offers and plays as the pieces of a campaign: how each stands, what its gates find, published and withdrawn with it.

use fanvine_contracts::campaigns::{Charge, Given, Piece, PieceKind, PieceLook, Pieces};
use fanvine_contracts::gates::GateResult;
use fanvine_contracts::shoppers::Asking;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_store::StoreError;

use crate::Promote;
use crate::offers::put_offer::OfferError;
use crate::offers::{self, Claim};
use crate::plays::{self, PlayError};

impl Pieces for Promote {
    fn look<'a>(&'a self, piece: &'a Piece) -> Asking<'a, Option<PieceLook>> {
        let (kind, id) = (piece.kind, piece.id.clone());
        Box::pin(async move {
            let read = self.store.read(|tx| {
                Box::pin(async move {
                    Ok::<_, StoreError>(match kind {
                        PieceKind::Offer => offers::store::one(tx, &id).await?.map(|offer| PieceLook {
                            sort: if offer.terms.claim == Claim::Coupon { "coupon" } else { "offer" }.to_owned(),
                            name: offer.terms.name,
                            version: offer.version,
                            published_version: offer.published_version,
                        }),
                        PieceKind::Play => plays::store::one(tx, &id).await?.map(|play| PieceLook {
                            sort: play.terms.rules.kind().to_owned(),
                            name: play.terms.name,
                            version: play.version,
                            published_version: play.published_version,
                        }),
                    })
                })
            });
            read.await.map_err(Problem::from)
        })
    }

    fn gates<'a>(&'a self, piece: &'a Piece) -> Asking<'a, Vec<GateResult>> {
        Box::pin(async move {
            match piece.kind {
                PieceKind::Offer => Ok(self.examine(&piece.id).await?.gates),
                PieceKind::Play => Ok(self.examine_play(&piece.id).await?.gates),
            }
        })
    }

    fn publish<'a>(&'a self, piece: &'a Piece, by: &'a str) -> Asking<'a, ()> {
        Box::pin(async move {
            let known = self.look(piece).await?;
            if known.is_some_and(|known| known.published_version == Some(known.version)) {
                return Ok(());
            }
            match piece.kind {
                PieceKind::Offer => drop(self.publish_offer(piece.id.clone(), by.to_owned()).await?),
                PieceKind::Play => drop(self.publish_play(piece.id.clone(), by.to_owned()).await?),
            }
            Ok(())
        })
    }

    fn withdraw<'a>(&'a self, piece: &'a Piece, by: &'a str) -> Asking<'a, ()> {
        Box::pin(async move {
            let withdrawn = match piece.kind {
                PieceKind::Offer => self.withdraw_offer(piece.id.clone(), by.to_owned()).await.map(drop),
                PieceKind::Play => return Ok(withdrawn_play(self.withdraw_play(&piece.id, by).await)?),
            };
            match withdrawn {
                // What is not there needs no withdrawing.
                Ok(()) | Err(OfferError::Unknown(_)) => Ok(()),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn given<'a>(&'a self, charge: &'a Charge, pieces: &'a [Piece], since: Timestamp) -> Asking<'a, Given> {
        Box::pin(async move { self.given_with(charge, pieces, since).await.map_err(Problem::from) })
    }

    fn spent<'a>(&'a self, charge: &'a Charge) -> Asking<'a, i64> {
        Box::pin(async move { self.spent_with(charge).await.map_err(Problem::from) })
    }

    fn absolute_words(&self, text: &str) -> Vec<String> {
        offers::words::absolute(text).into_iter().map(str::to_owned).collect()
    }
}

fn withdrawn_play<T>(done: Result<T, PlayError>) -> Result<(), PlayError> {
    match done {
        Ok(_) | Err(PlayError::Unknown(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
