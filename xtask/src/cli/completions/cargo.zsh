
# `cargo xtask <Tab>`: the words after `xtask` are completed as above, all others as before.
function _xtask_under_cargo() {
    local -i at=2
    [[ ${words[2]} == +* ]] && at=3
    if [[ ${words[at]} == xtask ]] && (( CURRENT > at )); then
        shift $(( at - 1 )) words
        (( CURRENT -= at - 1 ))
        _clap_dynamic_completer_xtask
    elif (( ${+functions[_cargo]} )); then
        _cargo "$@"
    else
        _default
    fi
}
compdef _xtask_under_cargo cargo
