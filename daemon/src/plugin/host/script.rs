//! Upstreams that answer from a script instead of a network: for trying out a plugin.
//!
//! Each request takes the first answer that is meant for it and was not used yet; when all were
//! used, the last one again. A request that nothing is meant for is denied, as one to an upstream
//! that was not granted.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use wasmtime_wasi_http::{Error, WasiBody};

use crate::plugin::options::Bounds;

/// Requests that are remembered.
const MAX_ASKED: usize = 1_000;

/// A request that is expected, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The upstream's name.
    pub upstream: String,
    /// For example `GET`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// What becomes of it.
    pub answer: ScriptedAnswer,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptedAnswer {
    /// It is answered.
    Response {
        /// Its status.
        status: http::StatusCode,
        /// Its headers.
        headers: Vec<(http::HeaderName, http::HeaderValue)>,
        /// Its body.
        body: Bytes,
    },
    /// It is taken, and the connection closed.
    Lost,
    /// No connection is taken.
    Refused,
}

/// A request that the plugin sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// For example `GET`.
    pub method: String,
    /// As the plugin wrote it.
    pub url: String,
    /// The body.
    pub body: Bytes,
    /// The status it was answered with; none: it was not answered.
    pub status: Option<u16>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Script {
    exchanges: Vec<Exchange>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    used: Vec<bool>,
    asked: Vec<Asked>,
}

impl Script {
    /// Upstreams that answer as `exchanges` say.
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        let used = vec![false; exchanges.len()];
        Self { exchanges, state: Mutex::new(State { used, asked: Vec::new() }) }
    }

    /// What was asked since the last time, the first [`MAX_ASKED`].
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).asked)
    }

    pub(super) async fn send(
        &self,
        request: http::Request<WasiBody>,
    ) -> Result<http::Response<WasiBody>, Error> {
        let (parts, body) = request.into_parts();
        let body = super::http::collect(body, Bounds::default().max_request).await?;
        let upstream = parts.uri.authority().map_or("", |authority| authority.as_str());
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let answer = self.answer(upstream, parts.method.as_str(), path);
        let status = match &answer {
            Some(ScriptedAnswer::Response { status, .. }) => Some(status.as_u16()),
            _ => None,
        };
        let asked = Asked { method: parts.method.to_string(), url: parts.uri.to_string(), body, status };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.asked.len() < MAX_ASKED {
            state.asked.push(asked);
        }
        drop(state);
        match answer {
            None => Err(Error::HttpRequestDenied),
            Some(ScriptedAnswer::Lost) => Err(Error::ConnectionTerminated),
            Some(ScriptedAnswer::Refused) => Err(Error::ConnectionRefused),
            Some(ScriptedAnswer::Response { status, headers, body }) => {
                let body = Full::new(body).map_err(|never| match never {}).boxed_unsync();
                let mut response = http::Response::new(body);
                *response.status_mut() = status;
                response.headers_mut().extend(headers.into_iter().map(|(name, value)| (Some(name), value)));
                Ok(response)
            }
        }
    }

    fn answer(&self, upstream: &str, method: &str, path: &str) -> Option<ScriptedAnswer> {
        let meant = |(_, exchange): &(usize, &Exchange)| {
            exchange.upstream == upstream && exchange.method == method && exchange.path == path
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut candidates = self.exchanges.iter().enumerate().filter(meant);
        let fresh = candidates.clone().find(|(at, _)| !state.used[*at]);
        let (at, exchange) = fresh.or_else(|| candidates.next_back())?;
        state.used[at] = true;
        Some(exchange.answer.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(path: &str, answer: ScriptedAnswer) -> Exchange {
        Exchange { upstream: "manager".to_owned(), method: "GET".to_owned(), path: path.to_owned(), answer }
    }

    #[test]
    fn answers_come_in_their_order_and_the_last_one_stays() {
        let script = Script::new(vec![
            exchange("/a", ScriptedAnswer::Lost),
            exchange("/b", ScriptedAnswer::Lost),
            exchange("/a", ScriptedAnswer::Refused),
        ]);
        assert_eq!(script.answer("manager", "GET", "/a"), Some(ScriptedAnswer::Lost));
        for _ in 0..3 {
            assert_eq!(script.answer("manager", "GET", "/a"), Some(ScriptedAnswer::Refused));
        }
        assert_eq!(script.answer("manager", "GET", "/b"), Some(ScriptedAnswer::Lost));
        for (upstream, method, path) in
            [("other", "GET", "/a"), ("manager", "PUT", "/a"), ("manager", "GET", "/c")]
        {
            assert_eq!(script.answer(upstream, method, path), None);
        }
    }
}
