import type { Conversation, End } from "#model/conversation.ts";
import type { EdgeReport, EndReport } from "#model/rehearsal.ts";

/** A shell word; quoted unless it is plainly harmless, since names come from recordings. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Commands that show a conversation on the cluster: its flows in Hubble, then what the agent at its subject has loaded.
 * `traffic` is the conversation as recorded, null when it is not at hand: it knows the nodes.
 */
export function clusterCommands(
  edge: EdgeReport,
  side: "egress" | "ingress",
  traffic: Conversation | null,
): readonly string[] {
  const subject = side === "egress" ? edge.from : edge.to;
  const end = side === "egress" ? traffic?.from : traffic?.to;
  return [hubbleCommand(edge), ...agentCommands(subject, end), ...nameCommands(edge, side)];
}

function hubbleCommand(edge: EdgeReport): string {
  const port = edge.port === null ? [] : ["--to-port", String(edge.port)];
  const words = [
    "hubble observe",
    ...endFilter("from", edge.from),
    ...endFilter("to", edge.to),
    ...port,
    "--protocol",
    shellWord(edge.protocol.toLowerCase()),
    "--last 20",
  ];
  return words.join(" ");
}

/** `--from-pod` takes a prefix, so a workload's name shows all its pods. */
function endFilter(direction: "from" | "to", end: EndReport): readonly string[] {
  switch (end.kind) {
    case "pod":
      return [`--${direction}-pod`, shellWord(`${end.namespace}/${end.workload?.name ?? end.pods[0] ?? ""}`)];
    case "reserved":
      return [`--${direction}-identity`, shellWord(end.entity)];
    case "address":
      return [`--${direction}-ip`, shellWord(end.address)];
    case "unknown":
      return end.address === null ? [] : [`--${direction}-ip`, shellWord(end.address)];
  }
}

const AGENT = "kubectl -n kube-system exec $AGENT -c cilium-agent -- cilium-dbg";

/** Upstream: pkg/endpoint/id CEPNamePrefix; the policy map is asked for by the endpoint's number. */
function agentCommands(subject: EndReport, end: End | undefined): readonly string[] {
  const pod = subject.kind === "pod" ? subject.pods[0] : undefined;
  if (subject.kind !== "pod" || pod === undefined) return [];
  const namespace = shellWord(subject.namespace);
  const node = end?.kind === "pod" && end.nodes[0] !== undefined ? shellWord(end.nodes[0]) : "$NODE";
  const nodeLine = `NODE=$(kubectl -n ${namespace} get pod ${shellWord(pod)} -o jsonpath={.spec.nodeName})`;
  const selector = `-l k8s-app=cilium --field-selector spec.nodeName=${node}`;
  const endpoint = shellWord(`cep-name:${subject.namespace}/${pod}`);
  return [
    ...(node === "$NODE" ? [nodeLine] : []),
    `AGENT=$(kubectl -n kube-system get pod ${selector} -o name)`,
    `ID=$(${AGENT} endpoint get ${endpoint} -o jsonpath='{[0].id}')`,
    `${AGENT} bpf policy get $ID`,
  ];
}

function nameCommands(edge: EdgeReport, side: "egress" | "ingress"): readonly string[] {
  const name = edge.to.kind === "address" ? edge.to.names[0] : undefined;
  if (side !== "egress" || edge.from.kind !== "pod" || name === undefined) return [];
  return [`${AGENT} fqdn cache list -p ${shellWord(name)}`];
}
