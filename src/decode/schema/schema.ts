import type { Finding } from "#model/finding.ts";
import type { JsonObject } from "#model/json.ts";
import type { Place } from "#model/place.ts";
import { type PolicyObject, placeOf } from "#model/policy.ts";
import type { CiliumMinor } from "#model/profile.ts";
import { pruneObject, textAt } from "../field.ts";
import type { SourceManifest } from "../objects/manifest.ts";
import { KNP_SCHEMAS, withoutListNulls } from "./knp-schema.ts";
import { groupOf } from "../objects/passed-over.ts";
import { metadataProblems } from "./metadata-rules.ts";
import { networkPolicyProblems, withDefaults } from "./network-policy-rules.ts";
import { prune, type UnknownField } from "./prune.ts";
import { checkBySchema } from "./schema-check.ts";
import { type SchemaMessage, schemaMessages } from "./schema-message.ts";
import type { SchemaSet } from "./schema-tree.ts";

/**
 * What the API server makes of objects: it drops fields that the CRD does not know, sets defaults, and refuses what
 * the schema forbids. A layer beside the agent's own validation: policy tests never ask it.
 */
export type SchemaJudge = {
  /** The Cilium release that the CRDs are of. */
  readonly version: string;
  /** The policy as it is stored, and what was dropped (`unknown-field`) or would be refused (`schema`). */
  readonly policy: (policy: PolicyObject) => { readonly policy: PolicyObject; readonly findings: readonly Finding[] };
  /** The same of any manifest; kinds without a schema pass. */
  readonly manifest: (manifest: SourceManifest) => readonly Finding[];
};

/** The judge of a minor's CRDs, which are loaded here, not at start-up. */
export async function schemaJudge(minor: CiliumMinor): Promise<SchemaJudge> {
  const set = await loadCrds(minor);
  const judge = (subject: Subject): Judgement => {
    const version = groupOf(textAt(subject.value, "apiVersion") ?? "").version;
    for (const one of [set, KNP_SCHEMAS]) {
      const schema = one.kinds[subject.kind]?.[version];
      if (schema === undefined) continue;
      const written = withoutStatus(pruneObject(subject.value));
      const isBuiltIn = subject.kind === "NetworkPolicy";
      const { value, unknown } = prune(isBuiltIn ? withoutListNulls(written) : written, schema, one);
      const refused = [
        ...schemaMessages(checkBySchema(value, schema, one)),
        ...metadataProblems(value),
        ...(isBuiltIn ? networkPolicyProblems(value) : []),
      ].filter((problem) => !holdsPlaceholder(problem));
      return {
        value: withStatusOf(subject.value, isBuiltIn ? withDefaults(value) : value),
        findings: bounded(
          [...unknown.map((field) => unknownField(field, subject)), ...refused.map(refusedBy(subject))],
          subject,
        ),
      };
    }
    return { value: subject.value, findings: [] };
  };
  return {
    version: set.version,
    policy: (policy) => {
      const { value, findings } = judge({
        kind: policy.kind,
        value: policy.value,
        place: (path) => placeOf(policy, path),
      });
      return { policy: value === policy.value ? policy : { ...policy, value }, findings };
    },
    manifest: (manifest) => judge(subjectOf(manifest)).findings,
  };
}

/** What Flux or envsubst will put there cannot be judged; the placeholder has a finding of its own. */
function holdsPlaceholder({ message }: SchemaMessage): boolean {
  return /\$\{[A-Za-z_]/.test(message);
}

/** No object has more to say than this; the rest is counted. */
const MOST_FINDINGS = 50;

function bounded(findings: readonly Finding[], subject: Subject): readonly Finding[] {
  if (findings.length <= MOST_FINDINGS) return findings;
  const rest: Finding = {
    id: "schema",
    severity: "error",
    message: `more of the same in this ${subject.kind}: only the first ${MOST_FINDINGS} findings are listed`,
    help: "mend these first",
    place: subject.place(""),
    count: findings.length - MOST_FINDINGS,
  };
  return [...findings.slice(0, MOST_FINDINGS), rest];
}

/** A status is the agents' to write: the API server takes it from nobody else. */
function withoutStatus(value: JsonObject): JsonObject {
  if (value["status"] === undefined) return value;
  const { status: _, ...written } = value;
  return written;
}

/** What the agents wrote is not judged, and kept. */
function withStatusOf(written: JsonObject, judged: JsonObject): JsonObject {
  const { status } = written;
  return status === undefined || judged === written ? judged : { ...judged, status };
}

type Subject = { readonly kind: string; readonly value: JsonObject; readonly place: (path: string) => Place };
type Judgement = { readonly value: JsonObject; readonly findings: readonly Finding[] };

function subjectOf(manifest: SourceManifest): Subject {
  return {
    kind: manifest.kind,
    value: manifest.value,
    place: (path) =>
      placeOf(
        {
          // placeOf names the object by its kind and names alone
          kind: manifest.kind as PolicyObject["kind"],
          namespace: manifest.namespace,
          name: manifest.name,
          value: manifest.value,
          file: manifest.file,
          places: manifest.positions(),
        },
        path,
      ),
  };
}

/** Checks one policy by the CRDs of a minor. For many, keep the judge. */
export async function checkSchema(policy: PolicyObject, minor: CiliumMinor): Promise<readonly Finding[]> {
  return (await schemaJudge(minor)).policy(policy).findings;
}

async function loadCrds(minor: CiliumMinor): Promise<SchemaSet> {
  switch (minor) {
    case "1.18":
      return schemaSet(await import("./crds/1.18.json", { with: { type: "json" } }));
    case "1.19":
      return schemaSet(await import("./crds/1.19.json", { with: { type: "json" } }));
    case "1.20":
      return schemaSet(await import("./crds/1.20.json", { with: { type: "json" } }));
  }
}

function schemaSet(module: { readonly default: unknown }): SchemaSet {
  return module.default as SchemaSet;
}

function unknownField(field: UnknownField, subject: Subject): Finding {
  return {
    id: "unknown-field",
    severity: "error",
    message: `${field.path}: no such field; the API server drops it and the rule does not do what it says`,
    help: field.meant ?? `delete ${field.key}`,
    place: subject.place(field.path),
  };
}

function refusedBy(subject: Subject): (problem: SchemaMessage) => Finding {
  return ({ path, message, help, since }) => ({
    id: "schema",
    severity: since === undefined ? "error" : "warn",
    message: `${path === "" ? subject.kind : path} ${message}: ${refusal(subject.kind, since)}`,
    help,
    place: subject.place(path),
  });
}

function refusal(kind: string, since: string | undefined): string {
  return since === undefined
    ? `the API server refuses the ${kind}`
    : `API servers refuse the ${kind} from Kubernetes ${since} on`;
}
