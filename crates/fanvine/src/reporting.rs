//! What is due of alerts, reports and e-mails: looked for every few seconds, behind the requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::program::Program;

/// How often it is looked for.
const LOOK: Duration = Duration::from_secs(2);

/// Does what is due until the program stops. What fails is due again.
pub async fn follow(program: Arc<Program>, mut stopped: watch::Receiver<bool>) {
    while tokio::time::timeout(LOOK, stopped.changed()).await.is_err() {
        if let Err(error) = program.reporting.check_alerts().await {
            tracing::warn!(error = %error.in_full(), "alerts were not checked; it is tried again");
        }
        if let Err(error) = program.reporting.make_reports().await {
            tracing::warn!(error = %error.in_full(), "reports were not made; it is tried again");
        }
        if let Err(error) = program.reporting.send_mails().await {
            tracing::warn!(error = %error.in_full(), "e-mails were not sent; it is tried again");
        }
    }
}
