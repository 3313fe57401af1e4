//! Sets up the log.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What is logged and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Telemetry {
    /// How a line looks.
    pub format: LogFormat,
    /// What is logged: `info`, or directives such as `info,wharfinger=debug`.
    pub filter: String,
}

impl Telemetry {
    /// Whether `filter` can be read.
    pub fn check(filter: &str) -> Result<(), String> {
        filter.parse::<EnvFilter>().map(drop).map_err(|error| error.to_string())
    }

    /// Installs the log for the whole process, on standard error. A second call does nothing.
    pub fn install(&self) {
        let asked = if self.filter.is_empty() { "info" } else { &self.filter };
        // The file watcher traces each event it hears: a log within a watched folder would feed
        // itself. Whoever names `notify` still gets it.
        let filter = EnvFilter::new(format!("notify=info,{asked}"));
        let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        let _ = match self.format {
            LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
            LogFormat::Json => builder.json().flatten_event(true).try_init(),
        };
    }
}
