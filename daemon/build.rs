//! Has the daemon built again when the console was: its files are embedded, and a new one has a new name,
//! which only its folder tells. The folder is made if it is not there, so that there is something to watch.

use std::path::Path;

fn main() {
    let dist = Path::new("../console/dist");
    if let Err(error) = std::fs::create_dir_all(dist) {
        println!("cargo::warning={} cannot be made: {error}", dist.display());
    }
    println!("cargo::rerun-if-changed={}", dist.display());
}
