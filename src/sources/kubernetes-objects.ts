import { portableObject } from "#decode/portable-object.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { JsonObject } from "#model/json.ts";
import { type ClusterChoice, KubernetesConnection } from "./kubernetes-connection.ts";
import { type Listed, listObjects } from "./kubernetes-list.ts";
import { apiVersionOf, KUBERNETES_RESOURCES, type KubernetesResource, listPath } from "./kubernetes-resources.table.ts";

/** What was read of a live cluster. Objects are as `portableObject` keeps them: no Secrets, no environments. */
export type ClusterObjects = {
  /** The context's name. */
  readonly name: string;
  readonly objects: readonly JsonObject[];
  readonly findings: readonly Finding[];
};

export type ClusterReadOptions = { readonly onProgress?: (kind: string, objects: number) => void };

/**
 * Lists everything that decisions need from a live cluster, one kind after the other. Kinds that are not served are passed
 * over; kinds that may not be listed are findings. Throws UserError when the cluster cannot be reached or nothing may be read.
 */
export async function readCluster(choice: ClusterChoice, options: ClusterReadOptions = {}): Promise<ClusterObjects> {
  const connection = await KubernetesConnection.open(choice);
  const objects: JsonObject[] = [];
  const refused: Refusal[] = [];
  const absent = new Set<string>();
  for (const resource of KUBERNETES_RESOURCES) {
    options.onProgress?.(resource.plural, objects.length);
    const listed = await listServed(connection, resource);
    if (listed.kind === "listed") for (const object of listed.items) objects.push(object);
    else if (listed.status === 404) absent.add(resource.kind);
    else refused.push({ resource, status: listed.status, message: listed.message });
  }
  if (objects.length === 0) throw nothingRead(connection.name, refused);
  const findings = [...refusedFindings(connection.name, refused), ...absentFindings(connection.name, absent)];
  return { name: connection.name, objects, findings };
}

/** The list in the first version that the server serves. */
async function listServed(connection: KubernetesConnection, resource: KubernetesResource): Promise<Listed> {
  let last: Listed = { kind: "refused", status: 404, message: "not served" };
  for (const version of resource.versions) {
    last = await listObjects(connection, listPath(resource, version), {
      keep: portableObject,
      apiVersion: apiVersionOf(resource, version),
      objectKind: resource.kind,
    });
    if (last.kind === "listed" || last.status !== 404) return last;
  }
  return last;
}

type Refusal = { readonly resource: KubernetesResource; readonly status: number; readonly message: string };

function nothingRead(name: string, refused: readonly Refusal[]): UserError {
  const [first] = refused;
  return new UserError("cluster-refused", `${name}: nothing may be read: ${first?.message ?? "it serves no objects"}`, {
    help: "the account needs get and list, cluster-wide; see docs/capture.md, or give manifests with --objects",
  });
}

function refusedFindings(name: string, refused: readonly Refusal[]): readonly Finding[] {
  const [first] = refused;
  if (first === undefined) return [];
  const plurals = refused.map(({ resource }) => resource.plural).join(", ");
  return [
    {
      id: "cluster-refused",
      severity: "warn",
      message: `${name}: ${plurals} could not be listed and are not known: ${first.message}`,
      help: "give the account get and list on them, or add them with --objects",
      count: refused.length,
    },
  ];
}

function absentFindings(name: string, absent: ReadonlySet<string>): readonly Finding[] {
  if (!absent.has("CiliumNetworkPolicy")) return [];
  return [
    {
      id: "no-cilium",
      severity: "warn",
      message: `${name}: the cluster serves no CiliumNetworkPolicy`,
      help: "is it the right cluster? another is named with --context",
    },
  ];
}
