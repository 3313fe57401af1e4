//! What the environment sets.
//!
//! | variable | default | means |
//! |---|---|---|
//! | `HOST` | `127.0.0.1` | address to listen on; a container needs `0.0.0.0` |
//! | `PORT` | `8000` | port to listen on; `0` takes a free one and prints it |
//! | `ALLOWED_HOSTS` | see [`crate::access`] | more `Host` values to serve, separated by commas; `*` = all |
//! | `DEMO_STDERR` | – | a line to print on stderr at start |
//! | `DEMO_START_DELAY` | `0s` | listens only after this time |
//! | `DEMO_EXIT_AFTER` | – | ends with exit code 3 after this time |
//! | `DEMO_ECHO_DELAY` | `0s` | `echo` answers only after this time |
//!
//! The `DEMO_` switches are for tests: a workload or a tool that is slow, or a workload that does not stay up.
//! Times are written `500ms`, `2s`, `1m`. An empty variable counts as absent.

use std::fmt;
use std::time::Duration;

/// The checked environment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) allowed_hosts: Option<Vec<String>>,
    pub(crate) stderr: Option<String>,
    pub(crate) start_delay: Duration,
    pub(crate) exit_after: Option<Duration>,
    pub(crate) echo_delay: Duration,
}

/// A variable whose value cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadSetting {
    key: &'static str,
    value: String,
    wanted: &'static str,
}

impl fmt::Display for BadSetting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={:?} cannot be used: it must be {}", self.key, self.value, self.wanted)
    }
}

impl Settings {
    /// Reads the settings through `lookup`, so that tests need not change the process's own environment.
    pub(crate) fn from_environment(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, BadSetting> {
        let value = |key: &str| lookup(key).filter(|value| !value.is_empty());
        let duration = |key: &'static str| match value(key) {
            None => Ok(None),
            Some(text) => match parse_duration(&text) {
                Some(duration) => Ok(Some(duration)),
                None => Err(BadSetting { key, value: text, wanted: "a time such as 500ms, 2s or 1m" }),
            },
        };
        let port = match value("PORT") {
            None => 8000,
            Some(text) => text.parse().map_err(|_| BadSetting {
                key: "PORT",
                value: text,
                wanted: "a whole number from 0 to 65535",
            })?,
        };
        Ok(Self {
            host: value("HOST").unwrap_or_else(|| "127.0.0.1".to_owned()),
            port,
            allowed_hosts: value("ALLOWED_HOSTS")
                .map(|hosts| hosts.split(',').map(|host| host.trim().to_owned()).collect()),
            stderr: value("DEMO_STDERR"),
            start_delay: duration("DEMO_START_DELAY")?.unwrap_or_default(),
            exit_after: duration("DEMO_EXIT_AFTER")?,
            echo_delay: duration("DEMO_ECHO_DELAY")?.unwrap_or_default(),
        })
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, BadSetting> {
        Settings::from_environment(|key| {
            pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_empty_environment_means_the_documented_defaults() {
        let settings = read(&[("PORT", "")]).unwrap();
        assert_eq!((settings.host.as_str(), settings.port), ("127.0.0.1", 8000));
        assert_eq!(settings.start_delay, Duration::ZERO);
        assert_eq!(settings.exit_after, None);
    }

    #[test]
    fn a_bad_port_is_named_with_what_is_allowed() {
        for bad in ["http", "-1", "65536", "80 "] {
            let message = read(&[("PORT", bad)]).unwrap_err().to_string();
            assert!(message.contains("PORT=") && message.contains("0 to 65535"), "{message}");
        }
    }

    #[test]
    fn times_need_a_unit() {
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("2s"), Some(Duration::from_secs(2)));
        assert_eq!(parse_duration("1m"), Some(Duration::from_secs(60)));
        for bad in ["", "2", "s", "2h", "-1s", "1.5s"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
        assert!(read(&[("DEMO_EXIT_AFTER", "soon")]).is_err());
    }
}
