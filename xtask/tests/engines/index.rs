//! A package index of our own on loopback: small wheels that pypiserver gives away, with its access log as the witness
//! of what was fetched. A build reaches it over the host's network.

use std::cell::Cell;
use std::fs::{self, File};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::harness::{Engine, LONG, free_port, repository, wait_until};

/// Makes the packages: the folder, how many, and the incompressible bytes in each.
const MAKE_WHEELS: &str = r#"
import os, sys, zipfile
folder, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for number in range(count):
    name = f"xt_package_{number}"
    with zipfile.ZipFile(f"{folder}/{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", f"number = {number}\n")
        wheel.writestr(f"{name}/data", os.urandom(size))
        wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
"#;

/// An index of one package that sends the headers it is told, and wants a login if it is told one. With `ETag` among them
/// it answers 304 to who has that, unless that is `"changing"`.
const ANSWERS: &str = r#"
import base64, http.server, sys
port, packages, login, headers = int(sys.argv[1]), sys.argv[2], sys.argv[3], [word.split(": ", 1) for word in sys.argv[4:]]
name = "xt_package_0-1.0-py3-none-any.whl"
class Index(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        etag = dict(headers).get("ETag")
        wanted = "Basic " + base64.b64encode(login.encode()).decode()
        if login and self.headers.get("Authorization") != wanted:
            return self.answer(401, b"", [["WWW-Authenticate", "Basic realm=x"]])
        if self.path.startswith("/simple/"):
            return self.answer(200, f'<a href="/packages/{name}">{name}</a>'.encode(), [["Content-Type", "text/html"]])
        if etag and etag != '"changing"' and self.headers.get("If-None-Match") == etag:
            return self.answer(304, b"", headers)
        self.answer(200, open(packages + "/" + name, "rb").read(), headers)
    def answer(self, code, body, sent):
        self.send_response(code)
        for key, value in sent + [["Content-Length", str(len(body))]]:
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", port), Index).serve_forever()
"#;

/// The bytes of each package: a mount with some of them in it is clearly not empty.
pub const WHEEL_BYTES: usize = 200_000;

pub struct Index {
    server: Child,
    folder: PathBuf,
    pub port: u16,
    /// How many packages it has.
    pub wheels: usize,
    /// How many of the fetched ones were counted already.
    counted: Cell<usize>,
}

impl Index {
    /// An index of `wheels` packages. `cached`: whether it allows to keep what it sends; without, it sends no header
    /// that pip would keep anything for.
    #[track_caller]
    pub fn start(engine: &Engine, wheels: usize, cached: bool) -> Index {
        let mut command = Command::new(program("pypi-server"));
        Index::start_with(engine, wheels, |port, folder| {
            command
                .args(["run", "-i", "127.0.0.1", "-p", &port.to_string(), "--disable-fallback", "--server", "wsgiref"])
                .args(["-v", "--log-stream", "none", "--log-file"])
                .arg(folder.join("log"));
            if cached {
                command.args(["--cache-control", "86400"]);
            }
            command.arg(folder.join("packages"));
            command
        })
    }

    /// An index of one package that sends these headers with it. `login`: `name:password`, or empty.
    #[track_caller]
    pub fn answering(engine: &Engine, login: &str, headers: &[&str]) -> Index {
        let mut command = Command::new(program("python"));
        Index::start_with(engine, 1, |port, folder| {
            command.args(["-c", ANSWERS, &port.to_string()]).arg(folder.join("packages")).arg(login).args(headers);
            command
        })
    }

    #[track_caller]
    fn start_with(engine: &Engine, wheels: usize, command: impl FnOnce(u16, &Path) -> Command) -> Index {
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("{}.index-{port}", engine.name));
        let packages = folder.join("packages");
        fs::create_dir_all(&packages).expect("makes a folder");
        let made = Command::new(program("python"))
            .args(["-c", MAKE_WHEELS])
            .arg(&packages)
            .args([wheels.to_string(), WHEEL_BYTES.to_string()])
            .output()
            .expect("runs python");
        assert!(made.status.success(), "makes wheels: {}", String::from_utf8_lossy(&made.stderr));
        let mut command = command(port, &folder);
        let output = || File::create(folder.join("output")).expect("makes a file");
        command.stdin(Stdio::null()).stdout(output()).stderr(output()).process_group(0);
        // It ends with the tests, however they end.
        #[cfg(target_os = "linux")]
        // SAFETY: prctl may be called between fork and exec.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        let server = command.spawn().expect("starts the index");
        let index = Index { server, folder, port, wheels, counted: Cell::new(0) };
        let is_up = wait_until(LONG, || TcpStream::connect(("127.0.0.1", port)).ok());
        assert!(is_up.is_some(), "the index listens: {}", index.log());
        index
    }

    /// The address that pip and uv are given.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/simple/", self.port)
    }

    /// pip's options for it. pip keeps nothing of a plain-http index that it is not told to trust.
    pub fn options(&self) -> String {
        format!("--index-url {} --trusted-host 127.0.0.1", self.url())
    }

    /// All of its packages, as `requirements.txt` has them.
    pub fn requirements(&self) -> String {
        (0..self.wheels).map(|number| format!("xt-package-{number}==1.0\n")).collect()
    }

    /// How many packages were fetched since the last call.
    pub fn downloads(&self) -> usize {
        let log = self.log();
        // A part of one (206), by which uv looks into it first, is no download.
        let is_whole = |line: &&str| line.contains("\"GET /packages/") && line.contains(".whl HTTP/1.1\" 200 ");
        let fetched = log.lines().filter(is_whole);
        let all = fetched.count();
        all - self.counted.replace(all)
    }

    /// Counts from here on.
    pub fn reset(&self) {
        self.downloads();
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A program beside pypiserver, which is installed when it is missing.
fn program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let install = || {
        let output = Command::new(repository().join(".ci/pypi")).output().expect("runs .ci/pypi");
        assert!(output.status.success(), "`.ci/pypi`: {}", String::from_utf8_lossy(&output.stderr));
        PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
    };
    FOLDER.get_or_init(install).join(name)
}

