//! Bodies with bounds: a request's, read whole, and an answer's body that fails beyond its length and its time, and holds its connection's turn.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

use super::route::too_long;

/// See the module.
pub(super) struct Bounded {
    inner: WasiBody,
    left: usize,
    max: usize,
    idle: Duration,
    /// Counts from where the guest began to wait for bytes that are not there.
    silence: Pin<Box<Sleep>>,
    waiting: bool,
    deadline: Pin<Box<Sleep>>,
    _turn: OwnedSemaphorePermit,
}

impl Bounded {
    pub(super) fn new(
        inner: WasiBody,
        max: usize,
        idle: Duration,
        deadline: Sleep,
        turn: OwnedSemaphorePermit,
    ) -> Self {
        let silence = Box::pin(tokio::time::sleep(idle));
        let deadline = Box::pin(deadline);
        Self { inner, left: max, max, idle, silence, waiting: false, deadline, _turn: turn }
    }
}

impl Body for Bounded {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(Error::HttpResponseTimeout)));
        }
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(frame) => {
                self.waiting = false;
                Poll::Ready(frame.map(|frame| {
                    let frame = frame?;
                    let length = frame.data_ref().map_or(0, Bytes::len);
                    self.left = self.left.checked_sub(length).ok_or_else(|| too_long(self.max))?;
                    Ok(frame)
                }))
            }
            Poll::Pending => {
                if !self.waiting {
                    self.waiting = true;
                    let until = Instant::now() + self.idle;
                    self.silence.as_mut().reset(until);
                }
                self.silence.as_mut().poll(context).map(|()| Some(Err(Error::ConnectionReadTimeout)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Reads the whole request body first: requests of plugins are small, and nothing is sent of one
/// that the guest abandons half way.
pub(in crate::plugin::host) async fn collect(mut body: WasiBody, max: usize) -> Result<Bytes, Error> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            if bytes.len() + data.len() > max {
                return Err(Error::HttpRequestBodySize(u64::try_from(max).ok()));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}
