import { type Finding, UserError } from "#model/finding.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Place } from "#model/place.ts";
import type { PolicyTest } from "#model/policy-test.ts";
import { type CiliumMinor, NEWEST_MINOR } from "#model/profile.ts";
import { configFor } from "../config/cilium-config.ts";
import { readVersion } from "../config/cilium-version.ts";
import { pruneObject, textAt, valueAt } from "../field.ts";
import { readConnection } from "./policy-test-connection.ts";
import { refuseUnknownKeys, type Reading, readingOf } from "./policy-test-reading.ts";
import { readObjects } from "../objects/read-objects.ts";
import { readSettings } from "../config/settings.ts";
import type { SourceObject } from "../objects/source-object.ts";

/** Patterns of a test's `files:`, relative to its file; the caller resolves them and appends the objects. */
export type FilesWanted = { readonly test: number; readonly patterns: readonly string[]; readonly place: Place };

export type ReadPolicyTests = {
  readonly tests: readonly PolicyTest[];
  /** Where each test begins. */
  readonly places: readonly Place[];
  readonly filesWanted: readonly FilesWanted[];
  readonly findings: readonly Finding[];
  /** Tests that cannot be meant, each with its place; the others are read all the same. */
  readonly problems: readonly UserError[];
};

/**
 * Reads policy tests (docs: policy-test format): a YAML or JSON document, several, or JSON Lines. Defaults are filled
 * in: the newest minor, the Helm chart's configuration of the test's minor. Throws `UserError` when the text is broken;
 * a test that cannot be meant (a key that does not exist, a port that is none) is a problem and the next one is read.
 */
export function readPolicyTests(text: string, file: string): ReadPolicyTests {
  const read: Draft = { tests: [], places: [], filesWanted: [], findings: [], problems: [] };
  for (const source of readObjects(text, file).flatMap(unfoldLists)) {
    try {
      readInto(source, file, read);
    } catch (problem) {
      if (!(problem instanceof UserError)) throw problem;
      read.problems.push(problem);
    }
  }
  return read;
}

type Draft = {
  readonly tests: PolicyTest[];
  readonly places: Place[];
  readonly filesWanted: FilesWanted[];
  readonly findings: Finding[];
  readonly problems: UserError[];
};

function readInto(source: SourceObject, file: string, read: Draft): void {
  const reading = readingOf(source, file, read.findings);
  const test = readTest(source.value, reading, file);
  const patterns = isObject(source.value) ? list(source.value, "files", reading) : [];
  const wanted = patterns.map((pattern, index) => {
    if (typeof pattern === "string" && pattern !== "") return pattern;
    throw reading.problem(`files[${index}]`, "must be a file or a pattern such as policies/*.yaml");
  });
  if (wanted.length > 0)
    read.filesWanted.push({ test: read.tests.length, patterns: wanted, place: reading.place("files") });
  if (test.connections.length + test.expectPolicies.length === 0) {
    reading.note("", "expects nothing: it has neither connections nor expectPolicies", "add connections");
  }
  read.tests.push(test);
  read.places.push(reading.place(""));
}

function unfoldLists(source: SourceObject): readonly SourceObject[] {
  return Array.isArray(source.value) ? source.elements("") : [source];
}

const KEYS = ["name", "cilium", "config", "objects", "files", "dns", "connections", "expectPolicies"];

function readTest(value: Json, reading: Reading, file: string): PolicyTest {
  if (!isObject(value)) throw reading.problem("", "a policy test is a mapping with a name and connections");
  refuseUnknownKeys(value, "", [...KEYS, "notes", "labels", "description"], reading);
  const name = textAt(value, "name") ?? "";
  if (name === "") throw reading.problem("name", "every test has a name");
  const cilium = readMinor(value["cilium"], reading);
  return {
    name,
    cilium,
    config: readConfig(value["config"], cilium, reading),
    objects: readTestObjects(value["objects"], reading),
    dns: list(value, "dns", reading).map((entry, index) => readDns(entry, `dns[${index}]`, reading)),
    connections: list(value, "connections", reading).map((entry, index) =>
      readConnection(entry, `connections[${index}]`, reading),
    ),
    expectPolicies: list(value, "expectPolicies", reading).map((entry, index) =>
      readExpectPolicy(entry, `expectPolicies[${index}]`, reading),
    ),
    file,
  };
}

