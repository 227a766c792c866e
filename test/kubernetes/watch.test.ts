import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KubernetesConnection } from "#sources/kubernetes-connection.ts";
import { type WatchEvent, watchObjects } from "#sources/kubernetes-watch.ts";
import { FakeApiServer, item, status, told } from "./fake-api-server.ts";

const PATH = "/api/v1/pods";
let server: FakeApiServer;
let stop: AbortController;

beforeEach(async () => {
  server = await FakeApiServer.start();
  stop = new AbortController();
  server.lists.set(PATH, [item("a")]);
});
afterEach(async () => {
  stop.abort();
  await server.stop();
});

function words(event: WatchEvent): string {
  switch (event.kind) {
    case "all":
      return `all ${event.objects.map(nameOf).join(",")}`;
    case "set":
    case "deleted":
      return `${event.kind} ${nameOf(event.object)}`;
    case "trouble":
      return "trouble";
  }
}

const nameOf = (object: Record<string, unknown>) => (object["metadata"] as { name: string }).name;

/** Starts a watch; `next` answers its events one by one. */
async function watching() {
  const connection = await KubernetesConnection.open({ kubeconfig: server.kubeconfig(), context: null });
  const waits: number[] = [];
  const events = watchObjects(connection, PATH, {
    signal: stop.signal,
    apiVersion: "v1",
    objectKind: "Pod",
    wait: async (ms) => {
      waits.push(ms);
    },
  });
  const next = async () => {
    const { value, done } = await events.next();
    return done === true ? "end" : words(value);
  };
  return { next, waits };
}

describe("a watch", () => {
  it("lists, then tells what changes; kind and apiVersion are those of the list", async () => {
    const { next } = await watching();
    expect(await next()).toBe("all a");
    const after = next();
    const stream = await server.opened(1);
    stream.write(told("ADDED", "b", 101) + told("MODIFIED", "b", 102) + told("DELETED", "a", 103));
    expect([await after, await next(), await next()]).toEqual(["set b", "set b", "deleted a"]);
    expect(server.watches[0]?.url.searchParams.get("allowWatchBookmarks")).toBe("true");
    expect(server.watches[0]?.url.searchParams.get("resourceVersion")).toBe("100");
  });

  it("goes on behind the last bookmark when the connection ends", async () => {
    const { next } = await watching();
    await next();
    const after = next();
    const first = await server.opened(1);
    first.write(told("BOOKMARK", "", 140));
    first.end();
    (await server.opened(2)).write(told("ADDED", "c", 141));
    expect(await after).toBe("set c");
    expect(server.watches[1]?.url.searchParams.get("resourceVersion")).toBe("140");
    expect(server.asked.filter(({ url }) => !url.includes("watch")).length).toBe(1);
  });

  it("is cut in the middle of a line: the half is dropped, what came before is not told again", async () => {
    const { next, waits } = await watching();
    await next();
    const after = next();
    const first = await server.opened(1);
    first.write(`${told("ADDED", "b", 120)}{"type":"ADDED","obj`);
    expect(await after).toBe("set b");
    const broken = next();
    first.destroy();
    expect(await broken).toBe("trouble");
    const again = next();
    (await server.opened(2)).write(told("ADDED", "c", 121));
    expect(await again).toBe("set c");
    expect(server.watches[1]?.url.searchParams.get("resourceVersion")).toBe("120");
    expect(waits.length).toBe(1);
  });

  it("lists again at 410 Gone, told as an event of the stream", async () => {
    const { next } = await watching();
    await next();
    const after = next();
    const gone = { type: "ERROR", object: { kind: "Status", code: 410, message: "too old resource version" } };
    server.lists.set(PATH, [item("a"), item("z")]);
    server.version = 900;
    (await server.opened(1)).write(`${JSON.stringify(gone)}\n`);
    expect(await after).toBe("all a,z");
    const more = next();
    (await server.opened(2)).write(told("DELETED", "z", 901));
    expect(await more).toBe("deleted z");
    expect(server.watches[1]?.url.searchParams.get("resourceVersion")).toBe("900");
  });

  it("lists again at 410 Gone, told as the status of the watch", async () => {
    let refusals = 1;
    server.answer = (_, response, url) => {
      if (url.searchParams.get("watch") !== "true" || refusals-- <= 0) return false;
      status(response, 410, "too old resource version: 100 (200)");
      return true;
    };
    const { next } = await watching();
    expect([await next(), await next()]).toEqual(["all a", "all a"]);
  });

  it("waits longer each time while the server fails, and not at all after it has recovered", async () => {
    let failures = 4;
    server.answer = (_, response, url) => {
      if (url.searchParams.get("watch") !== "true" || failures-- <= 0) return false;
      status(response, 503, "apiserver is shutting down");
      return true;
    };
    const { next, waits } = await watching();
    expect(await next()).toBe("all a");
    const after = (async () => [await next(), await next(), await next(), await next(), await next()])();
    (await server.opened(1)).write(told("ADDED", "b", 101));
    expect(await after).toEqual(["trouble", "trouble", "trouble", "trouble", "set b"]);
    const [first = 0, , , fourth = 0] = waits;
    expect(waits.length).toBe(4);
    expect(first).toBeGreaterThanOrEqual(600);
    expect(fourth).toBeGreaterThan(first * 3);
    expect(Math.max(...waits)).toBeLessThanOrEqual(40_000);
  });

  it("does not ask without end a server that ends every watch at once", async () => {
    server.answer = (_, response, url) => {
      if (url.searchParams.get("watch") !== "true") return false;
      response.writeHead(200);
      response.end();
      return true;
    };
    const { next, waits } = await watching();
    expect([await next(), await next(), await next()]).toEqual(["all a", "trouble", "trouble"]);
    expect(waits.length).toBeGreaterThanOrEqual(1);
  });

  it("ends at a refusal that waiting does not mend", async () => {
    server.answer = (_, response) => {
      status(response, 403, "pods is forbidden");
      return true;
    };
    const { next } = await watching();
    await expect(next()).rejects.toThrow("pods is forbidden");
  });

  it("ends in silence when it is told to stop", async () => {
    const { next } = await watching();
    await next();
    const after = next();
    await server.opened(1);
    stop.abort();
    expect(await after).toBe("end");
  });
});
