#compdef ringfence
_ringfence() {
  local -a commands
  commands=(
    'rehearse:decide proposed policies against recorded traffic'
    'test:run policy tests\: what the policies must allow and deny'
    'completion:print shell completion\: bash, zsh or fish'
    'help:explain a command'
    'version:the version, and the Cilium versions whose decisions it knows'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
    rehearse)
      _arguments -s \
        '*--flows[recorded flows; - is standard input]:FILE:_files' \
        '*--objects[Kubernetes objects\: files or directories]:PATH:_files' \
        '*--policies[the proposed policies\: files or directories]:PATH:_files' \
        '--only[the proposal is the whole set\: nothing else stays in force]' \
        '*--names[DNS names and their addresses]:FILE:_files' \
        '--cilium[Cilium'\''s version, as in 1.20]:VERSION:' \
        '--cilium-config[the agent'\''s configuration\: the ConfigMap cilium-config]:FILE:_files' \
        '--output[how to print]:FORMAT:(text json markdown sarif junit)' \
        '-o[how to print]:FORMAT:(text json markdown sarif junit)' \
        '*--explain[one line of the report in full, by its id\: h3, u1]:ID:' \
        '--fix-diff[print the proven edits as one patch for git apply]' \
        '--all[list everything\: no list is cut, every conversation is shown]' \
        '--fail-on[exit 1 for findings of this severity or worse]:SEVERITY:(error warn info never)' \
        '--color[colour the text]:WHEN:(auto always never)' \
        '--quiet[no progress on standard error]' \
        '-q[no progress on standard error]' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]'
      ;;
    test)
      _arguments -s \
        '--output[how to print]:FORMAT:(text jsonl junit)' \
        '-o[how to print]:FORMAT:(text jsonl junit)' \
        '--all[list everything\: no list is cut, every conversation is shown]' \
        '--color[colour the text]:WHEN:(auto always never)' \
        '--quiet[no progress on standard error]' \
        '-q[no progress on standard error]' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]' \
        '*:FILE:_files'
      ;;
    completion)
      _arguments -s \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]' \
        '1:SHELL:(bash zsh fish)'
      ;;
    help)
      _arguments -s \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]' \
        '1:COMMAND:(rehearse test completion help version)'
      ;;
    version)
      _arguments -s \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]'
      ;;
  esac
}
if [ "$funcstack[1]" = "_ringfence" ]; then _ringfence "$@"; else compdef _ringfence ringfence; fi
