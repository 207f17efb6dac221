use super::{of_root, shown};

#[track_caller]
fn reads(text: &str, expected: &[&str]) {
    assert_eq!(shown(text, &of_root()), expected, "{text}");
}

#[test]
fn variables_in_front_and_exported_ones() {
    reads("PIP_NO_CACHE_DIR=1 pip install six", &["PIP_NO_CACHE_DIR=1 pip install six"]);
    reads(
        "export PIP_NO_CACHE_DIR=off && pip install six",
        &["export PIP_NO_CACHE_DIR=off", "&& PIP_NO_CACHE_DIR=off pip install six"],
    );
    reads("HOME=/tmp/h pip install six", &["HOME=/tmp/h pip install six"]);
    reads("PIP_CACHE_DIR=/tmp/c pip install six", &["PIP_CACHE_DIR=/tmp/c pip install six"]);
    reads("A=b; pip $A; export A; pip", &["pip b", "export A", "A=b pip"]);
    reads("export A=b; unset A; pip", &["export A=b", "A=b unset A", "pip"]);
}

#[test]
fn what_a_step_removes_again() {
    reads(
        "pip install x && rm -rf $HOME/.cache/pip/* ~/.cache/uv \"a b\"'c'\\ d",
        &["pip install x", "&& rm -rf /root/.cache/pip/* /root/.cache/uv 'a bc d'"],
    );
    reads(
        "pip install six && find /root/.cache -type f -delete",
        &["pip install six", "&& find /root/.cache -type f -delete"],
    );
    reads("uv sync && uv cache prune --ci", &["uv sync", "&& uv cache prune --ci"]);
}

#[test]
fn installs_in_every_form() {
    reads("yarn --frozen-lockfile", &["yarn --frozen-lockfile"]);
    reads("corepack enable && yarn", &["corepack enable", "&& yarn"]);
    reads("(cd web && npm ci); npm ci", &["cd web", "&& in web npm ci", "npm ci"]);
    reads("npm --prefix web ci", &["npm --prefix web ci"]);
    reads("bash -c \"pip install x y\"", &["pip install x y"]);
    reads("su dev -c \"pip install $X\"", &["as dev HOME=«» pip install «»"]);
    reads("[\"pip\", \"install\", \"$X\"]", &["pip install $X"]);
    reads("[\"sh\", \"-c\", \"cd web && pip install x\"]", &["cd web", "&& in web pip install x"]);
    reads("sudo -u dev -E A=b env -u C D=e pip install x", &["as dev A=b D=e pip install x"]);
    reads("timeout 10 nice -n 5 pip a; time pip b", &["pip a", "pip b"]);
    reads("cat reqs | xargs -n 1 pip install", &["cat reqs", "pip install «»"]);
}

#[test]
fn here_documents_are_scripts_for_shells_only() {
    let script = "set -e\npip install 'x\ny'\ncd web\nnpm ci\n";
    let commands = ["set -e", "pip install 'x\ny'", "cd web", "in web npm ci"];
    reads(&format!("<<EOF\n{script}EOF\n"), &commands);
    reads(&format!("<<'EOF'\n#!/usr/bin/env bash\n{script}EOF\n"), &commands);
    reads(&format!("bash <<'EOF'\n{script}EOF\n"), &commands);
    reads(&format!("<<EOF bash\n{script}EOF\n"), &commands);
    reads(
        "python3 <<EOF\nimport os\nEOF\n",
        &["python3", "unread `import os\n`: the here-document is for `python3`, which isn't a shell"],
    );
    reads(
        "<<EOF\n#!/usr/bin/python3\nimport os\nEOF\n",
        &["unread `#!/usr/bin/python3\nimport os\n`: the here-document is for `python3`, which isn't a shell"],
    );
    reads("cat <<EOF > /etc/motd && pip b\nhello $(pip c)\nEOF\n", &["pip c", "cat", "&& pip b"]);
}

#[test]
fn conditions_and_loops() {
    reads(
        "if [ -f x ]; then export A=1; pip install a; else exit 1; fi; pip b",
        &["[ -f x ]", "? export A=1", "? A=1 pip install a", "? exit 1", "A=1 pip b"],
    );
    reads("for x in a b; do A=$x; pip $x; done; pip $A", &["? pip «»", "pip «»"]);
    reads("case $x in a|b) pip a;; *) pip b ;; esac; pip c", &["? pip a", "? pip b", "pip c"]);
    reads("ls | while read a; do pip $a; done", &["ls", "read a", "? pip «»"]);
    reads("f() { pip install $1; A=3; return; pip no; }; f x; pip $A", &["f x", "pip install «»", "return", "pip 3"]);
    reads("[[ -f x && -d y ]] && pip a || { pip b; } 2>&1 > log &", &["&& pip a", "|| pip b"]);
}

