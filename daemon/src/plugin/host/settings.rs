//! `settings`: the plugin's own table of the configuration.

use super::State;
use crate::plugin::bindings::imports::settings::{Host, Query, Value};
use crate::plugin::bindings::imports::types::Failure;

impl Host for State {
    async fn get(&mut self, _query: Query) -> wasmtime::Result<Result<Value, Failure>> {
        Ok(Ok(Value { json: self.settings.to_string(), extra: Vec::new() }))
    }
}
