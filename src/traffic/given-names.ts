import type { GivenName, NameRecord } from "#model/coverage.ts";
import type { CiliumEndpoint, Inventory } from "#model/objects.ts";

/**
 * Names from files with node and asker filled in where they can be told. An agent's dump numbers its endpoints; the
 * CiliumEndpoint objects say which pod that is, on which node. Which agent's dump it is, when no key says so: the node
 * named in the file's path, else the one node that has all its endpoints.
 */
export function attributeNames(names: readonly GivenName[], inventory: Inventory): readonly NameRecord[] {
  const endpoints = endpointsByNode(inventory);
  const dumps = groupDumps(names);
  const nodes = new Map([...dumps].map(([key, dump]) => [key, nodeOf(dump, endpoints)]));
  return names.map(({ endpointId, dump, ...record }) => {
    if (endpointId === undefined) return record;
    const node = nodes.get(`${record.file ?? ""} ${dump}`) ?? record.node;
    const pod = node === null ? undefined : endpoints.get(node)?.get(endpointId);
    return { ...record, node, askedBy: pod === undefined ? null : `${pod.namespace}/${pod.name}` };
  });
}

function groupDumps(names: readonly GivenName[]): ReadonlyMap<string, readonly GivenName[]> {
  const dumps = new Map<string, GivenName[]>();
  for (const name of names) {
    if (name.endpointId === undefined) continue;
    const key = `${name.file ?? ""} ${name.dump}`;
    const dump = dumps.get(key);
    if (dump === undefined) dumps.set(key, [name]);
    else dump.push(name);
  }
  return dumps;
}

type EndpointsByNode = ReadonlyMap<string, ReadonlyMap<number, CiliumEndpoint>>;

function endpointsByNode({ nodes, ciliumEndpoints }: Inventory): EndpointsByNode {
  const nameAt = new Map(nodes.flatMap((node) => node.addresses.map(({ address }) => [address, node.name] as const)));
  const found = new Map<string, Map<number, CiliumEndpoint>>(nodes.map((node) => [node.name, new Map()]));
  for (const endpoint of ciliumEndpoints) {
    const node = nameAt.get(endpoint.nodeAddress ?? "");
    if (node !== undefined && endpoint.endpointId !== undefined) found.get(node)?.set(endpoint.endpointId, endpoint);
  }
  return found;
}

/** The node whose agent wrote a dump; null when several could have, or none. */
function nodeOf(dump: readonly GivenName[], endpoints: EndpointsByNode): string | null {
  const [first] = dump;
  if (first === undefined) return null;
  if (first.node !== null) return endpoints.has(first.node) ? first.node : null;
  const named = [...endpoints.keys()].filter((node) => isWordOf(node, first.file ?? ""));
  if (named.length === 1) return named[0] ?? null;
  const ids = [...new Set(dump.flatMap(({ endpointId }) => endpointId ?? []))];
  const having = [...endpoints].filter(([, known]) => ids.length > 0 && ids.every((id) => known.has(id)));
  return having.length === 1 ? (having[0]?.[0] ?? null) : null;
}

/** `worker-2` in `agent-worker-2/fqdn-cache.json`, but not in `worker-21.json`. */
function isWordOf(word: string, text: string): boolean {
  const at = text.lastIndexOf(word);
  if (at < 0) return false;
  const isPart = (character: string | undefined) => character !== undefined && /[a-z0-9]/i.test(character);
  return !isPart(text[at - 1]) && !isPart(text[at + word.length]);
}
