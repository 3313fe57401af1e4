//! `upstreams.NAME`: the addresses a provisioner may reach, and what it never sees of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::Context;
use crate::domain::Secret;
use crate::plugin::Upstream;
use crate::runtime::document::{Complaint, Table, Value, duration, path, read_text, size, text};

/// A token is some hundred bytes; a wrong path may be more.
const MAX_TOKEN: u64 = 64 << 10;

pub(super) fn read(table: &mut Table<'_>, context: &mut Context) -> BTreeMap<String, Upstream> {
    let upstreams = table.tables("upstreams", |name, table| {
        check_name(name, table);
        let url = table.required("url", url);
        let bearer_token =
            table.optional_table("bearer_token", |token| bearer_token(token, context)).flatten();
        let ca_file = table.optional("ca_file", path(&context.base));
        if let Some(file) = &ca_file {
            context.files.push(file.clone());
            if !file.is_file() {
                table.complain("ca_file", format!("there is no file {}", file.display()));
            }
        }
        let connect_timeout = Duration::from_millis(1)..=Duration::from_secs(300);
        let connect_timeout = table.or("connect_timeout", duration(connect_timeout), Duration::from_secs(5));
        let max_response = table.or("max_response", size(1_024..=1 << 30), 4 << 20);
        let url = url?;
        if bearer_token.is_some() && url.starts_with("http://") && !is_loopback(&url) {
            context.warnings.push(Complaint {
                place: table.place_of("url"),
                key: table.key_of("url"),
                message: "the bearer token travels unencrypted: use https".to_owned(),
            });
        }
        Some((name.to_owned(), Upstream { url, bearer_token, ca_file, connect_timeout, max_response }))
    });
    upstreams.into_iter().collect()
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
fn bearer_token(table: &mut Table<'_>, context: &mut Context) -> Option<Secret> {
    let variable = table.optional("env", text());
    let file = table.optional("file", path(&context.base));
    match (variable, file) {
        (Some(variable), None) => match context.environment.get(&variable) {
            Some(value) => token(table, "env", value),
            None => {
                table.complain("env", format!("the environment variable {variable} is not set"));
                None
            }
        },
        (None, Some(file)) => {
            context.files.push(file.clone());
            read_token(table, &file)
        }
        _ => {
            if table.has("env") == table.has("file") {
                table.complain_here("exactly one of env = \"VARIABLE\" and file = \"path\" is wanted");
            }
            None
        }
    }
}

fn read_token(table: &Table<'_>, file: &Path) -> Option<Secret> {
    match read_text(file, MAX_TOKEN) {
        Ok(value) => token(table, "file", &value),
        Err(complaint) => {
            table.complain("file", format!("{}: {}", file.display(), complaint.message));
            None
        }
    }
}

fn token(table: &Table<'_>, key: &str, value: &str) -> Option<Secret> {
    // Files end in a line break; a token does not.
    let value = value.trim_end_matches(['\r', '\n']);
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        table.complain(key, "holds no token: one word of visible ASCII characters is wanted");
        return None;
    }
    Some(Secret::new(value.to_owned()))
}
