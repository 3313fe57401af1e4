//! From a URL to one address that was checked and that answers.
//!
//! The name is resolved here, once, and what follows connects to the address that was found, so
//! that no second answer of a name server can come in between. An address literal is checked too.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reqwest::Url;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::address;
use crate::domain::{EndpointRule, format_duration, refused_address};

/// No name has more addresses that are worth trying.
const MAX_ADDRESSES: usize = 16;

/// An endpoint and the address it has.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) url: Url,
    pub(super) host: String,
    pub(super) address: SocketAddr,
}

/// Why there is no way. Each has a word for machines and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoRoute {
    #[error("{0:?} is no http or https URL")]
    BadUrl(String),
    #[error("the name {host} cannot be resolved: {error}")]
    NotResolved { host: String, error: String },
    #[error("{host} is {address}, a {kind} address: nothing is ever connected to one")]
    Refused { host: String, address: IpAddr, kind: &'static str },
    #[error("{host} is {address}, which the provisioner's `endpoints` do not allow")]
    NotAllowed { host: String, address: IpAddr },
    #[error(
        "connection refused at {0}: nothing listens there; is the template's `port` right, or is the server still starting?"
    )]
    ConnectionRefused(SocketAddr),
    #[error("no connection to {0}: {1}")]
    NoConnection(SocketAddr, String),
    #[error("no connection to {host} within {}", format_duration(*after))]
    TimedOut { host: String, after: Duration },
}

impl NoRoute {
    /// Whether it says something about the workload. A name that cannot be resolved, an address we
    /// do not connect to, or a connection this machine could not make says nothing.
    pub(super) const fn is_the_workloads(&self) -> bool {
        matches!(self, Self::ConnectionRefused(_) | Self::TimedOut { .. })
    }

    pub(super) const fn reason(&self) -> &'static str {
        match self {
            Self::BadUrl(_) => "BadUrl",
            Self::NotResolved { .. } => "NameNotResolved",
            Self::Refused { .. } | Self::NotAllowed { .. } => "AddressRefused",
            Self::ConnectionRefused(_) => "ConnectionRefused",
            Self::NoConnection(..) => "NoConnection",
            Self::TimedOut { .. } => "ConnectTimedOut",
        }
    }
}

/// Finds an address of `url` that may be connected to and accepts a connection.
pub(super) async fn find(url: &str, rules: &[EndpointRule], within: Duration) -> Result<Route, NoRoute> {
    let bad = || NoRoute::BadUrl(url.chars().take(200).collect());
    let parsed = Url::parse(url).map_err(|_| bad())?;
    if !matches!(parsed.scheme(), "http" | "https")
        || !parsed.username().is_empty()
        || parsed.password().is_some()
    {
        return Err(bad());
    }
    let host = parsed.host_str().ok_or_else(bad)?.to_owned();
    let port = parsed.port_or_known_default().ok_or_else(bad)?;
    let search = async {
        let addresses = permitted(&host, port, rules).await?;
        let address = first_open(addresses).await?;
        Ok(Route { url: parsed, host: host.clone(), address })
    };
    match timeout(within, search).await {
        Ok(found) => found,
        Err(_) => Err(NoRoute::TimedOut { host, after: within }),
    }
}

/// The addresses of `host` that may be connected to: at least one.
async fn permitted(host: &str, port: u16, rules: &[EndpointRule]) -> Result<Vec<SocketAddr>, NoRoute> {
    // The URL's parser has brought every spelling of an IPv4 address into its usual form.
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let found: Vec<SocketAddr> = match literal {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => lookup_host((host, port))
            .await
            .map_err(|error| NoRoute::NotResolved { host: host.to_owned(), error: error.to_string() })?
            .take(MAX_ADDRESSES)
            .collect(),
    };
    let mut permitted = Vec::new();
    let mut refusal = None;
    for found in found {
        let address = found.ip();
        if let Some(kind) = refused_address(address) {
            refusal = Some(NoRoute::Refused { host: host.to_owned(), address, kind });
        } else if !address::allowed(rules, host, address) {
            refusal = Some(NoRoute::NotAllowed { host: host.to_owned(), address });
        } else {
            permitted.push(found);
        }
    }
    if permitted.is_empty() {
        let no_address =
            || NoRoute::NotResolved { host: host.to_owned(), error: "it has no address".to_owned() };
        return Err(refusal.unwrap_or_else(no_address));
    }
    Ok(permitted)
}

/// The first of `addresses` that accepts a connection; else why the last did not.
async fn first_open(addresses: Vec<SocketAddr>) -> Result<SocketAddr, NoRoute> {
    let attempt = |address| async move { (address, TcpStream::connect(address).await) };
    let mut attempts: FuturesUnordered<_> = addresses.into_iter().map(attempt).collect();
    let mut failure = None;
    while let Some((address, attempt)) = attempts.next().await {
        match attempt {
            Ok(_) => return Ok(address),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                failure = Some(NoRoute::ConnectionRefused(address));
            }
            Err(error) => failure = Some(NoRoute::NoConnection(address, error.to_string())),
        }
    }
    Err(failure.unwrap_or(NoRoute::BadUrl(String::new())))
}
