//! Packets and messages of TDS, in plain text or through TLS.

use rustls::ServerConnection;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

pub const BATCH: u8 = 0x01;
pub const BREAK: u8 = 0x06;
pub const ANSWER: u8 = 0x04;
pub const LOGIN: u8 = 0x10;
pub const GREETING: u8 = 0x12;

/// Bytes of a packet, as clients ask at least.
pub const PACKET: usize = 4096;

/// The connection to a client.
pub struct Wire {
    stream: TcpStream,
    tls: Option<ServerConnection>,
    /// How long each byte waits.
    pause: Option<Duration>,
}

impl Wire {
    pub const fn new(stream: TcpStream) -> Self {
        Self { stream, tls: None, pause: None }
    }

    /// From now on bytes come one by one.
    pub const fn drip(&mut self, pause: Duration) {
        self.pause = Some(pause);
    }

    /// Ends the connection at once.
    pub fn cut(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Both)
    }

    /// Sends nothing until the client leaves.
    pub fn wait_for_end(&mut self) -> io::Result<()> {
        io::copy(&mut self.stream, &mut io::sink()).map(|_| ())
    }

    /// Reads a message: its kind and content.
    pub fn read_message(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut message = Vec::new();
        loop {
            let mut header = [0; 8];
            self.read_exact(&mut header)?;
            let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
            let start = message.len();
            message.resize(start + length - 8, 0);
            self.read_exact(&mut message[start..])?;
            if header[1] & 1 != 0 {
                return Ok((header[0], message));
            }
        }
    }

    /// Sends a message in packets of [`PACKET`] bytes.
    pub fn write_message(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        self.write_packets(kind, content, true)
    }

    /// Sends packets; unless they end the message, others follow.
    pub fn write_packets(&mut self, kind: u8, content: &[u8], ends: bool) -> io::Result<()> {
        let packets = content.chunks(PACKET - 8);
        let last = packets.len().saturating_sub(1);
        for (at, part) in packets.enumerate() {
            let mut packet = vec![kind, u8::from(ends && at == last)];
            packet.extend_from_slice(&u16::try_from(part.len() + 8).unwrap().to_be_bytes());
            packet.extend_from_slice(&[0, 51, u8::try_from((at + 1) % 256).unwrap(), 0]);
            packet.extend_from_slice(part);
            self.send(&packet)?;
        }
        self.flush()
    }

    fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        let Some(pause) = self.pause else { return self.write_all(packet) };
        for byte in packet {
            self.write_all(&[*byte])?;
            sleep(pause);
        }
        Ok(())
    }

    /// Agrees on TLS, within packets of the greeting.
    pub fn agree_on_tls(&mut self, directory: &Path) -> io::Result<()> {
        let config = build_server(directory);
        let mut tls = ServerConnection::new(Arc::new(config)).map_err(io::Error::other)?;
        while tls.is_handshaking() {
            let (kind, content) = self.read_message()?;
            assert_eq!(kind, GREETING);
            let mut content = content.as_slice();
            while !content.is_empty() {
                tls.read_tls(&mut content)?;
            }
            let result = tls.process_new_packets();
            let mut reply = Vec::new();
            while tls.wants_write() {
                tls.write_tls(&mut reply)?;
            }
            if !reply.is_empty() {
                self.write_message(GREETING, &reply)?;
            }
            result.map_err(io::Error::other)?;
        }
        self.tls = Some(tls);
        Ok(())
    }
}

/// TLS 1.2, which is what servers of TDS 7.4 know.
fn build_server(directory: &Path) -> rustls::ServerConfig {
    let read = |name: &str| std::fs::read(directory.join(name)).unwrap();
    let certificates = CertificateDer::pem_slice_iter(&read("server.pem")).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(&read("server.key")).unwrap();
    rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap()
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls, &mut self.stream).read(into),
            None => self.stream.read(into),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls, &mut self.stream).write(bytes),
            None => self.stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls, &mut self.stream).flush(),
            None => self.stream.flush(),
        }
    }
}
