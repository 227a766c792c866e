import { existsSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { readInventory } from "#decode/objects/objects.ts";
import { manifestsIn } from "#decode/objects/manifest.ts";
import { readObjects } from "#decode/objects/read-objects.ts";
import type { Change, Target } from "#edit/change.ts";
import { editManifest } from "#edit/edit-manifest.ts";
import { policyText } from "#generate/policy-text.ts";
import { writeYaml } from "#generate/write-yaml.ts";
import { UserError } from "#model/finding.ts";
import type { GeneratedPolicy } from "#model/generated.ts";
import { isObject, type JsonObject } from "#model/json.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import { loadManifests } from "#sources/manifests.ts";

/** Files that generated policies are merged into, in the form that a tool reads. Texts are by file, as they are now. */
export type MergeTarget = {
  readonly existing: readonly PolicyObject[];
  readonly texts: ReadonlyMap<string, string>;
  /** The texts with a change to a policy that is there; null when it cannot be made in place. */
  readonly edit: (texts: Texts, policy: PolicyObject, change: Change) => Texts | null;
  /** The texts with a policy more. */
  readonly add: (texts: Texts, policy: GeneratedPolicy, withEvidence: boolean) => Texts;
};

export type Texts = ReadonlyMap<string, string>;

/** Opens the target at a path: `files` and `kustomize` a directory or a file, `helm-values` a values file. */
export async function openTarget(kind: string, path: string, key: string): Promise<MergeTarget> {
  return kind === "helm-values" ? valuesTarget(path, key) : filesTarget(path, kind === "kustomize");
}

async function filesTarget(path: string, isKustomized: boolean): Promise<MergeTarget> {
  const isThere = existsSync(path);
  const isFile = isThere ? statSync(path).isFile() : /\.ya?ml$/.test(path);
  const loaded = isThere ? await loadManifests([path]) : null;
  const { policies } = readInventory(loaded?.manifests ?? []);
  const edit: MergeTarget["edit"] = (texts, policy, change) => edited(texts, policy.file ?? "", policy, change);
  const add: MergeTarget["add"] = (texts, one, withEvidence) => {
    const text = policyText(one, withEvidence);
    if (isFile) return withText(texts, path, appended(texts.get(path) ?? "", text));
    const file = join(path, fileOf(one, texts, path));
    const more = withText(texts, file, text);
    return isKustomized || hasKustomization(path) ? withResource(more, path, relative(path, file)) : more;
  };
  return { existing: policies, texts: loaded?.texts ?? new Map(), edit, add };
}

/** `shop/web.yaml`; another name where such a file is there that holds something else. */
function fileOf({ policy }: GeneratedPolicy, texts: Texts, root: string): string {
  const folder = policy.namespace ?? "";
  for (let number = 1; ; number += 1) {
    const name = join(folder, `${policy.name}${number === 1 ? "" : `-${number}`}.yaml`);
    if (!texts.has(join(root, name)) && !existsSync(join(root, name))) return name;
  }
}

function appended(text: string, document: string): string {
  if (text.trim() === "") return document;
  return `${text.replace(/\n*$/, "\n")}---\n${document}`;
}

function withText(texts: Texts, file: string, text: string): Texts {
  return new Map([...texts, [file, text]]);
}

function edited(texts: Texts, file: string, target: Target, change: Change): Texts | null {
  const text = texts.get(file);
  const after = text === undefined ? null : editManifest(text, target, change);
  return after === null ? null : withText(texts, file, after);
}

const KUSTOMIZATIONS = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

function hasKustomization(root: string): boolean {
  return KUSTOMIZATIONS.some((name) => existsSync(join(root, name)));
}

/** A kustomization reads only what it lists. */
function withResource(texts: Texts, root: string, resource: string): Texts {
  const name = KUSTOMIZATIONS.find((one) => existsSync(join(root, one)) || texts.has(join(root, one)));
  if (name === undefined) {
    const made = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources: [resource] };
    return withText(texts, join(root, KUSTOMIZATIONS[0] ?? ""), writeYaml(made, new Map()));
  }
  const file = join(root, name);
  const text = texts.get(file) ?? readFileSync(file, "utf8");
  const [value] = readObjects(text, file).map((source) => source.value);
  const kind = isObject(value) && typeof value["kind"] === "string" ? value["kind"] : "";
  const metadata = isObject(value) ? value["metadata"] : undefined;
  const own = isObject(metadata) && typeof metadata["name"] === "string" ? metadata["name"] : "";
  const change: Change = { op: "append", path: "resources", value: resource };
  const after = editManifest(text, { kind, namespace: null, name: own }, change);
  if (after === null) {
    throw new UserError("cannot-merge", `${resource} cannot be listed in it`, {
      place: { file },
      help: "add it to resources by hand, or write elsewhere with --to",
    });
  }
  return withText(texts, file, after);
}

/** The root mapping of a values file: it has neither kind nor name. */
const ROOT: Target = { kind: "", namespace: null, name: "" };

/** Policies in a list of a Helm values file, such as `extraObjects`. Texts among them (templates) stay as they are. */
function valuesTarget(file: string, key: string): MergeTarget {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const [values] = readObjects(text, file);
  if (
    values !== undefined &&
    isObject(values.value) &&
    values.value[key] !== undefined &&
    !Array.isArray(values.value[key])
  ) {
    throw new UserError("cannot-merge", `\`${key}\` is no list`, {
      place: { file },
      help: "name the list with --values-key",
    });
  }
  const at = new Map<string, string>();
  const existing = (values?.elements(key) ?? []).flatMap((source, index) => {
    const { policies } = readInventory(manifestsIn([source], file).manifests);
    for (const policy of policies) at.set(policyName(policy), `${key}[${index}]`);
    return policies;
  });
  const edit: MergeTarget["edit"] = (texts, policy, change) => {
    const prefix = at.get(policyName(policy));
    return prefix === undefined ? null : edited(texts, file, ROOT, { ...change, path: `${prefix}.${change.path}` });
  };
  const add: MergeTarget["add"] = (texts, { policy }) => {
    const now = texts.get(file) ?? "";
    if (now.trim() === "") return withText(texts, file, writeYaml(valuesOf(key, policy.value), new Map()));
    const after = editManifest(now, ROOT, { op: "append", path: key, value: policy.value });
    if (after !== null) return withText(texts, file, after);
    throw new UserError("cannot-merge", `${policyName(policy)} cannot be added to \`${key}\``, {
      place: { file },
      help: "the list stands in an anchor, or the file is not plain YAML; write files with --to",
    });
  };
  return { existing, texts: new Map(text === "" ? [] : [[file, text]]), edit, add };
}

function valuesOf(key: string, object: JsonObject): JsonObject {
  return { [key]: [object] };
}
