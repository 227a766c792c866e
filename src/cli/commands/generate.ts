import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import {
  CILIUM_FLAGS,
  CLUSTER_FLAGS,
  FAIL_ON,
  FLOWS,
  HELP,
  METRICS,
  NAMES,
  outputFlag,
  PROCESSES,
  QUIET,
} from "../flags.ts";

export const KIND: Flag = {
  name: "kind",
  value: { name: "KIND", choices: ["cnp", "ccnp", "knp"], preset: "cnp" },
  group: "decision",
  summary: "which kind of policy to write",
  detail:
    "cnp and ccnp are Cilium's, of a namespace and clusterwide; knp is Kubernetes' NetworkPolicy, which has no words for names, ICMP and most entities: what it cannot say is listed.",
};

export const DIRECTION: Flag = {
  name: "direction",
  value: { name: "DIRECTION", choices: ["both", "ingress", "egress"], preset: "both" },
  group: "decision",
  summary: "which side of the workloads to close",
};

export const NAMESPACE: Flag = {
  name: "namespace",
  alias: "n",
  value: { name: "NAME", many: true },
  group: "decision",
  summary: "only the workloads of these namespaces",
  detail:
    "Without it all but those that keep the cluster running (kube-system and Cilium's own), which want to be named.",
};

export const INCLUDE: Flag = {
  name: "include",
  value: { name: "REASON", many: true, choices: ["denied", "scan", "unspoken", "once", "all"] },
  group: "decision",
  summary: "allow what looks unwanted for this reason",
  detail:
    "denied: dropped while recording. scan: one source to many ports or peers. unspoken: pods without a controller, or that no Service, container port or policy speaks of. once: one connection to a port that nothing speaks of.",
};

export const DNS: Flag = {
  name: "dns-names",
  value: { name: "WHICH", choices: ["all", "asked"], preset: "all" },
  group: "decision",
  summary: "which names a workload may ask for",
  detail:
    "asked narrows the DNS rules to the names that were asked, search suffixes included: a new name is then refused.",
};

export const L7: Flag = {
  name: "l7",
  group: "decision",
  summary: "HTTP rules where requests were recorded, paths as templates",
};

export const BASELINE: Flag = {
  name: "baseline",
  group: "decision",
  summary: "also a clusterwide default deny, with the DNS allow in the same object",
};

export const VISIBILITY: Flag = {
  name: "visibility",
  group: "decision",
  summary: "instead: the policy that makes names and HTTP visible and closes nothing",
};

export const TO: Flag = {
  name: "to",
  value: { name: "DIR", path: true },
  group: "output",
  summary: "a file a policy in this directory, a folder a namespace",
};

export const INTO: Flag = {
  name: "into",
  value: { name: "PATH", path: true },
  group: "output",
  summary: "merge into the policies of a file or directory; prints the difference",
  detail:
    "A rule goes into the policy of the same name, or of the same subject; not when what it was made from is allowed already. Comments, order, quoting and every rule that is there stay; a second run changes nothing. A directory with a kustomization gets new files listed in it.",
};

export const WRITE_MERGED: Flag = {
  name: "write",
  group: "output",
  summary: "with --into: make the difference, not only print it",
};

export const TARGET: Flag = {
  name: "target",
  value: { name: "FORM", choices: ["files", "kustomize", "helm-values"], preset: "files" },
  group: "output",
  summary: "what --into is: manifests, a kustomization, a Helm values file",
};

export const VALUES_KEY: Flag = {
  name: "values-key",
  value: { name: "KEY", preset: "extraObjects" },
  group: "output",
  summary: "the list of a Helm values file that holds objects",
};

export const TESTS: Flag = {
  name: "tests",
  value: { name: "DIR", path: true },
  group: "output",
  summary: "also policy tests of what the result allows, one file a namespace",
};

export const EVIDENCE: Flag = {
  name: "evidence",
  value: { name: "WHERE", choices: ["comments", "beside", "none"], preset: "comments" },
  group: "output",
  summary: "where to say what each rule was made from",
  detail:
    "comments stand above each rule and change with each recording; beside writes evidence.json (with --to) or prints it to standard error.",
};

export const GENERATE_OUTPUT: Flag = outputFlag(["yaml", "json"], "yaml");

export const generate: Command = {
  name: "generate",
  summary: "write the least policies for a recording, and prove them",
  detail: [
    "Makes policies of recorded traffic: one a workload, and one a namespace for what its workloads need of the infrastructure. Container ports, entities, names as they were asked, and labels that outlive a rollout. Each rule says what it was made from.",
    "Before anything is printed the engine decides the recording under the result: nothing that became a rule may be refused, and what the result allows beyond what was seen is counted and said. What looks unwanted becomes no rule; it is listed with the reason.",
    "The policies in force stay as they are; theirs still count where they deny.",
  ],
  operand: null,
  needs: [FLOWS],
  flags: [
    FLOWS,
    ...CLUSTER_FLAGS,
    NAMES,
    PROCESSES,
    METRICS,
    ...CILIUM_FLAGS,
    KIND,
    DIRECTION,
    NAMESPACE,
    INCLUDE,
    DNS,
    L7,
    BASELINE,
    VISIBILITY,
    TO,
    INTO,
    WRITE_MERGED,
    TARGET,
    VALUES_KEY,
    TESTS,
    EVIDENCE,
    GENERATE_OUTPUT,
    FAIL_ON,
    QUIET,
    HELP,
  ],
  examples: [
    {
      does: "into the policies of a repository: the difference, then the change",
      line: "ringfence generate --flows … --objects … --into policies/\nringfence generate --flows … --objects … --into policies/ --write",
    },
    {
      does: "policies for what a cluster did yesterday",
      line: "ringfence generate --flows flows.jsonl.gz --objects cluster.yaml --to policies/",
    },
    {
      does: "names and HTTP first: nothing is closed by it",
      line: "ringfence generate --visibility --objects cluster.yaml | kubectl apply -f -",
    },
    {
      does: "with the clusterwide default deny and regression tests",
      line: "ringfence generate --flows flows.jsonl.gz --objects cluster.yaml --baseline --to policies/ --tests tests/",
    },
  ],
  run: async (invocation, io) => (await import("../run/generate.ts")).runGenerate(invocation, io),
};
