import type { Conversation } from "#model/conversation.ts";
import type {
  ConversationReport,
  DecisionReport,
  EdgeReport,
  Edit,
  EndReport,
  Hole,
  Rehearsal,
  RulePlace,
  SideReport,
} from "#model/rehearsal.ts";

/** A rehearsal made by hand after the homelab recording, with something in every section: what the formats print. */

export function pod(namespace: string, name: string, kind = "Deployment"): EndReport {
  const identity = [`k8s:app=${name}`, `k8s:io.kubernetes.pod.namespace=${namespace}`];
  return { kind: "pod", namespace, workload: { kind, name }, pods: [`${name}-5c9f8-abcde`], podCount: 1, identity };
}

export function outside(address: string, ...names: readonly string[]): EndReport {
  return { kind: "address", address, names };
}

export const HOST: EndReport = {
  kind: "reserved",
  entity: "host",
  labels: ["reserved:host"],
  addresses: ["10.244.1.115"],
};

export function rule(policy: string, element: string, line: number): RulePlace {
  const name = policy.split("/").at(-1) ?? policy;
  return { policy, element, file: `policies/${name}.yaml`, line };
}

const ARGOCD = "CiliumNetworkPolicy/argocd/argocd";
const DASHBOARD = "CiliumNetworkPolicy/dashboard/dashboard";
const WEBAPP = "CiliumNetworkPolicy/webapp/postgres";

export function edge(conversation: string, from: EndReport, to: EndReport, port: number): EdgeReport {
  return {
    conversation,
    from,
    to,
    protocol: "TCP",
    port,
    icmpType: null,
    icmpCode: null,
    flows: 20,
    firstSeen: "2026-11-21T08:33:10.000Z",
    lastSeen: "2026-11-21T08:37:02.000Z",
  };
}

export function hole(id: string, at: EdgeReport, more: Partial<Hole>): Hole {
  return {
    ...at,
    id,
    side: "egress",
    cause: "no-rule",
    sentence: "no rule of the selecting policies allows it",
    also: [],
    nearestRule: null,
    edit: null,
    looksUnwanted: false,
    openBefore: false,
    openAtEnd: false,
    deniedBefore: false,
    asNames: [],
    namespace: at.from.kind === "pod" ? at.from.namespace : null,
    l7: null,
    defaultDeny: [],
    triage: null,
    ...more,
  };
}

const DNS_EDIT: Edit = {
  file: "policies/argocd.yaml",
  diff: [
    "--- a/policies/argocd.yaml",
    "+++ b/policies/argocd.yaml",
    "@@ -28,4 +28,6 @@",
    "         - ports:",
    '             - {port: "53", protocol: UDP}',
    '             - {port: "53", protocol: TCP}',
    "+          rules:",
    '+            dns: [{matchPattern: "*"}]',
    "     - toFQDNs:",
    "",
  ].join("\n"),
  summary: '+ rules: {dns: [{matchPattern: "*"}]}',
  proven: true,
  newlyAllows: [],
};

const APEX_EDIT: Edit = {
  file: "policies/argocd.yaml",
  diff: [
    "--- a/policies/argocd.yaml",
    "+++ b/policies/argocd.yaml",
    "@@ -31,3 +31,4 @@",
    "     - toFQDNs:",
    '         - matchPattern: "*.github.com"',
    "+        - matchName: github.com",
    "       toPorts:",
    "",
  ].join("\n"),
  summary: "+ - matchName: github.com",
  proven: true,
  newlyAllows: ["dashboard/dashboard → github.com :443"],
};

const REPO = pod("argocd", "argocd-repo-server");
const DNS_SENTENCE =
  "the DNS rule has no rules.dns: nothing makes these names known to Cilium, so the toFQDNs rules match only by accident";

function dnsHole(id: string, name: string): Hole {
  return hole(id, edge(`c-${id}`, REPO, outside("198.51.100.7", name), 443), {
    cause: "fqdn-no-dns-rule",
    sentence: DNS_SENTENCE,
    nearestRule: rule(ARGOCD, "egress[1]", 28),
    edit: DNS_EDIT,
    defaultDeny: [rule(ARGOCD, "egress[0]", 12)],
  });
}