function list(value: JsonObject, key: string, reading: Reading): readonly Json[] {
  const found = value[key] ?? [];
  if (!Array.isArray(found)) throw reading.problem(key, "must be a list");
  return found;
}

function readMinor(value: Json | undefined, reading: Reading): CiliumMinor {
  if (value === undefined || value === null) return NEWEST_MINOR;
  // Without quotes 1.20 is the number 1.2 to YAML.
  const text = value === 1.2 ? "1.20" : String(value);
  const version = readVersion(text, "the test");
  if (version === null) throw reading.problem("cilium", `\`${text}\` is no cilium version`, 'write cilium: "1.20"');
  for (const finding of version.findings) reading.note("cilium", finding.message, finding.help ?? "");
  return version.minor;
}

function readConfig(value: Json | undefined, minor: CiliumMinor, reading: Reading): PolicyTest["config"] {
  if (value === undefined || value === null) return configFor(null, minor);
  if (!isObject(value)) throw reading.problem("config", "must be a mapping");
  const { settings, problems } = readSettings(value);
  for (const { key, message } of problems) {
    throw reading.problem(`config.${key}`, message);
  }
  return configFor(settings, minor);
}

/** Objects as the agent gets them: Lists unfolded, nulls pruned. */
export function readTestObjects(value: Json | undefined, reading: Pick<Reading, "problem">): readonly JsonObject[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw reading.problem("objects", "must be a list");
  return value.flatMap((object: Json, index) => {
    if (!isObject(object)) throw reading.problem(`objects[${index}]`, "must be a Kubernetes object");
    const kind = textAt(object, "kind") ?? "";
    if (kind === "") throw reading.problem(`objects[${index}]`, "has no kind");
    const items = valueAt(object, "items");
    if (kind.endsWith("List") && Array.isArray(items)) return readTestObjects(items, reading);
    return [pruneObject(object)];
  });
}

function readDns(value: Json, path: string, reading: Reading): PolicyTest["dns"][number] {
  const name = textAt(value, "name");
  if (!isObject(value) || name === undefined) throw reading.problem(path, "needs a name");
  refuseUnknownKeys(value, path, ["name", "ips", "seenBy"], reading);
  const seenBy = valueAt(value, "seenBy") ?? null;
  if (seenBy !== null && typeof seenBy !== "string")
    throw reading.problem(`${path}.seenBy`, "must be the namespace/pod that asked");
  const ips = valueAt(value, "ips") ?? [];
  if (!Array.isArray(ips) || !ips.every((ip) => typeof ip === "string")) {
    throw reading.problem(`${path}.ips`, "must be a list of addresses");
  }
  return { name, ips, seenBy };
}

function readExpectPolicy(value: Json, path: string, reading: Reading): PolicyTest["expectPolicies"][number] {
  const policy = textAt(value, "policy");
  if (!isObject(value) || policy === undefined) throw reading.problem(path, "needs a policy, as kind/namespace/name");
  refuseUnknownKeys(value, path, ["policy", "valid", "error"], reading);
  const valid = value["valid"] ?? undefined;
  const error = value["error"] ?? undefined;
  if (error !== undefined && typeof error !== "string") throw reading.problem(`${path}.error`, "must be a text");
  if (valid === undefined && error === undefined) {
    reading.note(path, "expects nothing, so it passes whenever the policy is there", "say valid: true or valid: false");
  }
  if (valid !== undefined && typeof valid !== "boolean")
    throw reading.problem(`${path}.valid`, "must be true or false");
  return { policy, ...(valid === undefined ? {} : { valid }), ...(error === undefined ? {} : { error }) };
}
