import { createServer, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inProcess } from "../cli/in-process.ts";
import { type Answer, type FakeRelay, fakeRelay, flow, send } from "../faults/fake-relay.ts";
import { FakeApiServer, status } from "./fake-api-server.ts";
import { servePortForward } from "./port-forward-server.ts";

const PODS = "/api/v1/namespaces/kube-system/pods";
let server: FakeApiServer;
let relay: FakeRelay;
/** The pods that a port was forwarded to. */
let forwarded: string[];
let pods: unknown[];
let service: unknown;

const three: Answer = (call) => {
  for (const number of [1, 2, 3]) send(call, flow(number));
  call.end();
};

const podOf = (
  name: string,
  more: { readonly phase?: string; readonly ready?: string; readonly reason?: string } = {},
) => ({
  metadata: { name, creationTimestamp: "2026-09-14T08:00:00Z" },
  spec: { containers: [{ name: "hubble-relay", ports: [{ name: "grpc", containerPort: 4245 }] }] },
  status: {
    phase: more.phase ?? "Running",
    conditions: [{ type: "Ready", status: more.ready ?? "True" }],
    ...(more.reason === undefined ? {} : { containerStatuses: [{ state: { waiting: { reason: more.reason } } }] }),
  },
});

beforeEach(async () => {
  server = await FakeApiServer.start({ isSecure: true });
  relay = await fakeRelay(three);
  forwarded = [];
  pods = [podOf("hubble-relay-1")];
  service = { spec: { selector: { "k8s-app": "hubble-relay" }, ports: [{ port: 80, targetPort: "grpc" }] } };
  server.answer = (_, response, url) => {
    const body = url.pathname.endsWith("/services/hubble-relay")
      ? service
      : url.pathname === PODS
        ? { items: pods }
        : null;
    if (body === null) return false;
    response.writeHead(200).end(JSON.stringify(body));
    return true;
  };
  server.upgrade = (request, socket) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://fake");
    forwarded.push(`${pathname.replace(PODS, "")} ${searchParams.get("ports")}`);
    servePortForward(request, socket, () => ({ host: "127.0.0.1", port: Number(relay.server.split(":")[1]) }));
  };
});
afterEach(async () => {
  relay.close();
  await server.stop();
});

const run = (words: readonly string[]) =>
  inProcess([...words, "--port-forward-port", "0", "--kubeconfig", server.kubeconfig()]);
const observe = () => run(["observe", "-P", "--all", "-o", "json"]);

