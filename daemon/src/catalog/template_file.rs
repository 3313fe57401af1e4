//! One template file → a template, or everything that is wrong with it.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::inputs;
use crate::domain::{HealthPolicy, ProvisionerName, Template, TemplateName};
use crate::runtime::document::{Table, Value, choice, count, duration, parsed, text};

const MILLISECOND: Duration = Duration::from_millis(1);
/// Bytes of an icon's URL.
const MAX_ICON: usize = 16 << 10;
const HOUR: Duration = Duration::from_secs(3_600);

/// Reads a template. `base` is the absolute folder of its file.
pub(super) fn read(
    root: &mut Table<'_>,
    base: &Path,
    provisioners: &BTreeSet<ProvisionerName>,
) -> Option<Template> {
    let name = root.required("name", parsed::<TemplateName>());
    let port = root.required("port", count::<u16>(1..=u16::MAX));
    let description = root.or("description", text(), String::new());
    let icon = root.optional("icon", icon);
    let provisioner = provisioner(root, provisioners);
    let image = root.optional("image", some_text);
    let command = command(root, base);
    let path = root.or("path", path, "/mcp".to_owned());
    let transports = [("streamable-http", "streamable-http")];
    let transport = root.or("transport", choice(&transports), "streamable-http").to_owned();
    let environment = root.map("environment", inputs::environment_key, environment_value);
    let labels = root.map("labels", label_key, text());
    let resources = root.map("resources", label_key, some_text);
    let health = health(root);
    let inputs = inputs::read(root);
    Some(Template {
        name: name?,
        description,
        icon,
        provisioner,
        image,
        command,
        port: port?,
        path,
        transport,
        environment,
        labels,
        resources,
        health,
        inputs,
    })
}

fn provisioner(root: &mut Table<'_>, known: &BTreeSet<ProvisionerName>) -> Option<ProvisionerName> {
    let name = root.optional("provisioner", parsed::<ProvisionerName>())?;
    if !known.contains(&name) {
        let all = known.iter().map(ProvisionerName::as_str).collect::<Vec<_>>().join(", ");
        root.complain("provisioner", format!("{:?} is not configured; there are: {all}", name.as_str()));
    }
    Some(name)
}

fn command(root: &mut Table<'_>, base: &Path) -> Vec<String> {
    let mut command = root.list("command", argument).unwrap_or_default();
    match command.first_mut() {
        Some(program) if program.is_empty() => root.complain("command", "the first word names no program"),
        Some(program) if program.contains('/') => *program = from(base, program),
        Some(_) => {}
        None if root.has("command") => root.complain("command", "is empty: leave it out, or name a program"),
        None => {}
    }
    command
}

/// `program` as seen from `base`, with `.` and `..` taken out, so that a person can read it. Links
/// are no trouble: `base` has none, and nothing before a `..` of ours may be one.
fn from(base: &Path, program: &str) -> String {
    let mut path = PathBuf::new();
    for component in base.join(program).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if !path.is_symlink() => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path.to_string_lossy().into_owned()
}

fn argument(value: &Value) -> Result<String, String> {
    let text = text()(value)?;
    if text.contains('\0') { Err("holds a NUL character".to_owned()) } else { Ok(text) }
}

fn environment_value(value: &Value) -> Result<String, String> {
    argument(value)
}

fn some_text(value: &Value) -> Result<String, String> {
    let text = text()(value)?;
    if text.is_empty() { Err("is empty; leave it out instead".to_owned()) } else { Ok(text) }
}

fn label_key(key: &str) -> Result<(), String> {
    if key.is_empty() || key.len() > 253 || key.contains(|c: char| c.is_control() || c == '=') {
        return Err(format!("{key:?} is no label key: 1 to 253 characters, no '=' and no control character"));
    }
    Ok(())
}

/// Nothing that would be fetched, and nothing but a picture.
fn icon(value: &Value) -> Result<String, String> {
    let text = text()(value)?;
    if text.len() > MAX_ICON {
        return Err(format!("has {} bytes; at most {MAX_ICON} are allowed", text.len()));
    }
    let data = ["png", "svg+xml", "webp"]
        .iter()
        .find_map(|kind| text.strip_prefix(&format!("data:image/{kind};base64,")));
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    match data {
        Some(data) if !data.is_empty() && data.bytes().all(base64) => Ok(text),
        _ => {
            Err("is no picture: write it as \"data:image/svg+xml;base64,…\", or with png or webp".to_owned())
        }
    }
}

/// A path as it stands in a URL.
fn path(value: &Value) -> Result<String, String> {
    let text = text()(value)?;
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"?#\\\"<>".contains(&byte);
    if text.starts_with('/') && !text.starts_with("//") && text.bytes().all(allowed) {
        Ok(text)
    } else {
        Err(format!("{text:?} is not allowed: a path such as \"/mcp\", with one '/' first, without query"))
    }
}

fn health(root: &mut Table<'_>) -> HealthPolicy {
    let default = HealthPolicy::default();
    root.table("health", |health| HealthPolicy {
        interval: health.or("interval", duration(100 * MILLISECOND..=24 * HOUR), default.interval),
        timeout: health.or("timeout", duration(10 * MILLISECOND..=HOUR), default.timeout),
        failures: health.or("failures", count(1..=1_000), default.failures),
        start_period: health.or("start_period", duration(Duration::ZERO..=24 * HOUR), default.start_period),
        expect_tools: health.list("expect_tools", some_text).unwrap_or_default(),
    })
}
