import { isObject, type Json } from "#model/json.ts";
import { ICMPV4_TYPES, ICMPV6_TYPES } from "../../rules/icmp-types.ts";
import { failureText, unmarshal } from "./unmarshal.ts";
import { type Decoded, type GoShape, INT32, list, map, named, struct, TEXT } from "./shape.ts";
import { atoi } from "../go-number.ts";
import { jsonText, quote } from "../go-text.ts";

// The types that read their JSON themselves. Their failures are final: see `unmarshal`.

const REQUIREMENT = struct("v1.LabelSelectorRequirement", {
  key: TEXT,
  operator: named("v1.LabelSelectorOperator"),
  values: list(TEXT),
});

/** A Kubernetes label selector: Cilium's slim copy and apimachinery's print alike. */
export const LABEL_SELECTOR = struct("v1.LabelSelector", {
  matchLabels: map(TEXT),
  matchExpressions: list(REQUIREMENT),
});

/** Upstream: EndpointSelector.UnmarshalJSON. null is the selector of everything, not the absent one. */
export const ENDPOINT_SELECTOR: GoShape = {
  kind: "own",
  unmarshal: (value, path) => (value === null ? { value: {} } : unmarshal(LABEL_SELECTOR, value, path)),
};

/** Upstream: IntOrString.UnmarshalJSON. What is no string is read as an int32. */
export const INT_OR_STRING: GoShape = {
  kind: "own",
  unmarshal: (value, path) => (typeof value === "string" ? { value } : unmarshal(INT32, value, path)),
};

const ICMP_FIELD_PARTS_GO =
  'struct { Family string "json:\\"family,omitempty\\""; Type *intstr.IntOrString "json:\\"type\\"" }';
const ICMP_FIELD_PARTS = struct(ICMP_FIELD_PARTS_GO, { family: TEXT, type: INT_OR_STRING });

/** Upstream: ICMPField.UnmarshalJSON, which looks the type's name up while decoding (and crashes without a type). */
export const ICMP_FIELD: GoShape = {
  kind: "own",
  unmarshal: (value, path) => {
    const decoded = unmarshal(ICMP_FIELD_PARTS, value, path);
    return "failure" in decoded ? decoded : checkedIcmpField(decoded.value, path);
  },
};

function checkedIcmpField(value: Json, path: string): Decoded {
  const type = isObject(value) ? value["type"] : undefined;
  const family = isObject(value) && typeof value["family"] === "string" ? value["family"] : "";
  if (typeof type !== "string" && typeof type !== "number") return missingIcmpType(path);
  if (typeof type === "number" || type === "0" || atoi(type) !== 0 || icmpTypes(family).has(type)) return { value };
  const text = `ICMP type ${type} not found in ${family}`;
  const help = `the type is a number, or one of ${[...icmpTypes(family).keys()].join(", ")}`;
  return { failure: { kind: "other", text, help, path: `${path}.type` } };
}

/** Every family but IPv6 is read as IPv4. */
function icmpTypes(family: string): ReadonlyMap<string, string> {
  return family === "IPv6" ? ICMPV6_TYPES : ICMPV4_TYPES;
}

function missingIcmpType(path: string): Decoded {
  const text = "panic: runtime error: invalid memory address or nil pointer dereference";
  return { failure: { kind: "other", text, path, crash: true } };
}

const LABEL_PARTS = struct("struct { … }", { source: TEXT, key: TEXT, value: TEXT });

/** Upstream: Label.UnmarshalJSON: an object with a key, or a string that is not empty. */
export const LABEL: GoShape = { kind: "own", unmarshal: unmarshalLabel };

function unmarshalLabel(value: Json, path: string): Decoded {
  const parts = unmarshal(LABEL_PARTS, value, path);
  if (!("failure" in parts)) {
    if (isObject(parts.value) && typeof parts.value["key"] === "string" && parts.value["key"] !== "") return parts;
    return other(`invalid Label: '${jsonText(value)}' does not contain label key`, path);
  }
  const text = unmarshal(TEXT, value, path);
  if ("failure" in text) return other(`decode of Label as string failed: ${failureText(text.failure)}`, path);
  return text.value === "" ? other(`invalid Label: Failed to parse ${jsonText("")} as a string`, path) : text;
}

function other(text: string, path: string): Decoded {
  return { failure: { kind: "other", text, path } };
}

const RFC3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.,]\d+)?(Z|[-+]\d\d:\d\d)$/;

/** Upstream: metav1.Time.UnmarshalJSON. Which part of a bad time Go names is not reproduced beyond the year. */
export const TIME: GoShape = {
  kind: "own",
  unmarshal: (value, path) => {
    if (value === null) return { value };
    const text = unmarshal(TEXT, value, path);
    if ("failure" in text || (typeof value === "string" && RFC3339.test(value))) return text;
    const bad = quote(String(value));
    return other(`parsing time ${bad} as "2006-01-02T15:04:05Z07:00": cannot parse ${bad} as "2006"`, path);
  },
};

/** Taken as it is. */
export const RAW: GoShape = { kind: "own", unmarshal: (value) => ({ value }) };
