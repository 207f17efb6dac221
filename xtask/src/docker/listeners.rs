//! Who listens on a port of this machine.

use std::net::IpAddr;
#[cfg(not(windows))]
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket},
};

/// What listens on a port of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listening {
    Nobody,
    /// A program; `None` if the system does not tell this user which one.
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
#[cfg(not(windows))]
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
            // No such address here, no IPv6, or no right to a port below 1024: nothing is known about it.
            Err(_) => {}
        }
    }
    if nobody { Listening::Nobody } else { Listening::Unknown }
}

#[cfg(not(windows))]
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

#[cfg(not(any(target_os = "linux", windows)))]
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

/// Looks the port up in the system's tables: listening on it would make the firewall ask. UDP is not looked up, and a port
/// of an address that is not this machine's counts as free.
///
/// The crate `listeners` (0.6) does the same with the crate `windows`: 20 crates there, and 4 on Linux.
#[cfg(windows)]
pub fn holder(host: Option<&str>, port: u16, udp: bool) -> Listening {
    #[link(name = "iphlpapi")]
    unsafe extern "system" {
        fn GetExtendedTcpTable(rows: *mut u32, size: *mut u32, order: i32, family: u32, class: i32, zero: u32) -> u32;
    }
    let host = match host.map(str::parse) {
        _ if udp => return Listening::Unknown,
        None => None,
        Some(Ok(IpAddr::V4(address))) => Some(address.octets().to_vec()),
        Some(Ok(IpAddr::V6(address))) => Some(address.octets().to_vec()),
        Some(Err(_)) => return Listening::Unknown,
    };
    // AF_INET and AF_INET6, and where address, port and process stand in a row (MIB_TCPROW_OWNER_PID, MIB_TCP6ROW_OWNER_PID).
    for (family, length, address, at_port, at_pid) in [(2, 6, 1..2, 2, 5), (23, 14, 0..4, 5, 13)] {
        let (mut table, mut size) = (vec![0_u32; 1 << 16], 4 << 16);
        // SAFETY: the table has room for as many bytes as it is said to have. 3: TCP_TABLE_OWNER_PID_LISTENER.
        let error = unsafe { GetExtendedTcpTable(table.as_mut_ptr(), &mut size, 0, family, 3, 0) };
        if error != 0 {
            return Listening::Unknown;
        }
        let holds = |row: &&[u32]| {
            let own: Vec<u8> = row[address.clone()].iter().flat_map(|word| word.to_ne_bytes()).collect();
            let is_there = host.as_ref().is_none_or(|host| *host == own) || own.iter().all(|byte| *byte == 0);
            is_there && u16::from_be(row[at_port] as u16) == port
        };
        if let Some(row) = table[1..].chunks_exact(length).take(table[0] as usize).find(holds) {
            // 0: not known (Wine).
            let pid = Some(row[at_pid]).filter(|pid| *pid != 0);
            return Listening::Somebody(pid.map(|pid| Program { name: None, pid }));
        }
    }
    Listening::Nobody
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_port_is_free_or_somebodys() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let ours = holder(Some("127.0.0.1"), port, false);
        let Listening::Somebody(program) = &ours else { panic!("{ours:?}") };
        // macOS does not tell whose it is, nor does Wine.
        let is_told = program.is_some() || !cfg!(target_os = "linux");
        assert!(is_told && program.as_ref().is_none_or(|it| it.pid == std::process::id()), "{program:?}");
        assert_ne!(holder(None, port, false), Listening::Nobody);
        let udp = if cfg!(windows) { Listening::Unknown } else { Listening::Nobody };
        assert_eq!(holder(Some("127.0.0.1"), port, true), udp);
        drop(listener);
        assert_eq!(holder(Some("127.0.0.1"), port, false), Listening::Nobody);
    }

    #[test]
    fn an_address_that_is_not_ours_tells_nothing() {
        let elsewhere = if cfg!(windows) { Listening::Nobody } else { Listening::Unknown };
        assert_eq!(holder(Some("192.0.2.1"), 8001, false), elsewhere);
        assert_eq!(holder(Some("nonsense"), 8000, false), Listening::Unknown);
    }
}
