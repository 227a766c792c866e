import { setTimeout as sleep } from "node:timers/promises";
import { StoreFault } from "../store-fault.ts";

/** Waits between tries, in milliseconds; each is varied by half so that recorders do not come back all at once. */
export const WAITS_MS: readonly number[] = [200, 500, 1500, 4000];

/** Tries again what may pass. The last trouble is thrown. */
export async function withRetry<T>(attempt: () => Promise<T>, waitsMs: readonly number[]): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (cause) {
      const wait = waitsMs[tries];
      if (wait === undefined || !(cause instanceof StoreFault) || !cause.isPassing) throw cause;
      await sleep(wait * (0.5 + Math.random()));
    }
  }
}
