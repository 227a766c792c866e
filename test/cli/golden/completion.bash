# bash completion of ringfence
_ringfence_reply() {
  local flag="${COMP_WORDS[COMP_CWORD - 1]}"
  # Values of a flag that takes several follow its first value.
  local at=$((COMP_CWORD - 1))
  while [[ $at -gt 1 && "${COMP_WORDS[at]}" != -* ]]; do at=$((at - 1)); done
  case "$flag" in
    --flows) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --objects) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --policies) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --names) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --cilium) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --cilium-config) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --output|-o) COMPREPLY=($(compgen -W "text json markdown sarif junit jsonl" -- "$current")); return ;;
    --explain) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --fail-on) COMPREPLY=($(compgen -W "error warn info never" -- "$current")); return ;;
    --color) COMPREPLY=($(compgen -W "auto always never" -- "$current")); return ;;
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$1" -- "$current"))
  elif [[ "$3" == files || "${COMP_WORDS[at]}" =~ ^(--flows|--objects|--policies|--names)$ ]]; then COMPREPLY=($(compgen -f -- "$current"))
  else COMPREPLY=($(compgen -W "$2" -- "$current"))
  fi
}
_ringfence() {
  local current="${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "rehearse test completion help version" -- "$current"))
    return
  fi
  case "${COMP_WORDS[1]}" in
    rehearse) _ringfence_reply "--flows --objects --policies --only --names --cilium --cilium-config --output -o --explain --fix-diff --all --fail-on --color --quiet -q --help -h" "" ;;
    test) _ringfence_reply "--output -o --all --color --quiet -q --help -h" "" files ;;
    completion) _ringfence_reply "--help -h" "bash zsh fish" ;;
    help) _ringfence_reply "--help -h" "rehearse test completion help version" ;;
    version) _ringfence_reply "--help -h" "" ;;
  esac
}
complete -o filenames -F _ringfence ringfence
