//! Draws earned by what shoppers do, behind the log: each event once, however often it is read.

use fanvine_kernel::event::EventRef;
use fanvine_ledger::{Account, Command, Kind, LedgerError};
use fanvine_store::StoreError;

use super::{Earn, Lottery, entries_account, issued};
use crate::Promote;
use crate::plays::{Play, Rules};
use crate::wallet::Source;
use crate::wallet::receive::receipt_key;

/// What a play's events earn, if it is a lottery.
fn lottery(play: &Play) -> Option<(&Play, &Lottery)> {
    match &play.terms.rules {
        Rules::Lottery(rules) => Some((play, rules)),
        _ => None,
    }
}

impl Promote {
    /// Whether any published lottery gives draws for events.
    pub(crate) fn earns_entries(&self) -> bool {
        self.shelf.plays().iter().filter_map(lottery).any(|(_, rules)| !rules.earn.is_empty())
    }

    /// Gives the draws that an event of a shopper earns. Whoever may have no more gets no more; a store that fails is told.
    pub(crate) async fn earn_entries(&self, event: &EventRef<'_>, shopper: &str) -> Result<(), StoreError> {
        let plays = self.shelf.plays();
        for (play, rules) in plays.iter().filter_map(lottery) {
            for earn in rules.earn.iter().filter(|earn| earn.event == event.name) {
                match self.lane.carry_out(vec![self.earning_of(play, earn, event, shopper)], Vec::new()).await {
                    Err(LedgerError::Store(error)) => return Err(error),
                    Err(error) => tracing::debug!(%error, shopper, "no draw was earned"),
                    Ok(_) => {}
                }
            }
        }
        Ok(())
    }

    fn earning_of(&self, play: &Play, earn: &Earn, event: &EventRef<'_>, shopper: &str) -> Command {
        let (play_id, day) = (&play.play_id, self.zone.date_of(event.received_at));
        let key = receipt_key(Source::Auto, &["entries", play_id, event.source, event.message_id]);
        // Names of events are long, and so may be those of plays and shoppers: their digest names the account.
        let whose = receipt_key(Source::Auto, &[play_id, &earn.event, shopper]);
        let counted =
            Account::new(format!("earned/{day}/{whose}"), format!("entries of {play_id}"), Kind::RedemptionLimit);
        let entries = issued(entries_account(play_id, shopper), earn.entries);
        Command::transfer(key, vec![entries, issued(counted.at_most(earn.per_day), 1)])
    }
}
