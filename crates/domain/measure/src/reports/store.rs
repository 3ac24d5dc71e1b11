//! The rows of report plans and of reports.

use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::{ReportId, ReportPlanId};
use fanvine_store::{Row, StoreError, Tx, args};

use super::list_reports::ReportView;
use super::{MOST_REPORTS, Plan, Report};
use crate::dashboards::adopt_template::Language;
use crate::reporting::{Ownership, json};

const PLANS: &str = "SELECT plan_id, owner, owner_name, terms, due_at, made_at, fault, created_at, updated_at
                     FROM report_plans";

/// Nothing but this program writes terms; what cannot be read back is passed over with an error in the log.
fn plan(row: &Row) -> Result<Option<Plan>, StoreError> {
    let (id, terms): (String, String) = (row.get("plan_id")?, row.get("terms")?);
    let (Ok(id), Ok(terms)) = (id.parse(), serde_json::from_str(&terms)) else {
        tracing::error!(id, "a report plan cannot be read back");
        return Ok(None);
    };
    Ok(Some(Plan {
        id,
        ownership: Ownership { owner: row.get("owner")?, owner_name: row.get("owner_name")?, shared: true },
        terms,
        due_at: row.get("due_at")?,
        made_at: row.get("made_at")?,
        fault: row.get("fault")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    }))
}

fn plans_of(rows: &[Row]) -> Result<Vec<Plan>, StoreError> {
    Ok(rows.iter().map(plan).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// All plans, by name.
pub(crate) async fn plans(tx: &mut Tx) -> Result<Vec<Plan>, StoreError> {
    plans_of(&tx.rows(format!("{PLANS} ORDER BY name, plan_id"), args![]).await?)
}

/// Plans that are due, the longest due first.
pub(crate) async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<Plan>, StoreError> {
    let sql = format!("{PLANS} WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at, plan_id LIMIT 20");
    plans_of(&tx.rows(sql, args![now]).await?)
}

/// One plan.
pub(crate) async fn one_plan(tx: &mut Tx, id: &ReportPlanId) -> Result<Option<Plan>, StoreError> {
    let row = tx.one(format!("{PLANS} WHERE plan_id = $1"), args![id.as_str()]).await?;
    Ok(row.as_ref().map(plan).transpose()?.flatten())
}

/// Saves a plan, new or anew.
pub(crate) async fn save_plan(tx: &mut Tx, plan: &Plan) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO report_plans (plan_id, name, owner, owner_name, terms, due_at, made_at, fault,
        created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (plan_id) DO UPDATE SET name = excluded.name, owner = excluded.owner,
        owner_name = excluded.owner_name, terms = excluded.terms, due_at = excluded.due_at,
        made_at = excluded.made_at, fault = excluded.fault, updated_at = excluded.updated_at";
    let Plan { id, ownership, terms, due_at, made_at, fault, created_at, updated_at } = plan;
    let values = args![
        id.as_str(),
        &terms.name,
        &ownership.owner,
        &ownership.owner_name,
        json(terms),
        *due_at,
        *made_at,
        fault.clone(),
        *created_at,
        *updated_at,
    ];
    tx.execute(UPSERT, values).await?;
    Ok(())
}

/// Forgets a plan; what it made is still there.
pub(crate) async fn delete_plan(tx: &mut Tx, id: &ReportPlanId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM report_plans WHERE plan_id = $1", args![id.as_str()]).await?;
    Ok(())
}

/// Keeps a report; the oldest makes room.
pub(crate) async fn keep(tx: &mut Tx, report: &Report) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO reports (report_id, plan_id, name, language, first_day, last_day, made_by,
        made_at, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let Report { id, plan_id, name, language, made_by, made_at, content } = report;
    let values = args![
        id.as_str(),
        plan_id.as_ref().map(|id| id.as_str().to_owned()),
        name,
        language.of(["en", "zh"]),
        content.from.to_string(),
        content.to.to_string(),
        made_by,
        *made_at,
        json(content),
    ];
    tx.execute(INSERT, values).await?;
    const MAKE_ROOM: &str = "DELETE FROM reports WHERE report_id IN
        (SELECT report_id FROM reports ORDER BY made_at DESC, report_id DESC LIMIT $1 OFFSET $2)";
    tx.execute(MAKE_ROOM, args![MOST_REPORTS, MOST_REPORTS]).await?;
    Ok(())
}

fn language(text: &str) -> Language {
    if text == "zh" { Language::Zh } else { Language::En }
}

/// Reports without what they say, the latest first.
pub(crate) async fn list(tx: &mut Tx, plan: Option<&str>, most: u32) -> Result<Vec<ReportView>, StoreError> {
    const SELECT: &str = "SELECT report_id, plan_id, name, language, first_day, last_day, made_by, made_at FROM reports
        WHERE $1 = '' OR plan_id = $1 ORDER BY made_at DESC, report_id DESC LIMIT $2";
    let rows = tx.rows(SELECT, args![plan.unwrap_or_default(), most]).await?;
    let view = |row: &Row| {
        let (id, plan): (String, Option<String>) = (row.get("report_id")?, row.get("plan_id")?);
        let (first, last): (String, String) = (row.get("first_day")?, row.get("last_day")?);
        let (Ok(report_id), Ok(from), Ok(to)) = (id.parse(), first.parse(), last.parse()) else {
            tracing::error!(id, "a report cannot be read back");
            return Ok(None);
        };
        let plan_id = plan.and_then(|plan| plan.parse().ok());
        let (name, made_by, made_at) = (row.get("name")?, row.get("made_by")?, row.get("made_at")?);
        let language = language(&row.get::<String>("language")?);
        Ok(Some(ReportView { report_id, plan_id, name, language, from, to, made_by, made_at }))
    };
    Ok(rows.iter().map(view).collect::<Result<Vec<_>, StoreError>>()?.into_iter().flatten().collect())
}

/// One report; none if there is none, or it was written by another version of the program that says other things.
pub(crate) async fn one(tx: &mut Tx, id: &ReportId) -> Result<Option<Report>, StoreError> {
    const SELECT: &str =
        "SELECT report_id, plan_id, name, language, made_by, made_at, content FROM reports WHERE report_id = $1";
    let Some(row) = tx.one(SELECT, args![id.as_str()]).await? else { return Ok(None) };
    let Ok(content) = serde_json::from_str(&row.get::<String>("content")?) else {
        tracing::error!(%id, "a report cannot be read back");
        return Ok(None);
    };
    let plan: Option<String> = row.get("plan_id")?;
    Ok(Some(Report {
        id: id.clone(),
        plan_id: plan.and_then(|plan| plan.parse().ok()),
        name: row.get("name")?,
        language: language(&row.get::<String>("language")?),
        made_by: row.get("made_by")?,
        made_at: row.get("made_at")?,
        content,
    }))
}

/// Forgets a report. Whether there was one.
pub(crate) async fn delete(tx: &mut Tx, id: &ReportId) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM reports WHERE report_id = $1", args![id.as_str()]).await? > 0)
}
