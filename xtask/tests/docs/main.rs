//! What the documentation says is true: its tasks.toml blocks are valid, its commands are accepted, the tests it names
//! exist, and the changelog knows the version.

#[cfg(unix)]
mod from_make;
mod packages;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository; none when the package was copied into another, whose documentation is its own.
fn repository() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.to_owned();
    root.join("docs/tasks-toml.md").is_file().then_some(root)
}

/// Every page, by its path from the repository, with its text.
fn pages(root: &Path) -> Vec<(String, String)> {
    let in_docs = fs::read_dir(root.join("docs")).expect("docs").flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> =
        in_docs.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    paths.extend(["README.md", "CONTRIBUTING.md"].map(|name| root.join(name)));
    paths.sort();
    let read = |path: &PathBuf| fs::read_to_string(path).expect("a page").replace("\r\n", "\n");
    paths.iter().map(|path| (path.strip_prefix(root).unwrap_or(path).display().to_string(), read(path))).collect()
}

/// The blocks of a page in one language, each with its first line's number.
fn blocks(page: &str, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, bool, String)> = None;
    for (number, line) in page.lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => {
                if let Some((start, true, text)) = open.take() {
                    found.push((start, text));
                }
                open = None;
            }
            (Some(info), None) => open = Some((number + 2, info.trim() == language, String::new())),
            (None, Some((_, _, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

fn xtask(root: &Path, words: &[String]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(words).current_dir(root).env_remove("DOCKER_BUILDKIT");
    let output = command.output();
    // On a busy machine Wine now and then fails to start a process, with ERROR_INTERNAL_ERROR.
    let is_wines = output.as_ref().err().and_then(std::io::Error::raw_os_error) == Some(1359);
    let output = if cfg!(windows) && is_wines { command.output() } else { output };
    output.expect("xtask runs")
}

fn words(line: &str) -> Vec<String> {
    shlex::split(line).unwrap_or_else(|| panic!("not the words of a shell: {line}"))
}

#[test]
fn every_toml_block_is_a_valid_tasks_toml() {
    let Some(root) = repository() else { return };
    let folder = std::env::temp_dir().join(format!("xtask-docs-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("tasks.toml");
    let mut count = 0;
    for (page, text) in pages(&root) {
        // A block that begins with another file's name is that file.
        let is_other =
            |block: &str| block.starts_with("# xtask/Cargo.toml\n") || block.starts_with("# .cargo/config.toml\n");
        for (line, block) in blocks(&text, "toml").into_iter().filter(|(_, block)| !is_other(block)) {
            fs::write(&file, &block).expect("a file");
            let output = xtask(&root, &["--file".to_owned(), file.display().to_string(), "help".to_owned()]);
            assert!(output.status.success(), "{page}:{line}\n{}", String::from_utf8_lossy(&output.stderr));
            count += 1;
        }
    }
    fs::remove_dir_all(&folder).expect("the folder is ours");
    assert!(count >= 5, "only {count} blocks were found");
}

#[test]
fn every_command_is_accepted() {
    let Some(root) = repository() else { return };
    let others = [
        "cargo test",
        "cargo install --path xtask --locked",
        // `.ci/wheel` does these with the wheel it built.
        "pip wheel .",
        "pip install ./compose_xtask-*.whl",
        "uv add --dev ./compose_xtask-*.whl",
        "uv tool install ./compose_xtask-*.whl",
        "pipx install ./compose_xtask-*.whl",
        "docker buildx create --name team --driver remote tcp://buildkit.example:1234",
        "export BUILDX_BUILDER=team",
        // Its input is what another command printed.
        "docker compose up 2>&1 | cargo xtask doctor --explain",
        "XTASK_TEST_ENGINES=\"20 26 28 podman\" cargo test --test engines",
    ];
    let mut count = 0;
    for (page, text) in pages(&root) {
        let in_blocks = blocks(&text, "sh").into_iter().flat_map(|(start, block)| {
            let lines: Vec<(usize, String)> =
                block.lines().enumerate().map(|(at, line)| (start + at, line.to_owned())).collect();
            lines
        });
        for (number, line) in in_blocks {
            let line = line.split(" #").next().unwrap_or_default().trim();
            let of_xtask = line.strip_prefix("cargo xtask").or_else(|| line.strip_prefix("xtask"));
            if line.is_empty() || others.contains(&line) {
                continue;
            }
            if let Some(script) = line.split(' ').next().filter(|word| word.starts_with(".ci/")) {
                assert!(root.join(script).is_file(), "{page}:{number}: {script}");
                continue;
            }
            let rest = of_xtask.unwrap_or_else(|| panic!("{page}:{number}: what is `{line}`?"));
            accepts(&root, &format!("{page}:{number}"), rest);
            count += 1;
        }
        for (number, line) in text.lines().enumerate() {
            for code in line.split('`').skip(1).step_by(2) {
                let code = code.split(['|', '\\']).next().unwrap_or(code);
                // A line of somebody's shell start: it runs in their home folder, where there is no project.
                let at_start = code.trim_start_matches("source <(").trim_start_matches("eval (").trim_end_matches(')');
                if let Some(rest) = at_start.strip_prefix("xtask completions ") {
                    let output = xtask(&std::env::temp_dir(), &["completions".to_owned(), rest.trim().to_owned()]);
                    assert!(output.status.success() && output.stderr.is_empty(), "{page}:{}: {code}", number + 1);
                    count += 1;
                }
                let code = code.strip_prefix("BUILD_TARGET=production ").unwrap_or(code);
                let Some(rest) = code.strip_prefix("cargo xtask ") else { continue };
                if !rest.contains(['<', '…']) && !["TASK", "NAME", "SHELL"].iter().any(|word| rest.contains(word)) {
                    accepts(&root, &format!("{page}:{}", number + 1), rest);
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 20, "only {count} commands were found");
}

fn accepts(root: &Path, place: &str, rest: &str) {
    let mut typed = vec!["--dry-run".to_owned()];
    typed.extend(words(rest));
    // This repository has moved in already.
    let other = rest.trim_start().starts_with("init").then(repository_with_a_makefile);
    let output = xtask(other.as_deref().unwrap_or(root), &typed);
    // Doctor looks at this machine, which need not be as it should; lint at Dockerfiles.
    let looks = ["doctor", "lint"].iter().any(|name| rest.trim_start().starts_with(name));
    let found_something = output.status.code() == Some(1) && looks;
    let said = String::from_utf8_lossy(&output.stderr);
    // Here is no engine to ask. What was typed is accepted all the same.
    let asks_docker = typed.iter().any(|word| word == "cache") && said.starts_with("error: docker");
    let has_no_makefile = typed.iter().any(|word| word == "init") && said.starts_with("error: there is no Makefile");
    assert!(output.status.success() || found_something || asks_docker || has_no_makefile, "{place}: {rest}\n{said}");
}

fn repository_with_a_makefile() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("docs-init");
    fs::create_dir_all(folder.join(".git")).expect("a folder");
    fs::write(folder.join("Makefile"), "up:\n\tdocker compose up\n").expect("a file");
    fs::write(folder.join("tasks.toml"), "tasks.up.steps = [\"compose up\"]\n").expect("a file");
    folder
}

#[test]
fn every_test_that_a_page_names_exists() {
    let Some(root) = repository() else { return };
    let mut sources = String::new();
    let mut folders = vec![root.join("xtask/src"), root.join("xtask/tests")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("sources").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                sources.push_str(&fs::read_to_string(path).expect("a source"));
            }
        }
    }
    for (page, text) in pages(&root) {
        for (number, line) in text.lines().enumerate() {
            for code in line.split('`').skip(1).step_by(2) {
                // A test's name is a sentence: four words or more.
                let is_name = code.matches('_').count() >= 3
                    && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
                assert!(!is_name || sources.contains(code), "{page}:{}: there is no test `{code}`", number + 1);
            }
        }
    }
}

#[test]
fn every_path_that_a_page_names_exists() {
    let Some(root) = repository() else { return };
    for (page, text) in pages(&root) {
        for (number, line) in text.lines().enumerate() {
            for code in line.split('`').skip(1).step_by(2) {
                let is_ours = ["xtask/", ".ci/", "docs/", "example/"].iter().any(|folder| code.starts_with(folder));
                let is_path = is_ours && code.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
                // `example/.env` is the person's own.
                if is_path && !code.ends_with(".env") {
                    assert!(root.join(code).exists(), "{page}:{}: there is no `{code}`", number + 1);
                }
            }
        }
    }
}

/// The paths of the files below a folder, with `/`, without those that cargo builds.
fn files_below(folder: &Path) -> Vec<String> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path.display().to_string().replace('\\', "/")),
            }
        }
    }
    files
}

/// The pages for those who change the program name its files from the folder of the sources, or by their ends.
#[test]
fn every_source_file_that_a_page_names_exists() {
    let Some(root) = repository() else { return };
    let files = files_below(&root.join("xtask"));
    for page in ["CONTRIBUTING.md", "docs/design.md"] {
        let text = fs::read_to_string(root.join(page)).expect(page);
        for (number, line) in text.lines().enumerate() {
            for code in line.split('`').skip(1).step_by(2) {
                let is_path = code.ends_with(".rs") && code.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
                let found = !is_path || files.iter().any(|file| file == code || file.ends_with(&format!("/{code}")));
                assert!(found, "{page}:{}: there is no source file `{code}`", number + 1);
            }
        }
    }
}

#[test]
fn the_changelog_has_a_heading_for_the_version() {
    let Some(root) = repository() else { return };
    let changes = fs::read_to_string(root.join("CHANGELOG.md")).expect("CHANGELOG.md");
    let heading = concat!("## ", env!("CARGO_PKG_VERSION"));
    assert!(changes.lines().any(|line| line.trim_end().starts_with(heading)), "no `{heading}`");
}
