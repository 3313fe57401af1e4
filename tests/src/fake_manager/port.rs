//! Free loopback ports.
//!
//! They are taken from below the range the kernel gives to outgoing connections:
//! a port from that range could be somebody's client port before its server binds it.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 15_000;
const COUNT: u16 = 15_000;

static HANDED_OUT: AtomicU16 = AtomicU16::new(0);

/// A port nobody listens on, and that this process has not given to anybody lately.
pub(crate) fn free() -> u16 {
    // Test processes that run side by side start at different places.
    let start = u16::try_from(std::process::id() % u32::from(COUNT)).expect("the remainder is below COUNT");
    for _ in 0..COUNT {
        let nth = HANDED_OUT.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + (start + nth) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port from {FIRST} to {} is free on loopback", FIRST + COUNT - 1);
}
