import { describe } from "vitest";
import { checkCorpus } from "./check-corpus.ts";

// One question a file, asked of Cilium's own engine in three minors. docs/semantics.md names their cases.
describe("topics", () => {
  checkCorpus([
    ["corners", 514, 345, 3_399],
    ["topic-a-empty", 4_503, 609, 25_074],
    ["topic-b-default-deny", 957, 81, 5_562],
    ["topic-d-notin", 2_970, 198, 15_107],
    ["topic-e-namespace", 1_800, 60, 9_229],
    ["topic-f-dns", 108, 27, 855],
    ["topic-f-patterns", 2_352, 168, 14_544],
    ["topic-g-http", 270, 54, 2_214],
    ["topic-g-l7", 1_200, 120, 7_434],
    ["topic-g-sni", 189, 27, 1_134],
    ["topic-h-deny", 3_600, 144, 18_237],
    ["topic-h-host", 990, 48, 4_878],
    ["topic-h-modes", 1_404, 36, 7_054],
    ["topic-i-entities", 3_612, 126, 18_220],
    ["topic-j-cidr-mode-pods", 840, 56, 4_324],
    ["topic-j-cidr-mode", 2_520, 168, 12_720],
    ["topic-k-knp", 4_140, 111, 22_183],
    ["topic-l-named-ports", 519, 45, 3_005],
    ["topic-m-specs", 270, 18, 1_404],
    ["topic-o-deny-only", 228, 12, 1_287],
    ["topic-p-sanitize", 1_401, 1_404, 11_973],
    ["topic-q-kcnp", 728, 37, 4_235],
    ["topic-s-world", 354, 69, 1_827],
    ["topic-u-protocols", 4_080, 204, 26_415],
    ["topic-v-cidrgroups", 591, 75, 2_863],
    ["topic-w-services", 1_485, 132, 8_214],
    ["topic-x-subject-namespace", 66, 21, 468],
    ["topic-y-nodes", 3_240, 120, 16_974],
    ["topic-z-auth", 312, 42, 1_989],
  ]);
});
