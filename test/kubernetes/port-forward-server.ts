import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

const ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const PROTOCOL = "v4.channel.k8s.io";
const DATA = 0;
const ERROR = 1;
const BINARY = 2;
const CLOSE = 8;

/** Where a port of a pod is, or why it cannot be reached. */
export type Dial = (port: number) => { readonly host: string; readonly port: number } | { readonly error: string };

/**
 * What a node's kubelet does with `pods/portforward` over a web socket: channel 0 carries bytes, channel 1 what went
 * wrong; the first message of each is the port's number. Upstream: pkg/kubelet streaming/portforward/websocket.go.
 */
export function servePortForward(request: IncomingMessage, socket: Duplex, dial: Dial): void {
  const url = new URL(request.url ?? "/", "http://kubelet");
  // A client asks the API server with `ports`, the API server its kubelet with `port`.
  const port = Number(url.searchParams.get("ports") ?? url.searchParams.get("port"));
  const key = `${request.headers["sec-websocket-key"] ?? ""}${ACCEPT}`;
  socket.write(
    [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${createHash("sha1").update(key).digest("base64")}`,
      `Sec-WebSocket-Protocol: ${PROTOCOL}`,
      "\r\n",
    ].join("\r\n"),
  );
  const send = (channel: number, bytes: Uint8Array) => {
    if (!socket.destroyed) socket.write(frame(Buffer.concat([Buffer.of(channel), bytes])));
  };
  const number = Buffer.alloc(2);
  number.writeUInt16LE(port);
  send(DATA, number);
  send(ERROR, number);
  const found = dial(port);
  if ("error" in found) {
    send(ERROR, Buffer.from(found.error));
    socket.resume();
    socket.end();
    return;
  }
  const pod = connect(found.port, found.host);
  pod.on("data", (bytes) => send(DATA, bytes));
  pod.on("error", (error) => send(ERROR, Buffer.from(`error forwarding port ${port} to pod: ${error.message}`)));
  pod.on("close", () => socket.end());
  socket.on("error", () => pod.destroy());
  socket.on("close", () => pod.destroy());
  takeFrames(socket, (opcode, payload) => {
    if (opcode === CLOSE) socket.end();
    if (opcode === BINARY && payload[0] === DATA) pod.write(payload.subarray(1));
  });
}

/** A frame of a server: not masked. */
function frame(payload: Uint8Array): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 1 << 16 ? 4 : 10);
  head[0] = 0x80 | BINARY;
  if (head.length === 2) head[1] = payload.length;
  else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** The frames of a client: masked, whole messages. */
function takeFrames(socket: Duplex, take: (opcode: number, payload: Buffer) => void): void {
  let held: Buffer = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    held = Buffer.concat([held, bytes]);
    for (;;) {
      if (held.length < 2) return;
      const short = (held[1] ?? 0) & 0x7f;
      const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
      const start = 2 + lengthBytes + 4;
      if (held.length < start) return;
      const length =
        lengthBytes === 0 ? short : lengthBytes === 2 ? held.readUInt16BE(2) : Number(held.readBigUInt64BE(2));
      if (held.length < start + length) return;
      const mask = held.subarray(start - 4, start);
      const payload = Buffer.from(held.subarray(start, start + length));
      for (let at = 0; at < payload.length; at++) payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0);
      const opcode = (held[0] ?? 0) & 15;
      held = held.subarray(start + length);
      take(opcode, payload);
    }
  });
}
