import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { PassThrough } from "node:stream";
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { PortForward } from "@kubernetes/client-node/dist/portforward.js";
import { isObject, type Json } from "#model/json.ts";
import { UserError } from "#model/finding.ts";

/** Which cluster: absent fields mean what they mean to kubectl. */
export type ClusterChoice = {
  /** A kubeconfig file; null: `KUBECONFIG`, `~/.kube/config`, else the pod's own service account. */
  readonly kubeconfig: string | null;
  readonly context: string | null;
  /** How the flag is called that names another context; default `--context`. */
  readonly contextFlag?: string;
};

export type KubernetesReply = { readonly status: number; readonly body: AsyncIterable<Uint8Array> };

export type GetOptions = {
  readonly signal?: AbortSignal;
  /** The request fails when nothing arrives for so long. */
  readonly idleSeconds?: number;
};

/** An answer that does not begin within this time is given up. */
const IDLE_SECONDS = 60;
/** Tokens live for minutes at least; those that are about to end are renewed by the plugin itself. */
const CREDENTIALS_MS = 20_000;
/** No answer of the API server that is read whole may be larger. */
const MAX_BODY_BYTES = 512 << 20;

/**
 * A way to one API server. It can read only: there is no way to send any verb but GET. Credentials (exec plugins, tokens,
 * client certificates, in-cluster) are asked for anew all the time, so that those that expire are renewed.
 */
export class KubernetesConnection {
  private readonly config: KubeConfig;
  private readonly server: URL;
  /** The context's name, for people. */
  readonly name: string;
  private readonly contextFlag: string;
  private known: { readonly options: RequestOptions; readonly at: number } | null = null;

  private constructor(config: KubeConfig, server: URL, contextFlag: string) {
    this.config = config;
    this.server = server;
    this.name = config.getCurrentContext();
    this.contextFlag = contextFlag;
  }

  /** Throws UserError when the kubeconfig cannot be read or names no such context. */
  static async open(choice: ClusterChoice): Promise<KubernetesConnection> {
    const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
    const config = new KubeConfig();
    try {
      if (choice.kubeconfig === null) config.loadFromDefault();
      else config.loadFromFile(choice.kubeconfig);
    } catch (cause) {
      throw unreadableConfig(choice, cause);
    }
    if (choice.context !== null) chooseContext(config, choice.context);
    const cluster = config.getCurrentCluster();
    if (cluster === null || !URL.canParse(cluster.server)) throw noCluster(config, choice);
    // A `kubectl proxy` speaks plain HTTP, where there is no TLS to skip; the library wants it said.
    if (cluster.server.startsWith("http:")) Object.assign(cluster, { skipTLSVerify: true });
    return new KubernetesConnection(config, new URL(cluster.server), flagOf(choice));
  }

  /** Begins a GET; `path` begins with `/`. Throws UserError when no server answers. */
  async get(path: string, { signal, idleSeconds = IDLE_SECONDS }: GetOptions = {}): Promise<KubernetesReply> {
    const options = await this.credentials();
    try {
      const body = await this.send(path, { ...options, timeout: idleSeconds * 1000, ...(signal ? { signal } : {}) });
      return { status: body.statusCode ?? 0, body };
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      throw this.unreachable(cause);
    }
  }

