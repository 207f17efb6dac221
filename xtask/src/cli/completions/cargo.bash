
# Bash splits words at `=` and `:` (COMP_WORDBREAKS) and replaces the last part alone: the words from number $1 on are put
# together again, and what stands before that part is cut from the answers.
_xtask_complete_from() {
    local first=$1 part=$2 words=() last=-1 cut= rest=$COMP_LINE i word blanks
    [[ ${COMP_WORDS[COMP_CWORD]} == [=:] ]] && part=${COMP_WORDS[COMP_CWORD]}
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        blanks=${rest%%[![:blank:]]*}
        rest=${rest:${#blanks}}
        rest=${rest#"$word"}
        ((i < first)) && continue
        ((i == COMP_CWORD)) && word=$part
        if [[ $last -ge 0 && -z $blanks && -n $COMP_LINE ]]; then
            cut=${words[last]}
            words[last]+=$word
        else
            cut=
            words[++last]=$word
        fi
    done
    [[ $part == [=:] ]] && cut=${words[last]}
    local COMP_WORDS=("${words[@]}") COMP_CWORD=$last
    _clap_complete_xtask xtask "${words[last]}" "${words[last > 0 ? last - 1 : 0]}"
    COMPREPLY=("${COMPREPLY[@]#"$cut"}")
}
_xtask_complete() {
    _xtask_complete_from 0 "$2"
}

# `cargo xtask <Tab>`: the words after `xtask` are completed as above, all others as before.
__xtask_cargo_before=$(complete -p cargo 2>/dev/null)
_xtask_under_cargo() {
    local at=1
    [[ ${COMP_WORDS[1]} == +* ]] && at=2
    if [[ ${COMP_WORDS[at]} == xtask ]] && ((COMP_CWORD > at)); then
        _xtask_complete_from "$at" "$2"
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
