import { podEnds } from "#analysis/known-ends.ts";
import { isScraper, podsOf } from "#analysis/pod-facts.ts";
import type { PodEnd } from "#model/conversation.ts";
import { answerFor, between } from "../ask.ts";
import { perWorld } from "../per-world.ts";
import type { Check, Found } from "../check.ts";
import { isIsolated } from "../isolation-memo.ts";
import type { LintWorld } from "../lint-world.ts";
import { holdsFor, type Spec } from "../subjects.ts";
import { withDenials } from "../with-denials.ts";

export const scrapeMissing: Check = {
  id: "scrape-missing",
  severity: "warn",
  title: "a scrape that no rule admits",
  why: "Monitoring calls every pod on a port that nothing else uses, so a policy written from what the application does leaves it out. The application works, and its metrics and alerts stop.",
  limits:
    'Told where a recording shows the scrape, or where a pod carries `prometheus.io/scrape: "true"` with a port and the objects show who scrapes (by well-known names). Not read: ServiceMonitor and PodMonitor.',
  needs: ["objects"],
  find: (world) =>
    withDenials(
      world,
      world.specs.flatMap((spec) => annotated(world, spec)),
      "scrape-missing",
    ),
  bad: `
name: the pod asks to be scraped
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}, annotations: {prometheus.io/scrape: "true", prometheus.io/port: "9090"}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: prometheus-0, namespace: monitoring, labels: {app.kubernetes.io/name: prometheus}}, spec: {containers: [{name: prometheus}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: proxy}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
`,
  good: `
name: monitoring may
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}, annotations: {prometheus.io/scrape: "true", prometheus.io/port: "9090"}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: prometheus-0, namespace: monitoring, labels: {app.kubernetes.io/name: prometheus}}, spec: {containers: [{name: prometheus}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: proxy}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
        - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": monitoring, app.kubernetes.io/name: prometheus}}]
          toPorts: [{ports: [{port: "9090", protocol: TCP}]}]
`,
};

const scrapers = perWorld((world): readonly PodEnd[] =>
  podEnds(world.causes.ends).filter((end) => isScraper(end, world.snapshot)),
);

/** Subjects that ask to be scraped, and that none of those who scrape may reach. */
function annotated(world: LintWorld, spec: Spec): readonly Found[] {
  const known = world.subjects(spec);
  if (!known.isReal || scrapers(world).length === 0 || spec.value["ingress"] === undefined) return [];
  const subjects = holdsFor(known, (end) => {
    const port = scrapedPort(world, end);
    if (port === null || !isIsolated(world, end, "ingress")) return false;
    return scrapers(world).every(
      (scraper) =>
        answerFor(world, between(end, scraper, "ingress", { protocol: "TCP", port }), "ingress") === "denied",
    );
  });
  const [first] = subjects;
  const [scraper] = scrapers(world);
  if (first === undefined || scraper === undefined) return [];
  const port = scrapedPort(world, first) ?? 0;
  return [
    {
      ...{ policy: spec.policy, path: `${spec.path}.ingress`, subjects, peers: scrapers(world) },
      message: `the pod asks to be scraped on :${port}, and no rule admits ${scraper.namespace}/${scraper.workload?.name ?? scraper.pods[0] ?? "monitoring"}`,
      help: "allow the monitoring pods on the port of the metrics",
    },
  ];
}

function scrapedPort(world: LintWorld, end: PodEnd): number | null {
  const pod = podsOf(end, world.snapshot).find(({ annotations }) => annotations["prometheus.io/scrape"] === "true");
  const port = Number(pod?.annotations["prometheus.io/port"]);
  return Number.isInteger(port) && port > 0 ? port : null;
}