const HOLES: readonly Hole[] = [
  dnsHole("h1", "api.github.com"),
  dnsHole("h2", "codeload.github.com"),
  dnsHole("h3", "raw.githubusercontent.com"),
  dnsHole("h4", "ghcr.io"),
  hole("h5", edge("c-h5", REPO, outside("198.51.100.7", "github.com"), 443), {
    cause: "fqdn-apex",
    sentence: "`*.github.com` does not match `github.com`",
    also: ["fqdn-no-dns-rule"],
    nearestRule: rule(ARGOCD, "egress[2]", 33),
    edit: APEX_EDIT,
  }),
  hole("h6", edge("c-h6", pod("monitoring", "prometheus", "StatefulSet"), REPO, 8084), {
    side: "ingress",
    cause: "scrape-missing",
    sentence: "no rule admits the scrape",
    namespace: "argocd",
    nearestRule: rule(ARGOCD, "ingress[0]", 9),
  }),
  hole("h7", edge("c-h7", pod("dashboard", "dashboard"), pod("traefik", "traefik"), 8443), {
    cause: "hairpin-dead",
    sentence:
      "hairpin: the address becomes Traefik's pod before policy is asked, so the FQDN rule never matches and Traefik admits only `world`",
    asNames: ["grafana.example.com"],
    nearestRule: rule(DASHBOARD, "egress[3]", 19),
  }),
  hole("h8", edge("c-h7", pod("dashboard", "dashboard"), pod("traefik", "traefik"), 8443), {
    side: "ingress",
    cause: "hairpin-dead",
    sentence: "Traefik admits `world`; from inside the cluster a hairpin arrives as the pod that opened it",
    asNames: ["grafana.example.com"],
    namespace: "traefik",
    nearestRule: rule("CiliumNetworkPolicy/traefik/traefik", "ingress[0]", 8),
  }),
  hole("h9", edge("c-h9", pod("default", "netshoot"), pod("webapp", "postgres", "StatefulSet"), 5432), {
    side: "ingress",
    namespace: "webapp",
    looksUnwanted: true,
    openBefore: true,
    openAtEnd: false,
    nearestRule: rule(WEBAPP, "ingress[0]", 11),
  }),
  hole("h10", edge("c-h10", pod("default", "netshoot"), pod("argocd", "argocd-redis"), 6379), {
    side: "ingress",
    namespace: "argocd",
    looksUnwanted: true,
  }),
];

export function allowed(...by: readonly RulePlace[]): SideReport {
  return { decision: "allowed", by, defaultDeny: [], redirect: null, missing: null, remedy: null };
}

export function denied(...defaultDeny: readonly RulePlace[]): SideReport {
  return { decision: "denied", by: [], defaultDeny, redirect: null, missing: null, remedy: null };
}

function decision(verdict: DecisionReport["verdict"], ingress: SideReport | null): DecisionReport {
  return { verdict, egress: null, ingress };
}

export const CONVERSATIONS: readonly ConversationReport[] = [
  {
    ...edge("c-1", pod("traefik", "traefik"), pod("blog", "blog"), 8080),
    id: "c-1",
    sidesSeen: ["egress", "ingress"],
    recorded: { FORWARDED: 40 },
    before: { verdict: "allowed", egress: null, ingress: null },
    after: decision("allowed", allowed(rule("CiliumNetworkPolicy/blog/blog", "ingress[0]", 10))),
  },
  {
    ...edge("c-h5", REPO, outside("198.51.100.7", "github.com"), 443),
    id: "c-h5",
    sidesSeen: ["egress"],
    recorded: { FORWARDED: 20 },
    before: { verdict: "allowed", egress: null, ingress: null },
    after: { verdict: "denied", egress: denied(rule(ARGOCD, "egress[0]", 12)), ingress: null },
  },
];

