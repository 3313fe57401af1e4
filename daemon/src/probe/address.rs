//! Where the `endpoints` of a provisioner allow its workloads to be.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::domain::EndpointRule;

/// Whether the rules allow `address` for `host`. No rules allow everything.
pub(super) fn allowed(rules: &[EndpointRule], host: &str, address: IpAddr) -> bool {
    let canonical = address.to_canonical();
    rules.is_empty()
        || rules.iter().any(|rule| match rule {
            EndpointRule::Host(name) => name.eq_ignore_ascii_case(host.trim_end_matches('.')),
            EndpointRule::Network(network, prefix) => {
                IpNet::new(*network, *prefix).is_ok_and(|network| network.contains(&canonical))
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_name_networks_or_hosts() {
        let network = EndpointRule::Network("10.0.0.0".parse().unwrap(), 8);
        let host = EndpointRule::Host("mcp.internal".to_owned());
        let allow =
            |rules: &[EndpointRule], host, address: &str| allowed(rules, host, address.parse().unwrap());
        assert!(allow(&[], "x", "8.8.8.8"));
        assert!(allow(std::slice::from_ref(&network), "x", "10.1.1.1"));
        assert!(allow(std::slice::from_ref(&network), "x", "::ffff:10.1.1.1"));
        assert!(!allow(std::slice::from_ref(&network), "x", "127.0.0.1"));
        assert!(allow(&[network, host.clone()], "MCP.internal.", "127.0.0.1"));
        assert!(!allow(&[host], "127.0.0.1", "127.0.0.1"));
    }
}
