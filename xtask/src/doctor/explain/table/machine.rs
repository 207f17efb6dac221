//! What a stack needs of the machine and of the network: ports, disk, registries.

use crate::doctor::explain::Remedy::{BySystem, Everywhere};
use crate::doctor::explain::Row;

pub static ROWS: &[Row] = &[
    Row {
        shown: "port is already allocated",
        patterns: &["port is already allocated"],
        meaning: "Another container uses the port: one of another stack, or an older one of this project.",
        remedy: Everywhere(
            "`cargo xtask doctor` names it. Stop it with `docker stop NAME`, or use another port: if the compose file has a variable for it, set it in the `.env` beside it.",
        ),
    },
    Row {
        shown: "address already in use",
        patterns: &["address already in use", "ports are not available", "only one usage of each socket address"],
        meaning: "A program outside docker uses the port.",
        remedy: Everywhere(
            "`cargo xtask doctor` names it if the system allows. Stop that program, or use another port: if the compose file has a variable for it, set it in the `.env` beside it.",
        ),
    },
    Row {
        shown: "no space left on device",
        patterns: &["no space left on device", "enospc", "there is not enough space on the disk"],
        meaning: "The disk that holds docker's images, volumes and caches is full.",
        remedy: Everywhere(
            "`docker system df` shows what uses the space; `docker image prune` removes untagged images. In Docker Desktop the size of the disk is a setting.",
        ),
    },
    Row {
        shown: "toomanyrequests: You have reached your pull rate limit",
        // Docker Hub
        patterns: &["toomanyrequests", "pull rate limit"],
        meaning: "The registry refuses further downloads from this address or account for some hours.",
        remedy: Everywhere("`docker login` raises the limit; otherwise wait."),
    },
    Row {
        shown: "pull access denied, manifest unknown, failed to resolve source metadata … not found",
        patterns: &[
            "pull access denied",
            "repository does not exist",
            "manifest unknown",
            "requested access to the resource is denied",
            "failed to resolve source metadata*: not found",
            "failed to create llb definition*: not found",
            "insufficient_scope",
        ],
        meaning: "The registry does not have this image or tag, or you have no access to it: the message is the same for both.",
        remedy: Everywhere(
            "Check the name in the compose file and in `FROM`; for a private image: `docker login REGISTRY`.",
        ),
    },
    Row {
        shown: "no such host, dial tcp …: connection refused, i/o timeout, TLS handshake timeout, x509: certificate signed by unknown authority",
        patterns: &[
            "no such host",
            "dial tcp*connect: connection refused",
            "failed to do request*connection refused",
            "connectex: no connection could be made",
            "no route to host",
            "i/o timeout",
            "tls handshake timeout",
            "x509:",
            "temporary failure in name resolution",
            "network is unreachable",
            "proxyconnect tcp",
            "request canceled while waiting for connection",
        ],
        meaning: "A registry (or another machine) can't be reached: the name is wrong, nothing is listening there, there is no network, docker does not know about a proxy, or it does not trust a certificate.",
        remedy: BySystem {
            linux: "Check the part of the image's name before the first `/`, then try it: `docker pull IMAGE`. The engine has its own proxy setting: https://docs.docker.com/engine/daemon/proxy/",
            desktop: "Check the part of the image's name before the first `/`, then try it: `docker pull IMAGE`. The proxy is a setting of Docker Desktop, under Resources.",
        },
    },
    Row {
        shown: "could not find an available, non-overlapping IPv4 address pool",
        patterns: &["non-overlapping ipv4 address pool", "all predefined address pools have been fully subnetted"],
        meaning: "Each compose project gets a network, and the engine has no addresses left for another one.",
        remedy: Everywhere("`docker network ls` lists them, `docker network prune` removes those without containers."),
    },
];
