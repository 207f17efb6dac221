
# `cargo xtask <Tab>`: the words behind `xtask` are completed as above, all others as before.
__xtask_cargo_before=$(complete -p cargo 2>/dev/null)
_xtask_under_cargo() {
    local at=1
    [[ ${COMP_WORDS[1]} == +* ]] && at=2
    if [[ ${COMP_WORDS[at]} == xtask ]] && ((COMP_CWORD > at)); then
        COMP_WORDS=("${COMP_WORDS[@]:at}")
        COMP_CWORD=$((COMP_CWORD - at))
        _clap_complete_xtask xtask "$2" "$3"
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
