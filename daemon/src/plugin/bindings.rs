//! What `bindgen!` makes of `wit/v0.1`, and nothing else.
//!
//! The imports are generated once and shared, so that there is one Rust type for each WIT type.
//! [`described`] is the part that every plugin exports; the other two are the worlds themselves,
//! and whether a component fills one of them is what its `…Pre::new` checks.

#![allow(missing_docs, unreachable_pub, reason = "generated")]

/// Everything a plugin can ask of its host, but for WASI.
pub mod imports {
    wasmtime::component::bindgen!({
        path: "../wit/v0.1",
        inline: "
            package wharfinger:host;
            world imports {
                import wharfinger:plugin/log@0.1.0;
                import wharfinger:plugin/settings@0.1.0;
                import wharfinger:plugin/process@0.1.0;
            }
        ",
        world: "wharfinger:host/imports",
        imports: { default: async | trappable },
    });

    pub use self::wharfinger::plugin::{log, process, settings, types};
}

/// What every plugin says about itself, whatever its kind.
pub mod described {
    wasmtime::component::bindgen!({
        path: "../wit/v0.1",
        inline: "
            package wharfinger:host;
            world described {
                export wharfinger:plugin/info@0.1.0;
            }
        ",
        world: "wharfinger:host/described",
        with: { "wharfinger:plugin/types@0.1.0": super::imports::types },
        exports: { default: async },
    });

    pub use self::exports::wharfinger::plugin::info;
}

/// The world of provisioners.
pub mod provisioner {
    wasmtime::component::bindgen!({
        path: "../wit/v0.1",
        world: "provisioner-plugin",
        with: {
            "wharfinger:plugin/types@0.1.0": super::imports::types,
            "wharfinger:plugin/log@0.1.0": super::imports::log,
            "wharfinger:plugin/settings@0.1.0": super::imports::settings,
            "wasi:http": wasmtime_wasi_http::p2::bindings::http,
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
        },
        exports: { default: async },
    });

    pub use self::exports::wharfinger::plugin::provisioner as api;
}

/// The world of hooks.
pub mod hook {
    wasmtime::component::bindgen!({
        path: "../wit/v0.1",
        world: "hook-plugin",
        with: {
            "wharfinger:plugin/types@0.1.0": super::imports::types,
            "wharfinger:plugin/log@0.1.0": super::imports::log,
            "wharfinger:plugin/settings@0.1.0": super::imports::settings,
        },
        exports: { default: async },
    });

    pub use self::exports::wharfinger::plugin::hook as api;
}
