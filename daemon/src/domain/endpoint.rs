//! Which endpoints of a provisioner may be probed and called.

use std::fmt;
use std::net::IpAddr;

/// One line of `[provisioners.x] endpoints`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointRule {
    /// Every address within a network: its address and prefix length.
    Network(IpAddr, u8),
    /// Exactly this host name, lower case.
    Host(String),
}

impl fmt::Display for EndpointRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(address, prefix) => write!(f, "{address}/{prefix}"),
            Self::Host(host) => f.write_str(host),
        }
    }
}
