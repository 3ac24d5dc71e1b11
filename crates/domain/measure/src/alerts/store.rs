//! The rows of alerts, of each time one was raised, and of e-mails that are to be sent.

use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::{AlertId, RaisingId};
use fanvine_store::{Row, StoreError, Tx, args};

use super::Found;
use super::check::Alert;
use super::list_raisings::Raising;
use super::mails::Outgoing;
use crate::reporting::{Ownership, json};

const SELECT: &str =
    "SELECT alert_id, owner, owner_name, terms, state, due_at, checked_at, fault, created_at, updated_at
                      FROM alerts";

/// Nothing but this program writes terms; what cannot be read back is passed over with an error in the log.
fn alert(row: &Row) -> Result<Option<Alert>, StoreError> {
    let (id, terms, state): (String, String, String) = (row.get("alert_id")?, row.get("terms")?, row.get("state")?);
    let (Ok(id), Ok(terms), Ok(state)) = (id.parse(), serde_json::from_str(&terms), serde_json::from_str(&state))
    else {
        tracing::error!(id, "an alert cannot be read back");
        return Ok(None);
    };
    Ok(Some(Alert {
        id,
        ownership: Ownership { owner: row.get("owner")?, owner_name: row.get("owner_name")?, shared: true },
        terms,
        state,
        due_at: row.get("due_at")?,
        checked_at: row.get("checked_at")?,
        fault: row.get("fault")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    }))
}

