import { quote } from "#engine/validate/go-text.ts";
import type { FilterLists } from "./filters.ts";
import { checkFieldMask, commaSeparated, DEFAULT_FIELD_MASK } from "./flags/field-mask.ts";
import { FilterTracker } from "./flags/filter-tracker.ts";
import { FlagError, type HubbleFlag } from "./flags/flag.ts";
import { momentValue, parseDuration } from "./flags/moment-value.ts";
import { parseRawFilters } from "./flags/raw-filters.ts";
import { parseBool } from "#decode/go-bool.ts";
import { parseUint } from "./go-text.ts";
import type { Moment } from "./go-time.ts";
import type { PrintOptions } from "./print/format.ts";

/** Values of the flags that were given, as text: lists for those that may be repeated. */
export type FlagValues = {
  /** The last one given. */
  readonly text: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly allow: FilterTracker | null;
  readonly deny: FilterTracker | null;
  /** True when the last `--not` has no filter behind it. */
  readonly isTrailingNot: boolean;
};

/** Takes flags one after the other, checking each. Upstream: the pflag.Value of each, flowFilter.Set. */
export class FlagCollector {
  private readonly text = new Map<string, string>();
  private readonly lists = new Map<string, string[]>();
  private allow: FilterTracker | null = null;
  private deny: FilterTracker | null = null;
  private isNext = false;

  /** Throws FlagError. */
  set(flag: HubbleFlag, value: string): void {
    if (flag.kind === "filter") return this.setFilter(flag.name, value);
    checkValue(flag, value);
    if (flag.kind === "stringArray" || flag.kind === "paths") this.append(flag.name, [value]);
    else if (flag.kind === "strings") this.append(flag.name, commaSeparated(value));
    else this.text.set(flag.name, value);
  }

  private append(name: string, values: readonly string[]): void {
    this.lists.set(name, [...(this.lists.get(name) ?? []), ...values]);
  }

  /** `--not` sends the next filter to the denying list. */
  private setFilter(name: string, value: string): void {
    if (name === "not") {
      if (this.isNext) throw new FlagError("consecutive --not statements");
      this.isNext = true;
    } else if (this.isNext) {
      this.isNext = false;
      this.deny ??= new FilterTracker();
      this.deny.set(name, value);
    } else {
      this.allow ??= new FilterTracker();
      this.allow.set(name, value);
    }
  }

  values(): FlagValues {
    const { text, lists, allow, deny } = this;
    return { text, lists, allow, deny, isTrailingNot: this.isNext };
  }
}

function checkValue({ kind }: HubbleFlag, value: string): void {
  switch (kind) {
    case "bool":
      if (parseBool(value) === null) throw new FlagError(`strconv.ParseBool: parsing ${quote(value)}: invalid syntax`);
      return;
    case "uint64":
    case "uint16": {
      const parsed = parseUint(value, 0, kind === "uint16" ? 16 : 64);
      if (!parsed.ok) throw new FlagError(parsed.error);
      return;
    }
    case "duration":
      if (parseDuration(value) === null) throw new FlagError(`time: invalid duration ${quote(value)}`);
      return;
    case "filter":
    case "string":
    case "strings":
    case "stringArray":
    case "paths":
      return;
  }
}

/** What stands around the flags. */
export type ObserveSettings = {
  readonly now: Moment;
  readonly isLegacyJson: boolean;
  /** Whether recordings are read: without them a server is asked, for the last 20 where nothing else is said. */
  readonly isRecording: boolean;
  readonly isDebug: boolean;
  /** Whether `--color auto` colours. */
  readonly isColorful: boolean;
  readonly allowlist: readonly string[];
  readonly denylist: readonly string[];
};

/** What is asked for. */
export type ObserveRequest = {
  /** 0 is every flow; 2^64-1 too. */
  readonly number: bigint;
  readonly isFirst: boolean;
  readonly isFollow: boolean;
  readonly filters: FilterLists;
  readonly since: Moment | null;
  readonly until: Moment | null;
  readonly fieldMask: readonly string[];
  readonly print: PrintOptions;
  /** Nothing of the nodes' status is told. */
  readonly isSilent: boolean;
};

/** `--all`. */
export const EVERY_FLOW = (1n << 64n) - 1n;
/** What a server is asked for when nothing else is. */
const DEFAULT_NUMBER = 20n;

