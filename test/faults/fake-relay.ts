import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Metadata,
  type sendUnaryData,
  Server,
  type ServerUnaryCall,
  ServerCredentials,
  type ServerWritableStream,
  status,
} from "@grpc/grpc-js";
import type { Message } from "#hubble/message.ts";
import { readMessage } from "#hubble/wire/read-message.ts";
import { writeMessage } from "#hubble/wire/write-message.ts";
import { bufferMethod } from "#server/observer/buffer-method.ts";

export const CERTIFICATES = join(import.meta.dirname, "..", "fixtures", "relay");

/** What a fake relay does with a call of GetFlows; `calls` counts from 0. */
export type FlowsCall = ServerWritableStream<Buffer, Buffer>;
export type Answer = (call: FlowsCall, request: Message, calls: number) => void;

export type FakeRelay = {
  readonly server: string;
  /** The GetFlows requests that came. */
  readonly requests: readonly Message[];
  readonly close: () => void;
};

export type FakeRelayOptions = {
  readonly certificate?: string | null;
  readonly isMutual?: boolean;
  /** What it answers to questions; those that are left out it does not offer. */
  readonly status?: Message;
  readonly nodes?: readonly Message[];
  /** The version that it tells with those answers. */
  readonly version?: string;
};

/** A server of GetFlows on a free port of this machine; `certificate` names one of the fixtures. */
export async function fakeRelay(answer: Answer, options: FakeRelayOptions = {}): Promise<FakeRelay> {
  const { certificate = null, isMutual = false } = options;
  const requests: Message[] = [];
  const server = new Server();
  server.addService(
    {
      GetFlows: bufferMethod("/observer.Observer/GetFlows", true),
      Check: bufferMethod("/grpc.health.v1.Health/Check", false),
      ServerStatus: bufferMethod("/observer.Observer/ServerStatus", false),
      GetNodes: bufferMethod("/observer.Observer/GetNodes", false),
    },
    {
      GetFlows: (call: FlowsCall) => {
        const request = readMessage("GetFlowsRequest", call.request);
        requests.push(request);
        answer(call, request, requests.length - 1);
      },
      // Never answers.
      Check: () => {},
      ServerStatus: answered("ServerStatusResponse", options.status, options),
      GetNodes: answered("GetNodesResponse", options.nodes && { nodes: options.nodes }, options),
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    const credentials = certificate === null ? ServerCredentials.createInsecure() : secured(certificate, isMutual);
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  return { server: `127.0.0.1:${port}`, requests, close: () => server.forceShutdown() };
}

function answered(name: string, message: Message | undefined, { version }: FakeRelayOptions) {
  return (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
    const metadata = new Metadata();
    if (version !== undefined) metadata.set("hubble-server-version", version);
    call.sendMetadata(metadata);
    if (message === undefined) answer({ code: status.UNIMPLEMENTED, details: "not offered" });
    else answer(null, Buffer.from(writeMessage(name, message)));
  };
}

function secured(name: string, isMutual: boolean): ServerCredentials {
  const read = (file: string) => readFileSync(join(CERTIFICATES, file));
  const pair = { cert_chain: read(`${name}.pem`), private_key: read(`${name}.key.pem`) };
  return ServerCredentials.createSsl(isMutual ? read("ca.pem") : null, [pair], isMutual);
}

/** The flow of this number: a second after the one before. */
export function flow(number: number, more: Message = {}): Message {
  const time = new Date(Date.UTC(2026, 8, 14, 8) + number * 1000).toISOString().replace(".000Z", "Z");
  return {
    flow: {
      time,
      uuid: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
      verdict: "FORWARDED",
      node_name: "node-1",
      ...more,
    },
    node_name: "node-1",
    time,
  };
}

export function send(call: FlowsCall, response: Message): void {
  call.write(Buffer.from(writeMessage("GetFlowsResponse", response)));
}

/** Ends the call as a server that goes down. */
export function drop(call: FlowsCall): void {
  call.emit("error", { code: status.UNAVAILABLE, details: "the relay goes down" });
}
