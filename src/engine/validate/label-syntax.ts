import { hasLabelNameForm, hasSubdomainForm } from "#model/labels.ts";
import { byteLength } from "./go-text.ts";
import type { Differences } from "./versions.ts";

const NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;

const NAME_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${NAME}')`;
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
  `end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${NAME})?')`;
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  `end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`;
const SOURCE_RULE = "label source should be a non empty string with only alphanumeric characters";
const COLON_RULE = "a valid label key only support ':' character as a source separator with non empty value";

const NAME_LIMIT = 63;
const SUBDOMAIN_LIMIT = 253;

type Wording = Pick<Differences, "labelKeyNoun" | "lengthUnit">;

/**
 * What Kubernetes has against a label key: an optional DNS subdomain and `/`, then a name of at most 63 bytes. Empty
 * when nothing. Upstream: apimachinery IsQualifiedName, later content.IsLabelKey.
 */
export function labelKeyErrors(key: string, wording: Wording): readonly string[] {
  const parts = key.split("/");
  const [first = "", second] = parts;
  if (parts.length > 2) {
    return [
      `${wording.labelKeyNoun} ${NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (second === undefined) return nameErrors(first, wording);
  return [...prefixErrors(first, wording), ...nameErrors(second, wording)];
}

function prefixErrors(prefix: string, wording: Wording): readonly string[] {
  if (prefix === "") return ["prefix part must be non-empty"];
  const errors: string[] = [];
  if (byteLength(prefix) > SUBDOMAIN_LIMIT) errors.push(`prefix part ${tooLong(SUBDOMAIN_LIMIT, wording)}`);
  if (!hasSubdomainForm(prefix)) errors.push(`prefix part ${SUBDOMAIN_RULE}`);
  return errors;
}

function nameErrors(name: string, wording: Wording): readonly string[] {
  const errors: string[] = [];
  if (name === "") errors.push("name part must be non-empty");
  else if (byteLength(name) > NAME_LIMIT) errors.push(`name part ${tooLong(NAME_LIMIT, wording)}`);
  if (name === "" || !hasLabelNameForm(name)) errors.push(`name part ${NAME_RULE}`);
  return errors;
}

/** What Kubernetes has against a label value: at most 63 bytes, or empty. */
export function labelValueErrors(value: string, wording: Wording): readonly string[] {
  const errors: string[] = [];
  if (byteLength(value) > NAME_LIMIT) errors.push(tooLong(NAME_LIMIT, wording));
  if (value !== "" && !hasLabelNameForm(value)) errors.push(VALUE_RULE);
  return errors;
}

/** A label key with an optional `source:`. Upstream 1.20: pkg/labels/validation.go IsValidCiliumLabelKey. */
export function sourcedKeyErrors(key: string, wording: Wording): readonly string[] {
  const parts = key.split(":");
  const [first = "", second] = parts;
  if (parts.length > 2) return [COLON_RULE];
  if (second === undefined) return labelKeyErrors(first, wording);
  const source = /^[A-Za-z0-9]+$/.test(first) ? [] : [SOURCE_RULE];
  return [...source, ...labelKeyErrors(second, wording)];
}

function tooLong(limit: number, wording: Wording): string {
  return `must be no more than ${limit} ${wording.lengthUnit}`;
}
