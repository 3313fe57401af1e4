//! Problems in the OpenAPI document.

use std::collections::BTreeMap;

use utoipa::openapi::{Content, Ref, RefOr, Response};

use super::Code;

/// One answer that stands for all of `codes`, which share a status.
pub(crate) fn document_problem(codes: &[Code]) -> Response {
    let mut response = Response::new(codes.iter().map(|code| code.summary()).collect::<Vec<_>>().join("; "));
    let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
    response.content.insert("application/problem+json".to_owned(), RefOr::T(Content::new(Some(schema))));
    response
}

/// The answers for `codes`, by status.
pub(crate) fn document_problems(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.entry().status).or_default().push(*code);
    }
    by_status
        .into_iter()
        .map(|(status, codes)| (status.to_string(), RefOr::T(document_problem(&codes))))
        .collect()
}

/// Names the problems of an operation, for its `responses(…)`.
macro_rules! problems {
    ($(#[$doc:meta])* $name:ident: $($code:ident),+ $(,)?) => {
        $(#[$doc])*
        pub(crate) struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses()
            -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                $crate::api::problem::document_problems(&[$($crate::api::problem::Code::$code),+])
            }
        }
    };
}

pub(crate) use problems;
