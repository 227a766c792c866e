import { describe } from "vitest";
import { checkCorpus } from "./check-corpus.ts";
import { TOPICS } from "./corpora.ts";

describe("topics", () => checkCorpus(TOPICS));
