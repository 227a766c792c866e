import type { CalibrationReport, CoverageReport, NotProven } from "#model/rehearsal.ts";
import type { Snapshot } from "#model/snapshot.ts";

const WINDOW_SECONDS = 86_400;
/** Share of events lost above which silence proves nothing. */
const LOSS_BUDGET = 0.001;

/** What keeps the whole rehearsal from being called ready although no hole is known, each with its remedy. */
export function evidenceGaps(
  snapshot: Snapshot,
  coverage: CoverageReport,
  calibration: CalibrationReport,
): readonly NotProven[] {
  const whole = (reason: string, remedy: string): NotProven => ({ namespace: null, workload: null, reason, remedy });
  const gaps: NotProven[] = [];
  const { flows, lostEvents } = snapshot.traffic.coverage;
  if (flows === 0)
    gaps.push(whole("nothing was seen: the recording holds no flow", "record with: hubble observe -f -o jsonpb"));
  else if (coverage.windowSeconds < WINDOW_SECONDS) {
    gaps.push(
      whole(
        `the recording is ${durationText(coverage.windowSeconds)} long: rare jobs, renewals and backups are not in it`,
        "record for a day or more, over every scheduled job",
      ),
    );
  }
  if (lostEvents > 0 && lostEvents / (lostEvents + flows) > LOSS_BUDGET) {
    gaps.push(
      whole(
        `${lostEvents} events were lost, a lower bound`,
        "raise hubble-event-queue-size and hubble-event-buffer-capacity, or record per node",
      ),
    );
  }
  for (const node of coverage.nodesNotHeard)
    gaps.push(whole(`node ${node} was not heard`, "record through Relay, or add this node's exporter files"));
  for (const gap of coverage.gaps)
    gaps.push(
      whole(
        `${gap.node}: nothing recorded from ${gap.from} to ${gap.to} (${gap.reason})`,
        "record again without the gap",
      ),
    );
  if (calibration.differences.length > 0) {
    gaps.push(
      whole(
        `${calibration.verdicts - calibration.reproduced} recorded verdicts were not reproduced`,
        "see calibration.differences: objects or configuration are not those of the recording",
      ),
    );
  }
  for (const finding of coverage.findings) {
    if (finding.severity === "info") continue;
    gaps.push(whole(finding.message, finding.help ?? "record again"));
  }
  return gaps;
}

/** `4 min`, `3 h`, `2 days`. */
export function durationText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** True when too much was lost for any namespace to be called ready. */
export function isTooLossy(snapshot: Snapshot): boolean {
  const { flows, lostEvents } = snapshot.traffic.coverage;
  return lostEvents / Math.max(1, lostEvents + flows) > LOSS_BUDGET;
}
