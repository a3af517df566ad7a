//! The greeting (PRELOGIN) and TLS, which SQL Server agrees on within packets of the greeting.
//!
//! The driver's own TLS brings another library of cryptography. So the greeting and TLS are done
//! here, by the rustls that every connector has, and the driver is told of a server without TLS:
//! what it sends goes through the channel that is already there.

use super::packets::{ANSWER, Carrier, GREETING, read_packets, write_packet};
use crate::failure::fail;
use crate::tls::{Channel, build_client};
use futures_util::io::{AsyncRead, AsyncWrite};
use portcullis_reconcile::source::SourceError;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead as TokioRead, AsyncWrite as TokioWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

/// What the two sides say of TLS.
const TLS: u8 = 1;
const NO_TLS: u8 = 2;
const TLS_ALONE: u8 = 3;

/// The places of a greeting: version, TLS, and the end.
const VERSION: u8 = 0;
const ENCRYPTION: u8 = 1;
const END: u8 = 0xff;

/// Greets the server and, where the channel is to be verified, agrees on TLS.
pub(super) async fn greet(
    place: &str,
    host: &str,
    channel: &Channel,
    mut stream: TcpStream,
) -> Result<GreetedStream, SourceError> {
    let wished = if matches!(channel, Channel::Local) { NO_TLS } else { TLS };
    let greeting = write_greeting(wished);
    write_packet(&mut stream, GREETING, &greeting).await.map_err(|error| fail_greeting(place, &error))?;
    let answer = read_packets(&mut stream, ANSWER).await.map_err(|error| fail_greeting(place, &error))?;
    let transport = match (channel, find_encryption(&answer)) {
        (Channel::Local, Some(NO_TLS)) => Transport::Plain(stream),
        (Channel::Local, Some(TLS | TLS_ALONE)) => {
            return Err(fail(
                place,
                "The server asks for TLS.",
                "Take `tls = \"off\"` out of the policy, and name the file of the server's authority in `ca-file`.",
            ));
        }
        (Channel::Verified(authorities), Some(TLS | TLS_ALONE)) => {
            Transport::Verified(Box::new(agree_on_tls(place, host, authorities.as_deref(), stream).await?))
        }
        (Channel::Verified(_), Some(_)) => {
            let remedy = "Give the server a certificate; then read again. Nothing was sent to it.";
            return Err(fail(place, "The server offers no TLS.", remedy));
        }
        (_, _) => {
            let problem = "What answers is no SQL Server: its greeting says nothing of TLS.";
            return Err(fail(place, problem, "Check host and port."));
        }
    };
    Ok(GreetedStream { transport, answer: write_answer(), given: 0 })
}

/// A greeting that says this of TLS.
fn write_greeting(encryption: u8) -> Vec<u8> {
    // Two places of five bytes and the end: the contents begin at 11.
    let mut greeting = vec![VERSION, 0, 11, 0, 6, ENCRYPTION, 0, 17, 0, 1, END];
    greeting.extend_from_slice(&[0; 6]);
    greeting.push(encryption);
    greeting
}

/// What the driver is told: there is no TLS that it would have to agree on.
fn write_answer() -> Vec<u8> {
    let greeting = write_greeting(NO_TLS);
    let length = u8::try_from(greeting.len() + 8).unwrap_or(u8::MAX);
    [&[ANSWER, 1, 0, length, 0, 0, 1, 0][..], &greeting].concat()
}

/// What a greeting says of TLS.
fn find_encryption(greeting: &[u8]) -> Option<u8> {
    let mut places = greeting;
    while let [token, high, low, _, _, rest @ ..] = places {
        match *token {
            END => return None,
            ENCRYPTION => return greeting.get(usize::from(u16::from_be_bytes([*high, *low]))).copied(),
            _ => places = rest,
        }
    }
    None
}

/// Agrees on TLS. Versions of the protocol that begin with a greeting know none after 1.2.
async fn agree_on_tls(
    place: &str,
    host: &str,
    authorities: Option<&Path>,
    stream: TcpStream,
) -> Result<TlsStream<Carrier>, SourceError> {
    let config = build_client(authorities, &[&rustls::version::TLS12])?;
    let name = ServerName::try_from(host.trim_start_matches('[').trim_end_matches(']').to_string());
    let name = name.map_err(|_| {
        fail(place, "No certificate can be for this host.", "Write its name or address into `host`.")
    })?;
    let connected = TlsConnector::from(Arc::new(config)).connect(name, Carrier::new(stream)).await;
    let mut stream = connected.map_err(|error| {
        fail(
            place,
            format!("The server and this program agree on no TLS: {error}."),
            "Name the host as its certificate does, and the file of its authority in `ca-file`.",
        )
    })?;
    stream.get_mut().0.end_packets();
    Ok(stream)
}

fn fail_greeting(place: &str, error: &io::Error) -> SourceError {
    let problem = format!("The server did not greet: {error}.");
    fail(place, problem, "Check host and port, and whether the server takes connections of TDS 7.4.")
}

enum Transport {
    Plain(TcpStream),
    Verified(Box<TlsStream<Carrier>>),
}

/// A stream on which the greeting is over. The driver greets once more: that goes nowhere, and
/// its answer is here.
pub(super) struct GreetedStream {
    transport: Transport,
    answer: Vec<u8>,
    /// How much of the answer the driver has.
    given: usize,
}

impl GreetedStream {
    const fn is_greeting(&self) -> bool {
        self.given < self.answer.len()
    }
}

impl AsyncRead for GreetedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.is_greeting() {
            let rest = &self.answer[self.given..];
            let length = rest.len().min(into.len());
            into[..length].copy_from_slice(&rest[..length]);
            self.given += length;
            return Poll::Ready(Ok(length));
        }
        let mut into = ReadBuf::new(into);
        ready!(match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_read(cx, &mut into),
            Transport::Verified(stream) => Pin::new(stream).poll_read(cx, &mut into),
        })?;
        Poll::Ready(Ok(into.filled().len()))
    }
}

impl AsyncWrite for GreetedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_greeting() {
            return Poll::Ready(Ok(bytes.len()));
        }
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Verified(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Verified(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Verified(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_says_what_it_says_of_tls() {
        for said in [TLS, NO_TLS, TLS_ALONE] {
            assert_eq!(find_encryption(&write_greeting(said)), Some(said));
        }
        // A real server's order and places.
        let greeting = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 15, 0, 16, 40, 0, 0, 3];
        assert_eq!(find_encryption(&greeting), Some(TLS_ALONE));
    }

    #[test]
    fn a_greeting_without_a_word_of_tls_is_none() {
        for greeting in
            [&[][..], &[END], &[1, 0, 200, 0, 1, END], &[0, 0, 6, 0, 0, END], &[1, 0], b"HTTP/1.1 400"]
        {
            assert_eq!(find_encryption(greeting), None, "{greeting:?}");
        }
    }
}
