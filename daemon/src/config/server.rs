//! `[server]`: where requests come in, and how long and large they may be.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::Context;
use super::daemon::{Bulk, Rehearsal};
use crate::runtime::document::{Complaint, Table, Value, boolean, count, duration, parsed, path, size};
use crate::{api, service};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// What `[server]` says.
pub(super) struct Server {
    pub(super) api: api::Options,
    pub(super) service: service::Options,
    pub(super) data_dir: PathBuf,
}

pub(super) fn read(
    root: &mut Table<'_>,
    context: &mut Context,
    bulk: &Bulk,
    rehearsal: &Rehearsal,
) -> Server {
    root.table("server", |server| {
        let data_dir = server.or("data_dir", path(&context.base), context.base.join("../data"));
        let api = api::Options {
            listen: listen(server, context),
            allowed_hosts: server.list("allowed_hosts", host).unwrap_or_default(),
            max_connections: server.or("max_connections", count(1..=100_000), 1_024),
            header_timeout: server.or("header_timeout", duration(SECOND..=HOUR), 10 * SECOND),
            body_timeout: server.or("body_timeout", duration(SECOND..=HOUR), 15 * SECOND),
            write_timeout: server.or("write_timeout", duration(SECOND..=HOUR), 30 * SECOND),
            heartbeat: server.or("heartbeat", duration(SECOND..=20 * SECOND), 15 * SECOND),
            max_body: server.or("max_body", size(1_024..=64 << 20), 256 << 10),
            max_bulk_body: bulk.max_body,
            drain: server.or("drain", duration(Duration::ZERO..=HOUR), 10 * SECOND),
        };
        let service = service::Options {
            default_wait: server.or("default_wait", duration(Duration::ZERO..=HOUR), 30 * SECOND),
            max_wait: server.or("max_wait", duration(Duration::ZERO..=HOUR), 300 * SECOND),
            max_admissions: server.or("max_admissions", count(1..=100_000), 64),
            max_bulk_items: bulk.max_items,
            max_bulk_concurrent: bulk.max_concurrent,
            max_streams: server.or("max_streams", count(1..=100_000), 256),
            rehearsal_timeout: rehearsal.timeout,
        };
        if service.default_wait > service.max_wait {
            server.complain("default_wait", "is longer than max_wait; at most that is allowed");
        }
        Server { api, service, data_dir }
    })
}

fn listen(server: &mut Table<'_>, context: &mut Context) -> SocketAddr {
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 7180));
    let address = |value: &Value| {
        parsed::<SocketAddr>()(value).map_err(|_| {
            "is not an address with a port, such as \"127.0.0.1:7180\" or \"[::1]:7180\"".to_owned()
        })
    };
    let listen = server.or("listen", address, default);
    let allow_anonymous = server.or("allow_anonymous", boolean(), false);
    if listen.ip().is_loopback() {
        return listen;
    }
    if allow_anonymous {
        context.warnings.push(Complaint {
            place: server.place_of("listen"),
            key: "server.listen".to_owned(),
            message: format!("{listen} can be reached from elsewhere, and nobody is asked who they are"),
        });
    } else {
        let message = format!(
            "{listen} is not a loopback address, and nobody is asked who they are: listen on 127.0.0.1 \
             or [::1] behind something that asks, or set server.allow_anonymous = true"
        );
        server.complain("listen", message);
    }
    listen
}

/// A host name or address as in a `Host` header, without its port.
fn host(value: &Value) -> Result<String, String> {
    let host = crate::runtime::document::text()(value)?.to_ascii_lowercase();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let name = !host.is_empty() && host.len() <= 253 && host.bytes().all(allowed);
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::Ipv6Addr>().is_ok();
    if name || address {
        Ok(host)
    } else {
        Err(format!("{host:?} is not a host name: write it without scheme, port and path"))
    }
}
