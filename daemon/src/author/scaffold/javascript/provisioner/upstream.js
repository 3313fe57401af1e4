// A small blocking HTTP client for one upstream, over `wasi:http`. This engine has neither `fetch` nor
// `TextEncoder`, so both are made here of what there is.
//
// A plugin names an upstream as the operator granted it (`http://fleet/…`); the host maps the name to URL,
// TLS and credentials. The errors tell one thing apart above all: whether the request may have arrived.

import { now, subscribeInstant } from "wasi:clocks/monotonic-clock@0.2.6";
import { handle } from "wasi:http/outgoing-handler@0.2.6";
import { Fields, OutgoingBody, OutgoingRequest, RequestOptions } from "wasi:http/types@0.2.6";
import { poll } from "wasi:io/poll@0.2.6";

const CHUNK = 64 * 1024;
// What `blockingWriteAndFlush` takes at once.
const PIECE = 4096;
// The longest answer that is read.
const MAX_BODY = 4 << 20;

// The host refuses to go there.
const DENIED = ["HTTP-request-denied", "destination-IP-prohibited"];
// What must have happened before a connection stood: no byte of the request was sent.
const NOT_SENT = [
  "DNS-timeout",
  "DNS-error",
  "destination-not-found",
  "destination-unavailable",
  "destination-IP-unroutable",
  "connection-refused",
  "connection-timeout",
  "connection-limit-reached",
  "TLS-certificate-error",
  "TLS-protocol-error",
  "configuration-error",
];

// The operator granted no such upstream. Nothing was sent.
export class Denied extends Error {}
// No byte of the request was sent.
export class NotSent extends Error {}
// The request may have arrived and had its effect, but no whole answer came.
export class Lost extends Error {}

// Sends `value` as JSON and waits for the whole answer: `{ status, headers, json }`, where `json` is null if
// the body is no JSON object: then it is not the upstream's own answer. Any status is an answer.
export function send(upstream, method, path, value, timeoutMs = 4_000) {
  const deadline = new Deadline(timeoutMs);
  const body = value === undefined ? new Uint8Array() : encode(JSON.stringify(value));
  const headers =
    body.length > 0
      ? [
          ["content-type", encode("application/json")],
          ["content-length", encode(String(body.length))],
        ]
      : [];
  const request = new OutgoingRequest(Fields.fromList(headers));
  request.setMethod({ tag: method });
  request.setScheme({ tag: "HTTP" });
  request.setAuthority(upstream);
  request.setPathWithQuery(path);
  const outgoing = body.length > 0 ? request.body() : null;
  const options = new RequestOptions();
  options.setFirstByteTimeout(timeoutMs * 1e6);
  using future = attempt(
    () => handle(request, options),
    (code) => new (DENIED.includes(code.tag) ? Denied : NotSent)(words(code)),
  );
  if (outgoing) write(outgoing, body);
  let result;
  while ((result = future.get()) == null) {
    using ready = future.subscribe();
    deadline.wait(ready);
  }
  // The outer result says that nobody took it before.
  const response = result.val;
  if (response.tag === "err") throw classify(response.val);
  using incoming = response.val;
  return read(incoming, deadline);
}

function write(outgoing, body) {
  try {
    {
      using stream = outgoing.write();
      for (let start = 0; start < body.length; start += PIECE) {
        stream.blockingWriteAndFlush(body.subarray(start, start + PIECE));
      }
    }
    OutgoingBody.finish(outgoing, null);
  } catch {
    // A body that cannot be written has its reason in the answer: look there.
  }
}

function read(incoming, deadline) {
  const status = incoming.status();
  const headers = {};
  {
    using fields = incoming.headers();
    for (const [name, value] of fields.entries()) headers[name.toLowerCase()] = String.fromCharCode(...value);
  }
  const pieces = [];
  let length = 0;
  using content = incoming.consume();
  using stream = content.stream();
  for (;;) {
    let piece;
    try {
      piece = stream.read(CHUNK);
    } catch (error) {
      if (error.payload?.tag === "closed") return { status, headers, json: object(pieces) };
      if (!error.payload) throw error;
      using reason = error.payload.val;
      throw new Lost(`the answer broke off: ${reason.toDebugString()}`);
    }
    if (piece.length > 0) {
      pieces.push(piece);
      length += piece.length;
      if (length > MAX_BODY) throw new Lost(`the answer is longer than ${MAX_BODY} bytes`);
    } else {
      using ready = stream.subscribe();
      deadline.wait(ready);
    }
  }
}

class Deadline {
  constructor(timeoutMs) {
    this.timeoutMs = timeoutMs;
    this.at = now() + timeoutMs * 1e6;
  }

  wait(ready) {
    using timer = subscribeInstant(this.at);
    if (!poll([ready, timer]).includes(0)) throw new Lost(`no whole answer within ${this.timeoutMs} ms`);
  }
}

// What an import fails with is the `payload` of what it throws.
function attempt(action, otherwise) {
  try {
    return action();
  } catch (error) {
    throw error.payload ? otherwise(error.payload) : error;
  }
}

function classify(code) {
  const kind = DENIED.includes(code.tag) ? Denied : NOT_SENT.includes(code.tag) ? NotSent : Lost;
  return new kind(words(code));
}

// `connection-refused` → `connection refused`; a code's own text if it has one.
function words(code) {
  const spaced = code.tag.replaceAll("-", " ");
  return typeof code.val === "string" ? `${spaced}: ${code.val}` : spaced;
}

function object(pieces) {
  try {
    const value = JSON.parse(decode(pieces));
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function encode(text) {
  return Uint8Array.from(unescape(encodeURIComponent(text)), (letter) => letter.charCodeAt(0));
}

function decode(pieces) {
  let bytes = "";
  for (const piece of pieces) for (const byte of piece) bytes += String.fromCharCode(byte);
  return decodeURIComponent(escape(bytes));
}