  /** A whole answer read as JSON. A status that is no success is a value. */
  async json(path: string, options: GetOptions = {}): Promise<{ readonly status: number; readonly value: Json }> {
    const { status, body } = await this.get(path, options);
    const parts: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const part of body) {
        size += part.length;
        if (size > MAX_BODY_BYTES) throw this.tooLarge(path);
        parts.push(part);
      }
    } catch (cause) {
      throw cause instanceof UserError || options.signal?.aborted === true ? cause : this.unreachable(cause);
    }
    const text = Buffer.concat(parts).toString("utf8");
    try {
      const value: Json = JSON.parse(text);
      return { status, value };
    } catch {
      return { status, value: { message: text.slice(0, 200) } };
    }
  }

  /** What opens a port of a pod; the web socket for it begins as a GET, too. */
  async portForwarder(): Promise<PortForward> {
    const { PortForward: Forwarder } = await import("@kubernetes/client-node/dist/portforward.js");
    const { WebSocketHandler } = await import("@kubernetes/client-node/dist/web-socket-handler.js");
    // Those of this process are nobody's here.
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    return new Forwarder(this.config, true, new WebSocketHandler(this.config, undefined, streams));
  }

  /** Headers, certificates and the way through a proxy. A plugin is run anew once they are old, not for every page. */
  private async credentials(): Promise<RequestOptions> {
    const known = this.known;
    if (known !== null && performance.now() - known.at < CREDENTIALS_MS) return known.options;
    const options: RequestOptions = { method: "GET", headers: { accept: "application/json" } };
    try {
      await this.config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw new UserError("cluster-login", `${this.name}: no credentials: ${messageOf(cause)}`, {
        cause,
        help: "try: kubectl get namespaces",
      });
    }
    this.known = { options, at: performance.now() };
    return options;
  }

  private send(path: string, options: RequestOptions): Promise<IncomingMessage> {
    const base = this.server.pathname.replace(/\/$/, "");
    const url = new URL(`${this.server.origin}${base}${path}`);
    return new Promise((resolve, reject) => {
      const send = url.protocol === "http:" ? httpRequest : httpsRequest;
      const request = send(url, options, resolve);
      request.on("timeout", () => request.destroy(new Error("no answer in time")));
      request.on("error", reject);
      request.end();
    });
  }

  private tooLarge(path: string): UserError {
    return new UserError("cluster-answer", `${this.name}: the answer to ${path} is larger than any list of objects`, {
      help: "is the server of the kubeconfig an API server?",
    });
  }

  private unreachable(cause: unknown): UserError {
    return new UserError("cluster-unreachable", `${this.name}: ${this.server.origin}: ${messageOf(cause)}`, {
      cause,
      help: `try: kubectl get namespaces; another cluster is named with ${this.contextFlag} or --kubeconfig`,
    });
  }
}

/** The message of a Status object, else the HTTP status. */
export function statusMessage({ status, value }: { readonly status: number; readonly value: Json }): string {
  const message = isObject(value) ? value["message"] : undefined;
  return typeof message === "string" && message !== "" ? message : `status ${status}`;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name cannot be resolved",
  ETIMEDOUT: "no answer in time",
  EHOSTUNREACH: "no route to host",
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not signed by the cluster's authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not signed by the cluster's authority",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not signed by the cluster's authority",
};

function messageOf(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
}

function unreadableConfig({ kubeconfig }: ClusterChoice, cause: unknown): UserError {
  const code = cause instanceof Error && "code" in cause ? cause.code : "";
  const file = kubeconfig ?? process.env["KUBECONFIG"] ?? "~/.kube/config";
  return new UserError(
    "kubeconfig",
    code === "ENOENT" ? "does not exist" : `cannot be read as a kubeconfig: ${messageOf(cause)}`,
    { cause, place: { file }, help: "name a kubeconfig with --kubeconfig FILE" },
  );
}

function chooseContext(config: KubeConfig, context: string): void {
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    throw new UserError("no-context", `the kubeconfig has no context ${context}`, {
      help: names.length === 0 ? "it has no contexts" : `its contexts: ${names.slice(0, 10).join(", ")}`,
    });
  }
  config.setCurrentContext(context);
}

function flagOf({ contextFlag = "--context" }: ClusterChoice): string {
  return contextFlag;
}

function noCluster(config: KubeConfig, choice: ClusterChoice): UserError {
  const { kubeconfig } = choice;
  const names = config.getContexts().map(({ name }) => name);
  return new UserError("no-cluster", "no cluster is chosen", {
    ...(kubeconfig === null ? {} : { place: { file: kubeconfig } }),
    help:
      names.length === 0
        ? "name a kubeconfig with --kubeconfig FILE"
        : `choose one of: ${names.join(", ")} with ${flagOf(choice)}`,
  });
}
