import type { JsonObject } from "#model/json.ts";
import { isSet, listOf, structsOf, textOf, textsOf } from "./fields.ts";
import { quote } from "./go-text.ts";
import { parseAddress, parsePrefix } from "./netip.ts";
import { FROM, type PeerFields, TO } from "./peers.ts";
import { crash, firstRejection, type Rejection } from "./rejection.ts";

// From 1.19 on the selectors of addresses are built while the object is parsed, and what is no prefix panics there.

/** The rules of a policy that passed Sanitize. Upstream: pkg/policy/utils/parserules.go RulesToPolicyEntries. */
export function checkBuiltSelectors(rule: JsonObject, path: string): Rejection | null {
  const each = (section: string, fields: PeerFields): Rejection | null =>
    firstRejection(structsOf(rule, section), (element, index) =>
      checkElement(element, fields, `${path}.${section}[${index}]`),
    );
  return each("ingress", FROM) ?? each("ingressDeny", FROM) ?? each("egress", TO) ?? each("egressDeny", TO);
}

function checkElement(rule: JsonObject, fields: PeerFields, path: string): Rejection | null {
  // A list that is there and empty selects nobody, whatever stands beside it: nothing is built.
  const lists = [fields.endpoints, fields.nodes, fields.entities, fields.cidr, fields.cidrSet];
  if (lists.some((field) => isSet(rule, field) && listOf(rule, field).length === 0)) return null;
  return (
    firstRejection(textsOf(rule, fields.cidr), (cidr, index) =>
      checkBuiltCidr(cidr, [], `${path}.${fields.cidr}[${index}]`),
    ) ??
    firstRejection(structsOf(rule, fields.cidrSet), (cidr, index) => {
      const at = `${path}.${fields.cidrSet}[${index}]`;
      const except = textsOf(cidr, "except");
      return textOf(cidr, "cidrGroupRef") !== "" || isSet(cidr, "cidrGroupSelector")
        ? checkBuiltExcept(except, at)
        : checkBuiltCidr(textOf(cidr, "cidr"), except, at);
    })
  );
}

/** Upstream: pkg/policy/types/selector.go NewCIDRSelector. */
export function checkBuiltCidr(cidr: string, except: readonly string[], path: string): Rejection | null {
  const bare = cidr.includes("/") ? null : parseAddress(cidr);
  if (bare !== null && "error" in bare) return crash(path, `${quote(cidr)} is not an IP address: ${bare.error}`);
  const prefix = bare === null ? cidr : `${cidr}/${bare.address.bytes.length * 8}`;
  const error = labelError(prefix);
  if (error !== null) return crash(path, `${quote(prefix)} is not a CIDR: ${error}`);
  return checkBuiltExcept(except, path);
}

function checkBuiltExcept(except: readonly string[], path: string): Rejection | null {
  return firstRejection(except, (cidr, index) => {
    const error = labelError(cidr);
    return error === null ? null : crash(`${path}.except[${index}]`, `${quote(cidr)} is not a CIDR: ${error}`);
  });
}

/** Upstream: pkg/labels IPStringToLabel. */
function labelError(cidr: string): string | null {
  if (cidr.includes("/")) {
    const parsed = parsePrefix(cidr);
    return "error" in parsed ? `${quote(cidr)} is not a CIDR: ${parsed.error}` : null;
  }
  const parsed = parseAddress(cidr);
  return "error" in parsed ? `${quote(cidr)} is not an IP address: ${parsed.error}` : null;
}
