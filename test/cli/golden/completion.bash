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
    --http) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --host) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --header) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --dns) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --sni) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --icmp) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --filter) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --write) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --first) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --last) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --since) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --until) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --pod) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --from-pod) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --to-pod) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --namespace|-n) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --from-namespace) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --to-namespace) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --workload) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --from-workload) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --to-workload) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --label|-l) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --from-label) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --to-label) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --service) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --from-service) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --to-service) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --ip) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --from-ip) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --to-ip) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --snat-ip) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --port) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --from-port) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --to-port) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --fqdn) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --from-fqdn) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --to-fqdn) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --identity) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --from-identity) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --to-identity) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --cluster) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --from-cluster) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --to-cluster) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --type|-t) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --verdict) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --drop-reason-desc) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --traffic-direction) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --protocol) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --tcp-flags) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --ip-version) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --http-status) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --http-method) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --http-path) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --http-url) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --http-header) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --interface) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --node-name) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --node-label) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --uuid) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --trace-id) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --ip-trace-id) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --cel-expression) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --allowlist) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --denylist) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --time-format) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --field-mask) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --server) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --timeout) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --request-timeout) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --tls-ca-cert-files) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --tls-client-cert-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --tls-client-key-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --tls-server-name) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --basic-auth-username) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --basic-auth-password) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --port-forward-port) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --kube-context) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --kube-namespace) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --kubeconfig) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --input-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --config) COMPREPLY=($(compgen -f -- "$current")); return ;;
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
    COMPREPLY=($(compgen -W "rehearse explain test observe completion help version" -- "$current"))
    return
  fi
  case "${COMP_WORDS[1]}" in
    rehearse) _ringfence_reply "--flows --objects --policies --only --names --cilium --cilium-config --output -o --explain --fix-diff --all --fail-on --color --quiet -q --help -h" "" ;;
    explain) _ringfence_reply "--objects --policies --only --flows --names --http --host --header --dns --sni --icmp --cilium --cilium-config --output -o --all --fail-on --color --quiet -q --help -h" "" ;;
    test) _ringfence_reply "--filter --record --flows --objects --policies --only --names --cilium --cilium-config --output -o --write --force --all --color --quiet -q --help -h" "" files ;;
    observe) _ringfence_reply "--flows --all --first --last --since --until --follow -f --not --pod --from-pod --to-pod --namespace -n --from-namespace --to-namespace --all-namespaces -A --from-all-namespaces --to-all-namespaces --workload --from-workload --to-workload --label -l --from-label --to-label --service --from-service --to-service --ip --from-ip --to-ip --snat-ip --port --from-port --to-port --fqdn --from-fqdn --to-fqdn --identity --from-identity --to-identity --cluster --from-cluster --to-cluster --type -t --verdict --drop-reason-desc --traffic-direction --protocol --tcp-flags --reply --not-reply --encrypted --unencrypted --ipv4 -4 --ipv6 -6 --ip-version --http-status --http-method --http-path --http-url --http-header --interface --node-name --node-label --uuid --trace-id --ip-trace-id --cel-expression --allowlist --denylist --print-raw-filters --output -o --print-node-name --print-policy-names --time-format --numeric --ip-translation --color --field-mask --use-default-field-masks --server --timeout --request-timeout --tls --tls-allow-insecure --tls-ca-cert-files --tls-client-cert-file --tls-client-key-file --tls-server-name --basic-auth-username --basic-auth-password --port-forward -P --port-forward-port --kube-context --kube-namespace --kubeconfig --input-file --silent-errors -s --config --debug -D --help -h" "" ;;
    completion) _ringfence_reply "--help -h" "bash zsh fish" ;;
    help) _ringfence_reply "--help -h" "rehearse explain test observe completion help version" ;;
    version) _ringfence_reply "--help -h" "" ;;
  esac
}
complete -o filenames -F _ringfence ringfence
