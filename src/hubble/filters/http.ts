import { quote } from "#engine/validate/go-text.ts";
import { requestPath } from "../go-url.ts";
import { type Message, numberOf, partOf, partsOf, textOf, textsOf } from "../message.ts";
import { FilterError, type FilterField, type FlowPredicate, prefixed } from "./filter.ts";
import { regexpMatcher } from "./regexp.ts";

const L7_EVENT = 129;

/** Upstream: pkg/hubble/filters/http.go, in its order. */
export const http: FilterField = (filter) => [
  ...onHttp(filter, "http_status_code", "status code", () => [statusCode(textsOf(filter, "http_status_code"))]),
  ...onHttp(filter, "http_method", "method", () => [method(textsOf(filter, "http_method"))]),
  ...onHttp(filter, "http_path", "path", () => [urlMatch(textsOf(filter, "http_path"), "path", requestPath)]),
  ...onHttp(filter, "http_url", "url", () => [urlMatch(textsOf(filter, "http_url"), "url", (url) => url)]),
  ...onHttp(filter, "http_header", "headers", () => [header(partsOf(filter, "http_header"))]),
];

function onHttp(filter: Message, field: string, what: string, build: () => readonly FlowPredicate[]) {
  if (filter[field] === undefined) return [];
  const types = partsOf(filter, "event_type");
  if (types.length > 0 && !types.some((one) => numberOf(one, "type") === L7_EVENT)) {
    throw new FilterError(`filtering by http ${what} requires the event type filter to only match 'l7' events`);
  }
  return build();
}

function httpOf(flow: Message | undefined): Message | undefined {
  return partOf(partOf(flow, "l7"), "http");
}

function statusCode(codes: readonly string[]): FlowPredicate {
  const full = new Set<string>();
  const prefixes: string[] = [];
  for (const code of codes) {
    if (/^[1-5][0-9]{2}$/.test(code)) full.add(code);
    else if (/^[1-5][0-9]?\+$/.test(code)) prefixes.push(code.slice(0, -1));
    else throw new FilterError(`invalid http status code filter: invalid status code prefix: ${quote(code)}`);
  }
  return (flow) => {
    const code = numberOf(httpOf(flow), "code");
    if (code === 0) return false;
    const text = String(code).padStart(3, "0");
    return full.has(text) || prefixes.some((prefix) => text.startsWith(prefix));
  };
}

function method(methods: readonly string[]): FlowPredicate {
  const wanted = new Set(methods.map(folded));
  return (flow) => {
    const found = textOf(httpOf(flow), "method");
    return found !== "" && wanted.has(folded(found));
  };
}

/** Upstream: strings.EqualFold, which folds simply: the Kelvin sign is a k, the long s an s. */
function folded(text: string): string {
  return text.replaceAll("\u212a", "k").replaceAll("\u017f", "s").toLowerCase();
}

function urlMatch(patterns: readonly string[], what: string, textIn: (url: string) => string | null): FlowPredicate {
  const matchers = prefixed(`invalid http ${what} filter`, () =>
    patterns.map((pattern) => prefixed(pattern, () => regexpMatcher(pattern))),
  );
  return (flow) => {
    const url = textOf(httpOf(flow), "url");
    const text = url === "" ? null : textIn(url);
    return text !== null && matchers.some((matches) => matches(text));
  };
}

function header(headers: readonly Message[]): FlowPredicate {
  const wanted = headers.map((one) => [textOf(one, "key"), textOf(one, "value")]);
  return (flow) =>
    partsOf(httpOf(flow), "headers").some((found) =>
      wanted.some(([key, value]) => key === textOf(found, "key") && value === textOf(found, "value")),
    );
}
