import { describe } from "vitest";
import { checkCorpus } from "./check-corpus.ts";
import { WORLDS } from "./corpora.ts";

describe("worlds", () => checkCorpus(WORLDS));
