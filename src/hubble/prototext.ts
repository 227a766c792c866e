import { isObject, type Json } from "#model/json.ts";
import { momentOf } from "./go-time.ts";
import type { Message } from "./message.ts";
import { descriptorOf, type Field } from "./schema.ts";

/** A message in protobuf's text format, on one line. Upstream: prototext, as `%v` of a message writes it. */
export function prototext(message: Message, type: string): string {
  return descriptorOf(type)
    .fields.flatMap((field) => {
      const value = message[field.name];
      if (value === undefined) return [];
      const values: readonly Json[] = field.isRepeated && Array.isArray(value) ? value : [value];
      return values.map((one) => fieldText(field, one));
    })
    .join(" ");
}

function fieldText({ name, type, kind }: Field, value: Json): string {
  if (type === "FieldMask" && Array.isArray(value)) {
    return `${name}:{${value.map((path) => `paths:${quoted(String(path))}`).join(" ")}}`;
  }
  if (type === "Timestamp" && typeof value === "string") return `${name}:{${timestampFields(value)}}`;
  if (isObject(value)) return `${name}:{${kind === "message" ? prototext(value, type) : ""}}`;
  if (type.endsWith("Value")) return `${name}:{value:${String(value)}}`;
  return `${name}:${type === "string" ? quoted(String(value)) : String(value)}`;
}

function timestampFields(text: string): string {
  const { seconds, nanos } = momentOf(text);
  return [...(seconds === 0 ? [] : [`seconds:${seconds}`]), ...(nanos === 0 ? [] : [`nanos:${nanos}`])].join(" ");
}

/** Upstream: prototext's appendString, whose output is ASCII only where the text is. */
function quoted(text: string): string {
  const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\" };
  const inner = text.replace(/["\\\u0000-\u001f\u007f-\u009f]/g, (letter) => {
    const code = letter.charCodeAt(0);
    return (
      escapes[letter] ??
      (code < 0x80 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`)
    );
  });
  return `"${inner}"`;
}
