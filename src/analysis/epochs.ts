import type { RecordedVerdict } from "#model/conversation.ts";
import type { Snapshot } from "#model/snapshot.ts";

/**
 * Tells for which recorded verdicts the policies at their time are the snapshot's: those of each node's last epoch, for
 * the objects are those of the recording's end. Earlier epochs ran under a set that nobody gave.
 */
export function comparableEpochs(snapshot: Snapshot): (verdict: RecordedVerdict) => boolean {
  const last = new Map<string, number>();
  snapshot.traffic.epochs.forEach((epoch, index) => {
    const known = last.get(epoch.node);
    const from = known === undefined ? -1 : (snapshot.traffic.epochs[known]?.from ?? -1);
    if (epoch.cause !== "settling" && epoch.from >= from) last.set(epoch.node, index);
  });
  return (verdict) => {
    const epoch = snapshot.traffic.epochs[verdict.epoch];
    return epoch === undefined ? last.size === 0 : last.get(epoch.node) === verdict.epoch;
  };
}
