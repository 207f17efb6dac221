//! Images of servers.

use crate::lint::image::bases::{Account, Base, Family, Made};

pub const ROWS: &[Base] = &[
    Base {
        only: &["alpine"],
        accounts: &[Account { name: "nginx", uid: 101, gid: 101, home: "/var/cache/nginx" }],
        ..Base::of(
            &["nginx"],
            Made::Of(Family::Alpine),
            "https://github.com/nginx/docker-nginx/blob/master/mainline/alpine-slim/Dockerfile",
        )
    },
    Base {
        accounts: &[Account { name: "nginx", uid: 101, gid: 101, home: "/nonexistent" }],
        ..Base::of(
            &["nginx"],
            Made::Usually(Family::Debian),
            "https://github.com/nginx/docker-nginx/blob/master/mainline/debian/Dockerfile",
        )
    },
    Base {
        only: &["alpine"],
        accounts: &[Account { name: "postgres", uid: 70, gid: 70, home: "/var/lib/postgresql" }],
        ..Base::of(
            &["postgres"],
            Made::Of(Family::Alpine),
            "https://github.com/docker-library/postgres/blob/master/16/alpine3.22/Dockerfile",
        )
    },
    Base {
        accounts: &[Account { name: "postgres", uid: 999, gid: 999, home: "/var/lib/postgresql" }],
        ..Base::of(
            &["postgres"],
            Made::Usually(Family::Debian),
            "https://github.com/docker-library/postgres/blob/master/16/bookworm/Dockerfile",
        )
    },
    Base {
        only: &["alpine"],
        accounts: &[Account { name: "redis", uid: 999, gid: 1000, home: "/home/redis" }],
        ..Base::of(
            &["redis"],
            Made::Of(Family::Alpine),
            "https://github.com/redis/docker-library-redis/blob/master/7.4/alpine/Dockerfile",
        )
    },
    Base {
        accounts: &[Account { name: "redis", uid: 999, gid: 999, home: "/home/redis" }],
        ..Base::of(
            &["redis"],
            Made::Usually(Family::Debian),
            "https://github.com/redis/docker-library-redis/blob/master/7.4/debian/Dockerfile",
        )
    },
];
