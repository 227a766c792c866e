import { readFlowEvent } from "#decode/flow/flow.ts";
import { UserError } from "#model/finding.ts";
import type { Flow } from "#model/flow.ts";
import type { Json } from "#model/json.ts";
import { clustersOf } from "#traffic/finish/clusters.ts";
import { createFold } from "#traffic/fold.ts";
import type { Recorded } from "./gather-traffic.ts";

/** More lines are no question but a recording. */
const MAX_LINES = 10_000;

const HELP = "give lines of `hubble observe -o json`; a whole recording belongs to --flows";

/**
 * Flows to be explained, as text: one JSON object a line, or a single one over several lines. Unlike a recording, where a
 * broken line is counted, a line of a question must be read: a UserError names the one that cannot be.
 */
export function readAskedFlows(text: string, file: string): Recorded {
  const fold = createFold();
  const flows = eventsOf(text, file).flatMap(({ line, value }) => flowOf(value, line, file));
  if (flows.length === 0) throw new UserError("no-flows", "holds no flow", { place: { file }, help: HELP });
  for (const flow of flows) fold.add(flow);
  const agentVersion = flows.find((flow) => flow.agentVersion !== "")?.agentVersion ?? null;
  return { fold, clusterName: clustersOf(fold.state(), null).own, agentVersion };
}

type Line = { readonly line: number; readonly value: Json };

function eventsOf(text: string, file: string): readonly Line[] {
  const lines = text
    .split("\n")
    .flatMap((line, index) => (line.trim() === "" ? [] : [{ line: index + 1, text: line }]));
  if (lines.length > MAX_LINES) {
    throw new UserError("too-many-flows", `holds more than ${MAX_LINES} lines`, { place: { file }, help: HELP });
  }
  const whole = lines.length > 1 ? parsed(text) : undefined;
  if (whole !== undefined) return (Array.isArray(whole) ? whole : [whole]).map((value) => ({ line: 1, value }));
  return lines.map(({ line, text: one }) => {
    const value = parsed(one);
    if (value !== undefined) return { line, value };
    throw new UserError("broken-flow", "is no JSON", {
      place: { file, line },
      help: `${HELP}; it may have been cut when it was copied`,
    });
  });
}

function parsed(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** What agents say of themselves is passed over; a line that is nothing of Hubble's is refused. */
function flowOf(value: Json, line: number, file: string): readonly Flow[] {
  const event = readFlowEvent(value);
  if (event.kind === "unknown") {
    const message = event.what === "" ? "is no flow" : `is no flow: it begins with \`${event.what}\``;
    throw new UserError("broken-flow", message, { place: { file, line }, help: HELP });
  }
  if (event.kind !== "flow") return [];
  const isBare = event.source === null && event.destination === null && event.sourceAddress === "";
  if (!isBare) return [event];
  throw new UserError("broken-flow", "the flow names neither ends nor addresses", {
    place: { file, line },
    help: "its fields were masked (hubble export fieldMask) or cut; source, destination and IP are needed",
  });
}
