//! What stands in a path.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::api::problem::{Code, Problem};
use crate::service::Reference;

const NOT_UTF_8: &str = "the path is not UTF-8";

/// `{id}`: an id or a name.
pub(crate) struct InstancePath(pub(crate) Reference);

impl<S: Send + Sync> FromRequestParts<S> for InstancePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(Reference::parse(&segment(parts, state, Code::InstanceNotFound).await?)?))
    }
}

/// `{id}` and `{tool}`: an instance, and what its server calls one of its tools.
pub(crate) struct ToolPath {
    pub(crate) instance: Reference,
    pub(crate) tool: String,
}

impl<S: Send + Sync> FromRequestParts<S> for ToolPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((instance, tool)) = path.map_err(|_| Problem::new(Code::InstanceNotFound, NOT_UTF_8))?;
        Ok(Self { instance: Reference::parse(&instance)?, tool })
    }
}

/// `{name}` of a template.
pub(crate) struct TemplatePath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for TemplatePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        segment(parts, state, Code::TemplateNotFound).await.map(Self)
    }
}

/// `{name}` of a hook.
pub(crate) struct HookPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for HookPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        segment(parts, state, Code::HookNotFound).await.map(Self)
    }
}

/// `{id}` of a bulk.
pub(crate) struct BulkPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for BulkPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        segment(parts, state, Code::BulkNotFound).await.map(Self)
    }
}

/// `{workload}` of an orphan.
pub(crate) struct OrphanPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for OrphanPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        segment(parts, state, Code::OrphanNotFound).await.map(Self)
    }
}

/// `{name}` of a plugin.
pub(crate) struct PluginPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PluginPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        segment(parts, state, Code::PluginNotFound).await.map(Self)
    }
}

/// `{code}` of a problem.
pub(crate) struct ProblemPath(pub(crate) Code);

impl<S: Send + Sync> FromRequestParts<S> for ProblemPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let name = segment(parts, state, Code::NotFound).await?;
        let missing = || Problem::new(Code::NotFound, "no problem has this code: /docs/problems lists them");
        Code::named(&name).map(Self).ok_or_else(missing)
    }
}

/// The one variable segment. One that is no UTF-8 names nothing.
async fn segment<S: Send + Sync>(parts: &mut Parts, state: &S, missing: Code) -> Result<String, Problem> {
    let path = Path::<String>::from_request_parts(parts, state).await;
    path.map(|Path(text)| text).map_err(|_| Problem::new(missing, NOT_UTF_8))
}
