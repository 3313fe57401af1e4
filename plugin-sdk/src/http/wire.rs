//! One exchange over `wasi:http`, in the guest.
//!
//! Resources of the host are dropped children first, as the interface demands: the order of
//! declarations and the inner blocks below matter.

use super::{Error, Request, Response};
use crate::bindings::imports::wasi::clocks::monotonic_clock;
use crate::bindings::imports::wasi::http::outgoing_handler;
use crate::bindings::imports::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme, http_error_code,
};
use crate::bindings::imports::wasi::io::poll::{self, Pollable};
use crate::bindings::imports::wasi::io::streams::{OutputStream, StreamError};

const CHUNK: u64 = 64 * 1024;

pub(super) fn send(request: Request) -> Result<Response, Error> {
    let deadline = Deadline::after(request.timeout);
    let body = request.body.unwrap_or_default();
    let (outgoing, outgoing_body) =
        outgoing(request.upstream, request.method, request.path, request.headers, body.len())?;
    let future = outgoing_handler::handle(outgoing, Some(options(deadline.nanoseconds)))
        .map_err(|code| not_sent(&code))?;
    if let Some(outgoing_body) = outgoing_body {
        // A body that cannot be written has its reason in the answer: look there.
        let _ = write(outgoing_body, &body, &deadline);
    }
    let response = answer(&future, &deadline)?;
    read(response, request.max_body, &deadline)
}

fn outgoing(
    upstream: String,
    method: &str,
    path: String,
    headers: Vec<(String, String)>,
    length: usize,
) -> Result<(OutgoingRequest, Option<OutgoingBody>), Error> {
    let unsendable = |what: &str| Error::NotSent(format!("the request's {what} is not valid"));
    let mut fields: Vec<(String, Vec<u8>)> =
        headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let has_body = length > 0;
    if has_body {
        fields.push(("content-length".into(), length.to_string().into_bytes()));
    }
    let fields = Fields::from_list(&fields).map_err(|_| unsendable("header section"))?;
    let outgoing = OutgoingRequest::new(fields);
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        other => Method::Other(other.to_owned()),
    };
    outgoing.set_method(&method).map_err(|()| unsendable("method"))?;
    outgoing.set_scheme(Some(&Scheme::Http)).map_err(|()| unsendable("scheme"))?;
    outgoing.set_authority(Some(&upstream)).map_err(|()| unsendable("upstream name"))?;
    outgoing.set_path_with_query(Some(&path)).map_err(|()| unsendable("path"))?;
    let body = if has_body { Some(outgoing.body().map_err(|()| unsendable("body"))?) } else { None };
    Ok((outgoing, body))
}

/// The host may end earlier than asked, and a host that knows no such option just ends with the
/// deadline here.
fn options(nanoseconds: u64) -> RequestOptions {
    let options = RequestOptions::new();
    let _ = options.set_connect_timeout(Some(nanoseconds));
    let _ = options.set_first_byte_timeout(Some(nanoseconds));
    let _ = options.set_between_bytes_timeout(Some(nanoseconds));
    options
}

fn write(body: OutgoingBody, mut rest: &[u8], deadline: &Deadline) -> Result<(), ()> {
    {
        let stream = body.write()?;
        while !rest.is_empty() {
            let room = room(&stream, deadline)?;
            let (now, later) = rest.split_at(rest.len().min(room));
            stream.write(now).map_err(|_| ())?;
            rest = later;
        }
        stream.flush().map_err(|_| ())?;
        room(&stream, deadline)?;
    }
    OutgoingBody::finish(body, None).map_err(|_| ())
}

fn room(stream: &OutputStream, deadline: &Deadline) -> Result<usize, ()> {
    loop {
        match stream.check_write().map_err(|_| ())? {
            0 => deadline.wait(&stream.subscribe())?,
            room => return Ok(usize::try_from(room).unwrap_or(usize::MAX)),
        }
    }
}

