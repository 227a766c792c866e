import { validatePolicy } from "#engine/validate/validate.ts";
import { type PolicyObject } from "#model/policy.ts";
import { CILIUM_MINORS, type CiliumConfig } from "#model/profile.ts";
import type { LintWorld } from "./lint-world.ts";
import { lintedByName } from "./per-world.ts";

/** A linted policy that the agent rejects: it protects and allows nothing. `path` is the element that it stumbles over. */
export type Rejected = {
  readonly policy: PolicyObject;
  readonly path: string;
  readonly error: string;
  readonly help: string;
};

/** The linted policies that the agent rejects. */
export function rejections(world: LintWorld): readonly Rejected[] {
  const linted = lintedByName(world);
  return world.set.engine.policies.flatMap((status) => {
    const policy = linted.get(status.policy);
    if (status.valid || policy === undefined) return [];
    return [{ policy, path: status.path, error: plainError(status.error), help: status.help }];
  });
}

/** The agent's text without what it puts before it, on one line. */
function plainError(error: string): string {
  return error.replace(/^Invalid \w+ specs?: /, "").replaceAll("\n", "; ");
}

/** Flags without which the agent refuses what it takes with them. */
const OPENING: Partial<CiliumConfig> = {
  enableNodeSelectorLabels: true,
  enableExtendedIPProtocols: true,
  enableICMPRules: true,
  enableL7Proxy: true,
};

/** What a rejection rests on that nobody told: `setting`, and an agent with other settings might accept it; `version`. */
export function restsOn({ policy }: Rejected, world: LintWorld): "setting" | "version" | null {
  const { minor, config, snapshot } = world;
  if (snapshot.config.assumed && validatePolicy(policy, minor, { ...config, ...OPENING }).valid) return "setting";
  const others = CILIUM_MINORS.filter((one) => one !== minor);
  if (snapshot.cilium.assumed && others.some((one) => validatePolicy(policy, one, config).valid)) return "version";
  return null;
}
