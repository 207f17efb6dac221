//! Every command that changes something, where a place is full, has no room for another file, or can't be written: it says so,
//! loses nothing, and is right again when there is room.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::changes::{Before, CASES, Case};
use crate::harness::Engine;
use crate::killed;
use crate::own_engine::OwnEngine;
use crate::world::World;

checks!(&["28"], disks_that_are_full_or_read_only);

/// A file system of its own over a folder, with what the folder held.
struct Disk {
    name: &'static str,
    path: PathBuf,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    NoSpace,
    NoInodes,
    ReadOnly,
}

impl Disk {
    fn over(root: &Path, name: &'static str) -> Disk {
        let path = root.join(name);
        let copy = root.join("copy");
        fs::rename(&path, &copy).expect("a name");
        fs::create_dir(&path).expect("a folder");
        mount(&["-t", "tmpfs", "-o", "size=4m,nr_inodes=400", "tmpfs"], &path);
        run(Command::new("cp").arg("-a").arg(copy.join(".")).arg(&path));
        fs::remove_dir_all(copy).expect("a folder");
        Disk { name, path }
    }

    fn set(&self, fault: Fault) {
        match fault {
            Fault::NoSpace => {
                let zeros = vec![0; 5 << 20];
                assert!(fs::write(self.path.join("filler"), zeros).is_err(), "there is room");
            }
            Fault::NoInodes => {
                let folder = self.path.join("fillers");
                fs::create_dir(&folder).expect("a folder");
                let full = (0..400).find(|number| fs::write(folder.join(number.to_string()), "").is_err());
                full.expect("there is room");
            }
            Fault::ReadOnly => mount(&["-o", "remount,ro"], &self.path),
        }
    }

    fn mend(&self, fault: Fault) {
        match fault {
            Fault::NoSpace => fs::remove_file(self.path.join("filler")).expect("a file"),
            Fault::NoInodes => fs::remove_dir_all(self.path.join("fillers")).expect("a folder"),
            Fault::ReadOnly => mount(&["-o", "remount,rw"], &self.path),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

fn mount(words: &[&str], path: &Path) {
    run(Command::new("mount").args(words).arg(path));
}

fn run(command: &mut Command) {
    assert!(command.status().expect("it is installed").success(), "{command:?}");
}

fn disks_that_are_full_or_read_only(engine: &Engine) {
    let own = OwnEngine::start(engine, "faults", &[]);
    let mut world = World::new(&own.engine);
    let disks = ["home", "tmp", "project"].map(|name| Disk::over(&world.root, name));
    let mut broke = Vec::new();
    let mut count = 0;
    let faults = [Fault::NoSpace, Fault::NoInodes, Fault::ReadOnly];
    for (at, case) in CASES.iter().enumerate() {
        for disk in &disks {
            for (number, fault) in faults.into_iter().enumerate() {
                // One fault of those that make a command fail, unless all are asked for.
                let is_chosen = (at + number) % faults.len() == 0 && expected(&world, disk, case.name, fault).0 != 0;
                if killed::is_sample() && !is_chosen {
                    continue;
                }
                count += 1;
                if let Err(why) = try_it(&mut world, case, disk, fault) {
                    broke.push(format!("{} with {fault:?} in {}: {why}", case.name, disk.name));
                }
            }
        }
    }
    println!("disks: {count} faults, {} broke", broke.len());
    assert!(broke.is_empty(), "{}", broke.join("\n"));
}

fn try_it(world: &mut World<'_>, case: &Case, disk: &Disk, fault: Fault) -> Result<(), String> {
    (case.prepare)(world, 1);
    let before = Before::of(world);
    let (code, said) = expected(world, disk, case.name, fault);
    disk.set(fault);
    let ended = world.run(case.words);
    disk.mend(fault);
    let stderr = without_name_of_run(&ended.stderr);
    let is_told = match code {
        0 => !["error", "warning"].iter().any(|word| stderr.contains(word)),
        1 => stderr.trim_end().to_lowercase().ends_with(&said),
        _ => stderr == said,
    };
    if ended.code() != code || !is_told {
        return Err(format!("not {code} and {said:?}: {} {}", ended.code(), ended.all()));
    }
    world.check_files()?;
    (case.killed)(world, &before, &ended.all())?;
    (case.next)(world)?;
    world.check_files()?;
    world.check_nothing_is_left()
}

/// The code, and what is said: with 2 all of it, with 1 how compose's own words end.
fn expected(world: &World<'_>, disk: &Disk, command: &str, fault: Fault) -> (i32, String) {
    let (why, of_compose) = match fault {
        Fault::ReadOnly => ("Read-only file system (os error 30)", "read-only file system"),
        _ => ("No space left on device (os error 28)", "no space left on device"),
    };
    let error = |what: String| (2, format!("error: can't {what}: {why}\n"));
    let (state, tmp) = (world.state().0, world.root.join("tmp"));
    match (disk.name, command, fault) {
        // Nothing is written into the project.
        ("project", _, _) => (0, String::new()),
        ("home", "buildkit enable" | "buildkit disable", _) => error("change `../home/daemon.json`".to_owned()),
        // It forgets what was kept: that needs a file for the lock, and no space.
        ("home", "build-fresh --drop-caches", Fault::NoSpace) => (0, String::new()),
        ("home", _, Fault::NoSpace) if command.starts_with("build-fresh") => {
            error(format!("write `{}`", state.join("project").display()))
        }
        ("home", _, _) if command.starts_with("build-fresh") => error(format!("write `{}`", state.display())),
        ("home", _, _) => (0, String::new()),
        ("tmp", "verify", Fault::NoSpace) => error(format!("write `{}/RUN/Dockerfile`", tmp.display())),
        ("tmp", "bench", Fault::NoSpace) => error("copy the build context of `one`: `id_rsa`".to_owned()),
        ("tmp", "verify" | "bench", _) => error(format!("make `{}/RUN`", tmp.display())),
        // Compose writes a file there.
        ("tmp", _, _) if command.starts_with("build") && !command.starts_with("buildkit") => (1, of_compose.to_owned()),
        _ => (0, String::new()),
    }
}

/// The folder of a run as `RUN`.
fn without_name_of_run(text: &str) -> String {
    let Some((before, rest)) = text.split_once("/tmp/xtask-") else { return text.to_owned() };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
    format!("{before}/tmp/RUN{rest}")
}
