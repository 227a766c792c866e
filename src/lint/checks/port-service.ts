import type { Check } from "../check.ts";
import { fromDenials } from "../from-denials.ts";

export const portService: Check = {
  id: "port-service",
  severity: "error",
  title: "a Service's port where the container's belongs",
  why: "Policy is enforced on the packet after the Service's address was turned into a pod's: the port in a rule is the container's. A rule with the Service's port takes nothing.",
  limits: "Silent where the container listens on the Service's port as well.",
  needs: ["objects", "flows"],
  find: (world) => fromDenials(world, "port-service"),
  bad: `
name: the Service says 80, the container listens on 8080
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api, ports: [{containerPort: 8080}]}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {clusterIP: 10.96.0.9, selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: api, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: api}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: web}}]
          toPorts: [{ports: [{port: "80", protocol: TCP}]}]
connections:
  - {from: shop/web-1, to: shop/api-1, port: 8080, expect: {}}
`,
  good: `
name: the container's port
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api, ports: [{containerPort: 8080}]}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {clusterIP: 10.96.0.9, selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: api, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: api}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: web}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
connections:
  - {from: shop/web-1, to: shop/api-1, port: 8080, expect: {}}
`,
};
