//! What the host proves itself with to an upstream: read from variables and files, never shown to
//! a guest, never printed.
//!
//! Read together with the plugin's own file, each time one of them may have changed: equal
//! credentials make an equal plugin, and a token that was replaced makes a new one.

use std::io::{self, Read as _};
use std::path::Path;

use crate::domain::Secret;
use crate::plugin::options::{CredentialSource, Upstream};
use crate::plugin::regular;

/// Bytes of a file of certificates or of a key.
const MAX_PEM: u64 = 1 << 20;
/// A token is some hundred bytes; a wrong path may be more.
const MAX_TOKEN: u64 = 64 << 10;

/// Of one upstream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::plugin) struct Credentials {
    /// Sent as `Authorization: Bearer …`.
    pub(super) token: Option<Secret>,
    /// PEM of who is trusted instead of the public authorities.
    pub(super) authorities: Option<Vec<u8>>,
    /// PEM of the client certificate's chain, and of its key.
    pub(super) identity: Option<(Vec<u8>, Secret)>,
}

/// Reads what an upstream's table refers to. Blocks. An error names the key and says what to do.
pub(in crate::plugin) fn read_credentials(upstream: &Upstream) -> Result<Credentials, String> {
    let token = upstream.bearer_token.as_ref().map(token).transpose()?;
    let authorities = upstream.ca_file.as_deref().map(|file| pem("ca_file", file)).transpose()?;
    let identity = upstream.client_certificate.as_ref().map(|certificate| {
        let chain = pem("client_cert_file", &certificate.chain)?;
        let key = pem("client_key_file", &certificate.key)?;
        let key = String::from_utf8(key)
            .map_err(|_| format!("client_key_file {} holds no key in PEM", certificate.key.display()))?;
        Ok::<_, String>((chain, Secret::new(key)))
    });
    Ok(Credentials { token, authorities, identity: identity.transpose()? })
}

fn pem(key: &str, file: &Path) -> Result<Vec<u8>, String> {
    read(file, MAX_PEM).map_err(|error| {
        format!("{key} {} cannot be read: {error}; check its path and who may read it", file.display())
    })
}

fn token(source: &CredentialSource) -> Result<Secret, String> {
    let (key, value) = match source {
        CredentialSource::Variable(name) => {
            let value = std::env::var(name).map_err(|_| {
                format!(
                    "bearer_token.env: the environment variable {name} is not set; set it and start the \
                     daemon again, or name a file"
                )
            })?;
            ("bearer_token.env", value.into_bytes())
        }
        CredentialSource::File(file) => {
            let value = read(file, MAX_TOKEN).map_err(|error| {
                let file = file.display();
                format!(
                    "bearer_token.file: {file} cannot be read: {error}; check its path and who may read it"
                )
            })?;
            ("bearer_token.file", value)
        }
    };
    // Files end in a line break; a token does not.
    let value = value.trim_ascii_end();
    match std::str::from_utf8(value) {
        Ok(token) if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Secret::new(token.to_owned()))
        }
        _ => Err(format!("{key} holds no token: one word of visible ASCII characters is wanted")),
    }
}

fn read(file: &Path, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    regular::open(file)?.take(max + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {max} bytes")));
    }
    Ok(bytes)
}
