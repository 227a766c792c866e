# bash completion of ringfence
_ringfence_reply() {
  local flag="${COMP_WORDS[COMP_CWORD - 1]}"
  # Values of a flag that takes several follow its first value.
  local at=$((COMP_CWORD - 1))
  while [[ $at -gt 1 && "${COMP_WORDS[at]}" != -* ]]; do at=$((at - 1)); done
  case "${COMP_WORDS[1]} $flag" in
    "rehearse --flows"|"rehearse --objects"|"rehearse --capture"|"rehearse --kubeconfig"|"rehearse --context"|"rehearse --policies"|"rehearse --names"|"rehearse --processes"|"rehearse --metrics"|"rehearse --cilium"|"rehearse --cilium-config"|"rehearse --explain"|"explain --objects"|"explain --capture"|"explain --kubeconfig"|"explain --context"|"explain --policies"|"explain --flows"|"explain --names"|"explain --http"|"explain --host"|"explain --header"|"explain --dns"|"explain --sni"|"explain --icmp"|"explain --cilium"|"explain --cilium-config"|"test --filter"|"test --flows"|"test --objects"|"test --capture"|"test --kubeconfig"|"test --context"|"test --policies"|"test --names"|"test --cilium"|"test --cilium-config"|"test --write"|"capture --flows"|"capture --objects"|"capture --capture"|"capture --kubeconfig"|"capture --context"|"observe --flows"|"observe --first"|"observe --last"|"observe --since"|"observe --until"|"observe --pod"|"observe --from-pod"|"observe --to-pod"|"observe --namespace"|"observe -n"|"observe --from-namespace"|"observe --to-namespace"|"observe --workload"|"observe --from-workload"|"observe --to-workload"|"observe --label"|"observe -l"|"observe --from-label"|"observe --to-label"|"observe --service"|"observe --from-service"|"observe --to-service"|"observe --ip"|"observe --from-ip"|"observe --to-ip"|"observe --snat-ip"|"observe --port"|"observe --from-port"|"observe --to-port"|"observe --fqdn"|"observe --from-fqdn"|"observe --to-fqdn"|"observe --cluster"|"observe --from-cluster"|"observe --to-cluster"|"observe --drop-reason-desc"|"observe --tcp-flags"|"observe --http-status"|"observe --http-path"|"observe --http-url"|"observe --http-header"|"observe --interface"|"observe --node-name"|"observe --node-label"|"observe --uuid"|"observe --trace-id"|"observe --ip-trace-id"|"observe --cel-expression"|"observe --allowlist"|"observe --denylist"|"observe --field-mask"|"observe --server"|"observe --timeout"|"observe --request-timeout"|"observe --tls-ca-cert-files"|"observe --tls-client-cert-file"|"observe --tls-client-key-file"|"observe --tls-server-name"|"observe --basic-auth-username"|"observe --basic-auth-password"|"observe --port-forward-port"|"observe --kube-context"|"observe --kube-namespace"|"observe --kubeconfig"|"observe --input-file"|"observe --config"|"observe --policies"|"observe --objects"|"observe --names"|"observe --cilium"|"observe --cilium-config"|"status --server"|"status --timeout"|"status --request-timeout"|"status --tls-ca-cert-files"|"status --tls-client-cert-file"|"status --tls-client-key-file"|"status --tls-server-name"|"status --basic-auth-username"|"status --basic-auth-password"|"status --port-forward-port"|"status --kube-context"|"status --kube-namespace"|"status --kubeconfig"|"status --config"|"list --server"|"list --timeout"|"list --request-timeout"|"list --tls-ca-cert-files"|"list --tls-client-cert-file"|"list --tls-client-key-file"|"list --tls-server-name"|"list --basic-auth-username"|"list --basic-auth-password"|"list --port-forward-port"|"list --kube-context"|"list --kube-namespace"|"list --kubeconfig"|"list --config"|"record --flows"|"record --objects"|"record --to"|"record --retain-days"|"record --retain-bytes"|"record --flush-interval"|"record --listen"|"serve --flows"|"serve --listen"|"serve --tls-cert-file"|"serve --tls-key-file"|"serve --tls-client-ca-file") COMPREPLY=($(compgen -f -- "$current")); return ;;
    "rehearse --output"|"rehearse -o") COMPREPLY=($(compgen -W "text json markdown sarif junit" -- "$current")); return ;;
    "rehearse --fail-on"|"explain --fail-on") COMPREPLY=($(compgen -W "error warn info never" -- "$current")); return ;;
    "rehearse --color"|"explain --color"|"test --color"|"observe --color") COMPREPLY=($(compgen -W "auto always never" -- "$current")); return ;;
    "explain --output"|"explain -o") COMPREPLY=($(compgen -W "text json" -- "$current")); return ;;
    "test --output"|"test -o") COMPREPLY=($(compgen -W "text jsonl junit markdown" -- "$current")); return ;;
    "observe --identity"|"observe --from-identity"|"observe --to-identity") COMPREPLY=($(compgen -W "host world unmanaged health init remote-node kube-apiserver ingress world-ipv4 world-ipv6 aggregate-cluster aggregate-cluster-mesh aggregate-world aggregate-remote-node" -- "$current")); return ;;
    "observe --type"|"observe -t") COMPREPLY=($(compgen -W "capture drop l7 policy-verdict trace trace:from-crypto trace:from-endpoint trace:from-host trace:from-network trace:from-overlay trace:from-proxy trace:from-stack trace:to-crypto trace:to-endpoint trace:to-host trace:to-network trace:to-overlay trace:to-proxy trace:to-stack trace-sock" -- "$current")); return ;;
    "observe --verdict") COMPREPLY=($(compgen -W "FORWARDED DROPPED AUDIT REDIRECTED ERROR TRACED TRANSLATED" -- "$current")); return ;;
    "observe --traffic-direction") COMPREPLY=($(compgen -W "ingress egress" -- "$current")); return ;;
    "observe --protocol") COMPREPLY=($(compgen -W "icmp icmpv4 icmpv6 sctp tcp udp vrrp igmp dns http" -- "$current")); return ;;
    "observe --ip-version") COMPREPLY=($(compgen -W "none v4 v6" -- "$current")); return ;;
    "observe --http-method") COMPREPLY=($(compgen -W "CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE" -- "$current")); return ;;
    "observe --output"|"observe -o") COMPREPLY=($(compgen -W "compact dict json jsonpb table" -- "$current")); return ;;
    "observe --time-format") COMPREPLY=($(compgen -W "StampMilli YearMonthDay YearMonthDayHour YearMonthDayHourMinute RFC3339 RFC3339Milli RFC3339Micro RFC3339Nano RFC1123Z" -- "$current")); return ;;
    "status --output"|"status -o") COMPREPLY=($(compgen -W "compact dict json table" -- "$current")); return ;;
    "list --output"|"list -o") COMPREPLY=($(compgen -W "json table wide" -- "$current")); return ;;
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$1" -- "$current"))
  elif [[ "$3" == files || "${COMP_WORDS[at]}" =~ ^(--flows|--objects|--capture|--policies|--names|--processes)$ ]]; then COMPREPLY=($(compgen -f -- "$current"))
  else COMPREPLY=($(compgen -W "$2" -- "$current"))
  fi
}
_ringfence() {
  local current="${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "rehearse explain test capture observe status list record serve completion help version" -- "$current"))
    return
  fi
  case "${COMP_WORDS[1]}" in
    rehearse) _ringfence_reply "--flows --objects --capture --kubeconfig --context --live --policies --only --names --processes --metrics --cilium --cilium-config --output -o --explain --fix-diff --all --fail-on --color --quiet -q --help -h" "" ;;
    explain) _ringfence_reply "--objects --capture --kubeconfig --context --live --policies --only --flows --names --http --host --header --dns --sni --icmp --cilium --cilium-config --output -o --all --fail-on --color --quiet -q --help -h" "" ;;
    test) _ringfence_reply "--filter --record --flows --objects --capture --kubeconfig --context --live --policies --only --names --cilium --cilium-config --output -o --write --force --all --color --quiet -q --help -h" "" files ;;
    capture) _ringfence_reply "--flows --objects --capture --kubeconfig --context --live --redact --quiet -q --help -h" "" files ;;
    observe) _ringfence_reply "--flows --all --first --last --since --until --follow -f --not --pod --from-pod --to-pod --namespace -n --from-namespace --to-namespace --all-namespaces -A --from-all-namespaces --to-all-namespaces --workload --from-workload --to-workload --label -l --from-label --to-label --service --from-service --to-service --ip --from-ip --to-ip --snat-ip --port --from-port --to-port --fqdn --from-fqdn --to-fqdn --identity --from-identity --to-identity --cluster --from-cluster --to-cluster --type -t --verdict --drop-reason-desc --traffic-direction --protocol --tcp-flags --reply --not-reply --encrypted --unencrypted --ipv4 -4 --ipv6 -6 --ip-version --http-status --http-method --http-path --http-url --http-header --interface --node-name --node-label --uuid --trace-id --ip-trace-id --cel-expression --allowlist --denylist --print-raw-filters --output -o --print-node-name --print-policy-names --time-format --numeric --ip-translation --color --field-mask --use-default-field-masks --server --timeout --request-timeout --tls --tls-allow-insecure --tls-ca-cert-files --tls-client-cert-file --tls-client-key-file --tls-server-name --basic-auth-username --basic-auth-password --port-forward -P --port-forward-port --kube-context --kube-namespace --kubeconfig --input-file --silent-errors -s --config --debug -D --distinct --decide --policies --objects --only --names --cilium --cilium-config --help -h" "" ;;
    status) _ringfence_reply "--server --timeout --request-timeout --tls --tls-allow-insecure --tls-ca-cert-files --tls-client-cert-file --tls-client-key-file --tls-server-name --basic-auth-username --basic-auth-password --port-forward -P --port-forward-port --kube-context --kube-namespace --kubeconfig --config --debug -D --output -o --help -h" "" ;;
    list) _ringfence_reply "--server --timeout --request-timeout --tls --tls-allow-insecure --tls-ca-cert-files --tls-client-cert-file --tls-client-key-file --tls-server-name --basic-auth-username --basic-auth-password --port-forward -P --port-forward-port --kube-context --kube-namespace --kubeconfig --config --debug -D --output -o --help -h" "nodes namespaces" ;;
    record) _ringfence_reply "--flows --objects --to --retain-days --retain-bytes --flush-interval --listen --quiet -q --help -h" "" ;;
    serve) _ringfence_reply "--flows --observer --listen --tls-cert-file --tls-key-file --tls-client-ca-file --help -h" "" ;;
    completion) _ringfence_reply "--help -h" "bash zsh fish" ;;
    help) _ringfence_reply "--help -h" "rehearse explain test capture observe status list record serve completion help version" ;;
    version) _ringfence_reply "--help -h" "" ;;
  esac
}
complete -o filenames -F _ringfence ringfence
