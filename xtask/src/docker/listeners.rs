//! Who listens on a port of this machine.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};

/// What listens on a port of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listening {
    Nobody,
    /// A program, where the system tells the person who asks which it is.
    Somebody(Option<Program>),
    Unknown,
}

/// A program of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub name: Option<String>,
    pub pid: u32,
}

/// Tries to take the port as docker would: on one address, or on all of them.
pub fn holder(host: Option<&str>, port: u16, udp: bool) -> Listening {
    let addresses: Vec<IpAddr> = match host {
        Some(host) => match host.parse() {
            Ok(address) => vec![address],
            Err(_) => return Listening::Unknown,
        },
        None => vec![IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::UNSPECIFIED)],
    };
    let mut nobody = false;
    for address in addresses {
        match take(address, port, udp) {
            Ok(()) => nobody = true,
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Listening::Somebody(who(port, udp));
            }
            // No such address here, no IPv6, or no right to a small port: nothing is known of it.
            Err(_) => {}
        }
    }
    if nobody { Listening::Nobody } else { Listening::Unknown }
}

fn take(address: IpAddr, port: u16, udp: bool) -> io::Result<()> {
    match udp {
        true => UdpSocket::bind((address, port)).map(drop),
        false => TcpListener::bind((address, port)).map(drop),
    }
}

#[cfg(target_os = "linux")]
fn who(port: u16, udp: bool) -> Option<Program> {
    let tables = if udp { ["udp", "udp6"] } else { ["tcp", "tcp6"] };
    let texts = tables.iter().filter_map(|table| std::fs::read_to_string(format!("/proc/net/{table}")).ok());
    let inodes: Vec<String> = texts.flat_map(|text| inodes(&text, port, udp)).collect();
    let wanted: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let has = |process: &std::path::Path| {
        std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten().any(|fd| {
            std::fs::read_link(fd.path())
                .is_ok_and(|link| wanted.iter().any(|socket| link.as_os_str() == socket.as_str()))
        })
    };
    let mut processes = std::fs::read_dir("/proc").ok()?.flatten();
    processes.find_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let name = || std::fs::read_to_string(entry.path().join("comm")).ok().map(|name| name.trim().to_owned());
        has(&entry.path()).then(|| Program { name: name(), pid })
    })
}

#[cfg(not(target_os = "linux"))]
fn who(_port: u16, _udp: bool) -> Option<Program> {
    None
}

/// The sockets that listen on a port: `sl local_address rem_address st … inode` (proc(5)); state 0A is LISTEN, and 07
/// a UDP socket without a peer.
#[cfg(target_os = "linux")]
fn inodes(table: &str, port: u16, udp: bool) -> Vec<String> {
    let state = if udp { "07" } else { "0A" };
    let inode = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let local = fields.get(1)?.rsplit_once(':')?.1;
        let is_it = u16::from_str_radix(local, 16) == Ok(port) && fields.get(3) == Some(&state);
        fields.get(9).filter(|_| is_it).map(|inode| (*inode).to_owned())
    };
    table.lines().skip(1).filter_map(inode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_free_or_somebodys() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let ours = holder(Some("127.0.0.1"), port, false);
        let Listening::Somebody(program) = &ours else { panic!("{ours:?}") };
        if cfg!(target_os = "linux") {
            assert_eq!(program.as_ref().map(|it| it.pid), Some(std::process::id()));
        }
        assert_ne!(holder(None, port, false), Listening::Nobody);
        assert_eq!(holder(Some("127.0.0.1"), port, true), Listening::Nobody);
        drop(listener);
        assert_eq!(holder(Some("127.0.0.1"), port, false), Listening::Nobody);
    }

    #[test]
    fn an_address_that_is_not_ours_tells_nothing() {
        assert_eq!(holder(Some("192.0.2.1"), 8000, false), Listening::Unknown);
        assert_eq!(holder(Some("nonsense"), 8000, false), Listening::Unknown);
    }
}
