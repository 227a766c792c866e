import type { Flow } from "#model/flow.ts";

/** Fields of a flow that conclusions need, as bits: an exporter's mask or an aggregation may leave them out. */
export const Field = {
  time: 1,
  node: 2,
  labels: 4,
  addresses: 8,
  l4: 16,
  isReply: 32,
  eventType: 64,
  direction: 128,
  endpointId: 256,
  tcpFlags: 512,
  verdict: 1024,
  uuid: 2048,
  podName: 4096,
} as const;

/** All of these. */
export const ALL_FIELDS = Object.values(Field).reduce<number>((bits, bit) => bits | bit, 0);

/** Which of these fields a flow holds. Zero values are absent on the wire, so only many flows together tell a mask. */
export function fieldsOf(flow: Flow): number {
  const { source, destination } = flow;
  const hasLabels = (source?.labels.length ?? 0) > 0 || (destination?.labels.length ?? 0) > 0;
  const hasId = (source?.id ?? 0) !== 0 || (destination?.id ?? 0) !== 0;
  const hasPod = (source?.podName ?? "") !== "" || (destination?.podName ?? "") !== "";
  return (
    (flow.time === null ? 0 : Field.time) |
    (flow.node === "" ? 0 : Field.node) |
    (hasLabels ? Field.labels : 0) |
    (flow.sourceAddress === "" ? 0 : Field.addresses) |
    (flow.protocol === "" ? 0 : Field.l4) |
    (flow.isReply === null ? 0 : Field.isReply) |
    (flow.eventType === 0 ? 0 : Field.eventType) |
    (flow.direction === null ? 0 : Field.direction) |
    (hasId ? Field.endpointId : 0) |
    (flow.tcpFlags < 0 ? 0 : Field.tcpFlags) |
    (flow.verdict === "VERDICT_UNKNOWN" ? 0 : Field.verdict) |
    (flow.uuidHigh === 0 ? 0 : Field.uuid) |
    (hasPod ? Field.podName : 0)
  );
}

/** What is lost without a field, and what to do. `blocks`: conclusions about silence or direction fall with it. */
export type FieldLoss = {
  readonly bit: number;
  readonly field: string;
  readonly loss: string;
  readonly blocks: boolean;
};

export const FIELD_LOSSES: readonly FieldLoss[] = [
  { bit: Field.time, field: "time", loss: "the window, gaps and epochs are not known", blocks: true },
  {
    bit: Field.node,
    field: "node_name",
    loss: "nodes that were not heard, gaps and epochs are not known",
    blocks: false,
  },
  {
    bit: Field.labels,
    field: "source.labels, destination.labels",
    loss: "ends are known only as far as the objects tell",
    blocks: true,
  },
  { bit: Field.addresses, field: "IP", loss: "addresses outside the cluster are not known", blocks: true },
  {
    bit: Field.l4,
    field: "l4",
    loss: "ports and protocols are not known: nothing with ports can be decided",
    blocks: true,
  },
  { bit: Field.isReply, field: "is_reply", loss: "replies are told from requests by ports alone", blocks: true },
  {
    bit: Field.eventType,
    field: "event_type",
    loss: "policy verdicts are told from traces by other fields",
    blocks: false,
  },
  {
    bit: Field.direction,
    field: "traffic_direction",
    loss: "the side of a recorded verdict is guessed from its ends",
    blocks: false,
  },
  {
    bit: Field.endpointId,
    field: "source.ID, destination.ID",
    loss: "the side that was heard is guessed from the trace point",
    blocks: false,
  },
  {
    bit: Field.tcpFlags,
    field: "l4.TCP.flags",
    loss: "connections open since before the recording are not known",
    blocks: false,
  },
  { bit: Field.verdict, field: "verdict", loss: "recorded verdicts are not known", blocks: false },
  { bit: Field.uuid, field: "uuid", loss: "lines recorded twice are counted twice", blocks: false },
];
