//! `PUT /api/v1/segments/lists/{id}`: uploads a list, in place of what it was.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use fanvine_contracts::lists::Lists;
use fanvine_contracts::shoppers::Asking;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Params, ProblemBody, Refusal, Segment};
use serde::{Deserialize, Serialize};

use super::show_list::ListDetail;
use super::{LONGEST_KEY, MOST_KEYS, save};
use crate::People;
use crate::segments::definition::{SegmentError, check_id, check_words};
use crate::segments::watch::Touched;

/// Unknown ids that are named in the answer.
const MOST_NAMED: usize = 1_000;

/// What a list is called.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PutListQuery {
    /// What people call it; its id, or what it was called, if absent.
    pub name: Option<String>,
}

/// A list as JSON.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListForm {
    /// What people call it.
    pub name: Option<String>,
    /// User ids or anonymous ids, up to 1,000,000.
    pub shopper_ids: Vec<String>,
}

/// A list as it was taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ListUploaded {
    /// The list.
    #[serde(flatten)]
    pub list: ListDetail,
    /// How many ids came twice and count once.
    pub repeated: usize,
    /// Ids nobody was heard of under: they are kept, and count from when somebody is. At most 1,000 are named.
    pub unknown_ids: Vec<String>,
}

/// Upload a list
///
/// As JSON; as text with an id a line; or as CSV, of which the first column counts, a first line of `shopper_id` or
/// `user_id` left out. Whoever enters or leaves a segment by it is announced.
#[utoipa::path(
    put, path = "/api/v1/segments/lists/{id}", tag = "people", operation_id = "put_segment_list",
    params(("id" = String, Path, description = "The list's id, by which rules name it"), PutListQuery),
    request_body(content((ListForm = "application/json"), (String = "text/plain"), (String = "text/csv"))),
    responses(
        (status = 200, description = "The list, and what of it is not known", body = ListUploaded),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_segment_list(
    State(people): State<Arc<People>>,
    Segment(id): Segment<String>,
    Params(query): Params<PutListQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Json<ListUploaded>> {
    let form = read(&headers, &body)?;
    let name = query.name.or(form.name);
    Ok(Json(people.put_list(id, name, form.shopper_ids).await?))
}

fn read(headers: &HeaderMap, body: &Bytes) -> Result<ListForm, Refusal> {
    let refused = |code, detail: String| Refusal(Problem::new(code, detail));
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let text = || {
        std::str::from_utf8(body).map(|text| text.trim_start_matches('\u{feff}')).map_err(|error| {
            refused(Code::InvalidEncoding, format!("the list is not UTF-8 from byte {} on", error.valid_up_to()))
        })
    };
    let lines = |csv: bool| {
        let ids = text()?.lines().map(|line| if csv { first_field(line) } else { line.trim().to_owned() });
        let ids = ids.filter(|id| !id.is_empty()).enumerate();
        let ids = ids.filter(|(place, id)| !(csv && *place == 0 && (id == "shopper_id" || id == "user_id")));
        Ok(ListForm { name: None, shopper_ids: ids.map(|(_, id)| id).collect() })
    };
    match kind.split(';').next().map(str::trim) {
        Some("application/json") => {
            serde_json::from_slice(body).map_err(|error| refused(Code::InvalidBody, error.to_string()))
        }
        Some("text/csv") => lines(true),
        Some("text/plain") => lines(false),
        _ => Err(refused(
            Code::UnsupportedMediaType,
            format!("the list is sent as `{kind}`; expected application/json, text/plain or text/csv"),
        )),
    }
}

/// The first field of a line of RFC 4180, whose ids have no line breaks.
fn first_field(line: &str) -> String {
    let line = line.trim();
    match line.strip_prefix('"') {
        None => line.split([',', ';', '\t']).next().unwrap_or_default().trim().to_owned(),
        Some(quoted) => {
            let mut field = String::new();
            let mut letters = quoted.chars().peekable();
            while let Some(letter) = letters.next() {
                match (letter, letters.peek()) {
                    ('"', Some('"')) => {
                        field.push('"');
                        letters.next();
                    }
                    ('"', _) => break,
                    _ => field.push(letter),
                }
            }
            field.trim().to_owned()
        }
    }
}

impl Lists for People {
    fn keep<'a>(&'a self, id: &'a str, name: Option<&'a str>, shopper_keys: Vec<String>) -> Asking<'a, usize> {
        Box::pin(async move {
            let kept = self.put_list(id.to_owned(), name.map(str::to_owned), shopper_keys.clone()).await;
            let kept = kept.map_err(|error| Refusal::from(error).0)?;
            Ok(shopper_keys.len() - kept.repeated)
        })
    }
}

impl People {
    async fn put_list(&self, id: String, name: Option<String>, ids: Vec<String>) -> Result<ListUploaded, SegmentError> {
        let _one_at_a_time = self.segments.changing.lock().await;
        check_id(&id)?;
        let before = self.segments.lists().get(&id).cloned();
        let name = name.or_else(|| before.as_ref().map(|list| list.name.clone())).unwrap_or_else(|| id.clone());
        check_words(&name, "")?;
        let all = ids.len();
        if all > MOST_KEYS {
            let expected = "a list of up to 1,000,000 ids";
            return Err(SegmentError::Parameter { name: "shopper_ids", value: format!("{all} ids"), expected });
        }
        let mut seen = HashSet::new();
        let keys: Vec<String> = ids.into_iter().map(|id| id.trim().to_owned()).collect();
        if let Some(wrong) = keys.iter().find(|key| key.is_empty() || key.len() > LONGEST_KEY) {
            let (value, expected) = (wrong.chars().take(64).collect(), "an id of 1 to 512 bytes");
            return Err(SegmentError::Parameter { name: "shopper_ids", value, expected });
        }
        let keys: Vec<String> = keys.into_iter().filter(|key| seen.insert(key.clone())).collect();
        let (now, saved, named, list) = (self.clock.now(), keys.clone(), name.clone(), id.clone());
        self.store.write(move |tx| Box::pin(async move { save(tx, &list, &named, &saved, now).await })).await?;
        let (mut unknown_ids, differing) = {
            let mut lists = self.segments.lists_mut();
            let unknown = lists.put(&id, name, now, &keys, &self.shoppers());
            let numbers = lists.get(&id).map(|list| list.numbers.clone()).unwrap_or_default();
            (unknown, numbers ^ before.map(|list| list.numbers).unwrap_or_default())
        };
        let mut shoppers = self.shoppers_mut();
        differing.iter().for_each(|number| shoppers.watch.touch(number, Touched::All));
        drop(shoppers);
        unknown_ids.truncate(MOST_NAMED);
        Ok(ListUploaded { list: self.list(&id)?, repeated: all - keys.len(), unknown_ids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_field_of_a_line_is_an_id() {
        for (line, id) in [
            ("u1,Ann", "u1"),
            (" u1 ", "u1"),
            (r#""a,b",x"#, "a,b"),
            (r#""say ""hi""",x"#, r#"say "hi""#),
            ("u1;2", "u1"),
            ("", ""),
        ] {
            assert_eq!(first_field(line), id, "{line}");
        }
    }
}
