import { describe } from "vitest";
import { checkCorpus } from "./check-corpus.ts";

// Whole worlds: Cilium's own examples of policies, policies, pods and settings at random, and another's NetworkPolicies.
describe("worlds", () => {
  checkCorpus([
    ["examples", 37_582, 169, 214_653],
    ["random-1.18", 7_200, 1_495, 37_524],
    ["random-1.19", 7_200, 1_495, 37_514],
    ["random-1.20-kcnp", 1_800, 664, 9_650],
    ["random-1.20", 7_200, 1_495, 37_509],
    ["worlds-1.18", 2_566, 351, 14_544],
    ["worlds-1.19", 2_664, 370, 14_951],
    ["worlds-1.20", 3_250, 499, 18_331],
    ["cyclonus", 49_643, 0, 148_929],
  ]);
});
