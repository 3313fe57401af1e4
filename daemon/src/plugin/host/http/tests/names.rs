//! Names and addresses: what is looked up, and what is never connected to.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::connector::{Connector, Place};
use super::super::resolver::OF_ONE;
use super::*;

/// An upstream whose name has these addresses.
fn resolved(addresses: &[&str], port: u16) -> (Arc<Upstreams>, Arc<Reachability>) {
    let addresses: Vec<_> =
        addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), port)).collect();
    let resolver = Resolver::asking(move |_, _| Ok(addresses.clone()), Lookups::new());
    named(resolver, bounds())
}

/// An upstream whose name is looked up by `resolver`.
fn named(resolver: Resolver, bounds: Bounds) -> (Arc<Upstreams>, Arc<Reachability>) {
    let reach = Reachability::new("test", Arc::new(SystemClock));
    let mut upstreams = Upstreams::none(reach.clone());
    let place = Place::Host("name.example".to_owned(), 80);
    let network = Network::to(Connector::new(place, resolver, None, bounds.connect_timeout), bounds);
    let base = route::base("http://name.example").unwrap();
    let route = Route::new(base, bounds, &credentials(), network).unwrap();
    upstreams.routes.insert("manager".to_owned(), Arc::new(route));
    (Arc::new(upstreams), reach)
}

#[tokio::test]
async fn a_lookup_that_nobody_waits_for_any_more_keeps_its_turn() {
    let began = Instant::now();
    let (url, _) = lasting_server().await;
    let address: SocketAddr = url[7..].parse().unwrap();
    // No name server answers until the gate opens; it opens too when this test fails.
    let (keeper, gate) = std::sync::mpsc::sync_channel::<()>(1);
    let (gate, under_way) = (Arc::new(Mutex::new(gate)), Arc::new(AtomicUsize::new(0)));
    let lookups = Lookups::of(OF_ONE + 1);
    let upstream = || {
        let (gate, under_way) = (gate.clone(), under_way.clone());
        let look_up = move |_: &str, _| {
            under_way.fetch_add(1, Ordering::SeqCst);
            let _ = gate.lock().unwrap().recv();
            under_way.fetch_sub(1, Ordering::SeqCst);
            Ok(vec![address])
        };
        let bounds = Bounds { first_byte_timeout: Duration::from_millis(20), ..bounds() };
        named(Resolver::asking(look_up, lookups.clone()), bounds).0
    };
    let (first, second) = (upstream(), upstream());
    // What one upstream may have, and then what all may.
    for (upstream, most) in [(&first, OF_ONE), (&second, OF_ONE + 1)] {
        for _ in 0..3 * OF_ONE {
            let answer = get(upstream, "http://manager/").await;
            assert!(matches!(answer, Err(Error::HttpResponseTimeout)), "{answer:?}");
            let now = under_way.load(Ordering::SeqCst);
            assert!(now <= most, "{now} lookups are under way");
        }
        while under_way.load(Ordering::SeqCst) < most {
            assert!(began.elapsed() < Duration::from_secs(30), "a turn was not taken");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    drop(keeper);
    // Those that end give their turns back.
    for upstream in [&first, &second] {
        while get(upstream, "http://manager/").await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "a turn was not given back");
        }
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_a_refused_address_is_not_connected_to() {
    // Somebody listens on every address of this machine, so that only the check can refuse.
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for address in ["0.0.0.0", "169.254.169.254", "::ffff:0.0.0.0", "fd00:ec2::254", "224.0.0.1"] {
        let (upstreams, reach) = resolved(&[address], port);
        let answer = get(&upstreams, "http://manager/").await;
        assert!(matches!(answer, Err(Error::DestinationIpProhibited)), "{address}: {answer:?}");
        assert_eq!(reach.now().0, Some(false));
    }
    let accepted = tokio::time::timeout(Duration::from_millis(20), listener.accept()).await;
    assert!(accepted.is_err(), "nothing was connected to");

    // Of several, those that are allowed are used, and the first that answers.
    let (url, _requests) = server(OK).await;
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    let (upstreams, _) = resolved(&["169.254.169.254", "::1", "127.0.0.1"], port);
    assert_eq!(get(&upstreams, "http://manager/").await.unwrap().0, 200);
}

#[test]
fn an_address_that_is_always_refused_is_refused_however_it_is_written() {
    for host in [
        "169.254.169.254",
        "2852039166",
        "0xa9.254.0xa9fe",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "0",
    ] {
        let mut upstreams = Upstreams::none(Reachability::new("test", Arc::new(SystemClock)));
        let refused = upstreams.grant("manager", &upstream(&format!("http://{host}/")), &credentials());
        assert!(refused.is_err_and(|message| message.contains("nothing is ever connected to one")), "{host}");
    }
}
