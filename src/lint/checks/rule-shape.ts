import type { EditStep } from "#analysis/edits/edit-step.ts";
import { valueAt } from "#analysis/element.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { policyName } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import { rulePathOf } from "../element-rule.ts";
import { type Rejected, rejections } from "../rejections.ts";

/** What a rule's form can be wrong in: the agent's text, what it means, and how the rule is mended. */
type Shape = {
  readonly error: RegExp;
  readonly says: string;
  readonly steps?: (rejected: Rejected) => readonly EditStep[];
};

const SHAPES: readonly Shape[] = [
  {
    error: /^combining (\w+) and (\w+) is not supported/,
    says: "one rule has peers of several kinds; kinds do not add up in one rule, each needs a rule of its own",
    steps: splitPeers,
  },
  { error: /^too many ports/, says: "more than 40 ports stand in one element of toPorts", steps: splitPorts },
  { error: /^too many types/, says: "more than 40 types stand in one element of icmps" },
  {
    error: /ICMPs block may only be present without ToPorts/,
    says: "icmps and toPorts stand in one rule; ICMP has no ports and needs a rule of its own",
    steps: splitIcmps,
  },
  {
    error: /^unable to parse port: .*parsing "\d+-\d+"/,
    says: "a port is one number or name; the end of a range stands in endPort",
    steps: splitRange,
  },
  {
    error: /^L7 rules can only apply to TCP/,
    says: "HTTP rules need protocol: TCP, and an absent protocol is ANY",
    steps: onlyTcp,
  },
  {
    error: /^L7 rules can not be used when a port is 0/,
    says: "L7 rules need the ports that speak the protocol; 0 is every port",
  },
  { error: /^DNS rules do not support port ranges/, says: "DNS rules need single ports" },
  { error: /^port 53 must be specified for DNS rules/, says: "DNS rules need a port, usually 53" },
  { error: /^multiple L7 protocol rule types/, says: "one element of toPorts speaks one protocol" },
  {
    error: /^ServerNames are not allowed with L7 rules/,
    says: "serverNames and L7 rules exclude each other without terminatingTLS",
  },
  { error: /^Listener is not allowed/, says: "a listener stands on egress alone, and without L7 rules" },
  { error: /^L7 protocol DNS is not supported on ingress/, says: "DNS rules filter questions, which leave on egress" },
];

export const ruleShape: Check = {
  id: "rule-shape",
  severity: "error",
  title: "a rule whose parts cannot stand together",
  why: "Sanitize refuses rules that mix several kinds of peers (IngressCommonRule.sanitize: “combining X and Y is not supported yet”), ICMP with ports, more than 40 ports, L7 rules on anything but plain TCP ports, DNS rules on ranges; the CRD's schema lets most of it pass. The object is then stored and nothing of it is in force. Readers expect the parts to add up: they do so over several rules.",
  limits: "One finding for each object and run: the agent stops at the first mistake, and so does this check.",
  needs: [],
  yieldsTo: ["specs-void"],
  find: (world) => rejections(world).flatMap(foundOf),
  bad: `
name: names and pods in one rule
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {app: db}}]
          toEntities: [kube-apiserver]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`,
  good: `
name: a rule for each
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {app: db}}]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
        - toEntities: [kube-apiserver]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`,
};

function foundOf(rejected: Rejected): readonly Found[] {
  const { policy, path, error, help } = rejected;
  const shape = SHAPES.find((one) => one.error.test(error));
  if (shape === undefined) return [];
  const message = `${shape.says}; the agent rejects the whole policy: ${error}`;
  return [{ policy, path, message, help, steps: shape.steps?.(rejected) ?? [] }];
}

const PEERS = ["Endpoints", "CIDR", "CIDRSet", "Entities", "Nodes", "Groups", "Services", "FQDNs"];

/** Kinds of peers after the first go into rules of their own, with what else the rule says. */
function splitPeers(rejected: Rejected): readonly EditStep[] {
  return inRule(rejected, (rule, base, policy) => {
    const kinds = Object.keys(rule).filter(
      (key) => /^(?:from|to)/.test(key) && PEERS.includes(key.replace(/^(from|to)/, "")),
    );
    const rest = Object.fromEntries(Object.entries(rule).filter(([key]) => !kinds.includes(key)));
    const others = kinds.slice(1).filter((kind) => !isEmptyList(rule[kind]));
    return [
      ...others.map((kind) => append(policy, sectionOf(base), { [kind]: rule[kind] ?? null, ...rest })),
      ...others.map((kind) => remove(policy, `${base}.${kind}`)),
    ];
  });
}

function splitIcmps(rejected: Rejected): readonly EditStep[] {
  return inRule(rejected, (rule, base, policy) => {
    const { toPorts: _, ...rest } = rule;
    return [append(policy, sectionOf(base), rest), remove(policy, `${base}.icmps`)];
  });
}

const MOST_PORTS = 40;

function splitPorts({ policy, path }: Rejected): readonly EditStep[] {
  const item = path.replace(/\.ports$/, "");
  const value = valueAt(policy.value, item);
  const ports = isObject(value) && Array.isArray(value["ports"]) ? value["ports"] : [];
  if (!isObject(value) || ports.length <= MOST_PORTS) return [];
  const name = policyName(policy);
  const chunks = Array.from({ length: Math.ceil(ports.length / MOST_PORTS) - 1 }, (_, index) =>
    ports.slice((index + 1) * MOST_PORTS, (index + 2) * MOST_PORTS),
  );
  const list = item.replace(/\[\d+\]$/, "");
  return [
    ...chunks.map((chunk) => append(name, list, { ...value, ports: chunk })),
    ...ports.slice(MOST_PORTS).map((_, index) => remove(name, `${path}[${ports.length - 1 - index}]`)),
  ];
}

function splitRange({ policy, path }: Rejected): readonly EditStep[] {
  const [start, end] = String(valueAt(policy.value, path)).split("-").map(Number);
  if (start === undefined || end === undefined || end < start || end > 65_535) return [];
  const name = policyName(policy);
  return [
    { policy: name, path, op: "replace", value: String(start) },
    { policy: name, path: path.replace(/\.port$/, ""), op: "set", key: "endPort", value: end },
  ];
}

/** Only where no other protocol is written. */
function onlyTcp({ policy, path }: Rejected): readonly EditStep[] {
  const written = valueAt(policy.value, path);
  if (written !== undefined && String(written).toUpperCase() !== "ANY") return [];
  return [
    { policy: policyName(policy), path: path.replace(/\.protocol$/, ""), op: "set", key: "protocol", value: "TCP" },
  ];
}

type Split = (rule: JsonObject, base: string, policy: string) => readonly EditStep[];

function inRule({ policy, path }: Rejected, split: Split): readonly EditStep[] {
  const base = rulePathOf(path);
  const rule = valueAt(policy.value, base);
  return isObject(rule) && base !== path ? split(rule, base, policyName(policy)) : [];
}

function sectionOf(rulePath: string): string {
  return rulePath.replace(/\[\d+\]$/, "");
}

function append(policy: string, path: string, value: Json): EditStep {
  return { policy, path, op: "append", value };
}

function remove(policy: string, path: string): EditStep {
  return { policy, path, op: "remove" };
}

function isEmptyList(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length === 0;
}
