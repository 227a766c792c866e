import { expect, it } from "vitest";
import { shownPath } from "./input-path.ts";

it.each([
  ["/repo/policies/a.yaml", "policies/a.yaml"],
  ["policies/a.yaml", "policies/a.yaml"],
  ["../other/a.yaml", "../other/a.yaml"],
  ["/elsewhere/a.yaml", "/elsewhere/a.yaml"],
  ["/repository/a.yaml", "/repository/a.yaml"],
  ["/repo", "/repo"],
  ["-", "-"],
])("%s in /repo is %s", (path, shown) => {
  expect(shownPath(path, "/repo")).toBe(shown);
});