export const SAMPLE: Rehearsal = {
  version: 1,
  answer: "not-ready",
  snapshot: {
    cluster: "homelab",
    cilium: "1.20.2",
    assumptions: ["Helm defaults of Cilium 1.20 (no cilium-config given)"],
    from: "2026-11-21T08:33:04.000Z",
    to: "2026-11-21T08:37:04.000Z",
    flows: 12303,
    nodes: ["n1"],
    policiesInForce: 0,
    policiesProposed: 13,
    policiesNew: 13,
    policiesChanged: 0,
    policiesRemoved: 0,
  },
  calibration: {
    verdicts: 4120,
    reproduced: 4118,
    notComparable: 0,
    classes: { allowed: { verdicts: 4000, reproduced: 4000 }, "default-deny": { verdicts: 120, reproduced: 118 } },
    notExercised: ["toFQDNs", "rules.dns"],
    differences: [
      {
        conversation: "c-1",
        side: "ingress",
        recorded: "DROPPED",
        decided: "allowed",
        count: 2,
        reason: "the policy changed 0.4 s before",
      },
    ],
    sentence: "reproduced 4,118 of 4,120 recorded verdicts",
  },
  coverage: {
    windowSeconds: 240,
    lostEvents: 12,
    gaps: [],
    notSeen: [
      {
        kind: "CronJob",
        namespace: "webapp",
        name: "postgres-backup",
        reason: "schedule 0 3 * * * has no run in the window",
        command: "kubectl -n webapp create job --from=cronjob/postgres-backup rehearsal-1",
      },
    ],
    nodesNotHeard: ["n2"],
    skipped: {},
    findings: [
      {
        id: "line-cut",
        severity: "warn",
        message: "the last line is cut in its middle and was left out",
        place: { file: "flows.jsonl", byte: 1_048_576 },
      },
    ],
  },
  totals: {
    conversations: 83,
    allowed: 70,
    denied: 9,
    undecided: 2,
    newlyAllowed: 1,
    notDecided: 1,
    l7Unseen: 3,
  },
  holes: HOLES,
  newlyAllowed: [
    {
      ...edge("c-n1", pod("monitoring", "prometheus", "StatefulSet"), pod("blog", "blog"), 9090),
      before: decision("denied", denied(rule("CiliumNetworkPolicy/blog/old", "ingress[0]", 4))),
      after: decision("allowed", allowed(rule("CiliumNetworkPolicy/blog/blog", "ingress[1]", 14))),
    },
  ],
  undecided: [
    {
      ...edge("c-u1", pod("cert-manager", "cert-manager"), outside("203.0.113.9"), 443),
      side: "egress",
      missing: "no DNS answer seen",
      remedy: "give the names of 203.0.113.9 with --names FILE",
    },
    {
      ...edge("c-u2", pod("cert-manager", "cert-manager"), outside("203.0.113.10"), 443),
      side: "egress",
      missing: "no DNS answer seen",
      remedy: "give the names of 203.0.113.9 with --names FILE",
    },
  ],
  notDecided: [{ ...edge("c-x1", HOST, outside("203.0.113.1"), 22), reason: "host firewall" }],
  notProven: [
    {
      namespace: null,
      workload: null,
      reason: "4 min prove little: no nightly job, no certificate renewal, no sync fits in",
      remedy: "record at least a day, better a week",
    },
    {
      namespace: null,
      workload: null,
      reason: "node n2 was not heard",
      remedy: "record through Relay, or add this node's exporter files",
    },
    {
      namespace: "webapp",
      workload: { kind: "CronJob", name: "postgres-backup" },
      reason: "schedule 0 3 * * * has no run in the window",
      remedy: "kubectl -n webapp create job --from=cronjob/postgres-backup rehearsal-1",
    },
    {
      namespace: "cert-manager",
      workload: { kind: "Deployment", name: "cert-manager" },
      reason: "no DNS answer seen",
      remedy: "give the names of 203.0.113.9 with --names FILE",
    },
  ],
  deadRules: [
    {
      ...rule("CiliumNetworkPolicy/monitoring/grafana", "ingress[1]", 22),
      reason: "hairpin",
      sentence: "allow from dashboard: it arrives as traefik",
    },
  ],
  hairpins: [
    {
      from: pod("dashboard", "dashboard"),
      via: pod("traefik", "traefik"),
      to: pod("monitoring", "grafana"),
      names: ["grafana.example.com"],
    },
  ],
  readiness: [
    {
      namespace: "argocd",
      state: "holes",
      holes: 7,
      accepted: 0,
      undecided: 0,
      reasons: [],
      workloads: [
        { kind: "Deployment", name: "argocd-repo-server", state: "holes", reasons: [] },
        { kind: "Deployment", name: "argocd-redis", state: "ready", reasons: [] },
        { kind: "Deployment", name: "argocd-server", state: "ready", reasons: [] },
      ],
    },
    {
      namespace: "dashboard",
      state: "holes",
      holes: 1,
      accepted: 0,
      undecided: 0,
      reasons: [],
      workloads: [{ kind: "Deployment", name: "dashboard", state: "holes", reasons: [] }],
    },
    {
      namespace: "webapp",
      state: "not-proven",
      holes: 0,
      accepted: 0,
      undecided: 0,
      reasons: ["postgres-backup was never seen"],
      workloads: [{ kind: "CronJob", name: "postgres-backup", state: "not-proven", reasons: ["never seen"] }],
    },
    { namespace: "blog", state: "ready", holes: 0, accepted: 0, undecided: 0, reasons: [], workloads: [] },
    { namespace: "loki", state: "ready", holes: 0, accepted: 0, undecided: 0, reasons: [], workloads: [] },
  ],
  findings: [
    {
      id: "policy-rejected",
      severity: "error",
      message: "the agent rejects this policy, so none of its rules count: combining toFQDNs and toEndpoints",
      help: "split the rule in two",
      place: { file: "policies/blog.yaml", line: 12, column: 7, object: "CiliumNetworkPolicy/blog/blog" },
    },
    {
      id: "unknown-field",
      severity: "warn",
      message: "unknown field toPort is dropped by the API server: did you mean toPorts?",
      place: { file: "policies/loki.yaml", line: 20, column: 9 },
    },
  ],
};

