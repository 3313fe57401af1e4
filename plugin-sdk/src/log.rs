//! Lines for the daemon's log: `log::info!("made {name}")`.
//!
//! The host adds the plugin's name and bounds length and number. Never write a secret.
//!
//! ```
//! use wharfinger_plugin_sdk::{log, testing};
//!
//! log::warn!("{} of {} boxes are taken", 9, 10);
//! assert_eq!(testing::log_lines(), [(log::Level::Warn, "9 of 10 boxes are taken".to_owned())]);
//! ```

#[doc(inline)]
pub use crate::{__debug as debug, __error as error, __info as info, __warn as warn};

use crate::Pairs;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Details for whoever works on the plugin.
    Debug,
    /// What happened.
    Info,
    /// Something is odd; the call went on.
    Warn,
    /// Something is broken.
    Error,
}

/// Writes a line with fields. The macros [`debug!`](debug), [`info!`](info), [`warn!`](warn) and
/// [`error!`](error) are shorter.
pub fn write(level: Level, message: impl Into<String>, fields: Pairs) {
    let message = message.into();
    #[cfg(target_arch = "wasm32")]
    {
        use crate::bindings::imports::wharfinger::plugin::log as host;
        host::write(&host::Entry {
            level: match level {
                Level::Debug => host::Level::Debug,
                Level::Info => host::Level::Info,
                Level::Warn => host::Level::Warn,
                Level::Error => host::Level::Error,
            },
            message,
            extra: crate::convert::list(fields),
        });
    }
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::log_line(level, message, fields);
}

/// Logs a formatted line at level `debug`.
#[doc(hidden)]
#[macro_export]
macro_rules! __debug {
    ($($text:tt)+) => { $crate::log::write($crate::log::Level::Debug, ::std::format!($($text)+), ::std::default::Default::default()) };
}

/// Logs a formatted line at level `info`.
#[doc(hidden)]
#[macro_export]
macro_rules! __info {
    ($($text:tt)+) => { $crate::log::write($crate::log::Level::Info, ::std::format!($($text)+), ::std::default::Default::default()) };
}

/// Logs a formatted line at level `warn`.
#[doc(hidden)]
#[macro_export]
macro_rules! __warn {
    ($($text:tt)+) => { $crate::log::write($crate::log::Level::Warn, ::std::format!($($text)+), ::std::default::Default::default()) };
}

/// Logs a formatted line at level `error`.
#[doc(hidden)]
#[macro_export]
macro_rules! __error {
    ($($text:tt)+) => { $crate::log::write($crate::log::Level::Error, ::std::format!($($text)+), ::std::default::Default::default()) };
}
