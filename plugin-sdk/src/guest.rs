//! What the export macros wire up: a host's call → the settings → the plugin's method → the answer.
//! Not part of the public interface.

use std::marker::PhantomData;

use crate::bindings::imports::wharfinger::plugin::types as wit;
use crate::{Hook, Provisioner};

#[cfg(target_arch = "wasm32")]
pub use crate::bindings::hook::__export_hook_world as export_hook_world;
#[cfg(target_arch = "wasm32")]
pub use crate::bindings::info::__export_info_world as export_info_world;
#[cfg(target_arch = "wasm32")]
pub use crate::bindings::provisioner::__export_provisioner_world as export_provisioner_world;
pub use crate::bindings::{hook, info, provisioner};

/// Compiles only for a provisioner.
pub fn is_provisioner<P: Provisioner>() {}

/// Compiles only for a hook.
pub fn is_hook<H: Hook>() {}

/// The component's face of a provisioner.
pub struct ProvisionerGuest<P>(PhantomData<P>);

/// The component's face of a hook.
pub struct HookGuest<H>(PhantomData<H>);

/// Reads the settings afresh for each call: a guest keeps nothing.
fn plugin<P: crate::Plugin>() -> Result<P, wit::Failure> {
    use crate::bindings::imports::wharfinger::plugin::settings;
    log_panics();
    let value = settings::get(&settings::Query { extra: Vec::new() })?;
    Ok(crate::settings::read(&value.json)?)
}

/// A trap alone says nothing; the panic's text does.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        crate::log::write(crate::log::Level::Error, panic.to_string(), crate::Pairs::new())
    }));
}

mod info_calls {
    use super::{Hook, HookGuest, Provisioner, ProvisionerGuest, log_panics, wit};
    use crate::Plugin;
    use crate::bindings::info::exports::wharfinger::plugin::info::{
        Description, DescriptionQuery, Guest, SettingsCheck, SettingsReport,
    };

    fn describe<P: Plugin>(kind: &str) -> Description {
        log_panics();
        let description = P::describe();
        Description {
            name: description.name,
            version: description.version,
            kind: kind.to_owned(),
            settings_schema: description.settings_schema,
            capabilities: description.capabilities,
            extra: crate::convert::list(description.extra),
        }
    }

    fn check_settings<P: Plugin>(check: &SettingsCheck) -> Result<SettingsReport, wit::Failure> {
        log_panics();
        let warnings = crate::settings::check::<P>(&check.settings)?;
        Ok(SettingsReport { warnings, extra: Vec::new() })
    }

    impl<P: Provisioner> Guest for ProvisionerGuest<P> {
        fn describe(_: DescriptionQuery) -> Result<Description, wit::Failure> {
            Ok(describe::<P>("provisioner"))
        }

        fn check_settings(check: SettingsCheck) -> Result<SettingsReport, wit::Failure> {
            check_settings::<P>(&check)
        }
    }

    impl<H: Hook> Guest for HookGuest<H> {
        fn describe(_: DescriptionQuery) -> Result<Description, wit::Failure> {
            Ok(describe::<H>("hook"))
        }

        fn check_settings(check: SettingsCheck) -> Result<SettingsReport, wit::Failure> {
            check_settings::<H>(&check)
        }
    }
}

mod provisioner_calls {
    use super::{Provisioner, ProvisionerGuest, plugin, wit};
    use crate::bindings::provisioner::exports::wharfinger::plugin::provisioner::{
        CreateCall, Creation, Destruction, DestructionCall, Guest, Inspection, LogsPage, LogsQuery,
        Observation, OwnedPage, OwnedQuery, TemplatesPage, TemplatesQuery,
    };

    impl<P: Provisioner> Guest for ProvisionerGuest<P> {
        fn templates(query: TemplatesQuery) -> Result<TemplatesPage, wit::Failure> {
            Ok(plugin::<P>()?.templates(query.into())?.into())
        }

        fn create(call: CreateCall) -> Result<Creation, wit::Failure> {
            Ok(plugin::<P>()?.create(call.into())?.into())
        }

        fn inspect(call: Inspection) -> Result<Observation, wit::Failure> {
            Ok(plugin::<P>()?.inspect(call.into())?.into())
        }

        fn destroy(call: DestructionCall) -> Result<Destruction, wit::Failure> {
            Ok(plugin::<P>()?.destroy(call.into())?.into())
        }

        fn owned(query: OwnedQuery) -> Result<OwnedPage, wit::Failure> {
            Ok(plugin::<P>()?.owned(query.into())?.into())
        }

        fn logs(query: LogsQuery) -> Result<LogsPage, wit::Failure> {
            Ok(plugin::<P>()?.logs(query.into())?.into())
        }
    }
}

mod hook_calls {
    use super::{Hook, HookGuest, plugin, wit};
    use crate::bindings::hook::exports::wharfinger::plugin::hook::{Guest, ReviewCall, Verdict};

    impl<H: Hook> Guest for HookGuest<H> {
        fn review(call: ReviewCall) -> Result<Verdict, wit::Failure> {
            Ok(plugin::<H>()?.review(call.into())?.into())
        }
    }
}
