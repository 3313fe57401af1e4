//! Which path leads where, and through which layers.
//!
//! Every route is added by `routes!`, so that it is documented by construction; what has none is the
//! console's. The router's own failures are problems too.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::console::{Console, Files};
use super::handlers::{
    bulk, docs, events, health, hooks, instances, orphans, plugins, provisioners, templates, tools,
};
use super::middleware::{answer_unread_body, guard, observe};
use super::openapi::{self, Document};
use super::problem::{Code, Problem};
use super::state::Api;
use super::{Options, console, handlers};
use crate::runtime::{Metrics, Readiness};
use crate::service::Service;

/// The router over `service`, and the document that describes it. `listen`: the address bound; `files`: the
/// console's.
pub(crate) fn router(
    service: Service,
    readiness: Readiness,
    metrics: Metrics,
    options: &Options,
    listen: SocketAddr,
    files: Files,
) -> (Router, Document) {
    let (router, document) = openapi::start()
        .merge(instance_routes())
        .routes(routes!(bulk::create_bulk))
        .routes(routes!(bulk::get_bulk))
        .routes(routes!(events::stream_events))
        .routes(routes!(templates::list_templates))
        .routes(routes!(templates::get_template))
        .routes(routes!(provisioners::list_provisioners))
        .routes(routes!(orphans::list_orphans))
        .routes(routes!(orphans::adopt_orphan))
        .routes(routes!(orphans::purge_orphan))
        .routes(routes!(plugins::list_plugins))
        .routes(routes!(plugins::reload_plugins))
        .routes(routes!(plugins::roll_back_plugin))
        .routes(routes!(hooks::rehearse_hook))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(handlers::document::openapi))
        .routes(routes!(handlers::metrics::read_metrics))
        .merge(docs_routes())
        .split_for_parts();
    let document = openapi::finish(document);
    let console = Console::new(files, document.paths());
    let api = Api::new(service, readiness, metrics, options, listen, &document, console);
    let router = router
        .fallback(console::fallback)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(api.clone(), guard))
        .layer(from_fn(answer_unread_body))
        // The outermost: it gives every answer its id, its headers and, to a problem, its body.
        .layer(from_fn_with_state(api.clone(), observe))
        .with_state(api);
    (router, document)
}

fn instance_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(instances::list_instances, instances::create_instance))
        .routes(routes!(instances::get_instance, instances::delete_instance))
        .routes(routes!(instances::retry_instance))
        .routes(routes!(instances::restart_instance))
        .routes(routes!(instances::list_instance_events))
        .routes(routes!(instances::read_instance_logs))
        .routes(routes!(tools::list_instance_tools))
        .routes(routes!(tools::call_instance_tool))
}

fn docs_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(docs::operations_page))
        .routes(routes!(docs::problems_page))
        .routes(routes!(docs::problem_page))
        .routes(routes!(docs::errors_page))
        .routes(routes!(docs::metrics_page))
        .routes(routes!(docs::docs_style))
}

/// `Allow` is added by the router.
async fn no_such_method(request: Request) -> Problem {
    Problem::new(Code::MethodNotAllowed, format!("{} is not possible here", request.method()))
}
