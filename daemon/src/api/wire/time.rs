//! Points in time.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Timestamp;

/// RFC 3339, UTC, with milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000Z")]
pub(crate) struct Time(String);

impl From<Timestamp> for Time {
    fn from(Timestamp(ms): Timestamp) -> Self {
        let nearest = if ms < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(nearest);
        Self(format!("{time:.3}"))
    }
}

impl Time {
    /// As in JSON.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rfc_3339_in_utc() {
        assert_eq!(Time::from(Timestamp(0)).0, "1970-01-01T00:00:00.000Z");
        assert_eq!(Time::from(Timestamp(1_767_225_600_007)).0, "2026-01-01T00:00:00.007Z");
        assert!(Time::from(Timestamp(i64::MAX)).0.starts_with("9999-12-3"));
    }
}