/** Puts the flags together. Throws FlagError. Upstream: handleFlowArgs, getFlowsRequest, in their order of complaints. */
export function observeRequest(values: FlagValues, settings: ObserveSettings): ObserveRequest {
  if (values.isTrailingNot) throw new FlagError("trailing --not found in the arguments");
  const output = outputOf(values, settings);
  const fieldMask = fieldMaskOf(values, output);
  const selection = selectionOf(values, settings);
  const filters = {
    allow: [...(values.allow?.filters() ?? []), ...parseRawFilters(settings.allowlist, "allowlist")],
    deny: [...(values.deny?.filters() ?? []), ...parseRawFilters(settings.denylist, "denylist")],
  };
  checkFieldMask(fieldMask);
  const print = printOptions(values, output, settings);
  return { ...selection, filters, fieldMask, print, isSilent: isOn(values, "silent-errors") };
}

function isOn(values: FlagValues, name: string, preset = false): boolean {
  const value = values.text.get(name);
  return value === undefined ? preset : parseBool(value) === true;
}

function outputOf(values: FlagValues, { isLegacyJson }: ObserveSettings): PrintOptions["output"] {
  const output = values.text.get("output") ?? "compact";
  switch (output) {
    case "compact":
    case "dict":
    case "jsonpb":
      return output;
    case "json":
    case "JSON":
      return isLegacyJson ? "json-legacy" : "jsonpb";
    case "tab":
    case "table":
      if (isOn(values, "follow")) throw new FlagError("table output format is not compatible with follow mode");
      return "table";
    default:
      throw new FlagError(`invalid output format: ${output}`);
  }
}

function fieldMaskOf(values: FlagValues, output: PrintOptions["output"]): readonly string[] {
  const mask = values.lists.get("field-mask") ?? [];
  if (output === "jsonpb") return mask;
  if (mask.length > 0) {
    throw new FlagError(
      `${values.text.get("output") ?? "compact"} output format is not compatible with custom field mask`,
    );
  }
  return isOn(values, "use-default-field-masks", true) ? DEFAULT_FIELD_MASK : mask;
}

type Selection = Pick<ObserveRequest, "number" | "isFirst" | "isFollow" | "since" | "until">;

function selectionOf(values: FlagValues, { now, isRecording }: ObserveSettings): Selection {
  const first = countOf(values, "first");
  const last = countOf(values, "last");
  const isAll = isOn(values, "all");
  const isFollow = isOn(values, "follow");
  if (first > 0n && last > 0n) throw new FlagError("cannot set both --first and --last");
  if (first > 0n && isAll) throw new FlagError("cannot set both --first and --all");
  if (first > 0n && isFollow) throw new FlagError("cannot set both --first and --follow");
  if (last > 0n && isAll) throw new FlagError("cannot set both --last and --all");
  const since = timeOf(values, "since", now);
  const until = isFollow ? null : timeOf(values, "until", now);
  const isBounded = since !== null || until !== null || first > 0n;
  const isVanilla = last === 0n && !isFollow && !isRecording;
  const number = isBounded ? last : isAll ? EVERY_FLOW : isVanilla ? DEFAULT_NUMBER : last;
  return { number: first > 0n ? first : number, isFirst: first > 0n, isFollow, since, until };
}

function countOf(values: FlagValues, name: string): bigint {
  const parsed = parseUint(values.text.get(name) ?? "0", 0, 64);
  return parsed.ok ? parsed.value : 0n;
}

function timeOf(values: FlagValues, name: "since" | "until", now: Moment): Moment | null {
  const text = values.text.get(name) ?? "";
  if (text === "") return null;
  const moment = momentValue(text, now);
  if (moment !== null) return moment;
  throw new FlagError(`failed to parse the ${name} time: failed to convert ${text} to time`);
}

function printOptions(values: FlagValues, output: PrintOptions["output"], settings: ObserveSettings): PrintOptions {
  const color = (values.text.get("color") ?? "auto").toLowerCase();
  return {
    output,
    isColored: color === "always" || (color !== "never" && settings.isColorful),
    timeFormat: values.text.get("time-format") ?? "StampMilli",
    hasNodeName: isOn(values, "print-node-name"),
    hasPolicyNames: isOn(values, "print-policy-names"),
    isIpTranslated: !isOn(values, "numeric") && isOn(values, "ip-translation", true),
    isDebug: settings.isDebug,
  };
}
