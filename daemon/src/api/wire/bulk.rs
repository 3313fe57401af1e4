//! Bulks: the request, and how far it is.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{CreateRequest, Problem, Time};
use crate::api::extract::{FromBody, Members};
use crate::api::problem;
use crate::api::state::Api;
use crate::domain::{self, BulkOp, Order, Progress, shown};
use crate::service::{self, Error, Selection};

/// Many creates and deletes.
// Has no `Debug`: it holds secrets.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkRequest {
    /// Each as for POST /mcp/instances. One that is wrong is refused by itself.
    #[schema(required = false, value_type = Vec<CreateRequest>)]
    pub(crate) create: Vec<Order>,
    /// Ids or names of living instances.
    #[schema(required = false)]
    pub(crate) delete: Vec<String>,
    /// And every instance with these labels.
    pub(crate) delete_where: Option<DeleteWhere>,
    /// Check every item, ask every hook, and do nothing.
    #[schema(required = false)]
    pub(crate) dry_run: bool,
}

/// Instances by their labels.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteWhere {
    /// All of them; at least one.
    pub(crate) label: BTreeMap<String, String>,
    /// How many instances that is, as GET /mcp/instances?label=… lists them. If it is not so, nothing
    /// of the bulk is done.
    pub(crate) expect_count: usize,
}

impl FromBody for BulkRequest {
    const REQUIRED: bool = true;

    fn max_body(api: &Api) -> usize {
        api.max_bulk_body
    }

    fn from_body(members: &mut Members) -> Self {
        let create = members.list("create").into_iter().map(order).collect();
        let delete = members.text_list("delete");
        let delete_where = members.object("delete_where", |members| DeleteWhere {
            label: members.texts("label"),
            expect_count: members.count("expect_count"),
        });
        Self { create, delete, delete_where, dry_run: members.flag("dry_run") }
    }
}

/// One item, or why it is none: as if it had come by itself.
fn order(value: Value) -> Order {
    let name = value.get("name").and_then(Value::as_str).map(shown);
    match create(value) {
        Ok(request) => Order::Create(Box::new(request)),
        Err(problem) => Order::Refused { op: BulkOp::Create, name, refusal: Box::new(problem.into()) },
    }
}

fn create(value: Value) -> Result<domain::CreateRequest, problem::Problem> {
    let mut members = Members::of(value)?;
    let request = CreateRequest::from_body(&mut members);
    members.finish()?;
    request.try_into().map_err(|violations| Error::Invalid(violations).into())
}

impl From<BulkRequest> for service::BulkRequest {
    fn from(request: BulkRequest) -> Self {
        let BulkRequest { create, delete, delete_where, .. } = request;
        let selection = |DeleteWhere { label, expect_count }| Selection { labels: label, expect_count };
        Self { create, delete, delete_where: delete_where.map(selection) }
    }
}

/// How far a bulk is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bulk {
    /// Null of a dry run.
    #[schema(required)]
    pub(crate) id: Option<String>,
    /// Nothing was done, and nothing stored.
    pub(crate) dry_run: bool,
    pub(crate) status: BulkStatus,
    #[schema(required)]
    pub(crate) created_at: Option<Time>,
    /// Null until every item has come to its end.
    #[schema(required)]
    pub(crate) finished_at: Option<Time>,
    pub(crate) counts: BulkCounts,
    /// Creates in the order of the request, then the deletes by id or name, then those by label.
    pub(crate) items: Vec<BulkItem>,
}

/// Whether there is something left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BulkStatus {
    Working,
    Finished,
}

/// Items by their status.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct BulkCounts {
    pub(crate) total: usize,
    pub(crate) pending: usize,
    pub(crate) accepted: usize,
    pub(crate) done: usize,
    pub(crate) failed: usize,
    pub(crate) refused: usize,
}

/// One create or delete.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkItem {
    /// Its place in `items`.
    pub(crate) index: usize,
    pub(crate) op: Op,
    /// Of the instance, or what the request had in its place.
    #[schema(required)]
    pub(crate) name: Option<String>,
    /// Of the instance; null until it is known.
    #[schema(required)]
    pub(crate) id: Option<String>,
    pub(crate) status: ItemStatus,
    /// Why it was refused, as a single request would have been; null otherwise. Its `request_id` is that
    /// of this answer.
    #[schema(required)]
    pub(crate) problem: Option<Problem>,
}

/// What an item does.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Op {
    Create,
    Delete,
}

/// How far an item is: `pending`, then `accepted` (its instance is recorded, and is being made or
/// deleted; in a dry run: would be) or `refused` (see `problem`). What was accepted ends as `done`: the
/// instance ran, or is gone; or as `failed`: it failed (see its `error`), or was deleted before it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ItemStatus {
    Pending,
    Accepted,
    Done,
    Failed,
    Refused,
}

impl Bulk {
    /// Of a record. `request_id`: of the request that is answered, for the items' problems.
    pub(crate) fn new(bulk: domain::Bulk, request_id: &str) -> Self {
        let domain::Bulk { id, created_at, finished_at, items } = bulk;
        Self {
            id: Some(id.to_string()),
            status: if finished_at.is_some() { BulkStatus::Finished } else { BulkStatus::Working },
            created_at: Some(created_at.into()),
            finished_at: finished_at.map(Time::from),
            dry_run: false,
            ..Self::of_dry_run(items, request_id)
        }
    }

    /// Of a dry run.
    pub(crate) fn of_dry_run(items: Vec<domain::BulkItem>, request_id: &str) -> Self {
        let items: Vec<BulkItem> = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| BulkItem::new(index, item, request_id))
            .collect();
        let count = |status| items.iter().filter(|item| item.status == status).count();
        let counts = BulkCounts {
            total: items.len(),
            pending: count(ItemStatus::Pending),
            accepted: count(ItemStatus::Accepted),
            done: count(ItemStatus::Done),
            failed: count(ItemStatus::Failed),
            refused: count(ItemStatus::Refused),
        };
        let status = BulkStatus::Finished;
        Self { id: None, dry_run: true, status, created_at: None, finished_at: None, counts, items }
    }
}

impl BulkItem {
    fn new(index: usize, item: domain::BulkItem, request_id: &str) -> Self {
        let domain::BulkItem { op, name, id, progress } = item;
        let op = match op {
            BulkOp::Create => Op::Create,
            BulkOp::Delete => Op::Delete,
        };
        let (status, refusal) = match progress {
            Progress::Pending => (ItemStatus::Pending, None),
            Progress::Accepted => (ItemStatus::Accepted, None),
            Progress::Done => (ItemStatus::Done, None),
            Progress::Failed => (ItemStatus::Failed, None),
            Progress::Refused(refusal) => (ItemStatus::Refused, Some(*refusal)),
        };
        let problem = refusal.map(|refusal| problem::Problem::from(refusal).body(request_id));
        Self { index, op, name, id: id.map(|id| id.to_string()), status, problem }
    }
}
