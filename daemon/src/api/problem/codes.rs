//! Every code a problem may have, as data: one line says all there is to say in general.
//!
//! Codes are stable: clients decide by them. Codes within `errors` are wider, since plugins bring
//! their own.

use std::borrow::Cow;

use http::StatusCode;
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema, openapi::RefOr};

/// What is true of every problem with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `snake_case`, stable.
    pub(crate) code: &'static str,
    /// HTTP status.
    pub(crate) status: u16,
    /// The same request may go well another time, unless the problem itself says otherwise.
    pub(crate) retryable: bool,
    /// For people.
    pub(crate) title: &'static str,
    /// What to do about it.
    pub(crate) remedy: &'static str,
}

macro_rules! codes {
    ($($variant:ident = $code:literal, $status:literal, $retryable:literal, $title:literal, $remedy:literal;)+) => {
        /// Which problem; see the table in this module's source.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Code { $($variant),+ }

        impl Code {
            /// Every code, in the order of the table.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its line of the table.
            pub(crate) const fn entry(self) -> Entry {
                match self {
                    $(Self::$variant => Entry {
                        code: $code, status: $status, retryable: $retryable, title: $title, remedy: $remedy,
                    }),+
                }
            }
        }
    };
}

codes! {
    InvalidHost = "invalid_host", 400, false, "The request does not say which host it is for",
        "Send exactly one Host header, as the URL has it.";
    InvalidQuery = "invalid_query", 400, false, "A query parameter is wrong",
        "See errors for each parameter and what is allowed.";
    InvalidIfMatch = "invalid_if_match", 400, false, "If-Match is not an ETag of this API",
        "Send the ETag of the instance as it was given, in its quotes, or *.";
    InvalidLastEventId = "invalid_last_event_id", 400, false, "Last-Event-ID is not an id of this API",
        "Send the id of the last event as it was given, or no such header.";
    InvalidIdempotencyKey = "invalid_idempotency_key", 400, false, "Idempotency-Key is not a key",
        "Send one key of 1 to 255 printable ASCII characters, best a fresh UUID, in quotes or without.";
    InvalidJson = "invalid_json", 400, false, "The body is not JSON",
        "Send one JSON object in UTF-8.";
    WrongType = "wrong_type", 400, false, "A member of the body has the wrong type",
        "See errors for each member and its type.";
    MissingMember = "missing_member", 400, false, "A required member of the body is missing",
        "See errors for each member; /openapi.json has the whole form.";
    UnknownMember = "unknown_member", 400, false, "The body has a member that is not known here",
        "Remove it, or correct its spelling; /openapi.json has the whole form.";
    BodyIncomplete = "body_incomplete", 400, true, "The body ended before its end",
        "Send the request again.";
    ForeignOrigin = "foreign_origin", 403, false, "The request comes from a page of another origin",
        "Call from a page of this server, or from a program that is no browser.";
    NotFound = "not_found", 404, false, "There is nothing at this path",
        "See /openapi.json for every path.";
    InstanceNotFound = "instance_not_found", 404, false, "There is no such instance",
        "GET /mcp/instances lists the living ones. A deleted instance has only its events and its last output, by its id.";
    OrphanNotFound = "orphan_not_found", 404, false, "There is no such orphan",
        "GET /mcp/orphans lists them; one that was adopted or purged is none any more.";
    PluginNotFound = "plugin_not_found", 404, false, "There is no such plugin",
        "GET /mcp/plugins lists them.";
    HookNotFound = "hook_not_found", 404, false, "The configuration has no such hook",
        "See detail for the names there are: those of the [[hooks]].";
    TemplateNotFound = "template_not_found", 404, false, "There is no such template",
        "GET /mcp/templates lists them.";
    BulkNotFound = "bulk_not_found", 404, false, "There is no such bulk",
        "A finished bulk is remembered for [bulk] keep; the Location of its answer has its id.";
    WorkloadNotFound = "workload_not_found", 404, true, "The instance has no workload",
        "Read the instance's status: its workload may not be made yet, or be gone.";
    ToolNotFound = "tool_not_found", 404, false, "The instance has no such tool",
        "GET /mcp/instances/{id}/tools lists what its server offers.";
    MethodNotAllowed = "method_not_allowed", 405, false, "This path does not take this method",
        "See the Allow header.";
    BodyTimeout = "body_timeout", 408, true, "The body did not arrive in time",
        "Send the body at once, right after the head.";
    NameTaken = "name_taken", 409, false, "A living instance has this name",
        "Choose another name, or delete the instance that has it.";
    NameDeleting = "name_deleting", 409, true, "The instance with this name is being deleted",
        "Try again when it is gone: DELETE with wait answers 204 then.";
    OrphanAmbiguous = "orphan_ambiguous", 409, false, "Two provisioners show a workload of this name",
        "Say which one with ?provisioner=.";
    PhaseRefuses = "phase_refuses", 409, false, "The instance's status does not allow this",
        "Read the instance. retry is for failed ones; restart for those that have a workload or failed.";
    NoEndpoint = "no_endpoint", 409, true, "The instance has no endpoint now",
        "Wait until its status is running: GET /mcp/events tells when.";
    IdempotentRequestInFlight = "idempotent_request_in_flight", 409, true,
        "The first request with this Idempotency-Key is under way",
        "Send it again after the time in Retry-After: it is answered with what the first one made.";
    IdempotentInstanceGone = "idempotent_instance_gone", 409, false,
        "The instance that this request made before is gone",
        "Nothing was made again. If that is wanted, send the request with a new Idempotency-Key.";
    IdempotentBulkGone = "idempotent_bulk_gone", 409, false,
        "The bulk that this request made before is forgotten",
        "It was finished, and nothing was done again. If that is wanted, send it with a new Idempotency-Key.";
    SelectionDiffers = "selection_differs", 409, false, "The labels select another number of instances",
        "Look at what they select (GET /mcp/instances?label=…), and send the bulk with that expect_count.";
    RevisionCompacted = "revision_compacted", 410, false, "Not all events since this revision are kept",
        "List again (GET /mcp/instances), then stream from that list's revision: GET /mcp/events?since=….";
    PluginAmbiguous = "plugin_ambiguous", 409, false, "A provisioner and a hook have this name",
        "Say which with ?kind=provisioner or ?kind=hook.";
    NothingToRollBackTo = "nothing_to_roll_back_to", 409, false, "No earlier version of the plugin is kept",
        "See previous in GET /mcp/plugins; [plugins] keep says how many versions are kept.";
    StaleRevision = "stale_revision", 412, false, "The instance has changed since",
        "Read it again, decide anew, and send its new ETag.";
    BodyTooLarge = "body_too_large", 413, false, "The body is too large",
        "Send less: [server] max_body is the bound, and [bulk] max_body that of a bulk.";
    UriTooLong = "uri_too_long", 414, false, "The path and query are too long",
        "Send less.";
    UnsupportedMediaType = "unsupported_media_type", 415, false, "The body is not declared as JSON",
        "Send Content-Type: application/json, or no body.";
    WrongHost = "wrong_host", 421, false, "This server does not answer for this host",
        "Use the listen address or a loopback name, or add the host to [server] allowed_hosts.";
    InvalidRequest = "invalid_request", 422, false, "The request is well-formed and refused",
        "See errors for each part that is wrong and what is allowed.";
    IdempotencyKeyReused = "idempotency_key_reused", 422, false,
        "This Idempotency-Key came with another request before",
        "Use a new key for each request, and the same only to send the same request again.";
    OrphanUnmarked = "orphan_unmarked", 422, false, "The workload does not say which instance it was made for",
        "Remove it by the backend's own means: without its mark it can be neither adopted nor purged.";
    ProvisionerRetired = "provisioner_retired", 422, false, "The provisioner takes no new instances",
        "Ask for another one: GET /mcp/provisioners shows which take new instances.";
    ProvisionerDisabled = "provisioner_disabled", 422, false, "The provisioner is disabled",
        "Ask for another one: GET /mcp/provisioners shows which take new instances.";
    RollbackRefused = "rollback_refused", 422, false, "The earlier version of the plugin cannot serve now",
        "See detail for what is wrong with it.";
    HookDenied = "hook_denied", 422, false, "A hook refused the request",
        "See errors and admission for what the hooks want.";
    HookFailed = "hook_failed", 422, true, "A hook could not answer, and counts as a refusal",
        "Try again; if it goes on, its operator finds the reason in the log.";
    ToolRefused = "tool_refused", 422, false, "The instance's server refused the call",
        "See detail for its own words, and the tool's input_schema for the arguments it wants.";
    HeadersTooLarge = "headers_too_large", 431, false, "The request's headers are too large",
        "Send fewer or shorter headers.";
    Internal = "internal", 500, true, "Something went wrong in the daemon",
        "Look for the request_id in the log, and report it.";
    ProvisionerUnsupported = "provisioner_unsupported", 501, false, "The instance's provisioner cannot do this",
        "GET /mcp/provisioners shows what each can do.";
    ProvisionerFailed = "provisioner_failed", 502, true, "The instance's provisioner failed",
        "See detail; GET /mcp/provisioners shows whether its backend answers.";
    EndpointUnreachable = "endpoint_unreachable", 502, true, "The instance's server cannot be reached",
        "The tool was not called: read the instance's conditions, and try again when it is running.";
    EndpointRefused = "endpoint_refused", 502, false, "The instance's endpoint is where nothing may be sent",
        "The endpoints of its provisioner's table say where its workloads may be.";
    NeedsCredentials = "needs_credentials", 502, false, "The instance's server wants credentials of its user",
        "Call it directly with an MCP client that has them: endpoint.url.";
    ToolFailed = "tool_failed", 502, false, "The call has no result, and the tool may have run",
        "See detail and the instance's log. Repeat it only if running it twice does no harm.";
    Busy = "busy", 503, true, "Too much is under way",
        "Try again after the time in Retry-After.";
    HookBusy = "hook_busy", 503, true, "A hook has no turn free",
        "Try again after the time in Retry-After.";
    IdempotencyKeysFull = "idempotency_keys_full", 503, true, "No more Idempotency-Keys can be remembered",
        "Try again after the time in Retry-After, send no key, or raise [store] max_idempotency_keys.";
    ProvisionerUnavailable = "provisioner_unavailable", 503, true, "The instance's provisioner does not answer",
        "Try again after the time in Retry-After; GET /mcp/provisioners shows whether its backend answers.";
    StoreUnavailable = "store_unavailable", 503, true, "The daemon's database does not answer",
        "The operator finds the reason in the log: mostly the disk.";
    ToolTimedOut = "tool_timed_out", 504, false, "The tool gave no result in time, and may have run",
        "See the instance's log. Repeat it only if running it twice does no harm.";
}

impl Code {
    /// HTTP status.
    pub(crate) fn status(self) -> StatusCode {
        StatusCode::from_u16(self.entry().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.entry().code == name)
    }

    /// For the OpenAPI document: the code and what it means.
    pub(crate) fn summary(self) -> String {
        let Entry { code, title, .. } = self.entry();
        format!("`{code}`: {title}")
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.entry().code)
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let codes: Vec<&str> = Self::ALL.iter().map(|code| code.entry().code).collect();
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Stable. New ones may come: treat an unknown one by its status."))
            .enum_values(Some(codes))
            .into()
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ProblemCode")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_its_own_and_an_error() {
        let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.entry().code).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in Code::ALL {
            let Entry { code: text, status, title, remedy, .. } = code.entry();
            assert!(text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{text}");
            assert!((400..600).contains(&status) && code.status().as_u16() == status, "{text}");
            assert!(!title.ends_with('.') && remedy.ends_with('.'), "{text}");
        }
    }
}
