import { integerTextOf, type Message, numberOf, textOf, textsOf } from "../message.ts";

/** What dict and table say of a server. Upstream: Printer.WriteServerStatusResponse. */
export function serverStatusTexts(status: Message) {
  const rate = numberOf(status, "flows_rate");
  return {
    numFlows: grouped(integerTextOf(status, "num_flows")),
    maxFlows: grouped(integerTextOf(status, "max_flows")),
    seenFlows: grouped(integerTextOf(status, "seen_flows")),
    flowsPerSecond: rate > 0 ? twoDecimals(rate) : "N/A",
    uptime: durationText(integerTextOf(status, "uptime_ns")),
    connected: countText(status, "num_connected_nodes"),
    unavailable: countText(status, "num_unavailable_nodes"),
    version: textOf(status, "version"),
  };
}

function countText(status: Message, field: string): string {
  const count = status[field];
  return typeof count === "number" ? String(count) : "N/A";
}

/** Several lines, as compact prints it. */
export function serverStatusCompact(status: Message): string {
  const { numFlows, maxFlows } = serverStatusTexts(status);
  const max = Number(integerTextOf(status, "max_flows"));
  const ratio = max > 0 ? ` (${twoDecimals((Number(integerTextOf(status, "num_flows")) / max) * 100)}%)` : "";
  return [
    `Current/Max Flows: ${numFlows}/${maxFlows}${ratio}\n`,
    `Flows/s: ${rateText(status)}\n`,
    connectedLine(status),
    unavailableLines(status),
  ].join("");
}

/** Without a rate, the average over the uptime. */
function rateText(status: Message): string {
  const rate = numberOf(status, "flows_rate");
  if (rate > 0) return twoDecimals(rate);
  const nanoseconds = BigInt(integerTextOf(status, "uptime_ns"));
  if (nanoseconds === 0n || nanoseconds > MOST_NANOSECONDS) return "N/A";
  const seconds = Number(nanoseconds / NANOSECONDS) + Number(nanoseconds % NANOSECONDS) / 1e9;
  return twoDecimals(Number(integerTextOf(status, "seen_flows")) / seconds);
}

function connectedLine(status: Message): string {
  const connected = status["num_connected_nodes"];
  const unavailable = status["num_unavailable_nodes"];
  if (typeof connected !== "number") return "";
  // uint32 arithmetic upstream.
  const total = typeof unavailable === "number" ? `/${(unavailable + connected) >>> 0}` : "";
  return `Connected Nodes: ${connected}${total}\n`;
}

function unavailableLines(status: Message): string {
  const count = numberOf(status, "num_unavailable_nodes");
  if (count === 0) return "";
  const nodes = [...textsOf(status, "unavailable_nodes")].sort();
  if (nodes.length === 0) return `Unavailable Nodes: ${count}\n`;
  const more = count > nodes.length ? [`and ${count - nodes.length} more...`] : [];
  return `Unavailable Nodes: ${count}\n  - ${[...nodes, ...more].join("\n  - ")}\n`;
}

/** Upstream: uint64Grouping. */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Upstream: fmt's %.2f: a value half way between two texts takes the even one. */
export function twoDecimals(value: number): string {
  const eighths = value * 8;
  if (Number.isInteger(eighths) && Math.abs(eighths % 2) === 1) {
    const below = Math.floor(value * 100);
    return ((below % 2 === 0 ? below : below + 1) / 100).toFixed(2);
  }
  return value.toFixed(2);
}

const NANOSECONDS = 1_000_000_000n;
const MOST_NANOSECONDS = (1n << 63n) - 1n;

/** Upstream: formatDurationNS, time.Duration.String. */
export function durationText(nanoseconds: string): string {
  const value = BigInt(nanoseconds);
  if (value > MOST_NANOSECONDS) return `${nanoseconds}ns`;
  if (value === 0n) return "0s";
  if (value < 1000n) return `${value}ns`;
  if (value < 1_000_000n) return `${decimal(value, 3)}µs`;
  if (value < NANOSECONDS) return `${decimal(value, 6)}ms`;
  const minutes = value / (60n * NANOSECONDS);
  const seconds = `${decimal(value % (60n * NANOSECONDS), 9)}s`;
  if (minutes === 0n) return seconds;
  const hours = minutes / 60n;
  return `${hours === 0n ? "" : `${hours}h`}${minutes % 60n}m${seconds}`;
}

/** The value with its last `digits` behind the point, zeros left out. */
function decimal(value: bigint, digits: number): string {
  const text = value.toString().padStart(digits + 1, "0");
  const fraction = text.slice(-digits).replace(/0+$/, "");
  return `${text.slice(0, -digits)}${fraction === "" ? "" : `.${fraction}`}`;
}
