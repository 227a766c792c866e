import type { Rehearsal } from "#model/rehearsal.ts";

/** The answer as people read it: READY, NOT READY, NOT PROVEN. */
export function answerWord(rehearsal: Rehearsal): string {
  switch (rehearsal.answer) {
    case "ready":
      return "READY";
    case "not-ready":
      return "NOT READY";
    case "not-proven":
      return "NOT PROVEN";
  }
}
