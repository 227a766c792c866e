import { readFileSync } from "node:fs";
import {
  type ChannelCredentials,
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import type { Message } from "#hubble/message.ts";
import { readMessage } from "#hubble/wire/read-message.ts";
import { writeMessage } from "#hubble/wire/write-message.ts";
import { UserError } from "#model/finding.ts";
import { GrpcCode, isPassing, NO_CONNECTION, type RelayStatus, relayFault } from "./relay-fault.ts";
import { type RelayOptions, targetOf, usesTls } from "./relay-options.ts";
import { type VersionWarning, versionWarnings } from "./relay-version.ts";
import type { PortForward } from "./port-forward.ts";

/** A flow has some 1,000 bytes. Upstream's limit is gRPC's own, 4 MiB. */
const MOST_MESSAGE_BYTES = 16 << 20;
/** Go's servers take more frequent pings for an attack. Upstream: grpc keepalive.EnforcementPolicy. */
const KEEPALIVE_MILLISECONDS = 310_000;

/** A method of a service, and the messages that it takes and gives. */
export type RelayMethod = { readonly path: string; readonly request: string; readonly response: string };

export const METHODS = {
  getFlows: { path: "/observer.Observer/GetFlows", request: "GetFlowsRequest", response: "GetFlowsResponse" },
  serverStatus: { path: "/observer.Observer/ServerStatus", request: "", response: "ServerStatusResponse" },
  getNodes: { path: "/observer.Observer/GetNodes", request: "", response: "GetNodesResponse" },
  getNamespaces: { path: "/observer.Observer/GetNamespaces", request: "", response: "GetNamespacesResponse" },
  health: { path: "/grpc.health.v1.Health/Check", request: "HealthCheckRequest", response: "HealthCheckResponse" },
} as const satisfies Readonly<Record<string, RelayMethod>>;

const same = (bytes: Uint8Array) => bytes;
const buffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export type RelayParts = {
  /** Told once of each, when the server's Hubble is newer than the one whose client this is. */
  readonly onNewer?: (warning: VersionWarning) => void;
};

/** A connection to a Hubble server; it is made with the first call. Messages are bytes: who calls reads them. */
export class RelayConnection {
  readonly server: string;
  private readonly client: Client;
  private readonly options: RelayOptions;
  private readonly onNewer: (warning: VersionWarning) => void;
  private readonly forward: PortForward | null;
  private readonly told = new Set<string>();

  /** Throws UserError when a certificate cannot be read. A port-forward is opened by `open` alone. */
  constructor(options: RelayOptions, parts: RelayParts = {}, forward: PortForward | null = null) {
    this.options = options;
    this.onNewer = parts.onNewer ?? (() => {});
    this.forward = forward;
    this.server = forward === null ? options.server : forward.address;
    this.client = new Client(targetOf(this), credentialsOf(options), {
      "grpc.max_receive_message_length": MOST_MESSAGE_BYTES,
      "grpc.keepalive_time_ms": KEEPALIVE_MILLISECONDS,
      "grpc.keepalive_timeout_ms": 20_000,
      "grpc.enable_retries": 0,
      "grpc.service_config_disable_resolution": 1,
      "grpc-node.flow_control_window": 4 << 20,
      ...(options.serverName === null ? {} : { "grpc.ssl_target_name_override": options.serverName }),
    });
  }

  /** The same, with the port-forward that the options ask for. Throws UserError. */
  static async open(options: RelayOptions, parts: RelayParts = {}): Promise<RelayConnection> {
    if (options.portForward === null) return new RelayConnection(options, parts);
    const { PortForward: Forward } = await import("./port-forward.ts");
    const forward = await Forward.open(options.portForward);
    try {
      return new RelayConnection(options, parts, forward);
    } catch (cause) {
      forward.close();
      throw cause;
    }
  }

  /** One answer. Throws UserError. */
  async ask({ path, request, response }: RelayMethod, message: Message = {}): Promise<Message> {
    const bytes = request === "" ? new Uint8Array(0) : writeMessage(request, message);
    const deadline = Date.now() + this.options.requestTimeoutSeconds * 1000;
    const answer = await new Promise<Uint8Array>((resolve, reject) => {
      const done = (error: ServiceError | null, value?: Uint8Array) => {
        if (error !== null) reject(this.fault(error));
        else resolve(value ?? new Uint8Array(0));
      };
      const call = this.client.makeUnaryRequest(path, buffer, same, bytes, this.metadata(), { deadline }, done);
      call.on("metadata", (metadata) => this.noteVersion(metadata));
    });
    return readMessage(response, answer);
  }

  /** A stream of answers, without a deadline. */
  stream({ path, request }: RelayMethod, message: Message): ClientReadableStream<Uint8Array> {
    const bytes = writeMessage(request, message);
    const call = this.client.makeServerStreamRequest(path, buffer, same, bytes, this.metadata());
    call.on("metadata", (metadata) => this.noteVersion(metadata));
    return call;
  }

  /** Why a call ended so, in words: a port-forward that fails is the reason behind what gRPC says. */
  fault(status: RelayStatus): UserError {
    return this.forward?.fault() ?? relayFault(this.server, status);
  }

  /** Whether the same call may go well a moment later. */
  isPassing(status: RelayStatus): boolean {
    return this.forward?.fault()?.code !== "cluster-refused" && isPassing(status);
  }

  /** Resolves when the connection stands; with a status when it does not within the timeout. */
  async isReady(): Promise<RelayStatus | null> {
    const { timeoutSeconds } = this.options;
    return await new Promise((resolve) => {
      this.client.waitForReady(Date.now() + timeoutSeconds * 1000, (error) => {
        resolve(
          error === undefined ? null : { code: GrpcCode.unavailable, details: `${NO_CONNECTION} ${timeoutSeconds} s` },
        );
      });
    });
  }

  close(): void {
    this.client.close();
    this.forward?.close();
  }

  private noteVersion(metadata: Metadata): void {
    for (const warning of versionWarnings((name) => String(metadata.get(name)[0] ?? ""))) {
      if (this.told.has(warning.message)) continue;
      this.told.add(warning.message);
      this.onNewer(warning);
    }
  }

  private metadata(): Metadata {
    const metadata = new Metadata();
    const { basicAuth } = this.options;
    if (basicAuth !== null) {
      const text = Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString("base64");
      metadata.set("authorization", `Basic ${text}`);
    }
    return metadata;
  }
}

/** Upstream: grpcOptionTLS. */
function credentialsOf(options: RelayOptions): ChannelCredentials {
  if (!usesTls(options)) {
    if (options.basicAuth === null) return credentials.createInsecure();
    throw new UserError("basic-auth-without-tls", "a password is not sent without TLS", { help: "add --tls" });
  }
  const { caFiles, certFile, keyFile, isInsecure } = options;
  const authorities = caFiles.length === 0 ? null : Buffer.concat(caFiles.map(readPem));
  const key = keyFile === null ? null : readPem(keyFile);
  const certificate = certFile === null ? null : readPem(certFile);
  try {
    return credentials.createSsl(authorities, key, certificate, {
      rejectUnauthorized: !isInsecure,
      ...(isInsecure ? { checkServerIdentity: () => undefined } : {}),
    });
  } catch (cause) {
    throw new UserError("certificate-broken", `cannot use ${certFile} with ${keyFile}: ${String(cause)}`, {
      help: "certificate and key must be PEM and belong together",
      cause,
    });
  }
}

function readPem(path: string): Buffer {
  try {
    const text = readFileSync(path);
    if (text.includes("-----BEGIN ")) return Buffer.concat([text, Buffer.from("\n")]);
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new UserError("certificate-missing", `cannot be read (${reason})`, {
      place: { file: path },
      help: "name a PEM file",
      cause,
    });
  }
  throw new UserError("certificate-broken", "is no PEM file", { place: { file: path }, help: "name a PEM file" });
}
