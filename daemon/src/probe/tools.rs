//! `tools/list`, all pages.

use std::fmt::Write as _;

use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::exchange::{Body, Endpoint, Silence};
use super::handshake::Session;
use crate::domain::Tool;

/// No server needs more pages; one that hands out cursors for ever would be asked for ever.
const MAX_PAGES: usize = 32;

/// What a server offers.
#[derive(Debug, Default)]
pub(super) struct Tools {
    pub(super) list: Vec<Tool>,
    /// There were more than are kept.
    pub(super) cut: bool,
}

impl Tools {
    /// `sha256:` and the first half of the digest over names, descriptions and schemas, in the order of the names:
    /// two lists with the same one offer the same.
    pub(super) fn digest(&self) -> String {
        let mut tools: Vec<&Tool> = self.list.iter().collect();
        tools.sort_by(|a, b| a.name.cmp(&b.name));
        let mut hash = Sha256::new();
        for Tool { name, description, input_schema } in tools {
            for part in [name.as_str(), description.as_deref().unwrap_or_default(), input_schema] {
                hash.update(part.len().to_le_bytes());
                hash.update(part);
            }
        }
        let half = hash.finalize().iter().take(16).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        format!("sha256:{half}")
    }
}

/// Why it is not known.
#[derive(Debug)]
pub(super) enum NoTools {
    Silent(Silence),
    Unauthorised(StatusCode),
    Refused(String),
}

/// Lists the tools, at most `max`.
pub(super) async fn list(session: &Session, endpoint: &mut Endpoint, max: usize) -> Result<Tools, NoTools> {
    let mut tools = Tools::default();
    let mut params = Map::new();
    for _ in 0..MAX_PAGES {
        let exchange =
            session.ask(endpoint, "tools/list", params.clone(), Vec::new()).await.map_err(NoTools::Silent)?;
        let status = exchange.status;
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(NoTools::Unauthorised(status));
        }
        let page = match exchange.body {
            Body::Answer(Ok(page)) => page,
            Body::Answer(Err(error)) => return Err(NoTools::Refused(error.describe())),
            Body::Nothing => return Err(NoTools::Refused("the server answers with nothing".to_owned())),
            Body::Other(what) => {
                return Err(NoTools::Refused(format!("HTTP {}: the server {what}", status.as_u16())));
            }
        };
        let Some(listed) = page.get("tools").and_then(Value::as_array) else {
            return Err(NoTools::Refused("the answer holds no list of tools".to_owned()));
        };
        for tool in listed.iter().filter_map(tool) {
            if tools.list.len() == max {
                tools.cut = true;
                return Ok(tools);
            }
            tools.list.push(tool);
        }
        match page.get("nextCursor").and_then(Value::as_str) {
            Some(cursor) => params.insert("cursor".to_owned(), json!(cursor)),
            None => return Ok(tools),
        };
    }
    tools.cut = true;
    Ok(tools)
}

fn tool(value: &Value) -> Option<Tool> {
    let text = |key| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let input_schema = value.get("inputSchema").map_or_else(|| "{}".to_owned(), Value::to_string);
    Some(Tool { name: text("name")?, description: text("description"), input_schema })
}
