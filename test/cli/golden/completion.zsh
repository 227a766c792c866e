#compdef ringfence
_ringfence() {
  local -a commands
  commands=(
    'lint:find what breaks rollouts in policies, and mend it'
    'checks:list what lint looks for, or explain one check'
    'lsp:show lint'\''s findings in an editor while you type'
    'rehearse:decide proposed policies against recorded traffic'
    'explain:say why a connection is allowed or denied, rule by rule'
    'generate:write the least policies for a recording, and prove them'
    'test:run policy tests\: what the policies must allow and deny'
    'capture:write flows, objects and configuration into one portable file'
    'observe:print flows, recorded or live, as hubble observe does'
    'status:how a Hubble server is, as hubble status prints it'
    'list:nodes or namespaces of a Hubble server, as hubble list prints'
    'record:keep weeks of what Hubble'\''s ring holds for minutes'
    'serve:offer recorded flows to Hubble'\''s own clients'
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
    lint)
      _arguments -s \
        '*--objects[Kubernetes objects\: files or directories]:PATH:_files' \
        '*--capture[all that a capture or a sysdump holds]:PATH:_files' \
        '--kubeconfig[read objects of the live cluster that this file names]:FILE:_files' \
        '--context[read objects of the live cluster of this kubeconfig context]:NAME:' \
        '--live[read objects of the live cluster\: the current context, or the one this pod runs in]' \
        '*--flows[flows, recorded or live; - is standard input]:FILE:_files' \
        '*--names[DNS names and their addresses]:FILE:_files' \
        '*--processes[Tetragon'\''s JSON export\: holes name the program that opened them]:FILE:_files' \
        '--cilium[Cilium'\''s version, as in 1.20]:VERSION:' \
        '--cilium-config[the agent'\''s configuration\: the ConfigMap cilium-config]:FILE:_files' \
        '*--only[only these checks look]:CHECK:' \
        '*--skip[these checks do not look]:CHECK:' \
        '--fix[apply proven fixes to the files]' \
        '--diff[print proven fixes as one patch for git apply; nothing is written]' \
        '--output[how to print]:FORMAT:(text json sarif junit markdown github)' \
        '-o[how to print]:FORMAT:(text json sarif junit markdown github)' \
        '--all[list everything\: no list is cut, every conversation is shown]' \
        '--fail-on[exit 1 for findings of this severity or worse]:SEVERITY:(error warn info never)' \
        '--color[colour the text]:WHEN:(auto always never)' \
        '--quiet[no progress on standard error]' \
        '-q[no progress on standard error]' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]' \
        '*:PATH:_files'
      ;;
    checks)
      _arguments -s \
        '--output[how to print]:FORMAT:(text json)' \
        '-o[how to print]:FORMAT:(text json)' \
        '--color[colour the text]:WHEN:(auto always never)' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]' \
        '*:ID:()'
      ;;
    lsp)
      _arguments -s \
        '*--policies[the proposed policies\: files or directories]:PATH:_files' \
        '*--objects[Kubernetes objects\: files or directories]:PATH:_files' \
        '*--capture[all that a capture or a sysdump holds]:PATH:_files' \
        '--kubeconfig[read objects of the live cluster that this file names]:FILE:_files' \
        '--context[read objects of the live cluster of this kubeconfig context]:NAME:' \
        '--live[read objects of the live cluster\: the current context, or the one this pod runs in]' \
        '*--flows[flows, recorded or live; - is standard input]:FILE:_files' \
        '*--names[DNS names and their addresses]:FILE:_files' \
        '--cilium[Cilium'\''s version, as in 1.20]:VERSION:' \
        '--cilium-config[the agent'\''s configuration\: the ConfigMap cilium-config]:FILE:_files' \
        '--stdio[speak on standard input and output\: what it does anyway]' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]'
      ;;
    rehearse)
      _arguments -s \
        '*--flows[flows, recorded or live; - is standard input]:FILE:_files' \
        '*--objects[Kubernetes objects\: files or directories]:PATH:_files' \
        '*--capture[all that a capture or a sysdump holds]:PATH:_files' \
        '--kubeconfig[read objects of the live cluster that this file names]:FILE:_files' \
        '--context[read objects of the live cluster of this kubeconfig context]:NAME:' \
        '--live[read objects of the live cluster\: the current context, or the one this pod runs in]' \
        '*--policies[the proposed policies\: files or directories]:PATH:_files' \
        '--only[the proposal is the whole set\: nothing else stays in force]' \
        '*--names[DNS names and their addresses]:FILE:_files' \
        '*--processes[Tetragon'\''s JSON export\: holes name the program that opened them]:FILE:_files' \
        '*--metrics[Hubble'\''s metrics in Prometheus, or a saved response]:URL:' \
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
    explain)
      _arguments -s \
        '*--objects[Kubernetes objects\: files or directories]:PATH:_files' \
        '*--capture[all that a capture or a sysdump holds]:PATH:_files' \
        '--kubeconfig[read objects of the live cluster that this file names]:FILE:_files' \
        '--context[read objects of the live cluster of this kubeconfig context]:NAME:' \
        '--live[read objects of the live cluster\: the current context, or the one this pod runs in]' \
        '*--policies[the proposed policies\: files or directories]:PATH:_files' \
        '--only[the proposal is the whole set\: nothing else stays in force]' \
        '*--flows[flows, recorded or live; - is standard input]:FILE:_files' \
        '*--names[DNS names and their addresses]:FILE:_files' \
        '--http[an HTTP request, as in '\''GET /api'\'']:REQUEST:' \
        '--host[its host; with --http]:HOST:' \
        '*--header[its headers, as in '\''X-Token\: abc'\''; with --http]:HEADER:' \
        '--dns[a DNS question]:NAME:' \
        '--sni[the server name of a TLS handshake]:NAME:' \
        '--icmp[ICMP of this type instead of a port\: 8 is an echo request]:TYPE:' \
        '--cilium[Cilium'\''s version, as in 1.20]:VERSION:' \
        '--cilium-config[the agent'\''s configuration\: the ConfigMap cilium-config]:FILE:_files' \
        '--output[how to print]:FORMAT:(text json)' \
        '-o[how to print]:FORMAT:(text json)' \
        '--all[list everything\: no list is cut, every conversation is shown]' \
        '--fail-on[exit 1 for findings of this severity or worse]:SEVERITY:(error warn info never)' \
        '--color[colour the text]:WHEN:(auto always never)' \
        '--quiet[no progress on standard error]' \
        '-q[no progress on standard error]' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]' \
        '*:FROM TO PORT[/PROTOCOL]:()'
      ;;
    generate)
      _arguments -s \
        '*--flows[flows, recorded or live; - is standard input]:FILE:_files' \
        '*--objects[Kubernetes objects\: files or directories]:PATH:_files' \
        '*--capture[all that a capture or a sysdump holds]:PATH:_files' \
        '--kubeconfig[read objects of the live cluster that this file names]:FILE:_files' \
        '--context[read objects of the live cluster of this kubeconfig context]:NAME:' \
        '--live[read objects of the live cluster\: the current context, or the one this pod runs in]' \
        '*--names[DNS names and their addresses]:FILE:_files' \
        '*--processes[Tetragon'\''s JSON export\: holes name the program that opened them]:FILE:_files' \
        '*--metrics[Hubble'\''s metrics in Prometheus, or a saved response]:URL:' \
        '--cilium[Cilium'\''s version, as in 1.20]:VERSION:' \
        '--cilium-config[the agent'\''s configuration\: the ConfigMap cilium-config]:FILE:_files' \
        '--kind[which kind of policy to write]:KIND:(cnp ccnp knp)' \
        '--direction[which side of the workloads to close]:DIRECTION:(both ingress egress)' \
        '*--namespace[only the workloads of these namespaces]:NAME:' \
        '*-n[only the workloads of these namespaces]:NAME:' \
        '*--include[allow what looks unwanted for this reason]:REASON:(denied scan unspoken once all)' \
        '--dns-names[which names a workload may ask for]:WHICH:(all asked)' \
        '--l7[HTTP rules where requests were recorded, paths as templates]' \
        '--baseline[also a clusterwide default deny, with the DNS allow in the same object]' \
        '--visibility[instead\: the policy that makes names and HTTP visible and closes nothing]' \
        '--to[a file a policy in this directory, a folder a namespace]:DIR:_files' \
        '--into[merge into the policies of a file or directory; prints the difference]:PATH:_files' \
        '--write[with --into\: make the difference, not only print it]' \
        '--target[what --into is\: manifests, a kustomization, a Helm values file]:FORM:(files kustomize helm-values)' \
        '--values-key[the list of a Helm values file that holds objects]:KEY:' \
        '--tests[also policy tests of what the result allows, one file a namespace]:DIR:_files' \
        '--evidence[where to say what each rule was made from]:WHERE:(comments beside none)' \
        '--output[how to print]:FORMAT:(yaml json)' \
        '-o[how to print]:FORMAT:(yaml json)' \
        '--fail-on[exit 1 for findings of this severity or worse]:SEVERITY:(error warn info never)' \
        '--quiet[no progress on standard error]' \
        '-q[no progress on standard error]' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]'
      ;;
    test)
      _arguments -s \
        '--filter[run only tests whose name holds this text]:TEXT:' \
        '--record[write tests from a recording instead of running them]' \
        '*--flows[flows, recorded or live; - is standard input]:FILE:_files' \
        '*--objects[Kubernetes objects\: files or directories]:PATH:_files' \
        '*--capture[all that a capture or a sysdump holds]:PATH:_files' \
        '--kubeconfig[read objects of the live cluster that this file names]:FILE:_files' \
        '--context[read objects of the live cluster of this kubeconfig context]:NAME:' \
        '--live[read objects of the live cluster\: the current context, or the one this pod runs in]' \
        '*--policies[the proposed policies\: files or directories]:PATH:_files' \
        '--only[the proposal is the whole set\: nothing else stays in force]' \
        '*--names[DNS names and their addresses]:FILE:_files' \
        '--cilium[Cilium'\''s version, as in 1.20]:VERSION:' \
        '--cilium-config[the agent'\''s configuration\: the ConfigMap cilium-config]:FILE:_files' \
        '--output[how to print]:FORMAT:(text jsonl junit markdown)' \
        '-o[how to print]:FORMAT:(text jsonl junit markdown)' \
        '--write[with --record\: one file a namespace here, not standard output]:DIR:_files' \
        '--force[with --write\: replace files that --record did not write]' \
        '--all[list everything\: no list is cut, every conversation is shown]' \
        '--color[colour the text]:WHEN:(auto always never)' \
        '--quiet[no progress on standard error]' \
        '-q[no progress on standard error]' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]' \
        '*:FILE:_files'
      ;;
    capture)
      _arguments -s \
        '*--flows[flows, recorded or live; - is standard input]:FILE:_files' \
        '*--objects[Kubernetes objects\: files or directories]:PATH:_files' \
        '*--capture[all that a capture or a sysdump holds]:PATH:_files' \
        '--kubeconfig[read objects of the live cluster that this file names]:FILE:_files' \
        '--context[read objects of the live cluster of this kubeconfig context]:NAME:' \
        '--live[read objects of the live cluster\: the current context, or the one this pod runs in]' \
        '--redact[leave out HTTP paths and headers, and the addresses of the world]' \
        '--quiet[no progress on standard error]' \
        '-q[no progress on standard error]' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]' \
        '1:OUT:_files'
      ;;
    observe)
      _arguments -s \
        '*--flows[flows, recorded or live; - is standard input]:FILE:_files' \
        '--all[all flows; what a recording gives anyway]' \
        '--first[the first N flows]:N:' \
        '--last[the last N flows, at most 1000000 of a recording]:N:' \
        '--since[flows since a time\: 90m, 1h43m, or 2026-01-02T15\:04\:05Z]:VALUE:' \
        '--until[flows until a time]:VALUE:' \
        '--follow[follow; a recording just ends]' \
        '-f[follow; a recording just ends]' \
        '--not[reverse the next filter\: --not --from-ip 2.2.2.2]' \
        '--pod[flows from or to a pod\: \[namespace/\]name-prefix, default where no namespace]:VALUE:' \
        '--from-pod[flows from a pod\: \[namespace/\]name-prefix, default where no namespace]:VALUE:' \
        '--to-pod[flows to a pod\: \[namespace/\]name-prefix, default where no namespace]:VALUE:' \
        '--namespace[flows from or to a namespace]:VALUE:' \
        '-n[flows from or to a namespace]:VALUE:' \
        '--from-namespace[flows from a namespace]:VALUE:' \
        '--to-namespace[flows to a namespace]:VALUE:' \
        '--all-namespaces[flows from or to any namespace]' \
        '-A[flows from or to any namespace]' \
        '--from-all-namespaces[flows from any namespace]' \
        '--to-all-namespaces[flows to any namespace]' \
        '--workload[flows from or to a workload\: \[kind/\]name]:VALUE:' \
        '--from-workload[flows from a workload\: \[kind/\]name]:VALUE:' \
        '--to-workload[flows to a workload\: \[kind/\]name]:VALUE:' \
        '--label[flows from or to labels that a selector selects\: key=value, reserved\:world]:VALUE:' \
        '-l[flows from or to labels that a selector selects\: key=value, reserved\:world]:VALUE:' \
        '--from-label[flows from labels that a selector selects\: key=value, reserved\:world]:VALUE:' \
        '--to-label[flows to labels that a selector selects\: key=value, reserved\:world]:VALUE:' \
        '--service[flows from or to a service\: \[namespace/\]name-prefix]:VALUE:' \
        '--from-service[flows from a service\: \[namespace/\]name-prefix]:VALUE:' \
        '--to-service[flows to a service\: \[namespace/\]name-prefix]:VALUE:' \
        '--ip[flows from or to an address, or a CIDR]:VALUE:' \
        '--from-ip[flows from an address, or a CIDR]:VALUE:' \
        '--to-ip[flows to an address, or a CIDR]:VALUE:' \
        '--snat-ip[flows translated to a source address, or a CIDR]:VALUE:' \
        '--port[flows from or to a port]:VALUE:' \
        '--from-port[flows from a port]:VALUE:' \
        '--to-port[flows to a port]:VALUE:' \
        '--fqdn[flows from or to a name\: *.cilium.io]:VALUE:' \
        '--from-fqdn[flows from a name\: *.cilium.io]:VALUE:' \
        '--to-fqdn[flows to a name\: *.cilium.io]:VALUE:' \
        '--identity[flows from or to an identity\: a number or a reserved name]:VALUE:(host world unmanaged health init remote-node kube-apiserver ingress world-ipv4 world-ipv6 aggregate-cluster aggregate-cluster-mesh aggregate-world aggregate-remote-node)' \
        '--from-identity[flows from an identity\: a number or a reserved name]:VALUE:(host world unmanaged health init remote-node kube-apiserver ingress world-ipv4 world-ipv6 aggregate-cluster aggregate-cluster-mesh aggregate-world aggregate-remote-node)' \
        '--to-identity[flows to an identity\: a number or a reserved name]:VALUE:(host world unmanaged health init remote-node kube-apiserver ingress world-ipv4 world-ipv6 aggregate-cluster aggregate-cluster-mesh aggregate-world aggregate-remote-node)' \
        '--cluster[flows from or to a cluster by its name]:VALUE:' \
        '--from-cluster[flows from a cluster by its name]:VALUE:' \
        '--to-cluster[flows to a cluster by its name]:VALUE:' \
        '--type[event TYPE\[\:SUBTYPE\]]:VALUE:(capture drop l7 policy-verdict trace trace\:from-crypto trace\:from-endpoint trace\:from-host trace\:from-network trace\:from-overlay trace\:from-proxy trace\:from-stack trace\:to-crypto trace\:to-endpoint trace\:to-host trace\:to-network trace\:to-overlay trace\:to-proxy trace\:to-stack trace-sock)' \
        '-t[event TYPE\[\:SUBTYPE\]]:VALUE:(capture drop l7 policy-verdict trace trace\:from-crypto trace\:from-endpoint trace\:from-host trace\:from-network trace\:from-overlay trace\:from-proxy trace\:from-stack trace\:to-crypto trace\:to-endpoint trace\:to-host trace\:to-network trace\:to-overlay trace\:to-proxy trace\:to-stack trace-sock)' \
        '--verdict[a verdict]:VALUE:(FORWARDED DROPPED AUDIT REDIRECTED ERROR TRACED TRANSLATED)' \
        '--drop-reason-desc[dropped for a reason\: POLICY_DENIED]:VALUE:' \
        '--traffic-direction[ingress or egress]:VALUE:(ingress egress)' \
        '--protocol[a protocol of layer 4 or 7]:VALUE:(icmp icmpv4 icmpv6 sctp tcp udp vrrp igmp dns http)' \
        '--tcp-flags[TCP flags, all of a comma separated list\: syn,ack]:VALUE:' \
        '--reply[replies]' \
        '--not-reply[no replies]' \
        '--encrypted[encrypted (WireGuard, IPsec)]' \
        '--unencrypted[not encrypted]' \
        '--ipv4[IPv4]' \
        '-4[IPv4]' \
        '--ipv6[IPv6]' \
        '-6[IPv6]' \
        '--ip-version[v4, v6 or none]:VALUE:(none v4 v6)' \
        '--http-status[an HTTP status, or its beginning\: 404, 5+]:VALUE:' \
        '--http-method[an HTTP method, in any case]:VALUE:(CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE)' \
        '--http-path[a regular expression found in the path]:VALUE:' \
        '--http-url[a regular expression found in the URL]:VALUE:' \
        '--http-header[a header\: key\:value]:VALUE:' \
        '--interface[the interface of observation\: eth0]:VALUE:' \
        '--node-name[nodes\: k8s*, test-cluster/*.company.com]:VALUE:' \
        '--node-label[nodes that a selector selects]:VALUE:' \
        '--uuid[the flow of this id]:VALUE:' \
        '--trace-id[a trace id]:VALUE:' \
        '--ip-trace-id[an IP trace id]:VALUE:' \
        '--cel-expression[a CEL expression over _flow]:VALUE:' \
        '--allowlist[FlowFilters in JSON\: flows that one matches]:JSON:' \
        '--denylist[FlowFilters in JSON\: no flows that one matches]:JSON:' \
        '--print-raw-filters[print the filters and end]' \
        '--output[how to print; compact when not given]:VALUE:(compact dict json jsonpb table)' \
        '-o[how to print; compact when not given]:VALUE:(compact dict json jsonpb table)' \
        '--print-node-name[the node'\''s name too]' \
        '--print-policy-names[names of the policies that allowed or denied]' \
        '--time-format[how times are written]:VALUE:(StampMilli YearMonthDay YearMonthDayHour YearMonthDayHourMinute RFC3339 RFC3339Milli RFC3339Micro RFC3339Nano RFC1123Z)' \
        '--numeric[addresses, no names]' \
        '--ip-translation[names for addresses; =false as --numeric]' \
        '--color[colour compact and dict]:VALUE:(auto always never)' \
        '--field-mask[fields asked of a server; a recording is printed whole]:LIST:' \
        '--use-default-field-masks[ask a server for what is printed only]' \
        '--server[address of a Hubble server]:VALUE:' \
        '--timeout[to connect]:DURATION:' \
        '--request-timeout[of requests that are no streams]:DURATION:' \
        '--tls[use TLS]' \
        '--tls-allow-insecure[do not verify the server]' \
        '--tls-ca-cert-files[certificate authorities]:LIST:' \
        '--tls-client-cert-file[certificate of the client]:FILE:_files' \
        '--tls-client-key-file[key of the client]:FILE:_files' \
        '--tls-server-name[name in the server'\''s certificate]:VALUE:' \
        '--basic-auth-username[user]:VALUE:' \
        '--basic-auth-password[password]:VALUE:' \
        '--port-forward[forward Relay'\''s port]' \
        '-P[forward Relay'\''s port]' \
        '--port-forward-port[the local port]:N:' \
        '--kube-context[context of the kubeconfig]:VALUE:' \
        '--kube-namespace[Cilium'\''s namespace]:VALUE:' \
        '--kubeconfig[the kubeconfig]:FILE:_files' \
        '--input-file[the recording to read; - is standard input]:FILE:_files' \
        '--silent-errors[no node status messages]' \
        '-s[no node status messages]' \
        '--config[a YAML file of flags]:FILE:_files' \
        '--debug[tell more]' \
        '-D[tell more]' \
        '--distinct[conversations instead of events, with their counts]' \
        '--decide[beside each flow, what policies say of it\: allowed, denied on ingress]' \
        '*--policies[the proposed policies\: files or directories]:PATH:_files' \
        '*--objects[Kubernetes objects\: files or directories]:PATH:_files' \
        '--only[the proposal is the whole set\: nothing else stays in force]' \
        '*--names[DNS names and their addresses]:FILE:_files' \
        '--cilium[Cilium'\''s version, as in 1.20]:VERSION:' \
        '--cilium-config[the agent'\''s configuration\: the ConfigMap cilium-config]:FILE:_files' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]'
      ;;
    status)
      _arguments -s \
        '--server[address of a Hubble server]:VALUE:' \
        '--timeout[to connect]:DURATION:' \
        '--request-timeout[of requests that are no streams]:DURATION:' \
        '--tls[use TLS]' \
        '--tls-allow-insecure[do not verify the server]' \
        '--tls-ca-cert-files[certificate authorities]:LIST:' \
        '--tls-client-cert-file[certificate of the client]:FILE:_files' \
        '--tls-client-key-file[key of the client]:FILE:_files' \
        '--tls-server-name[name in the server'\''s certificate]:VALUE:' \
        '--basic-auth-username[user]:VALUE:' \
        '--basic-auth-password[password]:VALUE:' \
        '--port-forward[forward Relay'\''s port]' \
        '-P[forward Relay'\''s port]' \
        '--port-forward-port[the local port]:N:' \
        '--kube-context[context of the kubeconfig]:VALUE:' \
        '--kube-namespace[Cilium'\''s namespace]:VALUE:' \
        '--kubeconfig[the kubeconfig]:FILE:_files' \
        '--config[a YAML file of flags]:FILE:_files' \
        '--debug[tell more]' \
        '-D[tell more]' \
        '--output[how to print; compact when not given]:FORMAT:(compact dict json table)' \
        '-o[how to print; compact when not given]:FORMAT:(compact dict json table)' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]'
      ;;
    list)
      _arguments -s \
        '--server[address of a Hubble server]:VALUE:' \
        '--timeout[to connect]:DURATION:' \
        '--request-timeout[of requests that are no streams]:DURATION:' \
        '--tls[use TLS]' \
        '--tls-allow-insecure[do not verify the server]' \
        '--tls-ca-cert-files[certificate authorities]:LIST:' \
        '--tls-client-cert-file[certificate of the client]:FILE:_files' \
        '--tls-client-key-file[key of the client]:FILE:_files' \
        '--tls-server-name[name in the server'\''s certificate]:VALUE:' \
        '--basic-auth-username[user]:VALUE:' \
        '--basic-auth-password[password]:VALUE:' \
        '--port-forward[forward Relay'\''s port]' \
        '-P[forward Relay'\''s port]' \
        '--port-forward-port[the local port]:N:' \
        '--kube-context[context of the kubeconfig]:VALUE:' \
        '--kube-namespace[Cilium'\''s namespace]:VALUE:' \
        '--kubeconfig[the kubeconfig]:FILE:_files' \
        '--config[a YAML file of flags]:FILE:_files' \
        '--debug[tell more]' \
        '-D[tell more]' \
        '--output[how to print; table when not given]:FORMAT:(json table wide)' \
        '-o[how to print; table when not given]:FORMAT:(json table wide)' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]' \
        '1:WHAT:(nodes namespaces)'
      ;;
    record)
      _arguments -s \
        '*--flows[flows, recorded or live; - is standard input]:FILE:_files' \
        '*--objects[Kubernetes objects\: files or directories]:PATH:_files' \
        '--kubeconfig[read objects of the live cluster that this file names]:FILE:_files' \
        '--context[read objects of the live cluster of this kubeconfig context]:NAME:' \
        '--live[read objects of the live cluster\: the current context, or the one this pod runs in]' \
        '*--server[Hubble servers to record from\: Relay, or agents]:ADDRESS:' \
        '--timeout[to connect]:DURATION:' \
        '--request-timeout[of requests that are no streams]:DURATION:' \
        '--tls[use TLS]' \
        '--tls-allow-insecure[do not verify the server]' \
        '--tls-ca-cert-files[certificate authorities]:LIST:' \
        '--tls-client-cert-file[certificate of the client]:FILE:_files' \
        '--tls-client-key-file[key of the client]:FILE:_files' \
        '--tls-server-name[name in the server'\''s certificate]:VALUE:' \
        '--basic-auth-username[user]:VALUE:' \
        '--basic-auth-password[password]:VALUE:' \
        '--port-forward[forward Relay'\''s port]' \
        '-P[forward Relay'\''s port]' \
        '--port-forward-port[the local port]:N:' \
        '--kube-namespace[Cilium'\''s namespace]:VALUE:' \
        '--config[a YAML file of flags]:FILE:_files' \
        '--to[the store\: a directory, made where there is none, or clickhouse\://…]:DIR:_files' \
        '--store[the same as --to]:STORE:' \
        '--retain-days[remove hours that are older]:DAYS:' \
        '--retain-bytes[remove the oldest hours beyond this size\: 20G, 500M]:BYTES:' \
        '--flush-interval[write every so often; a kill loses no more than this]:SECONDS:' \
        '--listen[where to listen\: HOST\:PORT]:ADDRESS:' \
        '--quiet[no progress on standard error]' \
        '-q[no progress on standard error]' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]'
      ;;
    serve)
      _arguments -s \
        '*--flows[flows, recorded or live; - is standard input]:FILE:_files' \
        '--observer[offer Hubble'\''s observer.Observer]' \
        '--listen[where to listen\: HOST\:PORT]:ADDRESS:' \
        '--tls-cert-file[certificate of the server, in PEM]:FILE:_files' \
        '--tls-key-file[key of the server, in PEM]:FILE:_files' \
        '--tls-client-ca-file[authorities of clients\: only those with a certificate of them are answered]:FILE:_files' \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]'
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
        '1:COMMAND:(lint checks lsp rehearse explain generate test capture observe status list record serve completion help version)'
      ;;
    version)
      _arguments -s \
        '--help[help; -h is short, --help explains]' \
        '-h[help; -h is short, --help explains]'
      ;;
  esac
}
if [ "$funcstack[1]" = "_ringfence" ]; then _ringfence "$@"; else compdef _ringfence ringfence; fi
