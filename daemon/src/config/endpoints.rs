//! One line of `endpoints`: a network in CIDR notation, an address, or a host name.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::domain::EndpointRule;
use crate::runtime::document::{Value, text};

pub(super) fn rule(value: &Value) -> Result<EndpointRule, String> {
    let text = text()(value)?;
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(EndpointRule::Network(address, if address.is_ipv4() { 32 } else { 128 }));
    }
    if let Ok(network) = text.parse::<IpNet>() {
        if network.addr() != network.network() {
            let meant = network.trunc();
            return Err(format!("{text:?} has bits behind its prefix; write {:?}", meant.to_string()));
        }
        return Ok(EndpointRule::Network(network.addr(), network.prefix_len()));
    }
    let host = text.strip_suffix('.').unwrap_or(&text).to_ascii_lowercase();
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(letter);
    // What ends in digits is an address to a URL parser, and this one was none.
    let number = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if host.len() <= 253 && host.split('.').all(label) && !number {
        Ok(EndpointRule::Host(host))
    } else {
        Err(format!("{text:?} is not allowed: a network such as \"10.0.0.0/8\", an address, or a host name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        rule(&Value::Text(text.to_owned())).map(|rule| rule.to_string())
    }

    #[test]
    fn networks_addresses_and_hosts_are_rules() {
        assert_eq!(read("10.0.0.0/8").unwrap(), "10.0.0.0/8");
        assert_eq!(read("127.0.0.1").unwrap(), "127.0.0.1/32");
        assert_eq!(read("fd00::/8").unwrap(), "fd00::/8");
        assert_eq!(read("MCP.example.").unwrap(), "mcp.example");
        for bad in ["", "10.0.0.1/8", "10.0.0.0/33", "300.1.1.1", "http://x", "x:80", "a..b", "*.x"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read("10.0.0.1/8").unwrap_err().contains("\"10.0.0.0/8\""));
    }
}
