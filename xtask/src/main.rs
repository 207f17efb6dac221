//! The binary `xtask`: the library's runner, with no commands of its own.

fn main() -> std::process::ExitCode {
    compose_xtask::runner!().main()
}
