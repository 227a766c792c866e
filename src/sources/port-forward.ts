import { createServer, type Server, type Socket } from "node:net";
import { Writable } from "node:stream";
import { UserError } from "#model/finding.ts";
import { type ClusterChoice, KubernetesConnection } from "./kubernetes-connection.ts";
import { findRelay, type PortForwardTarget } from "./port-forward-target.ts";

/** A way to Relay through the Kubernetes API. */
export type PortForwardChoice = {
  readonly cluster: ClusterChoice;
  /** Cilium's. */
  readonly namespace: string;
  /** Of this machine; 0 for any. */
  readonly localPort: number;
};

/** A web socket as far as it is used here. */
type Channel = {
  readonly readyState: number;
  readonly addEventListener: (type: "close", listener: () => void) => void;
  readonly close: () => void;
};

const OPEN = 1;

/**
 * A port of this machine that leads to Relay through the API server, for as long as it is open. It is `pods/portforward`
 * over a web socket, so the request is a GET like all others. A pod that is gone is looked for anew with the next
 * connection.
 */
export class PortForward {
  private readonly connection: KubernetesConnection;
  private readonly namespace: string;
  private target: PortForwardTarget;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private lastFault: UserError | null = null;

  private constructor(choice: PortForwardChoice, connection: KubernetesConnection, target: PortForwardTarget) {
    this.connection = connection;
    this.namespace = choice.namespace;
    this.target = target;
    this.server = createServer({ pauseOnConnect: true }, (socket) => void this.serve(socket));
  }

  /** Finds Relay and listens. Throws UserError. */
  static async open(choice: PortForwardChoice): Promise<PortForward> {
    const connection = await KubernetesConnection.open(choice.cluster);
    const target = await findRelay(connection, choice.namespace);
    const forward = new PortForward(choice, connection, target);
    await listen(forward.server, choice.localPort);
    return forward;
  }

  /** `127.0.0.1:PORT`. */
  get address(): string {
    const address = this.server.address();
    return `127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
  }

  /** Why the last connection could not be made; null when it could. */
  fault(): UserError | null {
    return this.lastFault;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private async serve(socket: Socket): Promise<void> {
    this.sockets.add(socket);
    let channel: Channel | null = null;
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.sockets.delete(socket);
      channel?.close();
    });
    try {
      channel = await this.connect(socket);
      // What the node says against it may have come with the answer.
      if (!socket.destroyed) this.lastFault = null;
    } catch (cause) {
      this.lastFault = cause instanceof UserError ? cause : this.broken(messageOf(cause), cause);
      socket.destroy();
      return;
    }
    channel.addEventListener("close", () => socket.destroySoon());
    if (socket.destroyed) channel.close();
    else if (channel.readyState !== OPEN) socket.destroySoon();
    socket.resume();
  }

  /** To the pod that is known; when it is gone, to the one that took its place. */
  private async connect(socket: Socket): Promise<Channel> {
    try {
      return await this.dial(socket);
    } catch (cause) {
      if (!/\b(404|500|502|503)\b/.test(messageOf(cause))) throw cause;
      const before = this.target.pod;
      this.target = await findRelay(this.connection, this.namespace);
      if (this.target.pod === before) throw cause;
      return await this.dial(socket);
    }
  }

  private async dial(socket: Socket): Promise<Channel> {
    const forwarder = await this.connection.portForwarder();
    const { namespace, pod, port } = this.target;
    const errors = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (chunk.length > 0) this.refusedBy(chunk.toString("utf8"), socket);
        done();
      },
    });
    // The library never waits for a slow reader: what is not read yet is bounded by the windows of HTTP/2.
    const made = await forwarder.portForward(namespace, pod, [port], socket, errors, socket);
    const channel = typeof made === "function" ? made() : made;
    if (channel === null) throw new Error("no web socket was made");
    return channel;
  }

  /** What the node says on the channel of errors: nothing listens at the pod's port, or the pod is gone. */
  private refusedBy(text: string, socket: Socket): void {
    this.lastFault = this.broken(text.trim(), null);
    socket.destroy();
  }

  private broken(reason: string, cause: unknown): UserError {
    const { namespace, pod, port } = this.target;
    const where = `${this.connection.name}: pod ${namespace}/${pod}, port ${port}`;
    if (/\b(401|403)\b/.test(reason)) {
      return new UserError("cluster-refused", `${where}: forwarding a port is forbidden (${reason})`, {
        help: "the account needs get and create on pods/portforward of Cilium's namespace; see docs/capture.md",
        cause,
      });
    }
    return new UserError("port-forward-broken", `${where}: cannot be forwarded: ${reason}`, {
      help: `try: kubectl -n ${namespace} port-forward ${pod} ${port}`,
      cause,
    });
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(taken(port, cause)));
    server.listen(port, "127.0.0.1", resolve);
  });
}

function taken(port: number, cause: Error): UserError {
  return new UserError("cannot-listen", `cannot listen on 127.0.0.1:${port}: ${cause.message}`, {
    help: "--port-forward-port 0 takes any free port; if a port-forward runs already, leave out --port-forward",
    cause,
  });
}

/** What the library throws may be an event that holds the error. */
function messageOf(cause: unknown): string {
  if (cause instanceof Error) return cause.message;
  if (typeof cause === "object" && cause !== null && "message" in cause) return String(cause.message);
  return String(cause);
}
