#compdef PROGRAM
# Zsh quotes what it puts on the line, but gives the words as they were typed.
function _xtask_complete() {
    local typed=${(Q)PREFIX} answer
    [[ $compstate[quote] == \' ]] && typed=$PREFIX
    local -a folders others
    for answer in "${(@f)$(XTASK_COMPLETE=zsh COMPLETER -- "${(@Q)words[1,CURRENT-1]}" "$typed" 2>/dev/null)}"; do
        case $answer in
            (/*) folders+=("${answer#/}") ;;
            (?*) others+=("${answer# }") ;;
        esac
    done
    (( $#folders )) && _describe -V 'values' folders -S ''
    (( $#others )) && _describe -V 'values' others
}
compdef _xtask_complete PROGRAM

# `cargo xtask <Tab>`: the words after `xtask` are completed as above, all others as before.
function _xtask_under_cargo() {
    local -i at=2
    [[ ${words[2]} == +* ]] && at=3
    if [[ ${words[at]} == xtask ]] && (( CURRENT > at )); then
        shift $(( at - 1 )) words
        (( CURRENT -= at - 1 ))
        _xtask_complete
    elif (( ${+functions[_cargo]} )); then
        _cargo "$@"
    else
        _default
    fi
}
compdef _xtask_under_cargo cargo
