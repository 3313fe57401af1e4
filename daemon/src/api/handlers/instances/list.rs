//! The list of instances: pages and filters.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use utoipa::IntoParams;

use crate::api::extract::{FromQuery, Parameters, QueryReader};
use crate::api::problem::{Problem, problems};
use crate::api::state::Api;
use crate::api::wire::{Instance, InstanceList};
use crate::domain::{Filter, InstanceId, PhaseKind, Query};

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 500;
/// What a cursor starts with. Another shape gets another letter, so that old ones stay readable.
const CURSOR: char = 'a';

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document's words; they are read into the domain's query")]
pub(crate) struct ListParameters {
    /// At most so many, 1 to 500; absent: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// Where the page starts: the `next_cursor` of the one before.
    cursor: Option<String>,
}

/// Of which instances.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document's words; they are read into the domain's filter")]
pub(crate) struct FilterParameters {
    /// Only with this status: `requested`, `creating`, `created`, `running`, `unhealthy`, `recovering`,
    /// `failed` or `deleting`.
    status: Option<String>,
    /// Only from this template.
    template: Option<String>,
    /// Only by this provisioner.
    provisioner: Option<String>,
    /// Only with this label, written `key=value`; may be given several times.
    #[param(value_type = Option<Vec<String>>)]
    label: Vec<String>,
    /// Only names that start so.
    q: Option<String>,
}

/// The filters, as the service takes them.
pub(crate) struct ListQuery(Query);

impl FromQuery for ListQuery {
    fn from_query(query: &mut QueryReader) -> Self {
        Self(Query {
            after: query.parsed("cursor", read_cursor),
            limit: query.number("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT),
            filter: read_filter(query),
        })
    }
}

/// As the list and the event stream have it.
pub(crate) fn read_filter(query: &mut QueryReader) -> Filter {
    Filter {
        phase: query.parsed("status", read_status),
        template: query.one("template"),
        provisioner: query.one("provisioner"),
        labels: read_labels(query),
        name_prefix: query.one("q"),
    }
}

problems! {
    /// Of a list.
    ListProblems: InvalidQuery, StoreUnavailable
}

/// List instances, in creation order.
///
/// A page is stable while others write.
#[utoipa::path(
    get,
    path = "/mcp/instances",
    tag = "instances",
    params(ListParameters, FilterParameters),
    responses((status = 200, description = "One page", body = InstanceList), ListProblems),
)]
pub(crate) async fn list_instances(
    State(api): State<Api>,
    Parameters(ListQuery(query)): Parameters<ListQuery>,
) -> Result<Json<InstanceList>, Problem> {
    let (views, next, revision) = api.service.list(query).await?;
    Ok(Json(InstanceList {
        instances: views.into_iter().map(Instance::from).collect(),
        next_cursor: next.map(|id| format!("{CURSOR}{}", id.simple())),
        revision: revision.0,
    }))
}

fn read_cursor(text: &str) -> Result<InstanceId, String> {
    let id = text.strip_prefix(CURSOR).filter(|digits| digits.len() == 32);
    let id = id.and_then(|digits| digits.parse().ok());
    id.ok_or_else(|| "is no next_cursor of a list".to_owned())
}

fn read_status(text: &str) -> Result<PhaseKind, String> {
    let known = PhaseKind::SEEN.into_iter().find(|phase| phase.as_str() == text);
    known.ok_or_else(|| {
        let words: Vec<&str> = PhaseKind::SEEN.iter().map(|phase| phase.as_str()).collect();
        format!("is one of: {}", words.join(", "))
    })
}

fn read_labels(query: &mut QueryReader) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for text in query.all("label") {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                let (key, value) = (key.to_owned(), value.to_owned());
                if labels.insert(key, value.clone()).is_some_and(|old| old != value) {
                    let rule = "asks for two values of one label, which no instance has".to_owned();
                    query.complain("label", "invalid_parameter", rule);
                }
            }
            _ => query.complain("label", "invalid_parameter", "is written key=value".to_owned()),
        }
    }
    labels
}
