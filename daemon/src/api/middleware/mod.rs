//! What happens to every request, whatever its route.

mod guard;
mod hosts;
mod observe;
mod unread_body;

pub(crate) use guard::{MAX_HEADERS, guard};
pub(crate) use hosts::AllowedHosts;
pub(crate) use observe::{REQUEST_ID, observe};
pub(crate) use unread_body::answer_unread_body;
