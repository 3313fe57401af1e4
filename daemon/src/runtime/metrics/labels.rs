//! What tells the samples of a metric apart. Every value is a word of the code, a route's pattern,
//! or a name from the configuration.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;

use super::catalogue::Labels;

macro_rules! labels {
    ($($name:ident { $($label:ident: $value:ty),+ })+) => {$(
        #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub(super) struct $name { $(pub(super) $label: $value),+ }

        impl Labels for $name {
            const NAMES: &'static [&'static str] = &[$(stringify!($label)),+];
        }
    )+};
}

labels! {
    Route { route: String, method: &'static str }
    Request { route: String, method: &'static str, status: u16 }
    Transition { event: String, from: &'static str, to: &'static str }
    Notice { event: String }
    Attempt { provisioner: String, action: &'static str, outcome: &'static str }
    Step { step: &'static str, outcome: &'static str }
    Lane { lane: &'static str }
    Rung { rung: &'static str, status: &'static str }
    PluginCall { plugin: Arc<str>, kind: &'static str, function: &'static str, outcome: &'static str }
    Plugin { plugin: String, kind: &'static str }
    InstanceStatus { provisioner: String, status: &'static str }
    Provisioner { provisioner: String }
    ProvisionerState { provisioner: String, state: &'static str }
    Build { version: &'static str }
}
