import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KubernetesConnection } from "#sources/kubernetes-connection.ts";
import { listObjects } from "#sources/kubernetes-list.ts";
import { readCluster } from "#sources/kubernetes-objects.ts";
import { KUBERNETES_RESOURCES } from "#sources/kubernetes-resources.table.ts";
import { CERTIFICATES } from "../faults/fake-relay.ts";
import { CA, FakeApiServer, item, status } from "./fake-api-server.ts";

let server: FakeApiServer;
beforeEach(async () => {
  server = await FakeApiServer.start();
});
afterEach(() => server.stop());

const choice = () => ({ kubeconfig: server.kubeconfig(), context: null });
const POD_LIST = { apiVersion: "v1", objectKind: "Pod", pageSize: 2 };

describe("a list", () => {
  it("is read in pages", async () => {
    server.lists.set(
      "/api/v1/pods",
      ["a", "b", "c", "d", "e"].map((name) => item(name)),
    );
    const listed = await listObjects(await KubernetesConnection.open(choice()), "/api/v1/pods", POD_LIST);
    expect(listed.kind === "listed" && listed.items.length).toBe(5);
    expect(listed.kind === "listed" && listed.resourceVersion).toBe("100");
    expect(server.asked.map(({ url }) => url)).toEqual([
      "/api/v1/pods?limit=2",
      "/api/v1/pods?limit=2&continue=2",
      "/api/v1/pods?limit=2&continue=4",
    ]);
  });

  it("begins anew in one piece when its pages have expired", async () => {
    server.lists.set(
      "/api/v1/pods",
      ["a", "b", "c"].map((name) => item(name)),
    );
    server.answer = (_, response, url) => {
      if (url.searchParams.get("continue") === null) return false;
      status(response, 410, "the provided continue parameter is too old");
      return true;
    };
    const listed = await listObjects(await KubernetesConnection.open(choice()), "/api/v1/pods", POD_LIST);
    expect(listed.kind === "listed" && listed.items.map((one) => one["kind"])).toEqual(["Pod", "Pod", "Pod"]);
    expect(server.asked.at(-1)?.url).toBe("/api/v1/pods");
  });
});

describe("a live cluster", () => {
  it("is asked with GET alone, and never for Secrets", async () => {
    for (const { group, plural, versions } of KUBERNETES_RESOURCES) {
      server.lists.set(group === "" ? `/api/v1/${plural}` : `/apis/${group}/${versions[0]}/${plural}`, [item("x")]);
    }
    const read = await readCluster(choice());
    // The one ConfigMap here is not the agents' configuration: it is not kept.
    expect(read.objects.length).toBe(KUBERNETES_RESOURCES.length - 1);
    expect(new Set(server.asked.map(({ method }) => method))).toEqual(new Set(["GET"]));
    expect(server.asked.filter(({ url }) => /secret/i.test(url))).toEqual([]);
    expect(server.asked.filter(({ url }) => url.includes("configmaps")).map(({ url }) => url)).toEqual([
      "/api/v1/configmaps?fieldSelector=metadata.name%3Dcilium-config&limit=500",
    ]);
    expect(server.asked.every(({ authorization }) => authorization === "Bearer read-only")).toBe(true);
  });

  it("gives up what is private where it is read", async () => {
    const secret = "postgres://user:hunter2@db";
    const container = {
      name: "web",
      image: "web:1",
      ports: [{ containerPort: 80 }],
      env: [{ name: "DSN", value: secret }],
      command: ["sh", "-c", secret],
    };
    const pod = {
      spec: { nodeName: "n1", containers: [container], volumes: [{ name: secret }] },
      status: { podIP: "10.0.0.1" },
    };
    const applied = {
      metadata: { name: "p", annotations: { "kubectl.kubernetes.io/last-applied-configuration": secret } },
    };
    server.lists.set("/api/v1/pods", [{ ...pod, ...applied }]);
    server.lists.set("/apis/batch/v1/cronjobs", [
      { ...item("c"), spec: { schedule: "* * * * *", jobTemplate: { spec: { template: { spec: pod.spec } } } } },
    ]);
    const { objects } = await readCluster(choice());
    expect(JSON.stringify(objects)).not.toContain("hunter2");
    expect(objects.find((one) => one["kind"] === "Pod")).toMatchObject({
      spec: { nodeName: "n1", containers: [{ name: "web", image: "web:1", ports: [{ containerPort: 80 }] }] },
      status: { podIP: "10.0.0.1" },
    });
  });

  it("is read as far as the account may: what may not be listed is said", async () => {
    server.lists.set("/api/v1/pods", [item("p")]);
    server.lists.set("/api/v1/services", [item("s")]);
    server.answer = (_, response, url) => {
      if (!url.pathname.endsWith("/nodes")) return false;
      status(response, 403, 'nodes is forbidden: User "reader" cannot list resource "nodes"');
      return true;
    };
    const read = await readCluster(choice());
    expect(read.objects.length).toBe(2);
    expect(read.findings.map(({ id }) => id)).toEqual(["cluster-refused", "no-cilium"]);
    expect(read.findings[0]?.message).toContain("nodes could not be listed");
  });

  it("of which nothing may be read is an error", async () => {
    server.answer = (_, response) => {
      status(response, 401, "Unauthorized");
      return true;
    };
    await expect(readCluster(choice())).rejects.toThrow("nothing may be read: Unauthorized");
  });

  it("falls back to the version that an older Cilium serves", async () => {
    server.lists.set("/apis/cilium.io/v2alpha1/ciliumcidrgroups", [item("vpn")]);
    const { objects } = await readCluster(choice());
    expect(objects).toEqual([expect.objectContaining({ kind: "CiliumCIDRGroup", apiVersion: "cilium.io/v2alpha1" })]);
  });
});

