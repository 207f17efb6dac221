
# `cargo xtask <Tab>`: the words after `xtask` are completed as above, all others as before.
function __xtask_under_cargo
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    string match -q -- '+*' $words[2]; and set -e words[2]
    test (count $words) -ge 2; and test "$words[2]" = xtask
end
function __xtask_complete_under_cargo
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    string match -q -- '+*' $words[2]; and set -e words[2]
    XTASK_COMPLETE=fish COMPLETER -- $words[2..-1] (commandline --current-token)
end
complete --command cargo --condition __xtask_under_cargo --keep-order --exclusive --arguments '(__xtask_complete_under_cargo)'
