import { once } from "node:events";
import { readFileSync } from "node:fs";
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { FilterError } from "#hubble/filters/filter.ts";
import { FlagError } from "#hubble/flags/flag.ts";
import type { Moment } from "#hubble/go-time.ts";
import { flagOf, type Message, textOf } from "#hubble/message.ts";
import { readMessage } from "#hubble/wire/read-message.ts";
import { writeMessage } from "#hubble/wire/write-message.ts";
import { UserError } from "#model/finding.ts";
import { bufferMethod } from "./buffer-method.ts";
import type { FlowHistory, HistoryNamespace, HistorySummary } from "./flow-history.ts";
import { selectFlows } from "./select-flows.ts";

export type ObserverServerOptions = {
  /** `host:port` or `unix:///path`. */
  readonly listen: string;
  /** Certificate and key of the server, authorities of its clients, in PEM. */
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile: string | null } | null;
  /** What the server says of itself. */
  readonly version: string;
};

/** A server that runs. */
export type ObserverServer = { readonly address: string; readonly close: () => Promise<void> };

/** Names by which the health of the service is asked for. Upstream: hubble.server.Observer is not the service's gRPC name. */
const HEALTH_NAMES = ["", "hubble.server.Observer", "observer.Observer"];

/**
 * Offers a history as `observer.Observer`: GetFlows with every filter, follow and field mask, ServerStatus, GetNodes,
 * GetNamespaces; agent and debug events are none. Throws UserError when it cannot listen.
 */
export async function startObserverServer(
  history: FlowHistory,
  options: ObserverServerOptions,
): Promise<ObserverServer> {
  const server = new Server({ "grpc.max_receive_message_length": 4 << 20 });
  const { version } = options;
  server.addService(OBSERVER, {
    GetFlows: (call: FlowsCall) => void answerFlows(history, call),
    GetAgentEvents: (call: FlowsCall) => call.end(),
    GetDebugEvents: (call: FlowsCall) => call.end(),
    ServerStatus: unary("ServerStatusResponse", async () => serverStatus(await history.summary(), version)),
    GetNodes: unary("GetNodesResponse", async () => nodesOf(await history.summary())),
    GetNamespaces: unary("GetNamespacesResponse", async () => namespacesOf(await history.namespaces())),
  });
  server.addService(HEALTH, { Check: checkHealth });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(options.listen, credentialsOf(options), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(cannotListen(options.listen, error));
    });
  });
  const address = options.listen.startsWith("unix:") ? options.listen : options.listen.replace(/:\d+$/, `:${port}`);
  return {
    address,
    close: async () => {
      server.forceShutdown();
    },
  };
}

type FlowsCall = ServerWritableStream<Buffer, Buffer>;
type UnaryCall = ServerUnaryCall<Buffer, Buffer>;

const OBSERVER = {
  GetFlows: bufferMethod("/observer.Observer/GetFlows", true),
  GetAgentEvents: bufferMethod("/observer.Observer/GetAgentEvents", true),
  GetDebugEvents: bufferMethod("/observer.Observer/GetDebugEvents", true),
  ServerStatus: bufferMethod("/observer.Observer/ServerStatus", false),
  GetNodes: bufferMethod("/observer.Observer/GetNodes", false),
  GetNamespaces: bufferMethod("/observer.Observer/GetNamespaces", false),
};
const HEALTH = { Check: bufferMethod("/grpc.health.v1.Health/Check", false) };

async function answerFlows(history: FlowHistory, call: FlowsCall): Promise<void> {
  const abort = new AbortController();
  call.on("cancelled", () => abort.abort());
  call.on("error", () => abort.abort());
  try {
    const request = readMessage("GetFlowsRequest", call.request);
    if (flagOf(request, "first") && flagOf(request, "follow")) {
      throw new RefusedRequest("first cannot be specified with follow");
    }
    for await (const response of selectFlows(history, request, abort.signal)) {
      if (abort.signal.aborted) return;
      if (!call.write(bufferOf("GetFlowsResponse", response))) await drained(call, abort.signal);
    }
    call.end();
  } catch (error) {
    if (!abort.signal.aborted) call.emit("error", statusOf(error));
  }
}

