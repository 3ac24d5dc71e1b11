//! The ledger's sweep: reservations that are over and lots that expired, where nobody touches them; plays that are due;
//! and campaigns that begin, end or pause by themselves. Beside that, when old write keys were used is saved.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::program::Program;

const PAUSE: Duration = Duration::from_secs(10);

/// Sweeps at once and every ten seconds until the program stops.
pub async fn sweep(program: Arc<Program>, mut stopped: watch::Receiver<bool>) {
    loop {
        if let Err(error) = program.promote.sweep().await {
            tracing::warn!(error = %error.in_full(), "the ledger was not swept; it is tried again");
        }
        program.campaigns.sweep().await;
        if let Err(error) = program.collect.save_key_uses().await {
            tracing::warn!(%error, "when old write keys were used was not saved; it is tried again");
        }
        if tokio::time::timeout(PAUSE, stopped.changed()).await.is_ok() {
            return;
        }
    }
}
