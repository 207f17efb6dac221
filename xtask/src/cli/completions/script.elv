# Elvish gives the words as they are meant, and quotes what it puts on the line.
set edit:completion:arg-completer[PROGRAM] = {|@words|
    env XTASK_COMPLETE=elvish COMPLETER -- $@words
}

# `cargo xtask <Tab>`: the words after `xtask` are completed as above, all others as before.
var xtask-cargo-before~ = {|@words| edit:complete-filename $words[-1] }
if (has-key $edit:completion:arg-completer cargo) {
    set xtask-cargo-before~ = $edit:completion:arg-completer[cargo]
}
set edit:completion:arg-completer[cargo] = {|@words|
    if (and (> (count $words) 2) (eq $words[1] xtask)) {
        $edit:completion:arg-completer[PROGRAM] (all $words[1..])
    } else {
        xtask-cargo-before $@words
    }
}
