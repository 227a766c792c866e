import { rejections } from "../rejections.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { type WrittenPort, writtenPorts } from "../written-ports.ts";

export const portText: Check = {
  id: "port-text",
  severity: "error",
  title: "a port whose text is read as something else",
  why: "The agent reads a port with Go's ParseUint and base 0: `0120` is octal and means 80, `080` is no number at all and voids the object, and `0x50` is taken for a port's name before anybody reads it as a number. An `endPort` that is not above `port` is ignored without a word. Port 0 with an `endPort` is a range from 0 up to 1.19; in 1.20 it is every port.",
  limits: "Reads the manifests alone. What is said of port 0 depends on the version, which the message names.",
  needs: [],
  find: portTexts,
  bad: `
name: hexadecimal
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: proxy}}]
          toPorts: [{ports: [{port: "0x50", protocol: TCP}]}]
`,
  good: `
name: decimal
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: proxy}}]
          toPorts: [{ports: [{port: "80", protocol: TCP}, {port: "8080", endPort: 8089, protocol: TCP}]}]
`,
};

function portTexts(world: LintWorld): readonly Found[] {
  const accepted = world.rules
    .filter(({ policy }) => policy.kind !== "NetworkPolicy")
    .flatMap((rule) => writtenPorts(rule).flatMap((port) => foundOf(rule, port, world)));
  return [...accepted, ...voided(world)];
}

function foundOf(rule: LintRule, written: WrittenPort, world: LintWorld): readonly Found[] {
  const { port, endPort, path } = written;
  const at = { policy: rule.policy, path: `${path}.port` };
  const replace = (value: string) => [{ policy: rule.ref.policy, path: at.path, op: "replace" as const, value }];
  if (/^0x[0-9a-f]+$/i.test(port)) {
    const number = String(Number(port));
    const message = `\`${port}\` is read as a port's name, never as a number: the rule takes nothing on ${number}`;
    return [{ ...at, message, help: `write "${number}"`, steps: replace(number) }];
  }
  if (/^0[0-7]+$/.test(port)) {
    const number = Number.parseInt(port, 8);
    const message = `\`${port}\` is octal: the rule is about port ${number}, not ${Number(port)}`;
    return [{ ...at, message, help: `write the number that is meant without the 0 in front` }];
  }
  return endPort === null ? [] : rangeFound(rule, { ...written, endPort }, world);
}

function rangeFound(
  { policy }: LintRule,
  { port, endPort, path }: WrittenPort & { readonly endPort: number },
  { minor, snapshot }: LintWorld,
): readonly Found[] {
  const at = { policy, path: `${path}.endPort` };
  const first = Number(port);
  if (first === 0 && endPort > 0) {
    const assumed = snapshot.cilium.assumed ? `taking the cluster for Cilium ${minor}, ` : "";
    const message = `${assumed}port 0 with endPort ${endPort} is every port, not 0 to ${endPort}`;
    return minor === "1.20" ? [{ ...at, message, help: `begin the range with 1` }] : [];
  }
  if (!Number.isInteger(first) || endPort <= 0 || endPort >= first) return [];
  const message = `endPort ${endPort} lies below port ${first} and is ignored: the rule is about port ${first} alone`;
  return [{ ...at, message, help: "put the lower number into port" }];
}

/** Objects that the agent throws away because of a port that only looks like a number. */
function voided(world: LintWorld): readonly Found[] {
  return rejections(world).flatMap(({ policy, path, error }): readonly Found[] => {
    const text = /^0\d*[89]\d*$/.exec(/"(0\d+)"/.exec(error)?.[1] ?? "")?.[0];
    if (text === undefined) return [];
    const message = `\`${text}\` begins with 0 and is read as octal, which has no digit above 7: the agent rejects the whole object`;
    return [{ policy, path, message, help: `write "${Number(text)}"` }];
  });
}
