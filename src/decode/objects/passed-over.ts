/** The group and version of `apiVersion`: `v1` has the group "". */
export function groupOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf("/");
  if (slash < 0) return { group: "", version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

const PASSED_OVER: Readonly<Record<string, string>> = {
  "": "Binding ComponentStatus ConfigMap Event LimitRange PersistentVolume PersistentVolumeClaim PodTemplate ResourceQuota Secret ServiceAccount Status",
  apps: "ControllerRevision",
  "acme.cert-manager.io": "*",
  "addons.k3s.cattle.io": "*",
  "admissionregistration.k8s.io": "*",
  "apiextensions.k8s.io": "*",
  "argoproj.io": "*",
  autoscaling: "*",
  "bitnami.com": "SealedSecret",
  "cert-manager.io": "*",
  "certificates.k8s.io": "*",
  "cilium.io":
    "CiliumBGPAdvertisement CiliumBGPClusterConfig CiliumBGPNodeConfig CiliumBGPNodeConfigOverride CiliumBGPPeerConfig CiliumBGPPeeringPolicy CiliumClusterwideEnvoyConfig CiliumEndpointSlice CiliumEnvoyConfig CiliumGatewayClassConfig CiliumL2AnnouncementPolicy CiliumLoadBalancerIPPool CiliumNodeConfig CiliumPodIPPool",
  "coordination.k8s.io": "*",
  "external-secrets.io": "*",
  "events.k8s.io": "*",
  "flowcontrol.apiserver.k8s.io": "*",
  "gateway.networking.k8s.io": "*",
  "generators.external-secrets.io": "*",
  "grafana.integreatly.org": "*",
  "helm.toolkit.fluxcd.io": "*",
  "image.toolkit.fluxcd.io": "*",
  "keda.sh": "*",
  "kustomize.config.k8s.io": "*",
  "kustomize.toolkit.fluxcd.io": "*",
  "metrics.k8s.io": "*",
  "monitoring.coreos.com": "*",
  "networking.k8s.io": "Ingress IngressClass IPAddress ServiceCIDR",
  "node.k8s.io": "*",
  "notification.toolkit.fluxcd.io": "*",
  policy: "*",
  "rbac.authorization.k8s.io": "*",
  "resource.k8s.io": "*",
  "scheduling.k8s.io": "*",
  "secrets-store.csi.x-k8s.io": "*",
  "snapshot.storage.k8s.io": "*",
  "source.toolkit.fluxcd.io": "*",
  "storage.k8s.io": "*",
  "storagemigration.k8s.io": "*",
  "upgrade.cattle.io": "*",
};

/** True for kinds that are left out in silence. */
export function isPassedOver(group: string, kind: string): boolean {
  const kinds = PASSED_OVER[group];
  return kinds === "*" || (kinds !== undefined && kinds.split(" ").includes(kind));
}
