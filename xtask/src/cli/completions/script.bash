# The line goes to the program as it was typed, and what comes back is quoted: bash puts it there as it is.
# $1: how many words stand before the program's own. $2: the part of the line that bash replaces.
_xtask_ask() {
    local answer candidate
    COMPREPLY=()
    # Bash quotes names of files for `'…'` behind `$'`, and would run what is in them.
    if [[ ${COMP_LINE:0:COMP_POINT} == *\$[\'\"]* ]]; then
        compopt +o default +o bashdefault 2>/dev/null
        return
    fi
    answer=$(XTASK_COMPLETE=bash COMPLETER -- "$1" "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    [[ -n $answer ]] || return
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done <<<"$answer"
    # A blank follows the only candidate, but where the word is likely to go on: a folder, `--flag=`. Bash 3 has
    # no `compopt`.
    if [[ ${COMPREPLY[0]} != *[=/:] && ${COMPREPLY[0]} != *[=/:][\'\"] ]]; then
        compopt +o nospace 2>/dev/null
    fi
}
_xtask_complete() {
    _xtask_ask 0 "$2"
}
complete -o nospace -o bashdefault -o default -o nosort -F _xtask_complete PROGRAM 2>/dev/null ||
    complete -o nospace -o bashdefault -o default -F _xtask_complete PROGRAM

# `cargo xtask <Tab>`: the words after `xtask` are completed as above, all others as before.
__xtask_cargo_before=$(complete -p cargo 2>/dev/null)
_xtask_under_cargo() {
    local at=1
    [[ ${COMP_WORDS[1]} == +* ]] && at=2
    if [[ ${COMP_WORDS[at]} == xtask ]] && ((COMP_CWORD > at)); then
        _xtask_ask "$at" "$2"
        return
    fi
    if [[ -z $__xtask_cargo_before ]]; then
        # bash-completion loads cargo's own only when it is asked for.
        if declare -F _completion_loader >/dev/null; then
            _completion_loader cargo
        elif declare -F _comp_load >/dev/null; then
            _comp_load cargo
        fi
        __xtask_cargo_before=$(complete -p cargo 2>/dev/null)
        complete -o nospace -o bashdefault -o default -F _xtask_under_cargo cargo
    fi
    if [[ $__xtask_cargo_before =~ -F\ ([^ ]+) && ${BASH_REMATCH[1]} != _xtask_under_cargo ]]; then
        "${BASH_REMATCH[1]}" "$@"
    fi
}
complete -o nospace -o bashdefault -o default -F _xtask_under_cargo cargo
