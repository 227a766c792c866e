import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createSecureServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Asked = { readonly method: string; readonly url: string; readonly authorization: string };
/** Answers a request; false leaves it to the fake's own lists. */
export type Answer = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean;

type Item = Record<string, unknown>;

/** A certificate for 127.0.0.1 that is its own authority. */
export const CA = join(import.meta.dirname, "..", "fixtures", "kubernetes", "server.pem");
const certificate = () => ({ cert: readFileSync(CA), key: readFileSync(CA.replace(".pem", ".key.pem")) });

/** An API server of our own: lists in pages with expiring tokens, watches that a test feeds line by line. */
export class FakeApiServer {
  readonly asked: Asked[] = [];
  readonly lists = new Map<string, Item[]>();
  /** Open watches, oldest first. */
  readonly watches: { readonly url: URL; readonly response: ServerResponse }[] = [];
  /** Looked at first. */
  answer: Answer = () => false;
  /** What is done with a web socket; closed where nothing is said. */
  upgrade: (request: IncomingMessage, socket: Duplex) => void = (_, socket) => socket.destroy();
  version = 100;
  private readonly server: Server;
  private readonly upgraded: Duplex[] = [];

  private readonly isSecure: boolean;

  private constructor(server: Server, isSecure: boolean) {
    this.server = server;
    this.isSecure = isSecure;
  }

  static async start({ isSecure = false } = {}): Promise<FakeApiServer> {
    const server = isSecure ? createSecureServer(certificate()) : createServer();
    const fake = new FakeApiServer(server, isSecure);
    server.on("request", (request, response) => fake.take(request, response));
    server.on("upgrade", (request, socket) => {
      fake.note(request);
      fake.upgraded.push(socket);
      fake.upgrade(request, socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get url(): string {
    return `${this.isSecure ? "https" : "http"}://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** A kubeconfig that leads here. */
  kubeconfig(user: Item = { token: "read-only" }): string {
    const file = join(mkdtempSync(join(tmpdir(), "ringfence-kube-")), "config");
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "fake",
      clusters: [
        { name: "fake", cluster: { server: this.url, ...(this.isSecure ? { "certificate-authority": CA } : {}) } },
      ],
      users: [{ name: "reader", user }],
      contexts: [
        { name: "fake", context: { cluster: "fake", user: "reader" } },
        { name: "gone", context: { cluster: "nowhere", user: "reader" } },
      ],
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    for (const socket of this.upgraded) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Waits until so many watches were opened in all. */
  async opened(count: number): Promise<ServerResponse> {
    for (let tries = 0; tries < 500; tries++) {
      const watch = this.watches[count - 1];
      if (watch !== undefined) return watch.response;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`only ${this.watches.length} watches were opened`);
  }

  private note(request: IncomingMessage): void {
    this.asked.push({
      method: request.method ?? "",
      url: request.url ?? "",
      authorization: request.headers.authorization ?? "",
    });
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://fake");
    this.note(request);
    if (this.answer(request, response, url)) return;
    const items = this.lists.get(url.pathname);
    if (items === undefined) return status(response, 404, "the server could not find the requested resource");
    if (url.searchParams.get("watch") === "true") {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      this.watches.push({ url, response });
      return;
    }
    this.page(items, url, response);
  }

  private page(items: readonly Item[], url: URL, response: ServerResponse): void {
    const limit = Number(url.searchParams.get("limit") ?? 0);
    const from = Number(url.searchParams.get("continue") ?? 0);
    const to = limit === 0 ? items.length : from + limit;
    const metadata = {
      resourceVersion: String(this.version),
      ...(to < items.length ? { continue: String(to) } : {}),
    };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ kind: "List", metadata, items: items.slice(from, to) }));
  }
}

export function status(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { "content-type": "application/json" });
  response.end(JSON.stringify({ kind: "Status", code, message }));
}

/** One line of a watch. */
export function told(type: string, name: string, resourceVersion: number): string {
  return `${JSON.stringify({ type, object: { metadata: { name, resourceVersion: String(resourceVersion) } } })}\n`;
}

export function item(name: string, more: Item = {}): Item {
  return { metadata: { name, resourceVersion: "1" }, ...more };
}