describe("a kubeconfig", () => {
  it("may get its token from a command", async () => {
    server.lists.set("/api/v1/pods", [item("p")]);
    const credential = JSON.stringify({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: "fresh" },
    });
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: ["-e", `console.log(${JSON.stringify(credential)})`],
      interactiveMode: "Never",
    };
    await readCluster({ kubeconfig: server.kubeconfig({ exec }), context: null });
    expect(new Set(server.asked.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer fresh"]));
  });

  it("is not needed in a pod: the account's token is used, and read again when it was renewed", async () => {
    const secure = await FakeApiServer.start({ isSecure: true });
    const account = mkdtempSync(join(tmpdir(), "ringfence-account-"));
    const folder = join(account, "var/run/secrets/kubernetes.io/serviceaccount");
    mkdirSync(folder, { recursive: true });
    copyFileSync(CA, join(folder, "ca.crt"));
    writeFileSync(join(folder, "token"), "first");
    const { hostname, port } = new URL(secure.url);
    vi.stubEnv("KUBERNETES_SERVICE_HOST", hostname);
    vi.stubEnv("KUBERNETES_SERVICE_PORT", port);
    // Where the account lies is fixed in a pod.
    const inPod = vi.spyOn(KubeConfig.prototype, "loadFromDefault").mockImplementation(function (this: KubeConfig) {
      this.loadFromCluster(account);
    });
    secure.lists.set("/api/v1/pods", [item("p")]);
    try {
      const first = await readCluster({ kubeconfig: null, context: null });
      writeFileSync(join(folder, "token"), "second");
      const second = await readCluster({ kubeconfig: null, context: null });
      expect([first.name, first.objects.length, second.objects.length]).toEqual(["inClusterContext", 1, 1]);
    } finally {
      inPod.mockRestore();
      vi.unstubAllEnvs();
      await secure.stop();
    }
    expect([...new Set(secure.asked.map(({ authorization }) => authorization))]).toEqual([
      "Bearer first",
      "Bearer second",
    ]);
  });

  it("whose authority did not sign the server's certificate", async () => {
    const secure = await FakeApiServer.start({ isSecure: true });
    const kubeconfig = secure.kubeconfig();
    writeFileSync(kubeconfig, readFileSync(kubeconfig, "utf8").replace(CA, join(CERTIFICATES, "ca.pem")));
    await expect(readCluster({ kubeconfig, context: null })).rejects.toMatchObject({
      code: "cluster-unreachable",
      message: expect.stringContaining("its certificate is not signed by the cluster's authority"),
    });
    await secure.stop();
  });

  it.each([
    [
      "a context that it does not have",
      { context: "prod" },
      "the kubeconfig has no context prod",
      "its contexts: fake, gone",
    ],
    ["a context without a cluster", { context: "gone" }, "no cluster is chosen", "choose one of: fake, gone"],
    ["a file that is not there", { kubeconfig: "/nowhere/config" }, "does not exist", "--kubeconfig FILE"],
  ])("%s", async (_, chosen, message, help) => {
    const open = KubernetesConnection.open({ ...choice(), ...chosen });
    await expect(open).rejects.toMatchObject({ message, help: expect.stringContaining(help) });
  });

  it("whose server does not answer", async () => {
    const chosen = choice();
    await server.stop();
    await expect(readCluster(chosen)).rejects.toMatchObject({
      code: "cluster-unreachable",
      message: expect.stringContaining("connection refused"),
    });
    server = await FakeApiServer.start();
  });
});
