//! The one engine that compiles and runs every plugin.
//!
//! One, because types of two engines must never meet in a store. Memory comes from a pool that is
//! reserved at the start, so that a fresh sandbox for each call costs microseconds; where the
//! reservation is refused (a container with little address space) memory is mapped on demand.
//!
//! A guest cannot hold a thread: a ticker moves the engine's epoch, and at each tick a running
//! guest yields to the runtime, whose timeouts then end it.

use std::thread;
use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use super::error::Error;
use super::options::Limits;

/// How long a guest runs before it yields.
const TICK: Duration = Duration::from_millis(5);

/// Sandboxes at the same time: more than the permits of any sensible configuration, hooks' spares and those
/// that wait to be cleared away. Beyond it a call is refused as busy.
const SANDBOXES: u32 = 256;

/// Hooks that have a spare; each takes one sandbox from the pool.
pub(super) const SPARES: usize = 32;

/// Bytes of a memory, and of a table, that a sandbox leaves to the next one, cleared: faulting them in
/// again would cost more than clearing them. Only the pages that were written are cleared, where the
/// kernel can tell (Linux 6.7): the rest would be fetched into the processor's cache for nothing, which is
/// most of what a call after a pause costs.
const KEPT: usize = 1 << 20;
const KEPT_OF_TABLES: usize = 64 << 10;

/// Sandboxes that are kept so while none uses them.
const WARM: u32 = 32;

/// Address space of one memory, and of the guard behind it, where there is little of it.
const SMALL_RESERVATION: u64 = 16 << 20;
const SMALL_GUARD: u64 = 64 << 10;

/// Makes the engine and starts its ticker. True: there was little address space, and no pool.
pub(super) fn start() -> Result<(Engine, bool), Error> {
    let pooled = Engine::new(&config(Some(pool()))).map(|engine| (engine, false));
    let made = pooled.or_else(|error| {
        tracing::warn!(
            error = format!("{error:#}"),
            "no address space for a pool of sandboxes; plugins run with memory mapped on demand, which is slower"
        );
        Engine::new(&config(None)).map(|engine| (engine, true))
    });
    let (engine, small) = made.map_err(|error| Error::Engine { source: error.into() })?;
    tick(&engine)?;
    Ok((engine, small))
}

/// An engine whose machine code fits those of [`start`], and which runs nothing: it reserves no
/// memory. `small`: for one without a pool.
pub(super) fn for_compiling(small: bool) -> wasmtime::Result<Engine> {
    let mut config = config(if small { None } else { Some(pool()) });
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config)
}

fn config(pool: Option<PoolingAllocationConfig>) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // The contract has no asynchronous functions: several calls within one sandbox, which every call
        // would pay for (6 of 40 µs), do not happen.
        .concurrency_support(false)
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true);
    match pool {
        Some(pool) => config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool)),
        // Each memory would reserve 4 GiB of what there is too little of.
        None => config.memory_reservation(SMALL_RESERVATION).memory_guard_size(SMALL_GUARD),
    };
    config
}

/// Components made by other languages' tools hold several core instances, tables and memories: the
/// pool has room for as much as a plugin's `limits` may ask for. It is address space until it is used.
fn pool() -> PoolingAllocationConfig {
    let most = Limits::MOST;
    // None of them is near the end of a u32.
    let count = |limit: usize| u32::try_from(limit).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(SANDBOXES)
        .total_core_instances(SANDBOXES * 8)
        .total_memories(SANDBOXES)
        .total_tables(SANDBOXES * 8)
        .total_stacks(SANDBOXES)
        .max_core_instances_per_component(count(most.instances))
        .max_memories_per_component(count(most.memories))
        .max_tables_per_component(count(most.tables))
        .max_tables_per_module(count(most.tables))
        .max_memories_per_module(count(most.memories))
        .linear_memory_keep_resident(KEPT)
        .table_keep_resident(KEPT_OF_TABLES)
        .pagemap_scan(Enabled::Auto)
        .max_unused_warm_slots(WARM)
        .table_elements(most.table_elements)
        .max_memory_size(most.memory);
    pool
}

/// The ticker is a thread of its own: on the runtime, the guests it is to interrupt could keep it
/// from running. It ends with the engine.
fn tick(engine: &Engine) -> Result<(), Error> {
    let engine = engine.weak();
    let ticker = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    let thread = thread::Builder::new().name("plugin-epoch".to_owned()).spawn(ticker);
    thread.map(drop).map_err(|error| Error::Engine { source: error.into() })
}

#[cfg(test)]
mod tests {
    use wasmtime::{Instance, Module, Store};

    use super::*;
    use crate::plugin::compilation::fingerprint;

    #[test]
    fn what_another_process_compiles_fits() {
        let (engine, small) = start().unwrap();
        assert_eq!(fingerprint(&engine), fingerprint(&for_compiling(small).unwrap()));
        let without_pool = Engine::new(&config(None)).unwrap();
        assert_eq!(fingerprint(&without_pool), fingerprint(&for_compiling(true).unwrap()));
    }

    /// Adds up all bytes of its memory, and of its data; then writes all over it, and grows it.
    const SCRIBBLER: &str = r#"(module
        (memory 8 64)
        (data (i32.const 200000) "\07\07\07\07\07\07\07\07\07\07")
        (table 64 funcref)
        (elem declare func $sum)
        (func $sum (export "sum") (result i64) (local $at i32) (local $sum i64)
            (loop $next
                (local.set $sum (i64.add (local.get $sum) (i64.load8_u (local.get $at))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br_if $next (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))))
            (local.get $sum))
        (func (export "filled") (result i32) (i32.eqz (ref.is_null (table.get (i32.const 63)))))
        (func (export "scribble") (param $step i32) (local $at i32)
            (table.set (i32.const 63) (ref.func $sum))
            (drop (memory.grow (i32.const 24)))
            (loop $next
                (i32.store8 (local.get $at) (i32.const 255))
                (local.set $at (i32.add (local.get $at) (local.get $step)))
                (br_if $next (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))))))"#;

    #[test]
    fn a_sandbox_finds_nothing_of_the_one_before() {
        let (engine, small) = start().unwrap();
        assert!(!small, "this test is about the pool, for which this machine has too little address space");
        let module = Module::new(&engine, wat::parse_str(SCRIBBLER).unwrap()).unwrap();
        let scribble = || {
            // Single pages, pages with gaps, and every byte; less than what is kept, and more.
            for step in [4_096, 70_000, 1_301, 1, 300_000, 65_536].repeat(8) {
                let mut store = Store::new(&engine, ());
                store.set_epoch_deadline(u64::MAX / 2);
                let instance = Instance::new(&mut store, &module, &[]).unwrap();
                let sum = instance.get_typed_func::<(), i64>(&mut store, "sum").unwrap();
                let filled = instance.get_typed_func::<(), i32>(&mut store, "filled").unwrap();
                assert_eq!(sum.call(&mut store, ()).unwrap(), 70);
                assert_eq!(filled.call(&mut store, ()).unwrap(), 0);
                let scribble = instance.get_typed_func::<i32, ()>(&mut store, "scribble").unwrap();
                scribble.call(&mut store, step).unwrap();
                assert!(sum.call(&mut store, ()).unwrap() > 70);
            }
        };
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(scribble);
            }
        });
    }
}
