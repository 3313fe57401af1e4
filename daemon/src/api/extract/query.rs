//! Query parameters. Unknown ones are refused: a misspelt filter would show too much.

use std::time::Duration;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;

use crate::api::problem::{Code, Problem};
use crate::api::wire::ProblemError;
use crate::domain::{parse_duration, shown};

/// What a query can be read into.
pub(crate) trait FromQuery: Sized {
    /// Takes its parameters. Complaints are gathered in `query`, and then the value is not used.
    fn from_query(query: &mut QueryReader) -> Self;
}

/// No parameter at all.
pub(crate) struct NoParameters;

impl FromQuery for NoParameters {
    fn from_query(_: &mut QueryReader) -> Self {
        Self
    }
}

/// The query, read into `T`.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: FromQuery, S: Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(left) = pairs
            .map_err(|_| Problem::new(Code::InvalidQuery, "the query is not made of name=value pairs"))?;
        let mut query = QueryReader { left, complaints: Vec::new() };
        let value = T::from_query(&mut query);
        query.finish()?;
        Ok(Self(value))
    }
}

/// What is left of a query, and what was wrong so far.
pub(crate) struct QueryReader {
    left: Vec<(String, String)>,
    complaints: Vec<ProblemError>,
}

impl QueryReader {
    /// Every value of `name`.
    pub(crate) fn all(&mut self, name: &str) -> Vec<String> {
        let taken = self.left.extract_if(.., |(key, _)| key == name);
        taken.map(|(_, value)| value).collect()
    }

    /// The value of `name`, which may be given once.
    pub(crate) fn one(&mut self, name: &str) -> Option<String> {
        let mut values = self.all(name);
        if values.len() > 1 {
            self.complain(name, "duplicate_parameter", "may be given once".to_owned());
        }
        values.pop()
    }

    /// The value of `name`, read by `read`, which says what is allowed.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.one(name)?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(rule) => {
                self.complain(name, "invalid_parameter", rule);
                None
            }
        }
    }

    /// `true` or `false`; absent is `false`.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let read = |text: &str| text.parse().map_err(|_| "is true or false".to_owned());
        self.parsed(name, read).unwrap_or(false)
    }

    /// A whole number within `range`.
    pub(crate) fn number(&mut self, name: &str, range: std::ops::RangeInclusive<usize>) -> Option<usize> {
        self.parsed(name, |text| {
            let number = text.parse().ok().filter(|number| range.contains(number));
            number.ok_or_else(|| format!("is a whole number from {} to {}", range.start(), range.end()))
        })
    }

    /// A duration of up to `max`.
    pub(crate) fn duration(&mut self, name: &str, max: Duration) -> Option<Duration> {
        self.parsed(name, |text| {
            let duration = parse_duration(text).map_err(|error| error.to_string())?;
            let bound = || format!("is at most {}s", max.as_secs());
            if duration <= max { Ok(duration) } else { Err(bound()) }
        })
    }

    /// Notes what is wrong with `name`.
    pub(crate) fn complain(&mut self, name: &str, code: &str, rule: String) {
        self.complaints.push(ProblemError {
            pointer: String::new(),
            parameter: Some(shown(name)),
            code: code.to_owned(),
            message: rule,
        });
    }

    fn finish(mut self) -> Result<(), Problem> {
        for (name, _) in std::mem::take(&mut self.left) {
            self.complain(&name, "unknown_parameter", "is not known here: check its spelling".to_owned());
        }
        if self.complaints.is_empty() {
            return Ok(());
        }
        let said = |error: &ProblemError| {
            format!("{} {}", error.parameter.as_deref().unwrap_or_default(), error.message)
        };
        let detail: Vec<String> = self.complaints.iter().map(said).collect();
        Err(Problem::new(Code::InvalidQuery, detail.join("; ")).with_errors(self.complaints))
    }
}
