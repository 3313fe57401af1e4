//! Which addresses are never connected to, whatever a configuration, a backend or a name server says.
//!
//! Loopback and private networks are not among them: that is where workloads and backends are. What is
//! refused is what neither has and an attacker wants: the machine's own metadata service, and addresses
//! that mean "this link" or "everybody". An IPv6 address that carries an IPv4 one is judged by both.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Metadata services outside the link-local networks: Alibaba, Oracle, Azure.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];
/// Amazon, of a machine and of a pod's identity, and Google.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254),
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0023),
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254),
];

/// Which bytes are the IPv4 address in a NAT64 network of /48, /56, /64 and /96 (RFC 6052, 2.2): those
/// that fit into the prefix of RFC 8215.
const LOCAL_NAT64: [[usize; 4]; 4] = [[6, 7, 9, 10], [7, 9, 10, 11], [9, 10, 11, 12], [12, 13, 14, 15]];

const UNSPECIFIED: &str = "unspecified";

/// What kind of refused address this is, if it is one.
pub fn refused_address(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refused_v4(address),
        IpAddr::V6(address) => refused_v6(address),
    }
}

fn refused_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address {
        // 169.254.169.254, the commonest metadata address, is one of these.
        _ if address.is_link_local() => Some("link-local"),
        _ if METADATA_V4.contains(&address) => Some("cloud metadata"),
        // The whole of 0.0.0.0/8: some systems take it for this machine.
        _ if address.octets()[0] == 0 => Some(UNSPECIFIED),
        _ if address.is_broadcast() => Some("broadcast"),
        _ if address.is_multicast() => Some("multicast"),
        _ => None,
    }
}

fn refused_v6(address: Ipv6Addr) -> Option<&'static str> {
    match address {
        _ if address.is_unspecified() => Some(UNSPECIFIED),
        _ if address.is_unicast_link_local() => Some("link-local"),
        _ if METADATA_V6.contains(&address) => Some("cloud metadata"),
        _ if address.is_multicast() => Some("multicast"),
        _ if address.segments()[..3] == [0x64, 0xff9b, 1] => refused_local_nat64(address.octets()),
        _ => carried(address).into_iter().flatten().find_map(refused_v4),
    }
}

/// NAT64 of a site's own (RFC 8215). How long its network's prefix is cannot be seen, so every length counts.
fn refused_local_nat64(bytes: [u8; 16]) -> Option<&'static str> {
    let kinds = LOCAL_NAT64.map(|places| refused_v4(Ipv4Addr::from(places.map(|place| bytes[place]))));
    // Zeros around an address read as 0.0.0.0/8 at a length that is not meant: only all of them mean that.
    let unspecified = kinds.iter().all(Option::is_some).then_some(UNSPECIFIED);
    kinds.into_iter().flatten().find(|kind| *kind != UNSPECIFIED).or(unspecified)
}

/// The IPv4 addresses an IPv6 address may stand for.
fn carried(address: Ipv6Addr) -> [Option<Ipv4Addr>; 2] {
    let bytes = address.octets();
    let at = |start: usize| Ipv4Addr::new(bytes[start], bytes[start + 1], bytes[start + 2], bytes[start + 3]);
    match address.segments() {
        // ::1 is a loopback address and carries nothing.
        [0, 0, 0, 0, 0, 0, 0, 1] => [None, None],
        // Mapped (RFC 4291, 2.5.5.2), compatible (2.5.5.1), translated (RFC 2765).
        [0, 0, 0, 0, 0, 0xffff | 0, _, _] | [0, 0, 0, 0, 0xffff, 0, _, _] => [Some(at(12)), None],
        // NAT64 (RFC 6052).
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => [Some(at(12)), None],
        // 6to4 (RFC 3056).
        [0x2002, ..] => [Some(at(2)), None],
        // Teredo (RFC 4380): the server, and the client with its bits turned.
        [0x2001, 0, ..] => [Some(at(4)), Some(Ipv4Addr::from_bits(!at(12).to_bits()))],
        // ISATAP (RFC 5214).
        [_, _, _, _, 0 | 0x200, 0x5efe, _, _] => [Some(at(12)), None],
        _ => [None, None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_workload_has_is_refused_in_every_disguise() {
        let cases = [
            ("169.254.169.254", "link-local"),
            ("169.254.0.1", "link-local"),
            ("100.100.100.200", "cloud metadata"),
            ("0.0.0.0", "unspecified"),
            ("0.1.2.3", "unspecified"),
            ("255.255.255.255", "broadcast"),
            ("224.0.0.1", "multicast"),
            ("::", "unspecified"),
            ("fe80::1", "link-local"),
            ("ff02::1", "multicast"),
            ("fd00:ec2::254", "cloud metadata"),
            ("fd00:ec2::23", "cloud metadata"),
            ("::ffff:169.254.169.254", "link-local"),
            ("::169.254.169.254", "link-local"),
            ("::ffff:0:169.254.169.254", "link-local"),
            ("64:ff9b::169.254.169.254", "link-local"),
            ("64:ff9b:1::169.254.169.254", "link-local"),
            ("64:ff9b:1:a9fe:a9:fe00::", "link-local"),
            // The same in a /56, a /64 and a /96 that are not the first of the prefix.
            ("64:ff9b:1:aaa9:fe:a9fe::", "link-local"),
            ("64:ff9b:1:abcd:a9:fea9:fe00:0", "link-local"),
            ("64:ff9b:1:fffe::169.254.169.254", "link-local"),
            ("64:ff9b:1:1::100.100.100.200", "cloud metadata"),
            ("64:ff9b:1::", "unspecified"),
            ("2002:a9fe:a9fe::1", "link-local"),
            ("2001:0:a9fe:a9fe::1", "link-local"),
            // The client 169.254.169.254 with its bits turned.
            ("2001:0:808:808:0:0:5601:5601", "link-local"),
            ("2001:db8::5efe:a9fe:a9fe", "link-local"),
            ("::ffff:100.100.100.200", "cloud metadata"),
        ];
        for (text, kind) in cases {
            assert_eq!(refused_address(text.parse().unwrap()), Some(kind), "{text}");
        }
    }

    #[test]
    fn where_workloads_are_is_allowed() {
        let addresses = [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "8.8.8.8",
            "::1",
            "fd00::1",
            "2001:db8::1",
            "::ffff:127.0.0.1",
            "64:ff9b:1::10.0.0.1",
            "64:ff9b:1:1::10.0.0.1",
            // The same address in a /48, a /56 and a /64.
            "64:ff9b:1:a00:0:100::",
            "64:ff9b:1:aa0a:0:1::",
            "64:ff9b:1:abcd:a:0:100:0",
        ];
        for text in addresses {
            assert_eq!(refused_address(text.parse().unwrap()), None, "{text}");
        }
    }
}
