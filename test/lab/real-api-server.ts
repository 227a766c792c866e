import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

type Item = Record<string, unknown>;

/** Accounts by their tokens; `admin` may do everything. */
const TOKENS = [
  "admin,admin,1,system:masters",
  ...["reader", "getter", "halfway", "forwarder"].map((name) => `${name},${name},${name}`),
];
const READY_SECONDS = 240;

/** etcd and kube-apiserver as they are released, on free ports of this machine, with RBAC. Ends with `stop`. */
export class RealApiServer {
  readonly directory = mkdtempSync(join(tmpdir(), "ringfence-api-server-"));
  private readonly binaries: string;
  private readonly ports: { readonly etcd: number; readonly peer: number; readonly api: number };
  private readonly running = new Map<string, ChildProcess>();

  private constructor(binaries: string, ports: RealApiServer["ports"]) {
    this.binaries = binaries;
    this.ports = ports;
  }

  static async start(binaries: string): Promise<RealApiServer> {
    const server = new RealApiServer(binaries, {
      etcd: await freePort(),
      peer: await freePort(),
      api: await freePort(),
    });
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(join(server.directory, "sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }));
    writeFileSync(join(server.directory, "tokens.csv"), `${TOKENS.join("\n")}\n`);
    mkdirSync(join(server.directory, "certs"));
    server.startEtcd();
    await server.startServer();
    return server;
  }

  /** A kubeconfig for the account of that token. */
  kubeconfig(token: string): string {
    const file = join(this.directory, `${token}.kubeconfig`);
    const cluster = {
      server: `https://127.0.0.1:${this.ports.api}`,
      "certificate-authority": join(this.directory, "certs", "apiserver.crt"),
    };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "real",
      clusters: [{ name: "real", cluster }],
      users: [{ name: token, user: { token } }],
      contexts: [{ name: "real", context: { cluster: "real", user: token } }],
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  /** Sends as admin; throws on what is no success. */
  async send(method: string, path: string, body?: Item): Promise<Item> {
    const { status, text } = await this.raw(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text);
  }

  /** Killed, as by a machine that fails. */
  async kill(): Promise<void> {
    await ended(this.running.get("kube-apiserver"));
  }

  /** etcd forgets all that was before now. */
  async compact(): Promise<void> {
    const { metadata } = await this.send("GET", "/api/v1/namespaces");
    const revision = (metadata as { readonly resourceVersion: string }).resourceVersion;
    const url = `http://127.0.0.1:${this.ports.etcd}/v3/kv/compaction`;
    const answer = await fetch(url, { method: "POST", body: JSON.stringify({ revision, physical: true }) });
    if (!answer.ok) throw new Error(`compaction: ${answer.status} ${await answer.text()}`);
  }

  async startServer(): Promise<void> {
    const { directory, ports } = this;
    this.spawn("kube-apiserver", [
      ...["--etcd-servers", `http://127.0.0.1:${ports.etcd}`],
      ...["--secure-port", String(ports.api)],
      ...["--bind-address", "127.0.0.1"],
      ...["--advertise-address", "127.0.0.1"],
      ...["--cert-dir", join(directory, "certs")],
      ...["--service-account-key-file", join(directory, "sa.key")],
      ...["--service-account-signing-key-file", join(directory, "sa.key")],
      ...["--service-account-issuer", "https://kubernetes.default.svc"],
      ...["--token-auth-file", join(directory, "tokens.csv")],
      ...["--authorization-mode", "RBAC"],
      ...["--service-cluster-ip-range", "10.96.0.0/16"],
      ...["--kubelet-preferred-address-types", "InternalIP"],
      ...["--disable-admission-plugins", "ServiceAccount,TaintNodesByCondition"],
    ]);
    await this.awaitReady();
  }

  async stop(): Promise<void> {
    for (const child of this.running.values()) await ended(child);
    rmSync(this.directory, { recursive: true, force: true });
  }

  private startEtcd(): void {
    const { etcd, peer } = this.ports;
    this.spawn("etcd", [
      ...["--data-dir", join(this.directory, "etcd")],
      ...["--listen-client-urls", `http://127.0.0.1:${etcd}`],
      ...["--advertise-client-urls", `http://127.0.0.1:${etcd}`],
      ...["--listen-peer-urls", `http://127.0.0.1:${peer}`],
      ...["--initial-advertise-peer-urls", `http://127.0.0.1:${peer}`],
      ...["--initial-cluster", `default=http://127.0.0.1:${peer}`],
      "--unsafe-no-fsync",
      ...["--log-level", "error"],
    ]);
  }

  private spawn(name: string, words: readonly string[]): void {
    const log = openSync(join(this.directory, `${name}.log`), "a");
    this.running.set(name, spawn(join(this.binaries, name), words, { stdio: ["ignore", log, log] }));
    closeSync(log);
  }

  private async awaitReady(): Promise<void> {
    const runs = () => this.running.get("kube-apiserver")?.exitCode === null;
    for (let second = 0; second < READY_SECONDS && runs(); second++) {
      const answer = await this.raw("GET", "/readyz").catch(() => null);
      if (answer?.status === 200) return;
      await sleep(1000);
    }
    const log = readFileSync(join(this.directory, "kube-apiserver.log"), "utf8");
    throw new Error(`kube-apiserver is not ready:\n${log.slice(-2000)}`);
  }

  private raw(method: string, path: string, body?: Item): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const options = {
        method,
        rejectUnauthorized: false,
        headers: { authorization: "Bearer admin", "content-type": contentTypeOf(method), accept: "application/json" },
      };
      const sent = request(`https://127.0.0.1:${this.ports.api}${path}`, options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (text += part));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function contentTypeOf(method: string): string {
  return method === "PATCH" ? "application/merge-patch+json" : "application/json";
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => {
    child.once("exit", resolve);
    child.kill("SIGKILL");
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
