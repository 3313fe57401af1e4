//! What the host holds of a request that is not sent: bounds for each part of it.
//!
//! A guest may have as many unsent requests as handles, and nothing of them is in its own memory. The
//! libraries bound the headers alone, so the parts of the request line are bounded here: functions of
//! `wasi:http` that set one refuse what is too long by their own `err`, as they refuse what is malformed. With
//! its headers, trailers and the beginning of its body a request is 64 KiB at most, which for the usual
//! `limits.handles` is what the sandbox's own memory is.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, LinkerInstance, Resource};
use wasmtime_wasi_http::p2::bindings::http::types::{
    HostOutgoingRequest as _, Method, OutgoingRequest, Scheme,
};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView as _};

use super::super::State;

/// Bytes of a method that has no name of its own in `wasi:http`. The longest that is registered has 17.
const MAX_METHOD: usize = 64;
/// Bytes of a scheme. None but `http` is ever granted.
const MAX_SCHEME: usize = 64;
/// Bytes of an authority, which is an upstream's name.
const MAX_AUTHORITY: usize = 256;
/// Bytes of a path with its query. Servers take 8 to 16 KiB.
const MAX_PATH: usize = 16 << 10;
/// Bytes of a body that are taken at once, and how many of them wait until they are read; there is always
/// room for one more. A guest that sends its request before it writes the body, as the interface wants it,
/// can write as much as is granted.
pub(super) const CHUNK: usize = 8 << 10;
pub(super) const WAITING_CHUNKS: usize = 1;

/// The interface, in the version that the library links. Guests that import an earlier one find it too; a
/// test holds that they find the functions of this file.
const TYPES: &str = "wasi:http/types@0.2.12";

