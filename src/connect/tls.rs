//! TLS to databases: the certificate is for the host's name and comes from an accepted authority.

use crate::failure::{fail, fail_reading};
use crate::opening::Opening;
use portcullis_model::reconciliation::connector::{ServerAddress, TlsRequirement};
use portcullis_reconcile::source::SourceError;
use std::path::{Path, PathBuf};

/// What was decided about a connection.
#[derive(Clone, Debug)]
pub(crate) enum Channel {
    /// What is sent stays on this machine.
    Local,
    /// Verified TLS, by these authorities or those of the system.
    Verified(Option<PathBuf>),
}

/// Decides, or refuses to send a password and records through a network in plain text.
pub(crate) fn decide_channel(
    address: &ServerAddress,
    tls: &TlsRequirement,
    opening: &Opening<'_>,
) -> Result<Channel, SourceError> {
    match (address, tls) {
        (ServerAddress::Socket { .. }, _) => Ok(Channel::Local),
        (_, TlsRequirement::Verified { ca_file }) => {
            let file = ca_file.as_ref().map(|file| opening.resolve_path(file));
            file.as_deref().map_or(Ok(()), check_authorities)?;
            Ok(Channel::Verified(file))
        }
        (address, TlsRequirement::Off) if address.is_local() => Ok(Channel::Local),
        (ServerAddress::Network { host, .. }, TlsRequirement::Off) => Err(fail(
            host,
            "A connection without TLS is accepted to this machine alone.",
            "Take `tls = \"off\"` out of the policy, and name the file of the server's authority in `ca-file`.",
        )),
    }
}

/// Whether the file holds certificates, before a driver that ignores an empty one opens it.
fn check_authorities(file: &Path) -> Result<(), SourceError> {
    let place = file.display().to_string();
    let text = std::fs::read(file).map_err(|error| fail_reading(&place, &error))?;
    if memchr::memmem::find(&text, b"-----BEGIN CERTIFICATE-----").is_some() {
        return Ok(());
    }
    let remedy =
        "Export the certificate of the authority as PEM: it begins with `-----BEGIN CERTIFICATE-----`.";
    Err(fail(place, "The file holds no certificate in PEM.", remedy))
}

/// The configuration of rustls for these authorities and versions of TLS.
#[cfg(any(feature = "postgresql", feature = "sqlserver"))]
pub(crate) fn build_client(
    authorities: Option<&Path>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Result<rustls::ClientConfig, SourceError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use rustls_platform_verifier::BuilderVerifierExt;
    let place = authorities.map_or("TLS".to_string(), |file| file.display().to_string());
    let refuse = |error: &dyn std::fmt::Display| {
        let problem = format!("No TLS connection can be prepared: {error}.");
        fail(&place, problem, "Check the file of authorities, or those of the operating system.")
    };
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(|error| refuse(&error))?;
    let Some(file) = authorities else {
        let builder = builder.with_platform_verifier().map_err(|error| refuse(&error))?;
        return Ok(builder.with_no_client_auth());
    };
    let text = std::fs::read(file).map_err(|error| fail_reading(&place, &error))?;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| refuse(&error))?;
        roots.add(certificate).map_err(|error| refuse(&error))?;
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
