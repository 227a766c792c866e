import type { EditStep } from "#analysis/edits/edit-step.ts";
import type { Conversation, End } from "#model/conversation.ts";
import type { Coverage } from "#model/coverage.ts";
import type { Severity } from "#model/finding.ts";
import type { Place } from "#model/place.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { CiliumConfig } from "#model/profile.ts";
import type { LintWorld } from "./lint-world.ts";

/**
 * What a check cannot do without, besides policies. `objects`: pods, Services, namespaces; `flows`: a recording; `config`:
 * the agent's settings and version, told rather than assumed; `status`: what the agents said of the policies.
 */
export type Need = "objects" | "flows" | "config" | "status";

/** What a check found: a value about the user's manifests. Messages are lower case and teach; `help` says what to do. */
export type Found = {
  /** null: it is about the whole set. */
  readonly policy: PolicyObject | null;
  /** Element path below the object (`spec.egress[0].toFQDNs`); "" for the whole object. */
  readonly path: string;
  readonly message: string;
  readonly help: string;
  /** Where it is not the check's own: a case of it that weighs less, or that cannot be told. */
  readonly severity?: Severity;
  /** Endpoints concerned, all of them: the report counts them and names three. */
  readonly subjects?: readonly End[];
  readonly peers?: readonly End[];
  /** Recorded conversations that show it. */
  readonly conversations?: readonly Conversation[];
  /** Edits that mend it: offered once they are proven. */
  readonly steps?: readonly EditStep[];
  /** Where it stands when no policy holds it. */
  readonly place?: Place;
};

/**
 * An example that runs through the real decoder and engine: a policy test file (docs/policy-test.md) without
 * expectations. Its objects besides policies wake what needs objects, its connections what needs flows, `cilium` and
 * `config` what needs configuration.
 */
export type Example = string;

/** What an example's connections have besides, as a recording would. */
export type ExampleRecording = {
  readonly coverage?: Partial<Coverage>;
  /** The same for each of its connections. */
  readonly conversation?: Partial<Conversation>;
  readonly config?: Partial<CiliumConfig>;
  /** Policies in force while recording: one manifest stream. */
  readonly inForce?: string;
};

/**
 * One thing the linter looks for. Missing a case is acceptable, a false positive is not: `find` is silent where it
 * cannot know. It judges the merged set (ask `world.set.engine`), never one object's text alone where another object
 * could make it right. It never throws, prints or changes anything.
 */
export type Check = {
  /** Stable: users name it in configuration. The file is named like it. */
  readonly id: string;
  /** error: traffic or protection differs from what the text plainly says; warn: will hurt under named circumstances; info: noise. */
  readonly severity: Severity;
  readonly title: string;
  /** For its page: why it matters, with what Cilium does. One or more paragraphs. */
  readonly why: string;
  /** For its page: what it does not see, and when it is silent. */
  readonly limits: string;
  readonly needs: readonly Need[];
  /** Checks that say the same more exactly: where one of them finds something in the same rule this one is silent. */
  readonly yieldsTo?: readonly string[];
  /** Its edits open something that somebody has to want: they are shown, and `--fix` leaves them alone. */
  readonly isProposal?: true;
  /** Ids of what decoding said (`world.said`) that this check reports; what none claims stands in the report as it is. */
  readonly claims?: readonly string[];
  readonly find: (world: LintWorld) => Iterable<Found>;
  readonly bad: Example;
  readonly good: Example;
  /** Where connections alone do not tell it: hours, verdicts, coverage. */
  readonly recorded?: { readonly bad: ExampleRecording; readonly good: ExampleRecording };
};