fn answer(future: &FutureIncomingResponse, deadline: &Deadline) -> Result<IncomingResponse, Error> {
    loop {
        match future.get() {
            Some(Ok(Ok(response))) => return Ok(response),
            Some(Ok(Err(code))) => return Err(from_code(&code)),
            Some(Err(())) => return Err(Error::Lost("the answer was taken already".into())),
            None => deadline.wait(&future.subscribe()).map_err(|()| deadline.passed())?,
        }
    }
}

fn read(response: IncomingResponse, limit: usize, deadline: &Deadline) -> Result<Response, Error> {
    let status = response.status();
    let headers = response
        .headers()
        .entries()
        .into_iter()
        .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()))
        .collect();
    let incoming =
        response.consume().map_err(|()| Error::Lost("the answer's body was taken already".into()))?;
    let stream = incoming.stream().map_err(|()| Error::Lost("the answer's body was taken already".into()))?;
    let mut body = Vec::new();
    loop {
        match stream.read(CHUNK) {
            Ok(bytes) if bytes.is_empty() => {
                deadline.wait(&stream.subscribe()).map_err(|()| deadline.passed())?;
            }
            Ok(bytes) => {
                body.extend_from_slice(&bytes);
                if body.len() > limit {
                    return Err(Error::TooLarge { status, limit });
                }
            }
            Err(StreamError::Closed) => return Ok(Response { status, headers, body }),
            Err(StreamError::LastOperationFailed(error)) => {
                // The status line came, so the request was sent, whatever the code says.
                let reason = match http_error_code(&error) {
                    Some(code) => describe(&code),
                    None => error.to_debug_string(),
                };
                return Err(Error::Lost(format!("the answer broke off: {reason}")));
            }
        }
    }
}

struct Deadline {
    nanoseconds: u64,
    at: u64,
}

impl Deadline {
    fn after(timeout: std::time::Duration) -> Self {
        let nanoseconds = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        Self { nanoseconds, at: monotonic_clock::now().saturating_add(nanoseconds) }
    }

    /// Waits until `ready` is, or fails at the deadline.
    fn wait(&self, ready: &Pollable) -> Result<(), ()> {
        let timer = monotonic_clock::subscribe_instant(self.at);
        if poll::poll(&[ready, &timer]).contains(&0) { Ok(()) } else { Err(()) }
    }

    fn passed(&self) -> Error {
        Error::Lost(format!("no whole answer within {} ms", self.nanoseconds / 1_000_000))
    }
}

/// What the handler refuses at once was never sent.
fn not_sent(code: &ErrorCode) -> Error {
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Error::Denied(describe(code)),
        code => Error::NotSent(describe(code)),
    }
}

/// Only what must have happened before a connection stood counts as not sent.
fn from_code(code: &ErrorCode) -> Error {
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Error::Denied(describe(code)),
        ErrorCode::DnsTimeout
        | ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionLimitReached
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsProtocolError
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::ConfigurationError => Error::NotSent(describe(code)),
        code => Error::Lost(describe(code)),
    }
}

fn describe(code: &ErrorCode) -> String {
    match code {
        ErrorCode::HttpRequestDenied => "this plugin holds no grant for that upstream".into(),
        ErrorCode::DestinationIpProhibited => "the upstream's address is not allowed".into(),
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            "the upstream's host name was not found".into()
        }
        ErrorCode::DestinationUnavailable | ErrorCode::DestinationIpUnroutable => {
            "the upstream cannot be reached".into()
        }
        ErrorCode::ConnectionRefused => "connection refused".into(),
        ErrorCode::ConnectionTimeout => "no connection in time".into(),
        ErrorCode::ConnectionTerminated => "the upstream closed the connection".into(),
        ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => "no answer in time".into(),
        ErrorCode::ConnectionLimitReached => "too many connections to the upstream".into(),
        ErrorCode::HttpResponseIncomplete => "the answer broke off".into(),
        ErrorCode::HttpProtocolError => "the upstream's answer was empty or no HTTP".into(),
        ErrorCode::HttpResponseHeaderSectionSize(_) => "the answer has too many or too long headers".into(),
        ErrorCode::InternalError(Some(text)) => text.clone(),
        code => format!("{code:?}"),
    }
}
