import { describe, expect, it } from "vitest";
import { versionWarnings } from "./relay-version.ts";

const warned = (headers: Readonly<Record<string, string>>) =>
  versionWarnings((name) => headers[name] ?? "").map(({ attributes }) => attributes[1]?.join("="));

// As hubble 1.20.2 warns: hubble/cmd/common/conn/version_test.go.
describe("a server of another version", () => {
  it.each([
    ["a later minor", "1.21.0", ["hubble-server-version=1.21.0"]],
    ["a later major", "v2.0.1", ["hubble-server-version=2.0.1"]],
    ["a later patch release counts as equal", "1.20.99", []],
    ["a prerelease of a later minor", "1.21.0-rc.1+g12ab", ["hubble-server-version=1.21.0-rc.1+g12ab"]],
    ["a prerelease of our minor", "1.20.0-dev", []],
    ["an earlier one", "1.19.6", []],
    ["parts left out", "1.21", ["hubble-server-version=1.21.0"]],
    ["none told", "", []],
    ["what is no version", "latest", []],
  ])("%s", (_, version, expected) => {
    expect(warned({ "hubble-server-version": version })).toEqual(expected);
  });

  it("Relay and what is behind it are told apart", () => {
    const headers = { "hubble-relay-version": "1.22.0", "hubble-server-version": "1.21.0" };
    expect(warned(headers)).toEqual(["hubble-relay-version=1.22.0", "hubble-server-version=1.21.0"]);
  });
});
