import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createProtocolConnection,
  type CodeAction,
  type CompletionItem,
  type Diagnostic,
  type Hover,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { runLsp } from "#cli/run/lsp.ts";
import { NO_PROGRESS } from "#cli/progress.ts";

const POLICY = `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector:
    matchLabels:
      app: api
  ingress:
    - fromEndpoints:
        - matchLabels:
            app: web
      toPorts:
        - ports:
            - port: "80"
              protocol: TCP
`;
const OBJECTS = `apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api-1, namespace: shop, labels: {app: api}}
spec: {containers: [{name: api, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {clusterIP: 10.96.0.9, selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
`;
const end = (app: string) =>
  `{"identity":1000,"namespace":"shop","labels":["k8s:app=${app}","k8s:io.kubernetes.pod.namespace=shop","k8s:io.cilium.k8s.policy.cluster=default"],"pod_name":"${app}-1"}`;
const FLOWS = `{"flow":{"time":"2026-09-14T10:00:00Z","uuid":"00000000-0000-4000-8000-000000000001","verdict":"FORWARDED","IP":{"source":"10.0.0.1","destination":"10.0.0.2","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":40000,"destination_port":8080,"flags":{"SYN":true}}},"source":${end("web")},"destination":${end("api")},"Type":"L3_L4","node_name":"node-1","event_type":{"type":4},"traffic_direction":"INGRESS","is_reply":false},"node_name":"node-1","time":"2026-09-14T10:00:00Z"}\n`;

/** An editor with one file open, as far as the protocol goes. */
class Editor {
  readonly uri: string;
  private readonly connection: ProtocolConnection;
  private version = 1;
  private shown: { readonly version: number; readonly diagnostics: readonly Diagnostic[] } | null = null;
  private waiting: { readonly version: number; readonly done: (found: readonly Diagnostic[]) => void } | null = null;

  constructor(connection: ProtocolConnection, uri: string) {
    this.connection = connection;
    this.uri = uri;
    connection.onNotification("textDocument/publishDiagnostics", ({ diagnostics, version }) => {
      this.shown = { version, diagnostics };
      if (this.waiting !== null && version >= this.waiting.version) this.waiting.done(diagnostics);
    });
    connection.listen();
  }

  async open(root: string, text: string): Promise<readonly Diagnostic[]> {
    const rootUri = pathToFileURL(root).href;
    await this.connection.sendRequest("initialize", { processId: null, rootUri, capabilities: {} });
    await this.connection.sendNotification("initialized", {});
    const textDocument = { uri: this.uri, languageId: "yaml", version: 1, text };
    await this.connection.sendNotification("textDocument/didOpen", { textDocument });
    return this.diagnostics(1);
  }

  async type(text: string): Promise<readonly Diagnostic[]> {
    this.version += 1;
    const textDocument = { uri: this.uri, version: this.version };
    await this.connection.sendNotification("textDocument/didChange", { textDocument, contentChanges: [{ text }] });
    return this.diagnostics(this.version);
  }

  private diagnostics(version: number): Promise<readonly Diagnostic[]> {
    if (this.shown !== null && this.shown.version >= version) return Promise.resolve(this.shown.diagnostics);
    return new Promise((done) => {
      this.waiting = { version, done };
    });
  }

  ask<T>(method: string, more: object): Promise<T> {
    return this.connection.sendRequest(method, { textDocument: { uri: this.uri }, ...more });
  }

  /** The library ends the whole process at `exit`, which would be this one: an editor that goes closes its end. */
  async close(): Promise<void> {
    await this.connection.sendRequest("shutdown");
    this.connection.end();
    this.connection.dispose();
  }
}

const root = realpathSync(mkdtempSync(join(tmpdir(), "ringfence-lsp-")));
const before = process.cwd();
let editor: Editor;
let ended: Promise<unknown>;
let first: readonly Diagnostic[] = [];