on_each_engine!(what_pip_fetches_is_counted);

/// The harness itself: the same build twice over, with and without headers that allow pip to keep what it gets.
fn what_pip_fetches_is_counted(engine: &Engine) {
    let folder = std::env::temp_dir().join(&engine.name);
    fs::create_dir_all(&folder).expect("makes a folder");
    for (cached, again) in [(true, 0), (false, 3)] {
        let index = Index::start(engine, 3, cached);
        fs::write(folder.join("requirements.txt"), index.requirements()).expect("writes");
        let dockerfile = format!(
            "FROM debian-python:local\nARG AGAIN\nCOPY requirements.txt /r.txt\n\
             RUN --mount=type=cache,target=/root/.cache/pip : $AGAIN; pip install {} -r /r.txt\n",
            index.options()
        );
        fs::write(folder.join("Dockerfile"), dockerfile).expect("writes");
        index.reset();
        let build = |again: &str| {
            let (namespace, again) = (format!("BUILDKIT_CACHE_MOUNT_NS={}", engine.name), format!("AGAIN={again}"));
            let ids = folder.join("id");
            let (ids, path) = (ids.display().to_string(), folder.display().to_string());
            let arguments = ["--build-arg", &namespace, "--build-arg", &again, "--iidfile", &ids, &path];
            engine.docker(&[&["build", "--network=host", "-q"], &arguments[..]].concat());
            engine.docker(&["image", "rm", &fs::read_to_string(&ids).expect("the image's id")]);
            index.downloads()
        };
        assert_eq!((build(&format!("{cached}-1")), build(&format!("{cached}-2"))), (3, again), "cached: {cached}");
    }
    let _ = fs::remove_dir_all(&folder);
}
