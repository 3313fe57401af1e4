//! What a guest finds around itself: the data of one sandbox, and the interfaces it may import.
//!
//! All of WASI 0.2 is linked and nothing of it is granted: components made by other languages'
//! tools import it as a matter of course, and linking an interface is not granting it. There are no
//! variables, no arguments, no files, no sockets; standard input is closed, and what is printed
//! goes to the log. The network is `wasi:http` to granted upstreams alone, and a hook's linker does
//! not even have that.

mod http;
mod log;
mod process;
mod reach;
mod script;
mod settings;
mod stdio;

use std::sync::Arc;

use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use self::http::Sender;
pub(super) use self::http::{Credentials, Lookups, Upstreams, read_credentials};
pub(super) use self::log::{GuestLog, LogBudget};
pub(super) use self::reach::Reachability;
pub use self::script::{Asked, Exchange, Script, ScriptedAnswer};
use self::stdio::Printed;
use super::bindings::imports::{log as log_api, process as process_api, settings as settings_api};
use super::error::Error;
use super::limiter::Limiter;
use super::options::Limits;
use crate::process::Processes;

/// Bytes of random numbers in one call of the guest.
const MAX_RANDOM: u64 = 64 << 10;
/// Bytes of the headers that a guest sets for one request, with what the host needs to keep them. Servers
/// take 8 to 16 KiB. Every handle of a call may hold as many: 16 MiB for the usual `limits.handles`, which is
/// less than the sandbox's own memory.
pub(super) const MAX_GUEST_HEADERS: usize = 16 << 10;

/// The data of one sandbox, which lives for one call.
pub(super) struct State {
    pub(super) limiter: Limiter,
    /// Made when it is first asked for: a plugin in Rust never does.
    wasi: Option<WasiCtx>,
    http: WasiHttpCtx,
    table: ResourceTable,
    sender: Sender,
    log: GuestLog,
    settings: Arc<str>,
    processes: Option<Processes>,
}

/// What a sandbox is made with.
pub(super) struct Surroundings {
    pub(super) limits: Limits,
    pub(super) log: GuestLog,
    pub(super) upstreams: Arc<Upstreams>,
    pub(super) settings: Arc<str>,
    /// With the grant `process` alone.
    pub(super) processes: Option<Processes>,
}

impl Surroundings {
    /// Makes the sandbox.
    pub(super) fn store(self, engine: &Engine) -> Store<State> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(self.limits.handles);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(MAX_GUEST_HEADERS);
        let state = State {
            limiter: Limiter::new(self.limits),
            wasi: None,
            http,
            table,
            sender: Sender::new(self.upstreams, self.log.clone()),
            log: self.log,
            settings: self.settings,
            processes: self.processes,
        };
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(self.limits.host_bytes);
        store.set_epoch_deadline(1);
        // The runtime's own yield, which lets its timers and sockets run in between: a guest that
        // merely woke itself would be polled 61 times before they are looked at.
        store.epoch_deadline_callback(|_store| {
            Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
        });
        store
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let ctx = self.wasi.get_or_insert_with(|| {
            WasiCtx::builder()
                .stdout(Printed::new(self.log.clone(), "stdout"))
                .stderr(Printed::new(self.log.clone(), "stderr"))
                .max_random_size(MAX_RANDOM)
                .build()
        });
        WasiCtxView { ctx, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.sender }
    }
}

// The WIT types have no host functions of their own.
impl super::bindings::imports::types::Host for State {}

/// What may be imported, made once.
pub(super) struct Linkers {
    /// WASI, log, settings.
    pub(super) hook: Linker<State>,
    /// The same and outgoing HTTP.
    pub(super) provisioner: Linker<State>,
    /// The same and processes.
    pub(super) process_provisioner: Linker<State>,
}

impl Linkers {
    /// Makes them for `engine`.
    pub(super) fn new(engine: &Engine) -> Result<Self, Error> {
        Self::link(engine).map_err(|error| Error::Engine { source: error.into() })
    }

    fn link(engine: &Engine) -> wasmtime::Result<Self> {
        let hook = || -> wasmtime::Result<Linker<State>> {
            let mut linker = Linker::new(engine);
            wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
            log_api::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
            settings_api::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
            Ok(linker)
        };
        let provisioner = || -> wasmtime::Result<Linker<State>> {
            let mut linker = hook()?;
            wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
            http::bound(&mut linker)?;
            Ok(linker)
        };
        let mut process_provisioner = provisioner()?;
        process_api::add_to_linker::<_, HasSelf<State>>(&mut process_provisioner, |state| state)?;
        Ok(Self { hook: hook()?, provisioner: provisioner()?, process_provisioner })
    }
}
