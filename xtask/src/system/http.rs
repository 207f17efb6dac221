//! Whether something on a port speaks HTTP.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// For each step: to connect, to send, to hear the first bytes.
const LIMIT: Duration = Duration::from_secs(2);

/// How many are asked at once: a stack may publish a thousand.
const AT_ONCE: usize = 64;

/// For each place, whether a request to `/` gets an answer that begins as HTTP does, on one of the addresses of its host.
/// They are asked at the same time, so silent ones cost the limit once. `None` if `is_over` became true meanwhile.
pub fn answer(places: &[(String, u16)], is_over: impl Fn() -> bool) -> Option<Vec<bool>> {
    let mut found = vec![false; places.len()];
    let numbered: Vec<(usize, &(String, u16))> = places.iter().enumerate().collect();
    for chunk in numbered.chunks(AT_ONCE) {
        let (sender, receiver) = mpsc::channel();
        for (at, (host, port)) in chunk {
            let (sender, at, host, port) = (sender.clone(), *at, host.clone(), *port);
            // Detached on purpose: a caller that gives up does not wait for them.
            thread::spawn(move || {
                (host.as_str(), port).to_socket_addrs().into_iter().flatten().for_each(|address| {
                    let (sender, host) = (sender.clone(), host.clone());
                    thread::spawn(move || sender.send((at, ask(address, &host, port).unwrap_or(false))));
                })
            });
        }
        drop(sender);
        loop {
            match receiver.recv_timeout(Duration::from_millis(50)) {
                Ok((at, speaks)) => found[at] |= speaks,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if is_over() {
                return None;
            }
        }
    }
    Some(found)
}

fn ask(address: SocketAddr, host: &str, port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    // Written at once: `write!` to a socket would send each part separately.
    let request = format!("GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nUser-Agent: xtask\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut start = [0; 5];
    stream.read_exact(&mut start)?;
    Ok(&start == b"HTTP/")
}
