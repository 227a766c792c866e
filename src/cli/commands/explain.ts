import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import {
  ALL,
  CILIUM_FLAGS,
  CLUSTER_FLAGS,
  COLOR,
  FAIL_ON,
  FLOWS,
  HELP,
  NAMES,
  outputFlag,
  PROPOSAL_FLAGS,
  QUIET,
} from "../flags.ts";

export const EXPLAIN_OUTPUT: Flag = outputFlag(["text", "json"]);

export const HTTP: Flag = {
  name: "http",
  value: { name: "REQUEST" },
  group: "input",
  summary: "an HTTP request, as in 'GET /api'",
};
export const HOST: Flag = { name: "host", value: { name: "HOST" }, group: "input", summary: "its host; with --http" };
export const HEADER: Flag = {
  name: "header",
  value: { name: "HEADER", many: true },
  group: "input",
  summary: "its headers, as in 'X-Token: abc'; with --http",
};
export const DNS: Flag = { name: "dns", value: { name: "NAME" }, group: "input", summary: "a DNS question" };
export const SNI: Flag = {
  name: "sni",
  value: { name: "NAME" },
  group: "input",
  summary: "the server name of a TLS handshake",
};
export const ICMP: Flag = {
  name: "icmp",
  value: { name: "TYPE" },
  group: "input",
  summary: "ICMP of this type instead of a port: 8 is an echo request",
};

export const explain: Command = {
  name: "explain",
  summary: "say why a connection is allowed or denied, rule by rule",
  detail: [
    "Decides one connection as Cilium would and shows the way there, for both sides: which policies select the pod, who switched default deny on, what every rule asks and where it differs, which rule wins, and the smallest edit that would allow it, proven by deciding again.",
    "FROM and TO are namespace/pod, namespace/workload, reserved:<entity>, an address, or for TO a DNS name that --names or the recording knows. The port is the container's, after service translation: 8080, 53/UDP, or its name. Several ports are several questions.",
    "ringfence explain - reads flows as hubble observe -o json prints them: a DROPPED line is enough. Each conversation in them is explained.",
    "The recording is optional: it knows names, and edits are tried on it.",
    "Exit 0 when all that was asked is allowed, 1 when something is denied; with --fail-on warn also when undecided, with never in no case.",
  ],
  operand: { name: "FROM TO PORT[/PROTOCOL]", many: true, required: true },
  flags: [
    ...CLUSTER_FLAGS,
    ...PROPOSAL_FLAGS,
    FLOWS,
    NAMES,
    HTTP,
    HOST,
    HEADER,
    DNS,
    SNI,
    ICMP,
    ...CILIUM_FLAGS,
    EXPLAIN_OUTPUT,
    ALL,
    FAIL_ON,
    COLOR,
    QUIET,
    HELP,
  ],
  examples: [
    {
      does: "why can web not reach the database?",
      line: "ringfence explain shop/web shop/db 5432 --objects cluster.yaml",
    },
    {
      does: "would a draft let it?",
      line: "ringfence explain shop/web api.example.org 443 --objects cluster.yaml --policies policies/ --names names.yaml",
    },
    {
      does: "a request through the HTTP rules",
      line: "ringfence explain shop/web shop/api 8080 --http 'GET /admin' --objects cluster.yaml",
    },
    {
      does: "why were these dropped?",
      line: "hubble observe --verdict DROPPED --last 20 -o json | ringfence explain - --objects cluster.yaml",
    },
  ],
  run: async (invocation, io) => (await import("../run/explain.ts")).runExplain(invocation, io),
};
