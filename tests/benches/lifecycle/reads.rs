//! `GET` of one instance while others write, beside a bare hyper server under the same writers.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use wharfinger::api::Server;
use wharfinger::catalog::Catalog;
use wharfinger::domain::{InstanceId, Secrets};
use wharfinger::lifecycle::Lifecycle;
use wharfinger::probe::Ladder;
use wharfinger::runtime::{Activator, Metrics, Readiness, Shutdown, SystemClock, Tasks};
use wharfinger::service::Service;
use wharfinger_tests::options;

use crate::calm::Calm;
use crate::report::{Samples, heading, line, ratio};
use crate::{calm, floor};

const WRITERS: usize = 64;
const LONG_ENOUGH: Duration = Duration::from_secs(3);

pub(crate) fn measure(dir: &Path) -> Result<()> {
    heading(&format!("GET of one instance over HTTP, {WRITERS} concurrent writers"));
    floor::print("before", dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let lifecycle = calm::open(&dir.join("data"), &calm::clock(), &Activator::new())?;
        let id = InstanceId::from_u128(u128::MAX >> 1);
        lifecycle.accept(id, Arc::new(calm::spec("read")), Secrets::default()).await?;
        let shutdown = Shutdown::new();
        let ours = serve(dir, &lifecycle, &shutdown).await?;
        let path = format!("/mcp/instances/{id}");
        let body = get(&mut connect(ours).await?, &path).await?;
        let bare = serve_bare(body).await?;

        let (mut quiet, mut quiet_bare) = (Samples::default(), Samples::default());
        alternate(ours, bare, &path, &mut quiet, &mut quiet_bare).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            writers.spawn(write(lifecycle.clone(), writer, Arc::clone(&stop)));
        }
        let (mut busy, mut busy_bare) = (Samples::default(), Samples::default());
        alternate(ours, bare, &path, &mut busy, &mut busy_bare).await?;
        stop.store(true, Ordering::Relaxed);
        let mut writes = 0;
        while let Some(done) = writers.join_next().await {
            writes += done??;
        }
        shutdown.cancel();
        line(
            "p99, nobody writes",
            format!("{:.1?}", quiet.percentile(99)),
            beside(&mut quiet, &mut quiet_bare),
        );
        line(
            "p99, while they write",
            format!("{:.1?}", busy.percentile(99)),
            beside(&mut busy, &mut busy_bare),
        );
        line("writes meanwhile", format!("{:.0}/s", writes as f64 / LONG_ENOUGH.as_secs_f64()), "");
        anyhow::Ok(())
    })?;
    floor::print("after", dir)?;
    Ok(())
}

fn beside(ours: &mut Samples, bare: &mut Samples) -> String {
    let bare = bare.percentile(99);
    format!("{} of bare hyper's {bare:.1?}", ratio(ours.percentile(99), bare))
}

/// One request here, one there, so that both see the same moment.
async fn alternate(
    ours: SocketAddr,
    bare: SocketAddr,
    path: &str,
    samples: &mut Samples,
    bare_samples: &mut Samples,
) -> Result<()> {
    let (mut ours, mut bare) = (connect(ours).await?, connect(bare).await?);
    let begun = Instant::now();
    while begun.elapsed() < LONG_ENOUGH {
        for (client, samples) in [(&mut ours, &mut *samples), (&mut bare, &mut *bare_samples)] {
            let asked = Instant::now();
            get(client, path).await?;
            samples.add(asked.elapsed());
        }
    }
    Ok(())
}

type Client = (hyper::client::conn::http1::SendRequest<Empty<Bytes>>, SocketAddr);

async fn connect(address: SocketAddr) -> Result<Client> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (client, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    Tasks::default().spawn("client", async move {
        let _ = connection.await;
    });
    Ok((client, address))
}

async fn get((client, address): &mut Client, path: &str) -> Result<Bytes> {
    client.ready().await?;
    let request = http::Request::get(path).header("host", address.to_string()).body(Empty::new())?;
    let response = client.send_request(request).await?;
    ensure!(response.status() == 200, "{path} answered {}", response.status());
    Ok(response.into_body().collect().await?.to_bytes())
}

/// The daemon's own server over these records.
async fn serve(dir: &Path, lifecycle: &Lifecycle, shutdown: &Shutdown) -> Result<SocketAddr> {
    let (tasks, clock) = (Tasks::default(), Arc::new(SystemClock));
    let templates = dir.join("templates");
    std::fs::create_dir_all(&templates)?;
    let catalog =
        Catalog::start(options::catalog(&templates), Arc::new(Calm), clock.clone(), &tasks, shutdown.clone())
            .map_err(|complaints| anyhow::anyhow!("{complaints}"))?;
    let (calm, caller) = (Arc::new(Calm), Arc::new(Ladder::new(options::probe())));
    let service =
        Service::new(options::service(), lifecycle.clone(), catalog, calm, caller, clock, shutdown.clone());
    let server = Server::bind(options::api())?;
    let address = server.local_addr();
    let (serving, shutdown) = (tasks.clone(), shutdown.clone());
    tasks.spawn("serve", async move {
        server.serve(service, Readiness::new(), Metrics::default(), serving, shutdown).await;
    });
    Ok(address)
}

/// What hyper does when nothing is asked of it but to send `body`.
async fn serve_bare(body: Bytes) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let tasks = Tasks::default();
    tasks.clone().spawn("bare hyper", async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let body = body.clone();
            let answer = hyper::service::service_fn(move |_| {
                let body = body.clone();
                async move {
                    let response = http::Response::builder().header("content-type", "application/json");
                    Ok::<_, Infallible>(response.body(Full::new(body)).expect("a static answer"))
                }
            });
            tasks.spawn("bare connection", async move {
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    });
    Ok(address)
}

async fn write(lifecycle: Lifecycle, writer: usize, stop: Arc<AtomicBool>) -> Result<u32> {
    let mut written = 0;
    while !stop.load(Ordering::Relaxed) {
        let id = InstanceId::from_u128((u128::from(written) << 64) | writer as u128);
        let spec = Arc::new(calm::spec(&format!("w{writer}-{written}")));
        lifecycle.accept(id, spec, Secrets::default()).await.context("a write failed")?;
        written += 1;
    }
    Ok(written)
}
