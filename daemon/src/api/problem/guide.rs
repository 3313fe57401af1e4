//! What there is to say about each code beside its line of the table: the text of its page under
//! `/docs/problems`. A code without a text does not compile.

use super::Code;

/// Of one code, for people. Text in backticks is code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guide {
    /// What it means and when it comes.
    pub(crate) meaning: &'static str,
    /// What whoever runs the daemon can do.
    pub(crate) operator: &'static str,
}

/// Where the client alone is at fault.
const NOTHING: &str = "Nothing: the daemon is well, and the client must change its request.";

impl Code {
    /// Its text.
    pub(crate) const fn guide(self) -> Guide {
        let (meaning, operator) = match self {
            Self::InvalidHost => (
                "A request must say which host it is for: exactly one `Host` header that is a host name or \
                 an address, with or without a port, and without a user. This one had none, several, or \
                 something else.",
                "If every client behind a proxy gets this, look at what the proxy does to the `Host` header.",
            ),
            Self::InvalidQuery => (
                "A query parameter is unknown, given twice, or has a value that is not allowed. Unknown \
                 ones are refused, because a filter that is misspelt would show too much.",
                NOTHING,
            ),
            Self::InvalidIfMatch => (
                "`If-Match` makes a request depend on the revision that the client has seen. Its value is \
                 no `ETag` that this API gives: those are numbers in double quotes, or `*` for any.",
                NOTHING,
            ),
            Self::InvalidIdempotencyKey => (
                "`Idempotency-Key` is what the client calls its request by, to send it again when no answer \
                 came. It is a string in double quotes, as the header's draft has it, or the same without \
                 quotes where it has no space, comma or semicolon; and there is one of it.",
                NOTHING,
            ),
            Self::InvalidLastEventId => (
                "`Last-Event-ID` says which event of a stream the client saw last. Its value is not the number \
                 of an event: ids of this API are whole numbers.",
                NOTHING,
            ),
            Self::InvalidJson => (
                "The body cannot be read as JSON: a comma or quote is missing, it is not UTF-8, or it is \
                 something else than one object. Nothing was done.",
                NOTHING,
            ),
            Self::WrongType => (
                "The body is JSON, and a member is of another type than it must be, such as a number where \
                 a text is needed. Each is named in `errors` by its JSON pointer.",
                NOTHING,
            ),
            Self::MissingMember => (
                "A member without which the request makes no sense is not in the body. Each is named in \
                 `errors` by its JSON pointer.",
                NOTHING,
            ),
            Self::UnknownMember => (
                "The body has a member that this operation does not know. It is refused and not skipped: a \
                 misspelt member would be lost without a word.",
                NOTHING,
            ),
            Self::BodyIncomplete => (
                "The connection ended, or broke its own encoding, before the body was complete. Nothing \
                 was done with the part that came.",
                "If it comes often, look at the network and the proxies between clients and the daemon.",
            ),
            Self::ForeignOrigin => (
                "A browser sent the request for a page of another origin, as `Origin` or `Sec-Fetch-Site` \
                 say, and it would have changed something. A page that you merely visit must not be able to \
                 make or delete instances.",
                "A frontend of your own must be served under the host name it calls, for example by one \
                 proxy for both.",
            ),
            Self::NotFound => (
                "No operation of this API has this path. Paths are case-sensitive and have no slash at \
                 their end; one that comes with a later version is not there yet.",
                NOTHING,
            ),
            Self::InstanceNotFound => (
                "No living instance has this id or this name. It was never made, was made on another \
                 daemon, or has been deleted since.",
                "If instances that should be there are missing, check that the daemon runs on the right \
                 `[server] data_dir`.",
            ),
            Self::OrphanNotFound => (
                "No workload of this name carries the mark of this installation without having a record here. \
                 It may have been adopted, purged or removed since the last listing.",
                "Orphans are found by listings, which are made now and then: one that has just appeared is \
                 seen by the next.",
            ),
            Self::TemplateNotFound => (
                "The catalogue has no template of this name now. Templates come from files and from \
                 provisioners, and may be added and removed while the daemon runs.",
                "If its file is there, look into the log: a file with an error is refused, with each \
                 complaint, and the last good one stays.",
            ),
            Self::PluginNotFound => (
                "The configuration has no provisioner and no hook of this name. Plugins are called by the names \
                 of their tables, not by their files.",
                "See `GET /mcp/plugins` for the names there are.",
            ),
            Self::PluginAmbiguous => (
                "A provisioner and a hook may have the same name, and here they do. The request does not say \
                 which of them is meant.",
                "Nothing, or give one of the two another name.",
            ),
            Self::NothingToRollBackTo => (
                "The daemon keeps the last versions of each plugin: the component with its table. None is kept \
                 from before the one that serves now.",
                "Put the file you want in its place by hand. `[plugins] keep` says how many versions are kept.",
            ),
            Self::RollbackRefused => (
                "The version before is kept, and cannot serve now: its table refers to something that is gone, or \
                 it would lead instances to another backend. What served goes on serving.",
                "`detail` names it. Put back what is missing, or change the configuration instead.",
            ),
            Self::ProvisionerRetired => (
                "The provisioner's table was removed from the configuration while it had instances. It serves on \
                 for them, until the last one is gone, and makes no new ones.",
                "Point templates and `[defaults] provisioner` to another provisioner, or put its table back.",
            ),
            Self::ProvisionerDisabled => (
                "The provisioner's table says `enabled = false`. It makes nothing, and its instances are neither \
                 watched nor removed, until it is enabled again.",
                "Remove `enabled = false` from its table, or point templates to another provisioner.",
            ),
            Self::BulkNotFound => (
                "No bulk has this id. A finished one is remembered for a day, unless configured otherwise, \
                 and of very many the oldest are forgotten earlier. What it made and deleted stays so.",
                "`[bulk] keep` says how long a finished bulk can be read.",
            ),
            Self::WorkloadNotFound => (
                "The instance is there, and its provisioner says that there is no workload for it at the \
                 moment: it is not made yet, was removed from outside, or is being made anew.",
                "If it stays so while the status is `running`, somebody removes workloads behind the \
                 daemon's back; its events tell when.",
            ),
            Self::ToolNotFound => (
                "The instance's server was asked and refused the call, and the tools that it listed at the last \
                 handshake have none of this name.",
                NOTHING,
            ),
            Self::MethodNotAllowed => (
                "There is something at this path, and it does not take this method. The `Allow` header of \
                 the answer has those that it takes.",
                NOTHING,
            ),
            Self::BodyTimeout => (
                "The head of the request came, and its body did not within the time that is allowed. \
                 Nothing was done.",
                "For clients on slow lines, raise `[server] body_timeout`.",
            ),
            Self::NameTaken => (
                "Names are unique among living instances, and this one is in use. Whoever wants to repeat a \
                 create that may have been done already can read the instance by its name first.",
                NOTHING,
            ),
            Self::NameDeleting => (
                "The instance that has this name is on its way out. Its name is free once its workload is \
                 gone, and not before: two workloads must never stand for one name.",
                "If it lasts, the workload cannot be removed: the instance's events say why, and \
                 `/mcp/provisioners` whether the backend answers.",
            ),
            Self::OrphanAmbiguous => (
                "Two provisioners reach the same backend, or each shows a workload of this name, and the \
                 request does not say which of them is meant.",
                "Two provisioners that reach one backend see each other's workloads: mostly one of the \
                 tables is a mistake.",
            ),
            Self::PhaseRefuses => (
                "What was asked for is not possible in the instance's status, such as a retry of one that \
                 runs, or a restart of one that is being deleted. `detail` names the status.",
                NOTHING,
            ),
            Self::NoEndpoint => (
                "A tool can be called while the instance has a workload with an address, which is so in `created`, \
                 `running` and `unhealthy`. `detail` names the status it has instead.",
                "Look at the instance: its `error` and its events say why it is not running.",
            ),
            Self::IdempotentRequestInFlight => (
                "A request with the same `Idempotency-Key` has come and is not recorded yet: its hooks are \
                 being asked, or it is being written. Whether it will be accepted is not known.",
                "If it lasts, a hook or the disk is slow: see the metrics of plugins and of the store.",
            ),
            Self::IdempotentInstanceGone => (
                "The same request was accepted before, and the instance it made has been deleted since. To \
                 make another one now would bring back what somebody wanted gone.",
                NOTHING,
            ),
            Self::IdempotentBulkGone => (
                "The same request was accepted before, and the bulk it made was finished and is forgotten \
                 while its key is still remembered.",
                "Let `[bulk] keep` be no shorter than `[store] idempotency`.",
            ),
            Self::SelectionDiffers => (
                "`delete_where` says how many instances it is about, so that a selector that finds more \
                 than its sender has seen deletes nothing. It found another number; `detail` has both. \
                 Nothing of the bulk was done, its other items included.",
                NOTHING,
            ),
            Self::RevisionCompacted => (
                "A stream was asked for that starts after a revision whose next events are not all kept any \
                 more, or that this database has not reached: it was restored from a backup, or is another \
                 one. The client cannot know what it missed, and starts over with a list.",
                "If clients come back later than events are kept, raise `[store] events` and `events_for`.",
            ),
            Self::StaleRevision => (
                "The request was to be done only if the instance is still at the revision in `If-Match`, \
                 and it has changed since. Nothing was done: what the client decided by is no longer true.",
                NOTHING,
            ),
            Self::BodyTooLarge => (
                "The body has more bytes than the daemon reads of one request. It was not looked at.",
                "If requests of this size are meant to be, raise `[server] max_body`, or `[bulk] max_body`.",
            ),
            Self::UriTooLong => (
                "Path and query together have more bytes than are read. The bound is fixed and far above \
                 what any request of this API needs.",
                NOTHING,
            ),
            Self::UnsupportedMediaType => (
                "A request that carries a body must say that it is JSON. One that needs no body, such as a \
                 delete, needs no `Content-Type` either.",
                NOTHING,
            ),
            Self::WrongHost => (
                "The `Host` of the request is no name of this server. A page whose name was made to point \
                 here (DNS rebinding) looks like that, so that only known names are answered.",
                "Add each name under which clients reach the daemon to `[server] allowed_hosts`.",
            ),
            Self::InvalidRequest => (
                "The request can be read and breaks a rule: a name that is not allowed, a template or \
                 provisioner that is not there, an input that is missing or wrong. Every complaint is in \
                 `errors`, each with a pointer, a code and what is allowed.",
                "If an input is refused that should be allowed, its rule is in the template.",
            ),
            Self::OrphanUnmarked => (
                "The workload carries the mark of this installation, and not the one that says which instance \
                 it was made for. Nothing is touched that is not proven ours.",
                "Look at the workload at its backend, and remove it there if nobody needs it.",
            ),
            Self::IdempotencyKeyReused => (
                "The key is remembered with the request it came with first, and this is another one: another \
                 operation, or a body of another meaning. The order of members and white space make no \
                 difference, and every value does. Nothing was done.",
                NOTHING,
            ),
            Self::HookDenied => (
                "A hook, which is a policy of whoever runs this daemon, looked at the request and refused \
                 it. `hook` names it, `errors` says what it wants, and `admission` what each hook said.",
                "Policies are the `[[hooks]]` of the configuration. One with `mode = \"audit\"` is recorded and \
                 refuses nothing.",
            ),
            Self::HookFailed => (
                "A hook could not judge the request: it took too long, failed, or needed too much \
                 memory. It is configured so that no judgement is a refusal.",
                "The log has the reason under this `request_id`. `on_error = \"allow\"` in the hook's table \
                 would let requests pass that it cannot judge.",
            ),
            Self::HookBusy => (
                "As many reviews as a hook may make at once are under way, and none ended in time. Nothing was \
                 decided, and nothing was done.",
                "Raise `max_concurrent` in the hook's table. If its reviews take long, `/mcp/plugins` shows how \
                 long. With `on_error = \"allow\"` such requests would pass unseen.",
            ),
            Self::HookNotFound => (
                "A hook is rehearsed by the name it has in the configuration, and none there has this one. \
                 `detail` lists those there are.",
                "The names are those of the `[[hooks]]`; one that is off can be rehearsed, too.",
            ),
            Self::ToolRefused => (
                "The instance's server answered the call with an error of JSON-RPC by which the tool has not run: \
                 mostly its arguments are wrong, or the tool is no longer there. `errors` has the server's own code, \
                 and `detail` its words.",
                NOTHING,
            ),
            Self::HeadersTooLarge => (
                "The request has more headers, or more bytes of them, than are read. Mostly these are \
                 cookies that another service on the same host name has set.",
                NOTHING,
            ),
            Self::Internal => (
                "A part of the daemon that should not fail has failed. The request may have had its effect \
                 or not; other requests and all instances go on.",
                "The log has the reason under this `request_id`. It is an error of the daemon: please \
                 report it with those lines.",
            ),
            Self::ProvisionerUnsupported => (
                "The provisioner of the instance has no such ability, such as showing logs. It will not \
                 have it at the next try either.",
                "`/mcp/provisioners` lists the capabilities of each plugin; another version of it may have more.",
            ),
            Self::ProvisionerFailed => (
                "The provisioner of the instance was asked and failed in a way that does not say that it \
                 will succeed later. `errors` has its own code, which is explained under `/docs/errors`.",
                "Look at the backend and at the plugin's lines in the log; `/mcp/plugins` shows its version.",
            ),
            Self::EndpointUnreachable => (
                "The daemon found no way to the instance's server, or what answers there is no MCP server. The tool \
                 was not called. An instance whose server just ended is made anew, and can be called then.",
                "The conditions of the instance say which rung fails, and its log what the server said last.",
            ),
            Self::EndpointRefused => (
                "The address of the instance's endpoint is one that the daemon never connects to, or it is outside \
                 of the `endpoints` that its provisioner's table allows. The tool was not called.",
                "If its workloads may be there, add the network or the host name to `endpoints` of \
                 `[provisioners.NAME]`; addresses of link-local networks and cloud metadata are never allowed.",
            ),
            Self::NeedsCredentials => (
                "The instance's server answered 401 or 403. It wants credentials of its user, and the daemon has \
                 none and passes none on.",
                "Nothing: the server lives. Its users call it directly, with credentials of their own.",
            ),
            Self::ToolFailed => (
                "The call was sent, and what came back is no result: the connection was cut, the answer was too \
                 long or no MCP message, or the server said that it failed. The tool may have run, so that the \
                 daemon does not repeat the call.",
                "The instance's log has what the server said. If answers are longer than is read, raise \
                 `[tools] max_answer`.",
            ),
            Self::Busy => (
                "As much is under way as may be at once: creates that are being admitted, writes that \
                 wait, bulks that are not finished, a rehearsal, or calls of tools. The daemon refuses at once instead \
                 of letting everybody wait; nothing was done.",
                "If it comes often, compare `wharfinger_store_writes_waiting` with its limit and look at \
                 `wharfinger_store_commit_duration_seconds`: mostly the disk is slow. The bounds \
                 are `[server] max_admissions`, `[store] queue`, `[bulk] max_unfinished` and `[tools] max_concurrent`.",
            ),
            Self::IdempotencyKeysFull => (
                "As many keys are remembered as may be. A request whose key could not be remembered is not \
                 done, because a repeat of it could not be known; without a key it would be.",
                "Raise `[store] max_idempotency_keys`, or shorten `[store] idempotency`.",
            ),
            Self::ProvisionerUnavailable => (
                "The backend of the instance's provisioner could not be reached, or the provisioner had no \
                 turn free. Nothing was done, and it may well go well in a moment.",
                "`/mcp/provisioners` shows since when the backend does not answer and why. Instances do not \
                 fail because of such an outage.",
            ),
            Self::StoreUnavailable => (
                "The database could not be read or written. Nothing that is not written down is done, so \
                 that the request had no effect.",
                "The log has what the disk said: mostly it is full, read-only or gone. Mend that, and \
                 restart the daemon; every instance will still be there.",
            ),
            Self::ToolTimedOut => (
                "The call was sent, and no result came within `[tools] timeout`. The daemon has closed the connection, \
                 by which some servers stop and others do not: the tool may have run, or run still.",
                "If tools may take longer, raise `[tools] timeout`. Else look at the instance's log.",
            ),
        };
        Guide { meaning, operator }
    }
}
