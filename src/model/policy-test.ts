import type { L7Request } from "./conversation.ts";
import type { JsonObject } from "./json.ts";
import type { CiliumConfig, CiliumMinor } from "./profile.ts";

/** One policy test as in docs/policy-test.md: objects, connections and what is expected of them. */
export type PolicyTest = {
  readonly name: string;
  readonly cilium: CiliumMinor;
  readonly config: CiliumConfig;
  /** Objects inline and from `files`, Lists flattened, nulls pruned, in order. */
  readonly objects: readonly JsonObject[];
  readonly dns: readonly { readonly name: string; readonly ips: readonly string[]; readonly seenBy: string | null }[];
  readonly connections: readonly TestConnection[];
  readonly expectPolicies: readonly { readonly policy: string; readonly valid?: boolean; readonly error?: string }[];
  readonly file: string | null;
};

export type TestConnection = {
  readonly name: string | null;
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  readonly port: number | null;
  readonly icmpType: number | null;
  readonly icmpCode: number | null;
  readonly request: L7Request | null;
  /** The name asked of a DNS proxy, where another request is given as well. Absent or null: only `request`. */
  readonly dnsQuery?: string | null;
  /** HTTP and SNI may be given together. */
  readonly serverName: string | null;
  /** Keys present are checked, absent ones are not. */
  readonly expect: Readonly<Record<string, unknown>>;
};

/**
 * Why a result is not what was expected, in words: which rules decided and where they stand, who switched default deny
 * on, and the edit that makes it as expected, where one is proven.
 */
export type TestFailure = {
  readonly sentences: readonly string[];
  readonly edit: TestEdit | null;
};

/** An edit after which the result is as expected and nothing of its test that was as expected is otherwise. */
export type TestEdit = {
  /** The first file that it changes, as the user named it; null where the object stands in the test itself. */
  readonly file: string | null;
  /** Unified diff; "" where there is no text to change, or where all that changes is one item taken out of a list. */
  readonly diff: string;
  /** Without a diff: where it is made, and its lines, `+` or `-` before each. */
  readonly place: string | null;
  readonly summary: readonly string[];
  /** Other connections of the test that the edit mends as well, by name. */
  readonly alsoMends: readonly string[];
};

/** A test made from recorded traffic: the document to write, and what did not become a part of it. */
export type RecordedTest = {
  /** The namespace whose traffic it holds; null for traffic between ends outside namespaces. */
  readonly namespace: string | null;
  /** The policy test as docs/policy-test.md describes it, keys in reading order. Without `files`: where it will lie decides. */
  readonly document: JsonObject;
  readonly connections: number;
  /** Recorded conversations and requests that are no part of it, each with the reason. Sorted. */
  readonly leftOut: readonly string[];
};
