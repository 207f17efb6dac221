//! Whether something on a port speaks HTTP.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// For each step: to connect, to send, to hear the first bytes.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether a request to `/` gets an answer that begins as HTTP does, on one of the addresses of `host`.
pub fn answers(host: &str, port: u16) -> bool {
    let addresses = (host, port).to_socket_addrs().into_iter().flatten();
    addresses.into_iter().any(|address| ask(address, host, port).unwrap_or(false))
}

fn ask(address: SocketAddr, host: &str, port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // In one piece: `write!` to a socket sends each of its parts by itself.
    let request = format!("GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nUser-Agent: xtask\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut start = [0; 5];
    stream.read_exact(&mut start)?;
    Ok(&start == b"HTTP/")
}
