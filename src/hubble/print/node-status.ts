import { byteLength, quote } from "#engine/validate/go-text.ts";
import { enumTextOf, type Message, partOf, textOf, textsOf } from "../message.ts";
import { prototext } from "../prototext.ts";
import type { TimeFormat } from "./time-format.ts";

/** Node names are cut beyond so many bytes. Upstream: nodeNamesCutOff. */
const NAMES_CUT_OFF = 50;

const INFORMAL = new Set(["NODE_ERROR", "NODE_UNAVAILABLE"]);

/** Whether a node status is told without `--debug`. */
export function isTold(response: Message, isDebug: boolean): boolean {
  return isDebug || INFORMAL.has(stateOf(response));
}

function stateOf(response: Message): string {
  return enumTextOf(partOf(response, "node_status"), "state_change", "UNKNOWN_NODE_STATE");
}

/** One line, as compact and table print it. Upstream: Printer.WriteProtoNodeStatusEvent. */
export function nodeStatusLine(response: Message, time: TimeFormat): string {
  const status = partOf(response, "node_status") ?? {};
  const names = textsOf(status, "node_names");
  const list = joinWithCutOff(names);
  const prefix = `${time(response, "time")} [${textOf(response, "node_name")}]: `;
  switch (stateOf(response)) {
    case "NODE_CONNECTED":
      return `${prefix}Receiving flows from ${names.length} nodes: ${list}\n`;
    case "NODE_UNAVAILABLE":
      return `${prefix}${names.length} nodes are unavailable: ${list}\n`;
    case "NODE_GONE":
      return `${prefix}${names.length} nodes removed from cluster: ${list}\n`;
    case "NODE_ERROR":
      return `${prefix}Error ${quote(textOf(status, "message"))} on ${names.length} nodes: ${list}\n`;
    default:
      return `${prefix}unknown node status event: ${prototext(status, "NodeStatusEvent")}\n`;
  }
}

/** Key and value, as dict prints it. */
export function nodeStatusDict(response: Message, time: TimeFormat): string {
  const status = partOf(response, "node_status");
  const message = textOf(status, "message");
  return [
    `  TIMESTAMP: ${time(response, "time")}\n`,
    `      STATE: ${stateOf(response)}\n`,
    `      NODES: ${joinWithCutOff(textsOf(status, "node_names"))}\n`,
    `    MESSAGE: ${message === "" ? "N/A" : quote(message)}\n`,
  ].join("");
}

/** Upstream: joinWithCutOff; at least one name is kept. */
function joinWithCutOff(names: readonly string[]): string {
  let length = 0;
  const cut = names.findIndex((name, index) => {
    length += byteLength(name) + 2;
    return length > NAMES_CUT_OFF && index > 0;
  });
  if (cut < 0) return names.join(", ");
  return `${names.slice(0, cut).join(", ")} (and ${names.length - cut} more)`;
}
