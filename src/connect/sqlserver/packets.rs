//! Packets of TDS, as far as the greeting needs them: a kind, whether it is the last of a message,
//! a length and the content.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

/// The kind of packet that a greeting and TLS come in.
pub(super) const GREETING: u8 = 0x12;
/// The kind of packet that answers come in.
pub(super) const ANSWER: u8 = 0x04;

const HEADER: usize = 8;
/// No greeting is longer.
const LONGEST: usize = 1 << 13;

/// The header of a packet that is a message of its own.
fn write_header(kind: u8, content: usize) -> io::Result<[u8; HEADER]> {
    let length = u16::try_from(content + HEADER).map_err(|_| io::Error::other("the packet is too long"))?;
    let [high, low] = length.to_be_bytes();
    Ok([kind, 1, high, low, 0, 0, 1, 0])
}

/// How many bytes follow the header of a packet of this kind.
fn read_header(header: [u8; HEADER], kind: u8) -> io::Result<usize> {
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "it sent what is no packet of TDS");
    length.checked_sub(HEADER).filter(|_| header[0] == kind).ok_or_else(malformed)
}

pub(super) async fn write_packet(stream: &mut TcpStream, kind: u8, content: &[u8]) -> io::Result<()> {
    let header = write_header(kind, content.len())?;
    stream.write_all(&[&header[..], content].concat()).await?;
    stream.flush().await
}

/// Reads the packets of one message.
pub(super) async fn read_packets(stream: &mut TcpStream, kind: u8) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header).await?;
        let length = read_header(header, kind)?;
        let start = message.len();
        if start + length > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its greeting has no end"));
        }
        message.resize(start + length, 0);
        stream.read_exact(&mut message[start..]).await?;
        if header[1] & 1 != 0 {
            return Ok(message);
        }
    }
}

/// Carries TLS: in packets of the greeting until it is agreed on, and as it is from then on.
pub(super) struct Carrier {
    stream: TcpStream,
    in_packets: bool,
    /// What is sent with the next packet, or the rest of one.
    outgoing: Vec<u8>,
    /// Whether `outgoing` has its header.
    is_packed: bool,
    header: [u8; HEADER],
    /// How much of the header is there.
    known: usize,
    /// How much of the packet's content is to come.
    rest: usize,
}

impl Carrier {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            in_packets: true,
            outgoing: Vec::new(),
            is_packed: false,
            header: [0; HEADER],
            known: 0,
            rest: 0,
        }
    }

    /// TLS is agreed on.
    pub(super) const fn end_packets(&mut self) {
        self.in_packets = false;
    }

    /// Sends what waits, as a packet.
    fn poll_packet(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_packed && !self.outgoing.is_empty() {
            let header = write_header(GREETING, self.outgoing.len())?;
            self.outgoing.splice(..0, header);
            self.is_packed = true;
        }
        while !self.outgoing.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.outgoing))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.drain(..sent);
        }
        self.is_packed = false;
        Poll::Ready(Ok(()))
    }

    /// Reads headers until content follows; `false`: the stream is over.
    fn poll_header(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.rest == 0 {
            let mut into = ReadBuf::new(&mut self.header[self.known..]);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut into))?;
            let read = into.filled().len();
            if read == 0 {
                return Poll::Ready(Ok(false));
            }
            self.known += read;
            if self.known == HEADER {
                self.rest = read_header(self.header, GREETING)?;
                self.known = 0;
            }
        }
        Poll::Ready(Ok(true))
    }
}

impl AsyncRead for Carrier {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.in_packets {
            return Pin::new(&mut this.stream).poll_read(cx, into);
        }
        if !ready!(this.poll_header(cx))? {
            return Poll::Ready(Ok(()));
        }
        let mut part = [0; 1 << 11];
        let length = part.len().min(this.rest).min(into.remaining());
        let mut part = ReadBuf::new(&mut part[..length]);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut part))?;
        into.put_slice(part.filled());
        this.rest -= part.filled().len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.in_packets {
            return Pin::new(&mut this.stream).poll_write(cx, bytes);
        }
        if this.is_packed {
            ready!(this.poll_packet(cx))?;
        }
        this.outgoing.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_packet(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
