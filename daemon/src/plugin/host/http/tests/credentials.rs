//! Credentials: where they are read, and what is shown to whom.

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ServerConfig, crypto};

use super::*;
use crate::plugin::options::{ClientCertificate, CredentialSource};

/// Serves over TLS to whom the authority vouches for.
async fn tls_server() -> String {
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let authorities = Arc::new(tls::authorities(AUTHORITY.as_bytes()).unwrap());
    let clients = WebPkiClientVerifier::builder_with_provider(authorities, provider.clone()).build().unwrap();
    let chain = CertificateDer::pem_slice_iter(SERVER.0.as_bytes()).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(SERVER.1.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    Tasks::default().spawn("test server", async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let (sender, _requests) = mpsc::channel(1);
            let mut stream = serve(stream, OK, &sender).await;
            let _ = stream.shutdown().await;
        }
    });
    format!("https://localhost:{port}")
}

#[tokio::test]
async fn a_private_authority_and_a_client_certificate() {
    let url = tls_server().await;
    let authorities = Some(AUTHORITY.into());
    let identity = Some((CLIENT.0.into(), Secret::new(CLIENT.1.to_owned())));
    let whole = Credentials { authorities: authorities.clone(), identity: identity.clone(), ..credentials() };
    let (answer, _) = send_with(&upstream(&url), &whole, "http://manager/").await;
    assert_eq!(answer.unwrap().0, 200);

    // Without one the other side ends it. Whether that was before the request cannot be told.
    let nobody = Credentials { authorities, ..credentials() };
    let (answer, _) = send_with(&upstream(&url), &nobody, "http://manager/").await;
    assert!(matches!(answer, Err(Error::ConnectionTerminated)), "{answer:?}");

    // Another authority than the machine's own: not trusted, and nothing was sent.
    let public = Credentials { authorities: Some(CLIENT.0.into()), identity, ..credentials() };
    let (answer, reached) = send_with(&upstream(&url), &public, "http://manager/").await;
    assert!(matches!(answer, Err(Error::TlsCertificateError)), "{answer:?}");
    assert_eq!(reached, Some(false));
}

#[test]
fn credentials_are_read_from_where_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let with = |source| Upstream { bearer_token: Some(source), ..upstream("https://x") };
    // A variable that every test has.
    let variable = with(CredentialSource::Variable("CARGO_MANIFEST_DIR".to_owned()));
    assert_eq!(read_credentials(&variable).unwrap().token.unwrap().expose(), env!("CARGO_MANIFEST_DIR"));
    let path = file("token", "hunter2-hunter2\n");
    let read = read_credentials(&with(CredentialSource::File(path))).unwrap();
    assert_eq!(read.token.as_ref().unwrap().expose(), "hunter2-hunter2");
    assert!(!format!("{read:?}").contains("hunter2"));

    let complaint = |upstream| read_credentials(&upstream).unwrap_err();
    let unset = complaint(with(CredentialSource::Variable("NOT_SET_BY_ANYBODY".to_owned())));
    assert!(
        unset.starts_with("bearer_token.env: the environment variable NOT_SET_BY_ANYBODY is not set"),
        "{unset}"
    );
    let missing = complaint(with(CredentialSource::File(folder.path().join("nowhere"))));
    assert!(missing.starts_with("bearer_token.file: ") && missing.contains("nowhere"), "{missing}");
    let folder_itself = complaint(with(CredentialSource::File(folder.path().to_owned())));
    assert!(folder_itself.contains("only regular files are read"), "{folder_itself}");
    let words = complaint(with(CredentialSource::File(file("words", "two words"))));
    assert!(words.contains("holds no token") && !words.contains("words"), "{words}");
    let empty = complaint(with(CredentialSource::File(file("empty", "\n"))));
    assert!(empty.contains("holds no token"), "{empty}");
    let certificate = ClientCertificate { chain: file("c", CLIENT.0), key: folder.path().join("nowhere") };
    let half = complaint(Upstream { client_certificate: Some(certificate), ..upstream("https://x") });
    assert!(half.starts_with("client_key_file "), "{half}");
}
