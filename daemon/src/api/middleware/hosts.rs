//! Which hosts this server answers for.
//!
//! A page whose name an attacker makes resolve to this address (DNS rebinding) sends that name as
//! `Host`. So names must be known; an IP literal cannot be rebound, and is only checked against
//! the address we listen on. Ports are not compared: a forwarded port is another one, and says
//! nothing about who asks.

use std::net::IpAddr;

/// The hosts, without ports.
#[derive(Debug, Clone)]
pub(crate) struct AllowedHosts {
    listen: IpAddr,
    names: Box<[String]>,
}

impl AllowedHosts {
    /// The address we listen on, loopback, and `names`.
    pub(crate) fn new(listen: IpAddr, names: &[String]) -> Self {
        Self { listen, names: names.iter().map(|name| name.to_ascii_lowercase()).collect() }
    }

    /// Whether `host` (without port, an IPv6 address in brackets) is ours.
    pub(crate) fn allow(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&host);
        if let Ok(address) = literal.parse::<IpAddr>() {
            let here = address.to_canonical().is_loopback()
                || address == self.listen
                // Every address of the machine is ours then, and we do not know them all.
                || self.listen.is_unspecified();
            if here {
                return true;
            }
        }
        host == "localhost" || self.names.iter().any(|name| *name == host || *name == literal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(listen: &str, host: &str) -> bool {
        AllowedHosts::new(listen.parse().unwrap(), &["wharf.example".to_owned()]).allow(host)
    }

    #[test]
    fn loopback_the_listen_address_and_named_hosts_are_ours() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "[::1]", "wharf.example"] {
            assert!(allows("127.0.0.1", host), "{host}");
        }
        assert!(allows("192.0.2.1", "192.0.2.1"));
    }

    #[test]
    fn a_foreign_name_is_not_ours_even_when_every_address_is() {
        for listen in ["127.0.0.1", "0.0.0.0", "::"] {
            for host in ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example"] {
                assert!(!allows(listen, host), "{listen} {host}");
            }
        }
        assert!(!allows("127.0.0.1", "192.0.2.1"));
        assert!(allows("0.0.0.0", "192.0.2.1"));
        assert!(allows("::", "[2001:db8::1]"));
    }
}
