//! Output, which the manager does not give.

use wharfinger_plugin_sdk::prelude::*;

use super::{plugin, target};

#[test]
fn logs_are_not_supported_and_the_message_says_where_they_are() {
    let query = LogsQuery { target: target(), ..LogsQuery::default() };
    let failure = plugin("auto").logs(query).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert!(failure.message.contains("podman logs"));
}