/** A recording in which nothing was seen: never ready. */
export const EMPTY: Rehearsal = {
  ...SAMPLE,
  answer: "not-proven",
  snapshot: { ...SAMPLE.snapshot, assumptions: [], from: null, to: null, flows: 0, nodes: [] },
  calibration: {
    verdicts: 0,
    reproduced: 0,
    notComparable: 0,
    classes: {},
    notExercised: [],
    differences: [],
    sentence: "no verdicts were recorded: no policy was in force, so nothing could be decided again",
  },
  coverage: { windowSeconds: 0, lostEvents: 0, gaps: [], notSeen: [], nodesNotHeard: [], skipped: {}, findings: [] },
  totals: { conversations: 0, allowed: 0, denied: 0, undecided: 0, newlyAllowed: 0, notDecided: 0, l7Unseen: 0 },
  holes: [],
  newlyAllowed: [],
  undecided: [],
  notDecided: [],
  notProven: [
    {
      namespace: null,
      workload: null,
      reason: "nothing was seen: the recording holds no flow",
      remedy: "record with: hubble observe -f -o jsonpb",
    },
  ],
  deadRules: [],
  hairpins: [],
  readiness: [],
  findings: [],
};

/** A rehearsal with nothing left to say. */
export const READY: Rehearsal = {
  ...EMPTY,
  answer: "ready",
  snapshot: { ...SAMPLE.snapshot, assumptions: [], policiesNew: 0, policiesInForce: 13 },
  calibration: {
    ...SAMPLE.calibration,
    verdicts: 4120,
    reproduced: 4120,
    notExercised: [],
    differences: [],
    sentence: "reproduced 4,120 of 4,120 recorded verdicts",
  },
  coverage: { ...EMPTY.coverage, windowSeconds: 9 * 86_400 },
  totals: { ...EMPTY.totals, conversations: 83, allowed: 83 },
  notProven: [],
  readiness: [
    { namespace: "blog", state: "ready", holes: 0, accepted: 0, undecided: 0, reasons: [], workloads: [] },
    { namespace: "loki", state: "ready", holes: 0, accepted: 0, undecided: 0, reasons: [], workloads: [] },
  ],
};

/** What was recorded of the conversation behind h5. */
export const TRAFFIC: readonly Conversation[] = [
  {
    id: "c-h5",
    from: {
      kind: "pod",
      namespace: "argocd",
      workload: { kind: "Deployment", name: "argocd-repo-server" },
      pods: ["argocd-repo-server-5c9f8-abcde"],
      podCount: 1,
      labels: ["k8s:app=argocd-repo-server"],
      namedPorts: [],
      nodes: ["n1"],
      addresses: ["10.244.1.23"],
      otherCluster: null,
    },
    to: { kind: "address", address: "198.51.100.7", names: ["github.com"], labels: ["reserved:world"] },
    protocol: "TCP",
    port: 443,
    icmpType: null,
    icmpCode: null,
    flows: 20,
    recorded: { FORWARDED: 20 },
    sidesSeen: ["egress"],
    firstSeen: Date.UTC(2026, 10, 21, 8, 33, 10),
    lastSeen: Date.UTC(2026, 10, 21, 8, 37, 2),
    hours: {},
    nodes: ["n1"],
    examples: [
      {
        uuid: "0d9e7a52-6c4c-4f5d-9a55-3d6a0c8e1c11",
        time: Date.UTC(2026, 10, 21, 8, 33, 10, 123),
        node: "n1",
        source: "10.244.1.23:44312",
        destination: "198.51.100.7:443",
        verdict: "FORWARDED",
      },
    ],
    verdicts: [
      {
        side: "egress",
        verdict: "AUDIT",
        dropReason: null,
        matchType: 0,
        epoch: 0,
        node: "n1",
        count: 3,
        remoteLabels: null,
        policies: [],
        firstSeen: Date.UTC(2026, 10, 21, 8, 33, 10),
        lastSeen: Date.UTC(2026, 10, 21, 8, 34, 0),
      },
    ],
    requests: [{ request: { kind: "tls", serverName: "github.com" }, count: 4, verdicts: { FORWARDED: 4 }, epoch: 0 }],
    requestsDropped: 0,
    services: [],
    destinationNames: ["github.com"],
    reply: "no",
    openBefore: false,
    openAtEnd: false,
    longestSeconds: 3,
    epochs: [0],
    notDecided: null,
  },
];
