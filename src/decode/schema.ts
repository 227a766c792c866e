import type { Finding } from "#model/finding.ts";
import type { JsonObject } from "#model/json.ts";
import type { Place } from "#model/place.ts";
import { type PolicyObject, placeOf } from "#model/policy.ts";
import type { CiliumMinor } from "#model/profile.ts";
import { pruneObject, textAt } from "./field.ts";
import type { SourceManifest } from "./manifest.ts";
import { groupOf } from "./passed-over.ts";
import { prune, type UnknownField } from "./prune.ts";
import { schemaMessages } from "./schema-message.ts";
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

/**
 * The judge of a minor's CRDs. The schemas and the validator are loaded here, not at start-up: about 60 ms, then some
 * microseconds an object.
 */
export async function schemaJudge(minor: CiliumMinor): Promise<SchemaJudge> {
  const [{ schemaTests }, set, { KNP_SCHEMAS }] = await Promise.all([
    import("./schema-engine.ts"),
    loadCrds(minor),
    import("./knp-schema.ts"),
  ]);
  const sets = [
    { set, tests: schemaTests(set) },
    { set: KNP_SCHEMAS, tests: schemaTests(KNP_SCHEMAS) },
  ];
  const judge = (subject: Subject): Judgement => {
    const version = groupOf(textAt(subject.value, "apiVersion") ?? "").version;
    for (const { set, tests } of sets) {
      const test = tests(subject.kind, version);
      const schema = set.kinds[subject.kind]?.[version];
      if (test === null || schema === undefined) continue;
      const { value, unknown } = prune(pruneObject(subject.value), schema, set);
      const refused = schemaMessages(test(value));
      return {
        value,
        findings: [...unknown.map((field) => unknownField(field, subject)), ...refused.map(refusedBy(subject))],
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

function refusedBy(
  subject: Subject,
): (problem: { readonly path: string; readonly message: string; readonly help: string }) => Finding {
  return ({ path, message, help }) => ({
    id: "schema",
    severity: "error",
    message: `${path === "" ? subject.kind : path} ${message}: the API server refuses the ${subject.kind}`,
    help,
    place: subject.place(path),
  });
}
