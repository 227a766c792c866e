import type { Json } from "#model/json.ts";
import type { Manifest, Webhook } from "#model/objects.ts";
import { numberAt, objectsAt, textAt, valueAt } from "../field.ts";

type Target = Webhook["services"][number];

/** A ValidatingWebhookConfiguration or MutatingWebhookConfiguration: the Services that the API server calls. */
export function readWebhook(manifest: Manifest): Webhook {
  const services = objectsAt(manifest.value, "webhooks").flatMap((webhook) =>
    targetOf(valueAt(webhook, "clientConfig", "service")),
  );
  return { kind: manifest.kind, name: manifest.name, services: distinct(services) };
}

/** An APIService: the Service behind an aggregated API; none for the API server's own. */
export function readApiService(manifest: Manifest): Webhook {
  return { kind: manifest.kind, name: manifest.name, services: targetOf(valueAt(manifest.value, "spec", "service")) };
}

/** A CustomResourceDefinition: the Service that converts between its versions; null when nothing does. */
export function readConversion(manifest: Manifest): Webhook | null {
  const services = targetOf(valueAt(manifest.value, "spec", "conversion", "webhook", "clientConfig", "service"));
  return services.length === 0 ? null : { kind: manifest.kind, name: manifest.name, services };
}

/** The kind that a CustomResourceDefinition of Cilium or of network policies defines; none of any other. */
export function readPolicyCrd(manifest: Manifest): readonly string[] {
  const group = textAt(manifest.value, "spec", "group") ?? "";
  const kind = textAt(manifest.value, "spec", "names", "kind");
  return kind === undefined || !["cilium.io", "policy.networking.k8s.io"].includes(group) ? [] : [kind];
}

function targetOf(service: Json | undefined): readonly Target[] {
  const name = textAt(service, "name");
  if (name === undefined) return [];
  return [{ namespace: textAt(service, "namespace") ?? "default", name, port: numberAt(service, "port") ?? 443 }];
}

function distinct(targets: readonly Target[]): readonly Target[] {
  return [...new Map(targets.map((target) => [JSON.stringify(target), target])).values()];
}
