// Writes src/decode/schema/crds/<minor>.json: the schemas by which the API server judges Cilium's objects, without their
// descriptions, from the CRDs in Cilium's sources. Run it when a minor or a patch release is added:
//
//   node scripts/update-crds.mjs "$(go env GOMODCACHE)"
//
// It takes the newest patch release of each minor that the module cache holds. Parts of a schema that occur more than
// once are kept once, under "$defs". CEL rules become JSON Schema by the table below; an unknown one stops the run.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const MINORS = ["1.18", "1.19", "1.20"];
const CRDS = [
  "ciliumnetworkpolicies",
  "ciliumclusterwidenetworkpolicies",
  "ciliumcidrgroups",
  "ciliumendpoints",
  "ciliumidentities",
  "ciliumnodes",
];
const CLUSTER_NETWORK_POLICY = "config/crd/experimental/policy.networking.k8s.io_clusternetworkpolicies.yaml";

const CEL = {
  "has(self.spec) || has(self.specs)": { anyOf: [{ required: ["spec"] }, { required: ["specs"] }] },
  "isCIDR(self)": { format: "strict-cidr" },
  "self.start < self.end": { startBeforeEnd: true },
};
// As the CRD has it, in one line.
const NAMED_PORT_OUTSIDE =
  "!(self.to.exists(peer, has(peer.networks) || has(peer.nodes) || has(peer.domainNames)) && has(self.protocols) && " +
  "self.protocols.exists(protocol, has(protocol.destinationNamedPort)))";
CEL[NAMED_PORT_OUTSIDE] = { portsHaveNumbers: true };

/** Drops what no check uses, turns CEL rules into keywords, sorts nothing. */
function convert(schema) {
  if (Array.isArray(schema)) return schema.map(convert);
  if (typeof schema !== "object" || schema === null) return schema;
  const out = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "description" && typeof value === "string") continue;
    if (key === "x-kubernetes-map-type") continue;
    if (key === "x-kubernetes-list-type" && value === "atomic") continue;
    if (key === "x-kubernetes-validations") {
      for (const { rule } of value) Object.assign(out, celKeywords(rule));
      continue;
    }
    out[key] = key === "properties" ? mapValues(value, convert) : convert(value);
  }
  // Its `anyOf` says integer or string; a `type` beside it would say one of the two.
  if (out["x-kubernetes-int-or-string"] === true) delete out.type;
  return out;
}

function celKeywords(rule) {
  const keywords = CEL[rule.replaceAll(/\s+/g, " ").trim()];
  if (keywords === undefined) throw new Error(`CEL rule without a translation: ${rule}`);
  return keywords;
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

/** Keeps every schema that occurs more than once, and is worth it, in `$defs`. */
function share(schemas) {
  const counts = new Map();
  const count = (schema) => {
    if (typeof schema !== "object" || schema === null) return;
    if (isShareable(schema)) {
      const text = JSON.stringify(schema);
      const known = counts.get(text) ?? 0;
      counts.set(text, known + 1);
      if (known > 0) return;
    }
    Object.values(schema).forEach(count);
  };
  count(schemas);
  const defs = {};
  const names = new Map();
  const replace = (schema) => {
    if (typeof schema !== "object" || schema === null) return schema;
    if (Array.isArray(schema)) return schema.map(replace);
    const text = isShareable(schema) ? JSON.stringify(schema) : "";
    if ((counts.get(text) ?? 0) < 2) return mapValues(schema, replace);
    if (!names.has(text)) {
      names.set(text, `s${names.size}`);
      const name = names.get(text);
      defs[name] = null;
      defs[name] = mapValues(schema, replace);
    }
    return { $ref: `#/$defs/${names.get(text)}` };
  };
  return { $defs: defs, kinds: replace(schemas) };
}

function isShareable(schema) {
  return !Array.isArray(schema) && typeof schema.type === "string" && JSON.stringify(schema).length > 120;
}

function newest(folder, prefix) {
  const patch = (name) => Number(name.slice(prefix.length));
  const found = readdirSync(folder).filter(
    (name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)),
  );
  const [first] = found.toSorted((left, right) => patch(right) - patch(left));
  if (first === undefined) throw new Error(`${folder} holds no ${prefix}*`);
  return join(folder, first);
}

function schemasOf(file) {
  const crd = parse(readFileSync(file, "utf8"));
  const versions = crd.spec.versions.map((version) => [version.name, convert(version.schema.openAPIV3Schema)]);
  return [crd.spec.names.kind, Object.fromEntries(versions)];
}

const [cache] = process.argv.slice(2);
if (cache === undefined) throw new Error("name the Go module cache: node scripts/update-crds.mjs $(go env GOMODCACHE)");
const target = join(import.meta.dirname, "../src/decode/schema/crds");
mkdirSync(target, { recursive: true });
for (const minor of MINORS) {
  const cilium = newest(join(cache, "github.com/cilium"), `cilium@v${minor}.`);
  const files = CRDS.map((name) => join(cilium, "pkg/k8s/apis/cilium.io/client/crds/v2", `${name}.yaml`));
  const required = /sigs\.k8s\.io\/network-policy-api (\S+)/.exec(readFileSync(join(cilium, "go.mod"), "utf8"));
  if (required !== null)
    files.push(join(cache, `sigs.k8s.io/network-policy-api@${required[1]}`, CLUSTER_NETWORK_POLICY));
  const schemas = share(Object.fromEntries(files.map(schemasOf)));
  const version = cilium.slice(cilium.indexOf("@v") + 2);
  const text = JSON.stringify({ version, ...schemas });
  writeFileSync(join(target, `${minor}.json`), `${text}\n`);
  console.log(`${minor}: ${version}, ${Object.keys(schemas.kinds).join(" ")}, ${text.length} bytes`);
}
