import type { JsonObject } from "#model/json.ts";
import { structOf, structsOf } from "./fields.ts";
import { firstRejection, type Rejection } from "./rejection.ts";
import { checkEndpointSelector } from "./selector.ts";
import type { Agent } from "./versions.ts";

/** The label selectors of toServices, which 1.19 alone sanitizes. Upstream 1.19: Service.Sanitize. */
export function checkServices(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  if (!agent.differs.servicesSanitized) return null;
  return firstRejection(structsOf(rule, "toServices"), (service, index) => {
    const byLabels = structOf(service, "k8sServiceSelector");
    if (byLabels === null) return null;
    const at = `${path}.toServices[${index}].k8sServiceSelector.selector`;
    return checkEndpointSelector(structOf(byLabels, "selector") ?? {}, at, agent);
  });
}
