import vm from "node:vm";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { createFastEngine } from "../../src/engine/fast/fast-engine.ts";
import { readInventory } from "../../src/decode/objects/objects.ts";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import { defaultConfig } from "../../src/model/profile.ts";
import { address, policy, reserved, worldOf } from "./world.ts";

/** The fast engine as a browser's worker would get it. */
async function bundled(): Promise<string> {
  const result = await build({
    stdin: { contents: `export { createFastEngine } from "#engine/fast/fast-engine.ts";`, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    globalName: "ringfence",
    logLevel: "error",
  });
  return result.outputFiles[0]?.text ?? "";
}

const POLICIES = [
  policy("db", "db", "ingress: [{fromEndpoints: [{matchLabels: {app: web}}], toPorts: [{ports: [{port: sql}]}]}]"),
  policy(
    "web",
    "web",
    `egress: [{toCIDRSet: [{cidr: 198.51.100.0/24, except: [198.51.100.8/29]}]}, {toFQDNs: [{matchPattern: "*.example.org"}]},` +
      ` {toEndpoints: [{}], toPorts: [{ports: [{port: "80"}], rules: {http: [{path: "/a.*"}]}}]}]`,
  ),
].join("");

it("decides the same without anything of Node", async () => {
  const { pod, connection } = worldOf("# none");
  const policies = readInventory(readManifests(POLICIES, "policies.yaml").manifests).policies;
  const { inventory } = readInventory([]);
  const world = { minor: "1.20" as const, config: defaultConfig("1.20"), inventory, policies };
  const web = pod("shop/web");
  const request = { kind: "http" as const, method: "GET", path: "/b", host: "", headers: {} };
  const names = { learned: ["api.example.org"], complete: true };
  const connections = [
    connection(web, pod("shop/db"), { port: 5432 }),
    connection(web, pod("shop/db"), { port: 80, request }),
    connection(reserved("host"), pod("shop/db"), { port: 5432 }),
    ...["198.51.100.7", "198.51.100.9", "2001:db8::1"].map((text) => connection(web, address(text))),
    connection(web, address("203.0.113.1"), { names }),
  ];
  const here = connections.map(createFastEngine(world).decide);
  // What a worker has of its own, besides the language.
  const sandbox = vm.createContext({ TextEncoder, TextDecoder, text: JSON.stringify({ world, connections }) });
  vm.runInContext(await bundled(), sandbox);
  const script = `JSON.stringify((() => {
    const { world, connections } = JSON.parse(text);
    return [typeof process, typeof require, connections.map(ringfence.createFastEngine(world).decide)];
  })())`;
  const there = JSON.parse(String(vm.runInContext(script, sandbox)));
  expect(there).toEqual(["undefined", "undefined", JSON.parse(JSON.stringify(here))]);
  expect(new Set(here.map(({ verdict }) => verdict))).toEqual(new Set(["allowed", "denied"]));
});
