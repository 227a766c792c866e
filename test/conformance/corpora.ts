/** A file of the corpus with its connections, policies and keys: nothing of it may go unchecked. */
export type CorpusFile = readonly [file: string, connections: number, policies: number, keys: number];

/** One question a file, asked of Cilium's own engine in three minors. docs/semantics.md names their cases. */
export const TOPICS: readonly CorpusFile[] = [
  ["corners", 1_330, 606, 8_479],
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
];

/** Whole worlds: Cilium's own examples of policies, policies, pods and settings at random, another's NetworkPolicies. */
export const WORLDS: readonly CorpusFile[] = [
  ["examples", 37_582, 169, 214_653],
  ["random-1.18", 7_200, 1_495, 37_524],
  ["random-1.19", 7_200, 1_495, 37_514],
  ["random-1.20-kcnp", 1_800, 664, 9_650],
  ["random-1.20", 7_200, 1_495, 37_509],
  ["worlds-1.18", 2_566, 351, 14_543],
  ["worlds-1.19", 2_664, 370, 14_951],
  ["worlds-1.20", 3_250, 499, 18_331],
  ["cyclonus", 49_643, 0, 148_929],
];

/** Policies alone: wrong types at every field, odd values of every kind. sanitize.test.ts holds them to more. */
export const ODD_POLICIES: readonly CorpusFile[] = [["sanitize-odd", 0, 11_409, 19_213]];

/** All of corpus/. */
export const CORPORA: readonly CorpusFile[] = [...TOPICS, ...WORLDS, ...ODD_POLICIES];
