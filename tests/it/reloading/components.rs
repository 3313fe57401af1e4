//! Components that behave alike and are told apart by their digests.

use std::fs;

use sha2::{Digest as _, Sha256};
use wharfinger_tests::bin_path;

/// Version `number` of the hook `naming`: the same code with a section that nothing reads.
pub(super) fn naming(number: u32) -> Vec<u8> {
    let path = bin_path::workspace_root().join("config/plugins/naming.wasm");
    let bytes = fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask test` builds it", path.display()));
    version(bytes, number)
}

/// The same of any component.
pub(super) fn version(mut bytes: Vec<u8>, number: u32) -> Vec<u8> {
    // A custom section: its id, its length, the length of its name, its name, its content.
    bytes.extend([0, 6, 1, b'v']);
    bytes.extend(number.to_le_bytes());
    bytes
}

/// As the daemon writes it.
pub(super) fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// A component with one function that is so long that compiling it takes much of everything.
pub(super) fn endless_work() -> Vec<u8> {
    work(1, 400_000)
}

/// One that takes long to compile, half a minute of CPU time at least, and no more memory than others.
pub(super) fn slow_work() -> Vec<u8> {
    work(80, 20_000)
}

/// A component with one core module of some functions, the body of each with so many rounds.
fn work(functions: usize, rounds: usize) -> Vec<u8> {
    // Each round: a local is multiplied and added to another one, and a branch depends on it, so that the
    // compiler has as many blocks to keep in mind as there are rounds.
    const ROUND: [u8; 16] = [0x20, 0, 0x20, 1, 0x6c, 0x22, 0, 0x04, 0x40, 0x20, 0, 0x20, 1, 0x6a, 0x21, 1];
    let mut body = vec![0];
    for _ in 0..rounds {
        body.extend(ROUND);
        body.push(0x0b);
    }
    body.push(0x0b);
    let mut types = number(functions);
    types.extend(vec![0; functions]);
    let mut code = number(functions);
    for _ in 0..functions {
        code.extend(sized(&body));
    }
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    for (id, content) in [(1, &[1, 0x60, 2, 0x7f, 0x7f, 0][..]), (3, &types), (10, &code)] {
        module.push(id);
        module.extend(sized(content));
    }
    let mut component = b"\0asm\x0d\0\x01\0\x01".to_vec();
    component.extend(sized(&module));
    component
}

/// The content behind its length.
fn sized(content: &[u8]) -> Vec<u8> {
    let mut bytes = number(content.len());
    bytes.extend(content);
    bytes
}

/// As WebAssembly writes numbers.
fn number(mut left: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(left & 0x7f).unwrap();
        left >>= 7;
        bytes.push(if left == 0 { low } else { low | 0x80 });
        if left == 0 {
            return bytes;
        }
    }
}