#[test]
fn what_is_not_known_is_said() {
    reads(
        "$INSTALL x; sh a.sh; bash -c \"$X\"; sh -c \"a $X b\"",
        &[
            "«» x",
            "sh a.sh",
            "bash -c «»",
            "a «» b",
            "unread `sh a.sh`: runs the script `a.sh`, which isn't read",
            "unread `bash -c \"$X\"`: the script that `bash` runs isn't known",
        ],
    );
    reads("curl x | sh", &["curl x", "sh", "unread `sh`: `sh` runs what comes by its standard input"]);
    reads(
        "eval \"$(ssh-agent)\"",
        &["ssh-agent", "eval «»", "unread `eval \"$(ssh-agent)\"`: what `eval` runs isn't known"],
    );
    reads("pip a )", &["pip a", "unread `)`: unexpected `)`"]);
    reads("pip a; pip b 'c", &["pip a", "unread `pip b 'c`: unclosed `'`"]);
    reads("pip ${A:-x} ${HOME:-y} ${HOME:+z} ${HOME%/*} $((1+2))", &["pip «» /root z «» «»"]);
}

#[test]
fn another_shell_sees_what_was_exported() {
    reads("A=b sh -c 'pip $A'; C=d; sh -c 'pip $C'; sh -c \"pip $C\"", &["A=b pip b", "pip «»", "pip d"]);
}

#[test]
fn functions_and_what_loops_change() {
    reads("f() { f; }; f", &["f", "f", "unread `f`: can't tell what the function `f` is here"]);
    reads(
        "a && f() { b; }; f; if c; then f() { d; }; fi; f",
        &["a", "f", "&& b", "c", "f", "unread `f`: can't tell what the function `f` is here"],
    );
    reads(
        "g() { cd x; export A=1; }; for i in 1 2; do pip; g; done",
        &["? in «» A=«» pip", "? in «» A=«» g", "? in «» A=«» cd x", "? in «» A=«» export A=1"],
    );
}

#[test]
fn values_in_place_of_words() {
    reads("unset C; pip ${C-z w} \"${C-z w}\" ${HOME:+'a b' c}", &["unset C", "pip z w 'z w' 'a b' c"]);
    reads("export A; sh -c 'A=b; pip'; A=c; pip", &["export A", "A=«» pip", "A=«» pip"]);
    reads("export C=~/z P=a:~/b; pip", &["export C=/root/z P=a:/root/b", "C=/root/z P=a:/root/b pip"]);
    reads("((a b; c)); pip", &["a b", "c", "pip"]);
}

#[test]
fn what_may_change_a_variable_unseen() {
    reads("A=1; ((A++)); pip $A", &["pip «»"]);
    reads("A=1; echo $((A = 2)); pip $A", &["echo «»", "pip «»"]);
    reads("A=1; read A; local B=2; pip $A $B", &["read A", "local B=2", "pip «» «»"]);
    reads("A=1; for x in a; do pip $A; break; A=2; done; pip $A", &["? pip «»", "? break", "pip «»"]);
    reads("set -a; A=1", &["set -a", "unread `set -a`: what `set -a` does isn't followed"]);
    reads("trap 'rm x' EXIT", &["trap 'rm x' EXIT", "unread `trap 'rm x' EXIT`: what `trap` does isn't followed"]);
    // There may be no such function.
    reads("a || f() { B=2; }; unset B; f; pip $B", &["a", "unset B", "f", "pip «»"]);
}

#[test]
fn forms_that_are_easy_to_misread() {
    reads(
        "if a; then if b; then c; fi fi; { { d; } } e",
        &["a", "? b", "? c", "d", "unread `{ { d; } } e`: unexpected text after a command"],
    );
    reads("function f { pip a; }; function g() { pip b; }; f; g", &["f", "pip a", "g", "pip b"]);
    reads("if [[ $A =~ ^[[:digit:]]+$ ]]; then pip; fi", &["? pip"]);
    reads("bash - <<A && cat <<-B # don't\npip a\nA\n\tb\n\tB\npip c\n", &["pip a", "&& cat", "pip c"]);
    reads("cat <<A \"b\nc\"\nA\n", &["cat 'b\nc'"]);
    reads("<<A\npip in\\\nstall x \\\n  y && ls\\\n  -l\nA\n", &["pip install x y", "&& ls -l"]);
}

#[test]
fn script_files_are_read_where_their_text_is_known() {
    let texts = [
        ("a.sh", "export A=b\ncd sub\npip install x\n. ./env\nsh a.sh\n"),
        ("sub/env", "C=d"),
        ("/opt/run", "#!/usr/bin/env bash\nnpm ci\n"),
        ("/opt/other", "#!/usr/bin/python3\nimport os\n"),
        ("act", "export IN=here"),
    ];
    let texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    let shown = |text: &str| -> (Vec<String>, Vec<String>) {
        let script = super::super::read_with_files(text, &of_root(), &texts);
        let unread = script.unread.iter().map(|unread| unread.why.clone());
        (script.commands.iter().map(super::of_command).chain(unread).collect(), script.files)
    };
    let (commands, files) = shown("sh a.sh; D=e /opt/run; /opt/other; . act && pip freeze; ./gone");
    assert_eq!(
        commands,
        [
            "export A=b",
            "A=b cd sub",
            "in sub A=b pip install x",
            "in sub A=b . ./env",
            "in sub A=b sh a.sh",
            "D=e /opt/run",
            "D=e npm ci",
            "/opt/other",
            "export IN=here",
            ". act",
            "&& IN=here pip freeze",
            "IN=here ./gone",
            "runs the script `a.sh`, which isn't read",
        ]
    );
    assert_eq!(files, ["a.sh", "sub/env", "sub/a.sh", "/opt/run", "/opt/other", "act", "gone"]);
}
