import { enumTextOf, flagOf, integerTextOf, type Message, partOf, textOf } from "../message.ts";
import { durationText, twoDecimals } from "./server-status.ts";
import { TabWriter } from "./tab-writer.ts";

const NOT_AVAILABLE = "N/A";
const SECOND = 1_000_000_000n;

const STATES: Readonly<Record<string, string>> = {
  NODE_CONNECTED: "Connected",
  NODE_UNAVAILABLE: "Unavailable",
  NODE_GONE: "Gone",
  NODE_ERROR: "Error",
};

/** Nodes in columns, by name. Upstream: hubble/cmd/list nodeTableOutput. */
export function nodeList(nodes: readonly Message[], isWide: boolean): string {
  const head = [
    "NAME",
    "STATUS",
    "AGE",
    "FLOWS/S",
    "CURRENT/MAX-FLOWS",
    ...(isWide ? ["VERSION", "ADDRESS", "TLS"] : []),
  ];
  return columns([head, ...nodes.map((node) => [...nodeCells(node), ...(isWide ? wideCells(node) : [])])]);
}

/** Namespaces, one a line. Upstream: namespaceTableOutput. */
export function namespaceList(namespaces: readonly Message[], isWide: boolean): string {
  const rows = namespaces.map((one) => {
    const cluster = textOf(one, "cluster");
    return [textOf(one, "namespace"), ...(isWide && cluster !== "" ? [cluster] : [])];
  });
  return columns([["NAMESPACE", ...(isWide ? ["CLUSTER"] : [])], ...rows]);
}

function columns(rows: readonly (readonly string[])[]): string {
  let text = "";
  const writer = new TabWriter((more) => {
    text += more;
  });
  for (const row of rows) writer.write(`${row.join("\t")}\n`);
  writer.flush();
  return text;
}

function nodeCells(node: Message): readonly string[] {
  const uptime = roundedSeconds(BigInt(integerTextOf(node, "uptime_ns")));
  const seen = Number(integerTextOf(node, "seen_flows"));
  const current = integerTextOf(node, "num_flows");
  const most = integerTextOf(node, "max_flows");
  const share = twoDecimals((Number(current) / Number(most)) * 100).padStart(6);
  return [
    textOf(node, "name"),
    STATES[enumTextOf(node, "state", "")] ?? "Unknown",
    uptime > 0n ? durationText((uptime * SECOND).toString()) : NOT_AVAILABLE,
    uptime > 0n ? twoDecimals(seen / Number(uptime)) : NOT_AVAILABLE,
    most === "0" ? NOT_AVAILABLE : `${current}/${most} (${share}%)`,
  ];
}

function wideCells(node: Message): readonly string[] {
  const tls = partOf(node, "tls");
  const isOn = flagOf(tls, "enabled") ? "Enabled" : "Disabled";
  return [textOf(node, "version") || NOT_AVAILABLE, textOf(node, "address"), tls === undefined ? NOT_AVAILABLE : isOn];
}

/** Upstream: time.Duration.Round(time.Second). */
function roundedSeconds(nanoseconds: bigint): bigint {
  return (nanoseconds + SECOND / 2n) / SECOND;
}
