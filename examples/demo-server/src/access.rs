//! Who may call: the `Host` and `Origin` checks.
//!
//! A web page can make a browser call a server on the reader's own machine (DNS
//! rebinding); checking `Host` and `Origin` is what stops it. So on a loopback address
//! only loopback names are served, which is `rmcp`'s default. On any other address
//! somebody chose to show the server, usually inside a container and behind a proxy
//! whose name this program cannot know; there every `Host` is served unless
//! `ALLOWED_HOSTS` names some. Foreign `Origin`s are refused everywhere.

use std::net::IpAddr;

use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;

const LOOPBACK_ORIGINS: [&str; 3] = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

/// The checks for a server listening on `address`. Explicitly allowed hosts are added to
/// the loopback names, so that a local health check goes on working; `*` allows all.
pub(crate) fn server_config(address: IpAddr, allowed_hosts: Option<&[String]>) -> StreamableHttpServerConfig {
    let config = StreamableHttpServerConfig::default().with_allowed_origins(LOOPBACK_ORIGINS);
    match allowed_hosts {
        None if address.is_loopback() => config,
        None => config.disable_allowed_hosts(),
        Some(hosts) if hosts.iter().any(|host| host == "*") => config.disable_allowed_hosts(),
        Some(hosts) => {
            let all: Vec<String> = config.allowed_hosts.iter().chain(hosts).cloned().collect();
            config.with_allowed_hosts(all)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const ANY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

    #[test]
    fn on_loopback_only_loopback_names_are_served() {
        assert_eq!(server_config(LOOPBACK, None).allowed_hosts, ["localhost", "127.0.0.1", "::1"]);
    }

    #[test]
    fn elsewhere_the_proxy_in_front_decides() {
        assert!(server_config(ANY, None).allowed_hosts.is_empty());
    }

    #[test]
    fn named_hosts_are_added_and_a_star_allows_all() {
        let named = server_config(ANY, Some(&["demo.example".into()]));
        assert!(named.allowed_hosts.contains(&"demo.example".to_owned()));
        assert!(named.allowed_hosts.contains(&"localhost".to_owned()));
        assert!(server_config(LOOPBACK, Some(&["*".into()])).allowed_hosts.is_empty());
    }
}
