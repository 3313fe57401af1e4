//! One review by an Extism plugin. `extism-bench GUEST.wasm SETTINGS CALL.json ROUNDS`
//!
//! The plugin is compiled once and created for each call, as our host does it, in Extism's own
//! configuration and once more with wasmtime's pool, which is the best that its interface offers. Prints
//! one line for each way: its name, p50 and p99 in nanoseconds, separated by tabs.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [guest, settings, call, rounds] = &arguments[..] else {
        anyhow::bail!("usage: extism-bench GUEST.wasm SETTINGS CALL.json ROUNDS");
    };
    let call = std::fs::read(call).with_context(|| format!("cannot read {call}"))?;
    let rounds: usize = rounds.parse()?;
    // A hook has a timeout, so this one has one, too.
    let guest = std::fs::read(guest).with_context(|| format!("cannot read {guest}"))?;
    let manifest = Manifest::new([Wasm::data(guest)])
        .with_config_key("settings", settings)
        .with_timeout(Duration::from_secs(2));

    let compiled = PluginBuilder::new(manifest.clone()).with_wasi(false).compile()?;
    print("created for each call", rounds, || fresh(&compiled, &call))?;

    let mut config = wasmtime::Config::new();
    let pool = wasmtime::PoolingAllocationConfig::new();
    config.allocation_strategy(wasmtime::InstanceAllocationStrategy::Pooling(pool));
    let pooled = PluginBuilder::new(manifest).with_wasi(false).with_wasmtime_config(config).compile()?;
    print("created for each call, from a pool", rounds, || fresh(&pooled, &call))?;

    let mut warm = Plugin::new_from_compiled(&compiled)?;
    print("one plugin, called again and again", rounds, || review(&mut warm, &call))
}

fn fresh(compiled: &CompiledPlugin, call: &[u8]) -> Result<()> {
    review(&mut Plugin::new_from_compiled(compiled)?, call)
}

fn review(plugin: &mut Plugin, call: &[u8]) -> Result<()> {
    let verdict: &[u8] = plugin.call("review", call)?;
    ensure!(verdict.starts_with(br#"{"decision":"allow""#), "{}", String::from_utf8_lossy(verdict));
    Ok(())
}

fn print(name: &str, rounds: usize, mut once: impl FnMut() -> Result<()>) -> Result<()> {
    for _ in 0..rounds / 10 {
        once()?;
    }
    let mut samples = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let begun = Instant::now();
        once()?;
        samples.push(begun.elapsed());
    }
    samples.sort_unstable();
    let percentile = |percent: usize| samples[(samples.len() - 1) * percent / 100].as_nanos();
    println!("{name}\t{}\t{}", percentile(50), percentile(99));
    Ok(())
}
