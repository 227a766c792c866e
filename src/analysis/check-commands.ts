import type { End } from "#model/conversation.ts";
import type { Snapshot } from "#model/snapshot.ts";
import type { Denial } from "./cause.ts";

/** Commands that show a hole on the cluster: what Hubble saw, and what the agent's own policy of the endpoint says. */
export function proofCommands(denial: Denial, snapshot: Snapshot): readonly string[] {
  const { conversation, side, subject } = denial;
  const hubble = [
    "hubble observe --last 20",
    ...endFlags("from", conversation.from),
    ...endFlags("to", conversation.to),
  ];
  if (conversation.port !== null) hubble.push(`--to-port ${conversation.port}`);
  hubble.push(`--protocol ${conversation.protocol.toLowerCase()}`);
  if (subject.kind !== "pod") return [hubble.join(" ")];
  const pod = subject.pods[0];
  if (pod === undefined) return [hubble.join(" ")];
  const node = snapshot.inventory.pods.find((one) => one.namespace === subject.namespace && one.name === pod)?.nodeName;
  const agent = node === undefined || node === null ? "<the cilium pod on its node>" : `<the cilium pod on ${node}>`;
  return [
    hubble.join(" "),
    `kubectl -n ${subject.namespace} get ciliumendpoint ${pod} -o jsonpath='{.status.id}'`,
    `kubectl -n kube-system exec ${agent} -- cilium-dbg bpf policy get <that id>   # ${side}`,
  ];
}

function endFlags(which: "from" | "to", end: End): readonly string[] {
  switch (end.kind) {
    case "pod": {
      const pod = end.pods[0];
      return [pod === undefined ? `--${which}-namespace ${end.namespace}` : `--${which}-pod ${end.namespace}/${pod}`];
    }
    case "reserved":
      return [`--${which}-label reserved:${end.entity}`];
    case "address":
      return [`--${which}-ip ${end.address}`];
    case "unknown":
      return end.address === null ? [] : [`--${which}-ip ${end.address}`];
  }
}
