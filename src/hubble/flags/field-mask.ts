import { quote } from "#engine/validate/go-text.ts";
import { descriptorOf, type Field } from "../schema.ts";
import { FlagError } from "./flag.ts";

/** What the text formats need, as the hubble CLI asks a server for it. Upstream: hubble/pkg/defaults FieldMask. */
export const DEFAULT_FIELD_MASK: readonly string[] = [
  "time",
  "verdict",
  "ethernet",
  "IP",
  "l4",
  "source.identity",
  "source.namespace",
  "source.pod_name",
  "destination.identity",
  "destination.namespace",
  "destination.pod_name",
  "Type",
  "node_name",
  "l7",
  "event_type",
  "source_service",
  "destination_service",
  "is_reply",
  "Summary",
  "ip_trace_id",
  "traffic_direction",
  "policy_match_type",
  "ingress_allowed_by",
  "ingress_denied_by",
  "egress_allowed_by",
  "egress_denied_by",
];

/** Checks paths of a Flow. Throws FlagError. Upstream: fieldmaskpb.New. */
export function checkFieldMask(paths: readonly string[]): void {
  const wrong = paths.find((path) => !isPath(path));
  if (wrong === undefined) return;
  const message = `proto: invalid path ${quote(wrong)} for message "flow.Flow"`;
  throw new FlagError(`failed to construct field mask: ${message}`);
}

/** A field of the message before it at every step; nothing lies inside a list. */
function isPath(path: string): boolean {
  let message: string | null = "Flow";
  for (const name of path.split(".")) {
    const field: MaskField | undefined = inner(message).find((one) => one.name === name);
    if (field === undefined) return false;
    const isMessage: boolean = field.kind === "message" || WELL_KNOWN_FIELDS[field.type] !== undefined;
    message = isMessage && !field.isRepeated ? field.type : null;
  }
  return true;
}

type MaskField = Pick<Field, "name" | "kind" | "type" | "isRepeated">;

const WELL_KNOWN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Timestamp: ["seconds", "nanos"],
  BoolValue: ["value"],
  Any: ["type_url", "value"],
};

function inner(message: string | null): readonly MaskField[] {
  if (message === null) return [];
  const names = WELL_KNOWN_FIELDS[message];
  if (names === undefined) return descriptorOf(message).fields;
  return names.map((name) => ({ name, kind: "scalar", type: "string", isRepeated: false }));
}

/** The values of a flag that takes a comma separated list. Upstream: pflag's StringSlice, a line of CSV. */
export function commaSeparated(text: string): readonly string[] {
  if (text === "") return [];
  const values: string[] = [];
  let rest = text;
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"(?=,|$)/.exec(rest);
    const value = quoted === null ? (/^[^,]*/.exec(rest)?.[0] ?? "") : quoted[0];
    if (quoted === null && value.includes('"'))
      throw csvError(text, text.length - rest.length + value.indexOf('"') + 1);
    values.push(quoted === null ? value : (quoted[1] ?? "").replaceAll('""', '"'));
    rest = rest.slice(value.length);
    if (rest === "") return values;
    rest = rest.slice(1);
  }
}

function csvError(text: string, column: number): FlagError {
  const what = text.charAt(column - 1) === '"' && (column === 1 || text.charAt(column - 2) === ",");
  return new FlagError(
    `parse error on line 1, column ${what ? text.length + 1 : column}: ${what ? 'extraneous or missing " in quoted-field' : 'bare " in non-quoted-field'}`,
  );
}
