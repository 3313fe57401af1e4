//! What `wit-bindgen` makes of `wit/v0.1`, and nothing else.
//!
//! The imports are generated once and shared, so that there is one Rust type for each WIT type. The other
//! worlds here hold one exported interface each, of which a component exports two. What a component imports is
//! what its code uses; one that uses more than its kind may have is refused by the host.
#![allow(
    clippy::all,
    clippy::restriction,
    missing_docs,
    unreachable_pub,
    unsafe_code,
    reason = "generated: the canonical ABI reads and writes raw memory"
)]

/// Everything a plugin can ask of its host.
pub mod imports {
    wit_bindgen::generate!({
        path: "../wit/v0.1",
        inline: "
            package wharfinger:sdk;
            world imports {
                import wharfinger:plugin/types@0.1.0;
                import wharfinger:plugin/log@0.1.0;
                import wharfinger:plugin/settings@0.1.0;
                import wharfinger:plugin/process@0.1.0;
                import wasi:http/outgoing-handler@0.2.6;
            }
        ",
        generate_all,
        generate_unused_types: true,
    });
}

/// What every plugin says about itself.
pub mod info {
    wit_bindgen::generate!({
        path: "../wit/v0.1",
        inline: "
            package wharfinger:sdk;
            world info {
                export wharfinger:plugin/info@0.1.0;
            }
        ",
        with: { "wharfinger:plugin/types@0.1.0": crate::bindings::imports::wharfinger::plugin::types },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "__export_info_world",
    });
}

/// What a provisioner gives to its host.
pub mod provisioner {
    wit_bindgen::generate!({
        path: "../wit/v0.1",
        inline: "
            package wharfinger:sdk;
            world provisioner {
                export wharfinger:plugin/provisioner@0.1.0;
            }
        ",
        with: { "wharfinger:plugin/types@0.1.0": crate::bindings::imports::wharfinger::plugin::types },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "__export_provisioner_world",
    });
}

/// What a hook gives to its host.
pub mod hook {
    wit_bindgen::generate!({
        path: "../wit/v0.1",
        inline: "
            package wharfinger:sdk;
            world hook {
                export wharfinger:plugin/hook@0.1.0;
            }
        ",
        with: { "wharfinger:plugin/types@0.1.0": crate::bindings::imports::wharfinger::plugin::types },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "__export_hook_world",
    });
}