class RefusedRequest extends Error {}

async function drained(call: FlowsCall, signal: AbortSignal): Promise<void> {
  await once(call, "drain", { signal }).catch(() => undefined);
}

function statusOf(error: unknown): { readonly code: status; readonly details: string } {
  const details = error instanceof Error ? error.message : String(error);
  if (error instanceof RefusedRequest) return { code: status.INVALID_ARGUMENT, details };
  // Upstream's errors of filters and masks carry no code.
  if (error instanceof FilterError || error instanceof FlagError) return { code: status.UNKNOWN, details };
  return { code: status.INTERNAL, details };
}

function bufferOf(name: string, message: Message): Buffer {
  const bytes = writeMessage(name, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unary(name: string, answer: () => Promise<Message>) {
  return (_call: UnaryCall, send: sendUnaryData<Buffer>): void => {
    answer().then(
      (message) => send(null, bufferOf(name, message)),
      (error: unknown) => send({ code: status.INTERNAL, details: String(error) }),
    );
  };
}

function checkHealth(call: UnaryCall, send: sendUnaryData<Buffer>): void {
  const service = textOf(readMessage("HealthCheckRequest", call.request), "service");
  if (HEALTH_NAMES.includes(service)) send(null, bufferOf("HealthCheckResponse", { status: "SERVING" }));
  else send({ code: status.NOT_FOUND, details: "unknown service" });
}

/** Time and rate are those of what is recorded, not of the server. */
function serverStatus({ flows, seen, first, last, nodes }: HistorySummary, version: string): Message {
  const nanoseconds = spanNanoseconds(first, last);
  const seconds = Number(nanoseconds) / 1e9;
  return {
    ...flowCounts(flows, seen),
    ...(nanoseconds === 0n ? {} : { uptime_ns: nanoseconds.toString() }),
    num_connected_nodes: nodes.length,
    num_unavailable_nodes: 0,
    version,
    ...(seconds > 0 ? { flows_rate: seen / seconds } : {}),
  };
}

function flowCounts(flows: number | null, seen: number): Message {
  return {
    ...(flows === null || flows === 0 ? {} : { num_flows: String(flows), max_flows: String(flows) }),
    ...(seen === 0 ? {} : { seen_flows: String(seen) }),
  };
}

function nodesOf({ nodes }: HistorySummary): Message {
  return {
    nodes: nodes.map(({ name, version, flows, seen, first, last }): Message => {
      const nanoseconds = spanNanoseconds(first, last);
      return {
        name,
        ...(version === "" ? {} : { version }),
        state: "NODE_CONNECTED",
        ...(nanoseconds === 0n ? {} : { uptime_ns: nanoseconds.toString() }),
        ...flowCounts(flows, seen),
      };
    }),
  };
}

function namespacesOf(namespaces: readonly HistoryNamespace[]): Message {
  return {
    namespaces: namespaces.map(
      ({ cluster, namespace }): Message => ({ ...(cluster === "" ? {} : { cluster }), namespace }),
    ),
  };
}

function spanNanoseconds(first: Moment | null, last: Moment | null): bigint {
  if (first === null || last === null) return 0n;
  return BigInt(last.seconds - first.seconds) * 1_000_000_000n + BigInt(last.nanos - first.nanos);
}

function credentialsOf({ tls }: ObserverServerOptions): ServerCredentials {
  if (tls === null) return ServerCredentials.createInsecure();
  const pair = { cert_chain: readPem(tls.certFile), private_key: readPem(tls.keyFile) };
  const isMutual = tls.clientCaFile !== null;
  return ServerCredentials.createSsl(isMutual ? readPem(tls.clientCaFile) : null, [pair], isMutual);
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UserError("certificate-missing", `cannot be read (${String(cause)})`, {
      place: { file: path },
      help: "name a PEM file",
      cause,
    });
  }
}

function cannotListen(listen: string, cause: Error): UserError {
  const isTaken = /EADDRINUSE|already in use/i.test(cause.message);
  return new UserError(
    "cannot-listen",
    `cannot listen at ${listen}: ${isTaken ? "something does already" : cause.message}`,
    {
      help: "name another address with --listen HOST:PORT",
      cause,
    },
  );
}
