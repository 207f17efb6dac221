# Fish quotes what it puts on the line, but gives the word at the cursor as it was typed.
function __xtask_complete
    set -l typed (commandline --current-token)
    for open in '' \' \"
        if set -l meant (string unescape -- "$typed$open")
            set typed $meant
            break
        end
    end
    XTASK_COMPLETE=fish COMPLETER -- $argv "$typed" 2>/dev/null
end
complete --command PROGRAM --keep-order --exclusive --arguments '(__xtask_complete (commandline --current-process --tokenize --cut-at-cursor))'

# `cargo xtask <Tab>`: the words after `xtask` are completed as above, all others as before.
function __xtask_words_under_cargo
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    string match -q -- '+*' $words[2]; and set -e words[2]
    test (count $words) -ge 2; and test "$words[2]" = xtask; and printf '%s\n' $words[2..-1]
end
complete --command cargo --condition '__xtask_words_under_cargo >/dev/null' --keep-order --exclusive --arguments '(__xtask_complete (__xtask_words_under_cargo))'
