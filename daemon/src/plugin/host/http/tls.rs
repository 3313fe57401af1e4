//! TLS towards one upstream: whom it trusts, and what it shows of itself.

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::credentials::Credentials;

/// The settings of one upstream's connections. Sessions are resumed within them alone. An error names
/// the key that is wrong.
pub(super) fn client(credentials: &Credentials) -> Result<ClientConfig, String> {
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot be prepared for TLS: {error}"))?;
    let builder = match &credentials.authorities {
        Some(pem) => builder.with_root_certificates(authorities(pem)?),
        None => {
            let verifier = Verifier::new(provider).map_err(|error| {
                format!("cannot be prepared: this machine's certificates are missing: {error}")
            })?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
    };
    let mut client = match &credentials.identity {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = certificates("client_cert_file", chain)?;
            let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
                .map_err(|_| "client_key_file holds no key in PEM".to_owned())?;
            builder.with_client_auth_cert(chain, key).map_err(|error| {
                format!("client_key_file is not the key of client_cert_file, or of a kind that cannot be used: {error}")
            })?
        }
    };
    client.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(client)
}

/// Whom a private `ca_file` trusts.
pub(super) fn authorities(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    for certificate in certificates("ca_file", pem)? {
        store
            .add(certificate)
            .map_err(|error| format!("ca_file holds a certificate that cannot be used: {error}"))?;
    }
    Ok(store)
}

fn certificates(key: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(format!("{key} holds no certificates in PEM")),
        Err(error) => Err(format!("{key} holds no certificates in PEM: {error}")),
    }
}