beforeAll(async () => {
  writeFileSync(join(root, "api.yaml"), POLICY);
  writeFileSync(join(root, "objects.yaml"), OBJECTS);
  writeFileSync(join(root, "flows.jsonl"), FLOWS);
  writeFileSync(
    join(root, "ringfence.yaml"),
    "version: 1\npolicies: [api.yaml]\nobjects: [objects.yaml]\nflows: [flows.jsonl]\n",
  );
  const [there, back] = [new PassThrough(), new PassThrough()];
  const io = {
    out: async () => undefined,
    err: () => undefined,
    isOpen: () => true,
    progress: NO_PROGRESS,
    width: 80,
    isColorful: false,
  };
  ended = runLsp({ operands: [], switches: new Set(), values: new Map() }, io, { input: there, output: back });
  const connection = createProtocolConnection(new StreamMessageReader(back), new StreamMessageWriter(there));
  editor = new Editor(connection, pathToFileURL(join(root, "api.yaml")).href);
  first = await editor.open(root, POLICY);
}, 60_000);

afterAll(() => {
  process.chdir(before);
  rmSync(root, { recursive: true });
});

const codes = (found: readonly Diagnostic[]) => found.map(({ code }) => code);
const at = (text: string) => {
  const lines = POLICY.split("\n");
  const line = lines.findIndex((one) => one.includes(text));
  return { line, character: (lines[line] ?? "").indexOf(text) + 1 };
};

describe("an editor", () => {
  it("shows what the recording proves when the file is opened, at its line", () => {
    const found = first.find(({ code }) => code === "port-service");
    expect(found?.severity).toBe(1);
    expect(found?.source).toBe("ringfence");
    expect(found?.message).toMatch(/80 is the port of Service shop\/api; the container listens on 8080/);
  });

  it("offers the proven fix as an edit of that line, and a comment that ignores it", async () => {
    const line = first.find(({ code }) => code === "port-service")?.range.start.line ?? 0;
    const range = { start: { line, character: 0 }, end: { line, character: 1 } };
    const actions = await editor.ask<CodeAction[]>("textDocument/codeAction", { range, context: { diagnostics: [] } });
    const mend = actions.find(({ title }) => title === "mend: port-service (proven)");
    expect(mend?.isPreferred).toBe(true);
    expect(
      Object.values(mend?.edit?.changes ?? {})
        .flat()
        .map(({ newText }) => newText.trim()),
    ).toEqual(['- port: "8080"']);
    const ignore = actions.find(({ title }) => title.startsWith("ignore port-service"));
    expect(Object.values(ignore?.edit?.changes ?? {}).flat()[0]?.newText).toMatch(
      /# ringfence: ignore port-service -- \n$/,
    );
  });

  it("says what a selector matches, subject and peer", async () => {
    const subject = await editor.ask<Hover>("textDocument/hover", { position: at("app: api") });
    expect(JSON.stringify(subject.contents)).toMatch(/matches 1 pod: `shop\/api/);
    const peer = await editor.ask<Hover>("textDocument/hover", { position: at("app: web") });
    expect(JSON.stringify(peer.contents)).toMatch(/matches 1 pod: `shop\/web/);
  });

  it("completes label values and ports from the objects", async () => {
    const labels = await editor.ask<CompletionItem[]>("textDocument/completion", {
      position: { ...at("app: web"), character: at("app: web").character + 4 },
    });
    expect(labels.map(({ label }) => label)).toEqual(expect.arrayContaining(["api", "web"]));
    const { line, character } = at('port: "80"');
    const ports = await editor.ask<CompletionItem[]>("textDocument/completion", {
      position: { line, character: character + 7 },
    });
    expect(ports.map(({ label }) => label)).toContain("8080");
  });

  it("judges the text as it is typed: half typed YAML keeps quiet about the rest, a mistake shows", async () => {
    expect(codes(await editor.type(POLICY.replace("protocol: TCP", "protocol: [")))).toEqual(["broken-manifest"]);
    const zero = POLICY.replace(/ {6}toPorts:[\s\S]*/, "      icmps: [{fields: [{type: 0, family: IPv4}]}]\n");
    expect(codes(await editor.type(zero))).toContain("icmp-type-zero");
    expect(codes(await editor.type(POLICY))).not.toContain("icmp-type-zero");
  });

  it("ends the server when it goes", async () => {
    await editor.close();
    expect(await ended).toBe(0);
  });
});