/// Puts functions with bounds in the place of those of `wasi:http` that `linker` has.
pub(in crate::plugin::host) fn bound(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut types = linker.instance(TYPES)?;
    let fits = |method: &Method| !matches!(method, Method::Other(word) if word.len() > MAX_METHOD);
    setter(&mut types, "set-method", fits, |http, request, method| http.set_method(request, method))?;
    let fits =
        |scheme: &Option<Scheme>| !matches!(scheme, Some(Scheme::Other(word)) if word.len() > MAX_SCHEME);
    setter(&mut types, "set-scheme", fits, |http, request, scheme| http.set_scheme(request, scheme))?;
    let fits = |authority: &Option<String>| authority.as_ref().is_none_or(|text| text.len() <= MAX_AUTHORITY);
    setter(&mut types, "set-authority", fits, |http, request, authority| {
        http.set_authority(request, authority)
    })?;
    let fits = |path: &Option<String>| path.as_ref().is_none_or(|text| text.len() <= MAX_PATH);
    setter(&mut types, "set-path-with-query", fits, |http, request, path| {
        http.set_path_with_query(request, path)
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

/// Whether it was set.
type Set = Result<(), ()>;

/// Links a function that sets one part of a request, if it fits.
fn setter<Part: ComponentType + Lift + 'static>(
    types: &mut LinkerInstance<'_, State>,
    name: &str,
    fits: fn(&Part) -> bool,
    set: fn(&mut WasiHttpCtxView<'_>, Resource<OutgoingRequest>, Part) -> wasmtime::Result<Set>,
) -> wasmtime::Result<()> {
    types.func_wrap(
        &format!("[method]outgoing-request.{name}"),
        move |mut store: StoreContextMut<'_, State>, (request, part): (Resource<OutgoingRequest>, Part)| {
            if !fits(&part) {
                return Ok((Err(()),));
            }
            Ok((set(&mut store.data_mut().http(), request, part)?,))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Secrets;
    use crate::plugin::testing::TestGuest;
    use crate::plugin::tests::{Bench, target};

    /// Linked in an earlier version than [`TYPES`], as guests do.
    const REQUESTS: (&str, &str) = (
        "(import \"wasi:http/types@0.2.6\" \"[constructor]fields\" (func $fields (result i32)))
         (import \"wasi:http/types@0.2.6\" \"[constructor]outgoing-request\"
            (func $request (param i32) (result i32)))
         (import \"wasi:http/types@0.2.6\" \"[method]outgoing-request.set-method\"
            (func $method (param i32 i32 i32 i32) (result i32)))
         (import \"wasi:http/types@0.2.6\" \"[method]outgoing-request.set-scheme\"
            (func $scheme (param i32 i32 i32 i32 i32) (result i32)))
         (import \"wasi:http/types@0.2.6\" \"[method]outgoing-request.set-authority\"
            (func $authority (param i32 i32 i32 i32) (result i32)))
         (import \"wasi:http/types@0.2.6\" \"[method]outgoing-request.set-path-with-query\"
            (func $path (param i32 i32 i32 i32) (result i32)))
         (import \"wasi:http/types@0.2.6\" \"[method]outgoing-request.body\" (func $body (param i32 i32)))
         (import \"wasi:http/types@0.2.6\" \"[method]outgoing-body.write\" (func $stream (param i32 i32)))
         (import \"wasi:io/streams@0.2.6\" \"[method]output-stream.check-write\"
            (func $check (param i32 i32)))
         (import \"wasi:io/streams@0.2.6\" \"[method]output-stream.write\"
            (func $write (param i32 i32 i32 i32)))",
        "import wasi:io/streams@0.2.6; import wasi:http/types@0.2.6;",
    );

    /// Whether a guest whose `inspect` does this comes to its end. It has a request, and from 32768 on many
    /// an `a` with a `/` before them.
    async fn ends(body: &str) -> Result<(), String> {
        let body = format!(
            "(local $request i32) (local $stream i32) (local $sum i32) (local $room i32)
             (memory.fill (i32.const 32768) (i32.const 97) (i32.const 20000))
             (i32.store8 (i32.const 32767) (i32.const 47))
             (local.set $request (call $request (call $fields)))
             {body} i32.const 512"
        );
        let guest = TestGuest::provisioner().importing(REQUESTS.0, REQUESTS.1).body("inspect", &body);
        let provisioner = Bench::new().provisioner(&guest).await;
        let seen = provisioner.inspect(&target(), &Secrets::default()).await;
        seen.map(drop).map_err(|failure| failure.to_string())
    }

    #[tokio::test]
    async fn no_part_of_a_request_line_is_longer_than_its_bound() {
        // The function with the discriminants before the text, where the text begins, and its longest.
        for (set, from, most) in [
            ("$method (local.get $request) (i32.const 9)", 32_768, MAX_METHOD),
            ("$scheme (local.get $request) (i32.const 1) (i32.const 2)", 32_768, MAX_SCHEME),
            ("$authority (local.get $request) (i32.const 1)", 32_768, MAX_AUTHORITY),
            ("$path (local.get $request) (i32.const 1)", 32_767, MAX_PATH),
        ] {
            let call = |length| format!("(call {set} (i32.const {from}) (i32.const {length}))");
            let taken = format!("(if {} (then unreachable))", call(most));
            assert_eq!(ends(&taken).await, Ok(()), "{set}");
            let refused = format!("(if (i32.eqz {}) (then unreachable))", call(most + 1));
            assert_eq!(ends(&refused).await, Ok(()), "{set}");
        }
    }

    #[tokio::test]
    async fn little_is_held_of_a_body_that_nobody_reads() {
        // Writes whatever there is room for until there is none. Answers lie at 64: whether it is an error,
        // and what was made; for the room it is eight bytes later.
        let most = CHUNK * (WAITING_CHUNKS + 1);
        let hoard = format!(
            "(call $body (local.get $request) (i32.const 64))
             (if (i32.load8_u (i32.const 64)) (then unreachable))
             (call $stream (i32.load (i32.const 68)) (i32.const 64))
             (if (i32.load8_u (i32.const 64)) (then unreachable))
             (local.set $stream (i32.load (i32.const 68)))
             (block $full (loop $more
                (call $check (local.get $stream) (i32.const 64))
                (if (i32.load8_u (i32.const 64)) (then unreachable))
                (br_if $full (i32.eqz (local.tee $room (i32.load (i32.const 72)))))
                (local.set $sum (i32.add (local.get $sum) (local.get $room)))
                (if (i32.gt_u (local.get $sum) (i32.const {most})) (then unreachable))
                (call $write (local.get $stream) (i32.const 32768) (local.get $room) (i32.const 64))
                (if (i32.load8_u (i32.const 64)) (then unreachable))
                (br $more)))
             (if (i32.ne (local.get $sum) (i32.const {most})) (then unreachable))"
        );
        assert_eq!(ends(&hoard).await, Ok(()));
        const { assert!(CHUNK * (WAITING_CHUNKS + 1) <= 16 << 10) };
    }
}
