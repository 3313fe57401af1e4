//! The same component in wasmtime alone: pooling, a fresh store for each call, and nothing of ours. It has no
//! limits, no epochs, no deadline; its log goes nowhere.

#![allow(missing_docs, reason = "generated")]

use std::path::Path;

use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, Error, InstanceAllocationStrategy, PoolingAllocationConfig, Result, Store};
use wharfinger_plugin_sdk::{Pairs, ReviewCall as NativeCall};

use self::exports::wharfinger::plugin::hook::{Decision, ReviewCall};
use self::wharfinger::plugin::{log, settings, types};
use crate::request::SETTINGS;

wasmtime::component::bindgen!({
    path: "../wit/v0.1",
    world: "hook-plugin",
    exports: { default: async },
});

struct Imports;

impl types::Host for Imports {}

impl log::Host for Imports {
    fn write(&mut self, _: log::Entry) {}
}

impl settings::Host for Imports {
    fn get(&mut self, _: settings::Query) -> std::result::Result<settings::Value, types::Failure> {
        Ok(settings::Value { json: SETTINGS.to_owned(), extra: Vec::new() })
    }
}

/// A component that is linked.
pub(crate) struct Bare {
    engine: Engine,
    pre: HookPluginPre<Imports>,
    call: ReviewCall,
}

impl Bare {
    pub(crate) fn new(plugin: &Path, call: &NativeCall) -> Result<Self> {
        let mut config = Config::new();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(PoolingAllocationConfig::new()));
        let engine = Engine::new(&config)?;
        let mut linker = Linker::new(&engine);
        HookPlugin::add_to_linker::<_, HasSelf<Imports>>(&mut linker, |imports| imports)?;
        let component = Component::from_file(&engine, plugin)?;
        let pre = HookPluginPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Self { engine, pre, call: question(call) })
    }

    /// One review.
    pub(crate) async fn review(&self) -> Result<()> {
        let mut store = Store::new(&self.engine, Imports);
        let plugin = self.pre.instantiate_async(&mut store).await?;
        let verdict = plugin.wharfinger_plugin_hook().call_review(&mut store, &self.call).await?;
        match verdict {
            Ok(verdict) if matches!(verdict.decision, Decision::Allow) => Ok(()),
            other => Err(Error::msg(format!("the component refuses: {other:?}"))),
        }
    }
}

fn question(call: &NativeCall) -> ReviewCall {
    let pairs = |pairs: &Pairs| pairs.clone().into_iter().collect::<Vec<_>>();
    let (request, template) = (&call.request, &call.request.template);
    ReviewCall {
        operation: call.operation.clone(),
        request: types::InstanceRequest {
            id: request.id.clone(),
            name: request.name.clone(),
            template: types::Template {
                name: template.name.clone(),
                description: template.description.clone(),
                image: template.image.clone(),
                command: template.command.clone(),
                port: template.port,
                path: template.path.clone(),
                transport: template.transport.clone(),
                environment: pairs(&template.environment),
                labels: pairs(&template.labels),
                resources: pairs(&template.resources),
                inputs: template.inputs.clone(),
                extra: Vec::new(),
            },
            environment: pairs(&request.environment),
            labels: pairs(&request.labels),
            extra: Vec::new(),
        },
        provisioner: call.provisioner.clone(),
        secret_names: call.secret_names.clone(),
        dry_run: call.dry_run,
        extra: Vec::new(),
    }
}