fn read_all(rows: &[Row]) -> Result<Vec<Alert>, StoreError> {
    Ok(rows.iter().map(alert).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// All of them, by name.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Alert>, StoreError> {
    read_all(&tx.rows(format!("{SELECT} ORDER BY name, alert_id"), args![]).await?)
}

/// Those that are due, the longest due first.
pub(crate) async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<Alert>, StoreError> {
    let sql = format!("{SELECT} WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at, alert_id LIMIT 100");
    read_all(&tx.rows(sql, args![now]).await?)
}

/// One of them.
pub(crate) async fn one(tx: &mut Tx, id: &AlertId) -> Result<Option<Alert>, StoreError> {
    let row = tx.one(format!("{SELECT} WHERE alert_id = $1"), args![id.as_str()]).await?;
    Ok(row.as_ref().map(alert).transpose()?.flatten())
}

/// Saves it, new or anew.
pub(crate) async fn save(tx: &mut Tx, alert: &Alert) -> Result<(), StoreError> {
    const UPSERT: &str =
        "INSERT INTO alerts (alert_id, name, owner, owner_name, terms, state, due_at, checked_at, fault,
        created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (alert_id) DO UPDATE SET name = excluded.name, terms = excluded.terms, state = excluded.state,
        due_at = excluded.due_at, checked_at = excluded.checked_at, fault = excluded.fault,
        updated_at = excluded.updated_at";
    let Alert { id, ownership, terms, state, due_at, checked_at, fault, created_at, updated_at } = alert;
    let values = args![
        id.as_str(),
        &terms.name,
        &ownership.owner,
        &ownership.owner_name,
        json(terms),
        json(state),
        *due_at,
        *checked_at,
        fault.clone(),
        *created_at,
        *updated_at,
    ];
    tx.execute(UPSERT, values).await?;
    Ok(())
}

/// Forgets it; when it was raised is still known.
pub(crate) async fn delete(tx: &mut Tx, id: &AlertId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("DELETE FROM alerts WHERE alert_id = $1", args![id.as_str()]).await?;
    const RESOLVE: &str = "UPDATE alert_raisings SET resolved_at = $2 WHERE alert_id = $1 AND resolved_at IS NULL";
    tx.execute(RESOLVE, args![id.as_str(), now]).await?;
    Ok(())
}

/// Keeps that it was raised.
pub(crate) async fn raise(
    tx: &mut Tx,
    alert: &Alert,
    id: &RaisingId,
    found: &Found,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO alert_raisings (raising_id, alert_id, alert_name, found, raised_at)
        VALUES ($1, $2, $3, $4, $5)";
    let values = args![id.as_str(), alert.id.as_str(), &alert.terms.name, json(found), now];
    tx.execute(INSERT, values).await?;
    Ok(())
}

/// Keeps that it was resolved.
pub(crate) async fn resolve(tx: &mut Tx, id: &RaisingId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("UPDATE alert_raisings SET resolved_at = $2 WHERE raising_id = $1", args![id.as_str(), now]).await?;
    Ok(())
}

const RAISINGS: &str = "SELECT raising_id, alert_id, alert_name, found, raised_at, resolved_at, acknowledged_at,
                        acknowledged_by FROM alert_raisings";

fn raising(row: &Row) -> Result<Option<Raising>, StoreError> {
    let (id, alert, found): (String, String, String) =
        (row.get("raising_id")?, row.get("alert_id")?, row.get("found")?);
    let (Ok(raising_id), Ok(alert_id), Ok(found)) = (id.parse(), alert.parse(), serde_json::from_str(&found)) else {
        tracing::error!(id, "what raised an alert cannot be read back");
        return Ok(None);
    };
    Ok(Some(Raising {
        raising_id,
        alert_id,
        alert_name: row.get("alert_name")?,
        found,
        raised_at: row.get("raised_at")?,
        resolved_at: row.get("resolved_at")?,
        acknowledged_at: row.get("acknowledged_at")?,
        acknowledged_by: row.get("acknowledged_by")?,
    }))
}

/// The latest raisings, or those nobody has acknowledged.
pub(crate) async fn raisings(
    tx: &mut Tx,
    open: bool,
    alert: Option<&str>,
    most: u32,
) -> Result<Vec<Raising>, StoreError> {
    let sql = format!(
        "{RAISINGS} WHERE ($1 = 0 OR acknowledged_at IS NULL) AND ($2 = '' OR alert_id = $2)
         ORDER BY raised_at DESC, raising_id DESC LIMIT $3"
    );
    let rows = tx.rows(sql, args![open, alert.unwrap_or_default(), most]).await?;
    Ok(rows.iter().map(raising).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// How many raisings nobody has acknowledged.
pub(crate) async fn open_raisings(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = tx.one("SELECT count(*) AS open FROM alert_raisings WHERE acknowledged_at IS NULL", args![]).await?;
    row.map_or(Ok(0), |row| row.get("open"))
}

/// Keeps who has seen it. What it is then; none if there is none.
pub(crate) async fn acknowledge(
    tx: &mut Tx,
    id: &RaisingId,
    by: &str,
    now: Timestamp,
) -> Result<Option<Raising>, StoreError> {
    const UPDATE: &str = "UPDATE alert_raisings SET acknowledged_at = $2, acknowledged_by = $3
        WHERE raising_id = $1 AND acknowledged_at IS NULL";
    tx.execute(UPDATE, args![id.as_str(), now, by]).await?;
    let row = tx.one(format!("{RAISINGS} WHERE raising_id = $1"), args![id.as_str()]).await?;
    Ok(row.as_ref().map(raising).transpose()?.flatten())
}

/// Keeps e-mails until they are sent.
pub(crate) async fn keep_mails(tx: &mut Tx, mails: &[Outgoing]) -> Result<(), StoreError> {
    let row = |mail: &Outgoing| {
        let report = mail.report.as_ref().map(|id| id.as_str().to_owned());
        let tries = i64::from(mail.tries);
        args![&mail.id, &mail.to, &mail.subject, &mail.text, mail.html.clone(), report, mail.due_at, tries]
    };
    const HEAD: &str =
        "INSERT INTO reporting_mails (mail_id, recipient, subject, body, html, report_id, due_at, tries) VALUES";
    tx.insert_many(HEAD, mails.iter().map(row).collect(), "ON CONFLICT (mail_id) DO NOTHING").await?;
    Ok(())
}

/// E-mails that are to be sent by now.
pub(crate) async fn due_mails(tx: &mut Tx, now: Timestamp) -> Result<Vec<Outgoing>, StoreError> {
    const SELECT: &str = "SELECT mail_id, recipient, subject, body, html, report_id, due_at, tries FROM reporting_mails
        WHERE failed IS NULL AND due_at <= $1 ORDER BY due_at, mail_id LIMIT 50";
    let mail = |row: &Row| {
        Ok(Outgoing {
            id: row.get("mail_id")?,
            to: row.get("recipient")?,
            subject: row.get("subject")?,
            text: row.get("body")?,
            html: row.get("html")?,
            report: row.get::<Option<String>>("report_id")?.and_then(|id| id.parse().ok()),
            due_at: row.get("due_at")?,
            tries: u32::try_from(row.get::<i64>("tries")?).unwrap_or(u32::MAX),
        })
    };
    tx.rows(SELECT, args![now]).await?.iter().map(mail).collect()
}

/// Forgets an e-mail that was sent.
pub(crate) async fn sent(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM reporting_mails WHERE mail_id = $1", args![id]).await?;
    Ok(())
}

/// Keeps when it is tried again.
pub(crate) async fn try_again(tx: &mut Tx, id: &str, tries: u32, due_at: Timestamp) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE reporting_mails SET tries = $2, due_at = $3 WHERE mail_id = $1";
    tx.execute(UPDATE, args![id, i64::from(tries), due_at]).await?;
    Ok(())
}

/// Keeps why it never will be sent.
pub(crate) async fn failed(tx: &mut Tx, id: &str, why: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE reporting_mails SET failed = $2 WHERE mail_id = $1", args![id, why]).await?;
    Ok(())
}

/// E-mails that were not sent and never will be, the latest first: to whom, about what, why.
pub(crate) async fn failures(tx: &mut Tx) -> Result<Vec<[String; 3]>, StoreError> {
    const SELECT: &str = "SELECT recipient, subject, failed FROM reporting_mails WHERE failed IS NOT NULL
        ORDER BY due_at DESC LIMIT 20";
    let rows = tx.rows(SELECT, args![]).await?;
    rows.iter().map(|row| Ok([row.get("recipient")?, row.get("subject")?, row.get("failed")?])).collect()
}
