import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CILIUM_MINORS, CORPUS_RELEASES } from "#model/profile.ts";
import { gatherCilium, readCiliumGiven } from "./gather-cilium.ts";

const NOTHING_SEEN = { objects: null, agentVersion: null, clusterName: null };

async function findingsOf(version: string) {
  const given = await readCiliumGiven(version, null);
  return gatherCilium(given, NOTHING_SEEN).findings.map(({ id, severity, message }) => ({ id, severity, message }));
}

describe("an agent's release against the corpus'", () => {
  it.each([
    ["1.20.5", "agent 1.20.5 is newer than the release the engine was proven against (1.20.2)"],
    ["v1.18.12", "agent 1.18.12 is newer than the release the engine was proven against (1.18.11)"],
    ["1.19.10-cee.1", "agent 1.19.10-cee.1 is newer than the release the engine was proven against (1.19.6)"],
  ])("%s: a notice", async (version, message) => {
    expect(await findingsOf(version)).toEqual([{ id: "unproven-cilium-release", severity: "info", message }]);
  });

  it.each(["1.20", "1.20.2", "1.20.0", "1.18.9", "v1.19.6"])("%s: no notice", async (version) => {
    expect(await findingsOf(version)).toEqual([]);
  });

  it("leaves an unknown minor to its own finding", async () => {
    expect((await findingsOf("1.21.7")).map(({ id }) => id)).toEqual(["unknown-cilium-version"]);
  });

  it("tells it of the version that flows name, too", () => {
    const known = gatherCilium({ version: null, file: null }, { ...NOTHING_SEEN, agentVersion: "v1.20.9+g123" });
    expect(known.findings.map(({ id }) => id)).toEqual(["unproven-cilium-release"]);
  });

  it.each(CILIUM_MINORS)("names the release of %s that the oracle is built on", (minor) => {
    const module = readFileSync(join(import.meta.dirname, `../../oracle/v${minor}/go.mod`), "utf8");
    expect(module).toContain(`github.com/cilium/cilium v${CORPUS_RELEASES[minor]}\n`);
  });
});
