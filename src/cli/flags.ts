import type { Flag } from "./args.ts";

/** Flags that mean the same in every verb. */
export const FLOWS: Flag = {
  name: "flows",
  value: { name: "FILE", many: true, path: true },
  group: "input",
  summary: "flows, recorded or live; - is standard input",
  detail:
    "What `hubble observe -o jsonpb` or `-o json` prints, or files of the Hubble exporter: plain, .gz or .zst. Several files, such as rotated ones, are read as one recording. store://DIR is what record wrote. Live, but for record and serve: grpc://HOST:PORT, grpcs:// (TLS) and unix:PATH read what the rings of a Hubble server hold now, relay:// (relay://NAMESPACE) those behind the cluster's Relay, through the Kubernetes API. ?since=10m narrows it; more in docs/capture.md.",
};

export const OBJECTS: Flag = {
  name: "objects",
  value: { name: "PATH", many: true, path: true },
  group: "input",
  summary: "Kubernetes objects: files or directories",
  detail:
    "YAML or JSON manifests, Lists, `kubectl get -o yaml` dumps. The policies found here are those in force. A ConfigMap cilium-config found here is used.",
};

export const CAPTURE: Flag = {
  name: "capture",
  value: { name: "PATH", many: true, path: true },
  group: "input",
  summary: "all that a capture or a sysdump holds",
  detail:
    "What `ringfence capture` writes (a directory or .tar.gz), or what `cilium sysdump` writes (.zip, or unpacked): flows, objects, configuration; of a sysdump also the agents' names and their open connections. --flows and --objects take one too, for that part of it.",
};

export const KUBECONFIG: Flag = {
  name: "kubeconfig",
  value: { name: "FILE", path: true },
  group: "input",
  summary: "read objects of the live cluster that this file names",
  detail: "Lists only (get, list); Secrets are never read. --objects wins over the cluster, object by object.",
};

export const CONTEXT: Flag = {
  name: "context",
  value: { name: "NAME" },
  group: "input",
  summary: "read objects of the live cluster of this kubeconfig context",
};

export const LIVE: Flag = {
  name: "live",
  group: "input",
  summary: "read objects of the live cluster: the current context, or the one this pod runs in",
};

export const POLICIES: Flag = {
  name: "policies",
  value: { name: "PATH", many: true, path: true },
  group: "input",
  summary: "the proposed policies: files or directories",
  detail:
    "They replace policies of the same kind, namespace and name among the objects; the others stay in force. - reads a rendered Helm or kustomize stream from standard input.",
};

export const ONLY: Flag = {
  name: "only",
  group: "input",
  summary: "the proposal is the whole set: nothing else stays in force",
};

export const NAMES: Flag = {
  name: "names",
  value: { name: "FILE", many: true, path: true },
  group: "input",
  summary: "DNS names and their addresses",
  detail:
    "Before any DNS rule exists Hubble knows no outside names. A file that tells them lets toFQDNs rules be decided: YAML (name: [address]), hosts lines, an agent's cache (cilium-dbg fqdn cache list -o json), or CoreDNS's query log (who asks for what).",
};

export const PROCESSES: Flag = {
  name: "processes",
  value: { name: "FILE", many: true, path: true },
  group: "input",
  summary: "Tetragon's JSON export: holes name the program that opened them",
  detail:
    "Read are the connections that processes of pods opened (a kprobe on tcp_connect); joined by pod, address, port and time.",
};

export const METRICS: Flag = {
  name: "metrics",
  value: { name: "URL", many: true },
  group: "input",
  summary: "Hubble's metrics in Prometheus, or a saved response",
  detail:
    "hubble_policy_verdicts_total and hubble_flows_processed_total of thirty days: pairs that were counted and that the recording does not hold are said. Their contexts must name both ends.",
};

export const CILIUM: Flag = {
  name: "cilium",
  value: { name: "VERSION" },
  group: "decision",
  summary: "Cilium's version, as in 1.20",
  detail:
    "It wins over what the objects say. Without either the newest known minor is assumed, and the report says so.",
};

export const CILIUM_CONFIG: Flag = {
  name: "cilium-config",
  value: { name: "FILE", path: true },
  group: "decision",
  summary: "the agent's configuration: the ConfigMap cilium-config",
  detail:
    "It wins over a ConfigMap found among the objects. Top-level keys cilium and config as in a policy test work too.",
};

export const ALL: Flag = {
  name: "all",
  group: "output",
  summary: "list everything: no list is cut, every conversation is shown",
};

export const FAIL_ON: Flag = {
  name: "fail-on",
  value: { name: "SEVERITY", choices: ["error", "warn", "info", "never"], preset: "error" },
  group: "output",
  summary: "exit 1 for findings of this severity or worse",
  detail:
    "Holes, denied connections and rejected policies are errors; undecided, not proven and newly allowed are warnings; dead rules, hairpins and what nobody means are information.",
};

export const COLOR: Flag = {
  name: "color",
  value: { name: "WHEN", choices: ["auto", "always", "never"], preset: "auto" },
  group: "output",
  summary: "colour the text",
  detail: "auto colours on a terminal unless NO_COLOR is set.",
};

export const QUIET: Flag = { name: "quiet", alias: "q", group: "output", summary: "no progress on standard error" };

export const HELP: Flag = { name: "help", alias: "h", group: "output", summary: "help; -h is short, --help explains" };

/** Where the cluster's objects come from. */
export const CLUSTER_FLAGS: readonly Flag[] = [OBJECTS, CAPTURE, KUBECONFIG, CONTEXT, LIVE];

/** What is proposed, and whether it is all there is. */
export const PROPOSAL_FLAGS: readonly Flag[] = [POLICIES, ONLY];

/** Which Cilium decides. */
export const CILIUM_FLAGS: readonly Flag[] = [CILIUM, CILIUM_CONFIG];

/** `-o` with the formats of one verb. */
export function outputFlag(choices: readonly string[], preset = "text"): Flag {
  return {
    name: "output",
    alias: "o",
    value: { name: "FORMAT", choices, preset },
    group: "output",
    summary: "how to print",
  };
}
