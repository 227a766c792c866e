import type { Conversation, End } from "#model/conversation.ts";

/** Edges of metrics that no conversation of a recording can be: the recording is the poorer witness there. */
export function edgesNotRecorded<Edge extends { readonly source: string; readonly destination: string }>(
  edges: readonly Edge[],
  conversations: readonly Conversation[],
): readonly Edge[] {
  const seen = new Set(
    conversations.flatMap(({ from, to }) =>
      contextsOf(from).flatMap((source) => contextsOf(to).map((destination) => `${source} ${destination}`)),
    ),
  );
  return edges.filter(({ source, destination }) => !seen.has(`${bare(source)} ${bare(destination)}`));
}

/** What an end may be called in a metric: pod, workload, namespace, reserved name, DNS name, address. */
function contextsOf(end: End): readonly string[] {
  switch (end.kind) {
    case "pod": {
      const names = [...end.pods, ...(end.workload === null ? [] : [end.workload.name])];
      return [end.namespace, ...names.map((name) => `${end.namespace}/${name}`)];
    }
    case "reserved":
      return [end.entity, ...end.addresses];
    case "address":
      return ["world", end.address, ...end.names];
    case "unknown":
      return end.address === null ? [] : [end.address];
  }
}

/** `reserved:world` and `world`: both spellings are met. */
function bare(context: string): string {
  return context.replace(/^reserved:/, "").replace(/\.$/, "");
}