describe("a port-forward", () => {
  it("leads to the pod behind Relay's service, by its named port, with GET alone", async () => {
    const seen = await observe();
    expect(seen.stderr).toBe("");
    expect(seen.stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(forwarded).toEqual(["/hubble-relay-1/portforward 4245"]);
    expect(server.asked.map(({ url }) => url).slice(0, 2)).toEqual([
      "/api/v1/namespaces/kube-system/services/hubble-relay",
      `${PODS}?labelSelector=k8s-app%3Dhubble-relay`,
    ]);
    expect(new Set(server.asked.map(({ method }) => method))).toEqual(new Set(["GET"]));
    expect(new Set(server.asked.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer read-only"]));
  });

  it.each([
    ["a number", { port: 80, targetPort: 4999 }, {}, 4999],
    ["no target", { port: 80 }, {}, 80],
    ["a headless service", { port: 4245, targetPort: "grpc" }, { clusterIP: "None" }, 4245],
  ])("to %s", async (_, port, more, expected) => {
    service = { spec: { selector: { a: "b" }, ports: [port], ...more } };
    await observe();
    expect(forwarded).toEqual([`/hubble-relay-1/portforward ${expected}`]);
  });

  it("prefers the pod that is ready", async () => {
    pods = [podOf("starts", { phase: "Pending" }), podOf("not-ready", { ready: "False" }), podOf("ready")];
    await observe();
    expect(forwarded).toEqual(["/ready/portforward 4245"]);
  });

  it("finds the pod that took the place of one that is gone", async () => {
    const before = server.upgrade;
    server.upgrade = (request, socket) => {
      if (!(request.url ?? "").includes("/hubble-relay-1/")) return before(request, socket);
      pods = [podOf("hubble-relay-2")];
      socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    };
    const seen = await observe();
    expect(seen.stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(forwarded).toEqual(["/hubble-relay-2/portforward 4245"]);
  });

  it("serves status and list nodes too", async () => {
    // The relay behind it never answers these: that they reach it is what counts.
    const asked = await run(["status", "-P", "--request-timeout", "2s"]);
    expect(asked.stderr).toMatch(/127\.0\.0\.1:\d+ has not answered in time/);
    expect(forwarded).toEqual(["/hubble-relay-1/portforward 4245"]);
    const listed = await run(["list", "nodes", "-P"]);
    expect(listed.stderr).toMatch(/does not offer this/);
    expect(forwarded).toHaveLength(2);
  });

  it("has its flags from the environment", async () => {
    const environment = {
      HUBBLE_PORT_FORWARD: "true",
      HUBBLE_PORT_FORWARD_PORT: "0",
      HUBBLE_KUBECONFIG: server.kubeconfig(),
    };
    Object.assign(process.env, environment);
    try {
      await inProcess(["observe", "--all"]);
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
    }
    expect(forwarded).toEqual(["/hubble-relay-1/portforward 4245"]);
  });
});

describe("a port-forward that cannot be", () => {
  it.each([
    [
      "without the service",
      () => (service = null),
      /no service hubble-relay/,
      /hubble\.relay\.enabled.*--kube-namespace/,
    ],
    ["without pods", () => (pods = []), /the service hubble-relay has no pods/, /kubectl get pods/],
    [
      "without a running pod",
      () => (pods = [podOf("relay-x", { phase: "Pending", reason: "ImagePullBackOff" })]),
      /no pod of the service hubble-relay runs: relay-x is Pending \(ImagePullBackOff\)/,
      /kubectl get pods/,
    ],
    [
      "without the named port",
      () => (service = { spec: { selector: { a: "b" }, ports: [{ port: 80, targetPort: "http" }] } }),
      /the pod hubble-relay-1 has no port http/,
      /kubectl get pods/,
    ],
    [
      "where it is forbidden",
      () => (server.upgrade = (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")),
      /pod kube-system\/hubble-relay-1, port 4245: forwarding a port is forbidden/,
      /get and create on pods\/portforward/,
    ],
    [
      "where the services may not be read",
      () => (server.answer = (_, response) => (status(response, 403, 'services "hubble-relay" is forbidden'), true)),
      /services "hubble-relay" is forbidden/,
      /get on services/,
    ],
    [
      "to a port at which nothing listens",
      () =>
        (server.upgrade = (request, socket) =>
          servePortForward(request, socket, () => ({ error: "connection refused" }))),
      /port 4245: cannot be forwarded: connection refused/,
      /kubectl -n kube-system port-forward hubble-relay-1 4245/,
    ],
  ])("%s: that is said in words", async (_, given, message, help) => {
    given();
    const seen = await observe();
    expect(seen.stderr).toMatch(message);
    expect(seen.stderr).toMatch(help);
    expect(seen.stderr.match(/^ringfence: /gm)).toHaveLength(1);
    expect(seen.stderr).not.toMatch(/internal error|\n {4}at /);
    expect(seen.status).toBe(2);
  });

  it("on a port that is taken, or in a context that is not there", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const words = ["observe", "-P", "--kubeconfig", server.kubeconfig()];
    const port = String((other.address() as AddressInfo).port);
    const taken = await inProcess([...words, "--port-forward-port", port]);
    other.close();
    expect(taken.stderr).toMatch(/cannot listen on 127\.0\.0\.1:.*\n.*--port-forward-port 0/s);
    const unknown = await inProcess([...words, "--kube-context", "prod"]);
    expect(unknown.stderr).toMatch(/has no context prod\n.*its contexts: fake, gone/s);
    const nowhere = await inProcess([...words, "--kube-context", "gone"]);
    expect(nowhere.stderr).toMatch(/choose one of: fake, gone with --kube-context/);
  });
});
