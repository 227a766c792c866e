import { expect, it } from "vitest";
import { changeText } from "./change-text.ts";

it.each([
  {
    title: "a key put into a flow mapping",
    removed: ['    toPorts: [{ports: [{port: "53", protocol: ANY}]}]'],
    added: ['    toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]'],
    shown: ['+ rules: {dns: [{matchPattern: "*"}]}'],
  },
  {
    title: "an item put into a flow list, whichever of its equal neighbours it resembles",
    removed: ['  - toPorts: [{ports: [{port: "8082", protocol: TCP}]}]'],
    added: ['  - toPorts: [{ports: [{port: "8082", protocol: TCP}, {port: "8084", protocol: TCP}]}]'],
    shown: ['+ {port: "8084", protocol: TCP}'],
  },
  {
    title: "a value changed in a line",
    removed: ['    toPorts: [{ports: [{port: "8080", protocol: TCP}]}]'],
    added: ['    toPorts: [{ports: [{port: "3000", protocol: TCP}]}]'],
    shown: ['- port: "8080"', '+ port: "3000"'],
  },
  {
    title: "a value changed in block style",
    removed: ['            - port: "8080"'],
    added: ['            - port: "3000"'],
    shown: ['- port: "8080"', '+ port: "3000"'],
  },
  {
    title: "a number that only grows is another number",
    removed: ['    toPorts: [{ports: [{port: "80", protocol: TCP}]}]'],
    added: ['    toPorts: [{ports: [{port: "8080", protocol: TCP}]}]'],
    shown: ['- port: "80"', '+ port: "8080"'],
  },
  {
    title: "an entity put before another",
    removed: ["    - fromEntities: [host]"],
    added: ["    - fromEntities: [remote-node, host]"],
    shown: ["+ remote-node"],
  },
  {
    title: "a short block keeps its shape",
    removed: [],
    added: ["          rules:", "            dns: []"],
    shown: ["+ rules:", "+   dns: []"],
  },
  {
    title: "a new rule is drawn together",
    removed: [],
    added: [
      "    - fromEndpoints:",
      "        - matchLabels:",
      '            "k8s:io.kubernetes.pod.namespace": monitoring',
      "            app.kubernetes.io/name: prometheus",
      "      toPorts:",
      "        - ports:",
      '            - port: "9187"',
      "              protocol: TCP",
    ],
    shown: [
      '+ - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": monitoring, app.kubernetes.io/name: prometheus}}]',
      '+   toPorts: [{ports: [{port: "9187", protocol: TCP}]}]',
    ],
  },
  {
    title: "an edited line and a new rule below it",
    removed: ['    toPorts: [{ports: [{port: "53"}]}]'],
    added: ['    toPorts: [{ports: [{port: "53"}], rules: {dns: []}}]', "  - toFQDNs:", "      - matchName: a.example"],
    shown: ["+ rules: {dns: []}", "+ - toFQDNs:", "+     - matchName: a.example"],
  },
  {
    title: "text that is no YAML stays as it is",
    removed: [],
    added: ["{{ if .x }}", "a: [", "b", "c"],
    shown: ["+ {{ if .x }}", "+ a: [", "+ b", "+ c"],
  },
  {
    title: "names that YAML would read as something else are quoted",
    removed: [],
    added: ["- a:", '    "yes": "on"', "    b: '010'", "    c: 1"],
    shown: ['+ - a: {"yes": "on", b: "010", c: 1}'],
  },
])("$title", ({ removed, added, shown }) => {
  expect(changeText({ line: 1, removed, added })).toEqual(shown);
});
