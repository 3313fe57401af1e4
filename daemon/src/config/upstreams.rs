//! `upstreams.NAME`: the addresses a provisioner may reach, and what it never sees of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::Context;
use crate::plugin::{Bounds, ClientCertificate, CredentialSource, Upstream};
use crate::runtime::document::{Complaint, Table, Value, count, duration, path, size, text};

pub(super) fn read(table: &mut Table<'_>, context: &mut Context) -> BTreeMap<String, Upstream> {
    let upstreams = table.tables("upstreams", |name, table| {
        check_name(name, table);
        let url = table.required("url", url);
        let socket = table.optional("socket", path(&context.base));
        let bearer_token =
            table.optional_table("bearer_token", |token| bearer_token(token, context)).flatten();
        let ca_file = file(table, "ca_file", context);
        let client_certificate = client_certificate(table, context);
        let bounds = bounds(table);
        let url = url?;
        let plain = url.starts_with("http://") && !is_loopback(&url) && socket.is_none();
        if bearer_token.is_some() && plain {
            context.warnings.push(Complaint {
                place: table.place_of("url"),
                key: table.key_of("url"),
                message: "the bearer token travels unencrypted: use https".to_owned(),
            });
        }
        Some((name.to_owned(), Upstream { url, socket, bearer_token, ca_file, client_certificate, bounds }))
    });
    upstreams.into_iter().collect()
}

/// A file that is read with the plugin, and again when it changes. Whether it is there is looked at then:
/// one that is missing is one plugin's trouble.
fn file(table: &mut Table<'_>, key: &'static str, context: &mut Context) -> Option<PathBuf> {
    let file = table.optional(key, path(&context.base));
    context.files.extend(file.clone());
    file
}

fn client_certificate(table: &mut Table<'_>, context: &mut Context) -> Option<ClientCertificate> {
    let chain = file(table, "client_cert_file", context);
    let key = file(table, "client_key_file", context);
    match (chain, key) {
        (Some(chain), Some(key)) => Some(ClientCertificate { chain, key }),
        (None, None) => None,
        _ => {
            if table.has("client_cert_file") != table.has("client_key_file") {
                table.complain_here(
                    "client_cert_file and client_key_file are wanted together; both may name one file",
                );
            }
            None
        }
    }
}

fn bounds(table: &mut Table<'_>) -> Bounds {
    const MILLISECOND: Duration = Duration::from_millis(1);
    const HOUR: Duration = Duration::from_secs(3_600);
    let default = Bounds::default();
    Bounds {
        connect_timeout: table.or(
            "connect_timeout",
            duration(MILLISECOND..=Duration::from_secs(300)),
            default.connect_timeout,
        ),
        first_byte_timeout: table.or(
            "first_byte_timeout",
            duration(MILLISECOND..=HOUR),
            default.first_byte_timeout,
        ),
        idle_timeout: table.or("idle_timeout", duration(MILLISECOND..=HOUR), default.idle_timeout),
        total_timeout: table.or("total_timeout", duration(MILLISECOND..=HOUR), default.total_timeout),
        max_request: table.or("max_request", size(1_024..=1 << 30), default.max_request),
        max_response: table.or("max_response", size(1_024..=1 << 30), default.max_response),
        max_headers: table.or("max_headers", count(1..=10_000), default.max_headers),
        // Less is not enough for the buffer that they are read into.
        max_header_bytes: table.or("max_header_bytes", size(8 << 10..=1 << 20), default.max_header_bytes),
        max_connections: table.or("max_connections", count(1..=10_000), default.max_connections),
    }
}

/// A plugin uses the name as the host of its URLs.
fn check_name(name: &str, table: &Table<'_>) {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let plain = (1..=63).contains(&name.len()) && name.bytes().all(letter);
    if !plain || name.starts_with('-') || name.ends_with('-') {
        table.complain_here("an upstream's name is the host of a plugin's URLs: a-z, 0-9 and '-'");
    }
}

fn uri(text: &str) -> Option<http::Uri> {
    text.parse().ok()
}

fn url(value: &Value) -> Result<String, String> {
    let url = text()(value)?;
    let wanted = "a URL such as \"http://127.0.0.1:8000\" or \"https://manager.example/api\" is wanted";
    let uri = uri(&url).ok_or_else(|| format!("is no URL; {wanted}"))?;
    let scheme = uri.scheme_str().unwrap_or_default();
    if (scheme != "http" && scheme != "https") || uri.host().unwrap_or_default().is_empty() {
        return Err(format!("has no scheme http or https, or no host; {wanted}"));
    }
    // What is wrong is not repeated: it may be a password.
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("holds a user or a password; use bearer_token".to_owned());
    }
    if uri.query().is_some() || url.contains('#') {
        return Err(format!("has a query or a fragment; {wanted}"));
    }
    Ok(url)
}

fn is_loopback(url: &str) -> bool {
    let host = uri(url).and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// `{ env = "VARIABLE" }` or `{ file = "path" }`; never the token itself.
fn bearer_token(table: &mut Table<'_>, context: &mut Context) -> Option<CredentialSource> {
    let variable = table.optional("env", text());
    let file = file(table, "file", context);
    match (variable, file) {
        (Some(variable), None) => Some(CredentialSource::Variable(variable)),
        (None, Some(file)) => Some(CredentialSource::File(file)),
        _ => {
            if table.has("env") == table.has("file") {
                table.complain_here("exactly one of env = \"VARIABLE\" and file = \"path\" is wanted");
            }
            None
        }
    }
}
