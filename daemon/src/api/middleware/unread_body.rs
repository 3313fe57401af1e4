//! An early refusal that the client can read.
//!
//! A client that is still sending when we answer and close gets a connection reset instead of the
//! answer. So what a handler left unread of a body is read first, within bounds, and thrown away.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http::{StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Bytes that are read for an answer's sake.
const MAX_BYTES: usize = 1 << 20;
/// Time that is spent for an answer's sake.
const MAX_TIME: Duration = Duration::from_secs(1);

/// The layer.
pub(crate) async fn answer_unread_body(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Such a client sends only what it is asked to, and reading would ask it.
    let waits_to_be_asked = request.headers().contains_key(header::EXPECT);
    let (give_back, left) = oneshot::channel();
    let lent = |body| Body::new(Lent { body: Some(body), read: false, give_back: Some(give_back) });
    let response = next.run(request.map(lent)).await;
    // The handlers are done, so the body is back, or was read to its end.
    if let Ok(Left { body, read }) = left.await
        && response.status() != StatusCode::REQUEST_TIMEOUT
        && (read || !waits_to_be_asked)
    {
        // Whether it ended in time changes nothing: the answer is the same.
        let _ = timeout(MAX_TIME, discard(body)).await;
    }
    response
}

async fn discard(mut body: Body) {
    let mut left = MAX_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => break,
        }
    }
}

/// A body that was not read to its end.
struct Left {
    body: Body,
    /// Something of it was asked for.
    read: bool,
}

/// A body that comes back when it is dropped before its end.
struct Lent {
    body: Option<Body>,
    read: bool,
    give_back: Option<oneshot::Sender<Left>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.read = true;
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(body), Some(give_back)) = (self.body.take(), self.give_back.take())
            && !body.is_end_stream()
        {
            // Nobody waits for it any more when the client left.
            let _ = give_back.send(Left { body, read: self.read });
        }
    }
}
