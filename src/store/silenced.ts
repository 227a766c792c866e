import { stringMapAt } from "#decode/field.ts";
import type { SourceManifest } from "#decode/objects/manifest.ts";
import type { Finding } from "#model/finding.ts";

type Flags = Readonly<Record<string, string>>;

/** What a setting of the agent keeps from Hubble, and with it from the recording (trap 31). */
type Silence = {
  readonly flag: string;
  readonly isSilent: (value: string) => boolean;
  readonly message: string;
  readonly help: string;
};

const isFalse = (value: string) => /^(0|f|false)$/i.test(value);

/** Upstream: pkg/option/config.go, pkg/hubble/cell, Documentation/cmdref/cilium-agent.md. */
const SILENCES: readonly Silence[] = [
  {
    flag: "enable-hubble",
    isSilent: isFalse,
    message: "Hubble is switched off: nothing is recorded on these nodes",
    help: "set hubble.enabled=true",
  },
  {
    flag: "bpf-events-drop-enabled",
    isSilent: isFalse,
    message: "drop events are switched off: no packet that was dropped is ever seen",
    help: "set bpf.events.drop.enabled=true",
  },
  {
    flag: "bpf-events-policy-verdict-enabled",
    isSilent: isFalse,
    message: "policy verdict events are switched off: what policies allow, deny or audit is not seen",
    help: "set bpf.events.policyVerdict.enabled=true",
  },
  {
    flag: "bpf-events-trace-enabled",
    isSilent: isFalse,
    message: "trace events are switched off: traffic that no policy selects is not seen",
    help: "set bpf.events.trace.enabled=true",
  },
  {
    flag: "hubble-monitor-events",
    isSilent: (value) =>
      !["drop", "policy-verdict", "trace", "l7"].every((kind) => value.split(/[\s,]+/).includes(kind)) &&
      value.trim() !== "",
    message: "hubble-monitor-events names some kinds of events only: the others are not seen",
    help: "leave it empty, or name drop, policy-verdict, trace and l7",
  },
  {
    flag: "monitor-aggregation",
    isSilent: (value) => /^(max|maximum|4)$/i.test(value),
    message:
      "monitor-aggregation is at its maximum: established connections are seen by their first and last packets only",
    help: "set bpf.monitorAggregation=medium",
  },
  {
    flag: "bpf-events-default-rate-limit",
    isSilent: (value) => Number(value) > 0,
    message: "events are rate limited: what is beyond the limit is lost, and nothing tells",
    help: "set bpf.events.default.rateLimit=0 while recording",
  },
  {
    flag: "hubble-redact-enabled",
    isSilent: (value) => /^(1|t|true)$/i.test(value),
    message: "Hubble redacts URLs or headers: rules on what is hidden cannot be decided",
    help: "set hubble.redact.enabled=false while recording",
  },
];

/** What the agent's configuration among these objects keeps from a recording; nothing when there is none among them. */
export function configFindings(manifests: readonly SourceManifest[]): readonly Finding[] {
  const config = manifests.find(({ kind, name }) => kind === "ConfigMap" && name === "cilium-config");
  return config === undefined ? [] : silencedBy(stringMapAt(config.value, "data") ?? {});
}

export function silencedBy(flags: Flags): readonly Finding[] {
  return SILENCES.flatMap(({ flag, isSilent, message, help }): Finding[] => {
    const value = flags[flag];
    if (value === undefined || !isSilent(value)) return [];
    return [{ id: `silenced-${flag}`, severity: "warn", message: `${message} (${flag}: ${value})`, help }];
  });
}
