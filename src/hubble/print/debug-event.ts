import { enumTextOf, type Message, numberOf, partOf, textOf, textsOf } from "../message.ts";

/** What every format says of a debug event. Upstream: Printer.WriteProtoDebugEvent. */
export function debugEventTexts(response: Message) {
  const event = partOf(response, "debug_event");
  const hash = event?.["hash"];
  const cpu = event?.["cpu"];
  return {
    type: enumTextOf(event, "type", "DBG_EVENT_UNKNOWN"),
    from: endpointText(partOf(event, "source")),
    mark: typeof hash === "number" ? `0x${hash.toString(16)}` : "N/A",
    cpu: typeof cpu === "number" ? twoDigits(cpu) : "N/A",
    message: textOf(event, "message"),
  };
}

/** Upstream: fmt's %02d. */
function twoDigits(value: number): string {
  return value < 0 ? `-${String(-value)}` : String(value).padStart(2, "0");
}

function endpointText(endpoint: Message | undefined): string {
  if (endpoint === undefined) return "N/A";
  const id = `ID: ${numberOf(endpoint, "ID")}`;
  const namespace = textOf(endpoint, "namespace");
  const pod = textOf(endpoint, "pod_name");
  if (namespace !== "" && pod !== "") return `${namespace}/${pod} (${id})`;
  const [label = "", ...more] = textsOf(endpoint, "labels");
  return more.length === 0 && label.startsWith("reserved:") ? `${label} (${id})` : id;
}
