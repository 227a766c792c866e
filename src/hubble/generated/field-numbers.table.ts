/*
 * Written by scripts/generate-protos.mjs; do not edit. Made from api/v1/{flow,observer,relay}/*.proto of Cilium v1.20.2,
 * Copyright Authors of Hubble and Cilium, Apache-2.0 (see NOTICE).
 */

/** Field numbers, in the order of declaration. */
export const FIELD_NUMBERS: Readonly<Record<string, string>> = {
  Flow: "time=1 uuid=34 emitter=41 verdict=2 drop_reason=3 auth_type=35 ethernet=4 IP=5 l4=6 tunnel=39 source=8 destination=9 Type=10 node_name=11 node_labels=37 source_names=13 destination_names=14 l7=15 reply=16 event_type=19 source_service=20 destination_service=21 traffic_direction=22 policy_match_type=23 trace_observation_point=24 trace_reason=36 file=38 ip_trace_id=40 drop_reason_desc=25 is_reply=26 debug_capture_point=27 interface=28 proxy_port=29 trace_context=30 sock_xlate_point=31 socket_cookie=32 cgroup_id=33 Summary=100000 extensions=150000 egress_allowed_by=21001 ingress_allowed_by=21002 egress_denied_by=21004 ingress_denied_by=21005 policy_log=21006 aggregate=21007",
  Emitter: "name=1 version=2",
  FileInfo: "name=1 line=2",
  Layer4: "TCP=1 UDP=2 ICMPv4=3 ICMPv6=4 SCTP=5 VRRP=6 IGMP=7",
  Layer7: "type=1 latency_ns=2 dns=100 http=101 kafka=102",
  TraceContext: "parent=1",
  TraceParent: "trace_id=1",
  Endpoint: "ID=1 identity=2 cluster_name=7 namespace=3 labels=4 pod_name=5 workloads=6",
  Workload: "name=1 kind=2",
  TCP: "source_port=1 destination_port=2 flags=3",
  IP: "source=1 source_xlated=5 destination=2 ipVersion=3 encrypted=4",
  Ethernet: "source=1 destination=2",
  TCPFlags: "FIN=1 SYN=2 RST=3 PSH=4 ACK=5 URG=6 ECE=7 CWR=8 NS=9",
  UDP: "source_port=1 destination_port=2",
  SCTP: "source_port=1 destination_port=2 chunk_type=3",
  ICMPv4: "type=1 code=2",
  ICMPv6: "type=1 code=2",
  VRRP: "type=1 vrid=2 priority=3",
  IGMP: "type=1 group_address=2",
  Tunnel: "protocol=1 IP=2 l4=3 vni=4",
  Policy: "name=1 namespace=2 labels=3 revision=4 kind=5",
  EventTypeFilter: "type=1 match_sub_type=2 sub_type=3",
  CiliumEventType: "type=1 sub_type=2",
  FlowFilter:
    "uuid=29 source_ip=1 source_ip_xlated=34 source_pod=2 source_fqdn=7 source_label=10 source_service=16 source_workload=26 source_cluster_name=37 destination_ip=3 destination_pod=4 destination_fqdn=8 destination_label=11 destination_service=17 destination_workload=27 destination_cluster_name=38 traffic_direction=30 verdict=5 drop_reason_desc=33 interface=35 event_type=6 http_status_code=9 protocol=12 source_port=13 destination_port=14 reply=15 dns_query=18 source_identity=19 destination_identity=20 http_method=21 http_path=22 http_url=31 http_header=32 tcp_flags=23 node_name=24 node_labels=36 ip_version=25 trace_id=28 ip_trace_id=39 encrypted=40 experimental=999",
  "FlowFilter.Experimental": "cel_expression=1",
  DNS: "query=1 ips=2 ttl=3 cnames=4 observation_source=5 rcode=6 qtypes=7 rrtypes=8",
  HTTPHeader: "key=1 value=2",
  HTTP: "code=1 method=2 url=3 protocol=4 headers=5",
  Kafka: "error_code=1 api_version=2 api_key=3 correlation_id=4 topic=5",
  Service: "name=1 namespace=2",
  IPTraceID: "trace_id=1 ip_option_type=2",
  LostEvent: "source=1 num_events_lost=2 cpu=3 first=4 last=5",
  AgentEvent:
    "type=1 unknown=100 agent_start=101 policy_update=102 endpoint_regenerate=103 endpoint_update=104 ipcache_update=105 service_upsert=106 service_delete=107",
  AgentEventUnknown: "type=1 notification=2",
  TimeNotification: "time=1",
  PolicyUpdateNotification: "labels=1 revision=2 rule_count=3",
  EndpointRegenNotification: "id=1 labels=2 error=3",
  EndpointUpdateNotification: "id=1 labels=2 error=3 pod_name=4 namespace=5",
  IPCacheNotification: "cidr=1 identity=2 old_identity=3 host_ip=4 old_host_ip=5 encrypt_key=6 namespace=7 pod_name=8",
  ServiceUpsertNotificationAddr: "ip=1 port=2",
  ServiceUpsertNotification:
    "id=1 frontend_address=2 backend_addresses=3 type=4 traffic_policy=5 name=6 namespace=7 ext_traffic_policy=8 int_traffic_policy=9",
  ServiceDeleteNotification: "id=1",
  NetworkInterface: "index=1 name=2",
  DebugEvent: "type=1 source=2 hash=3 arg1=4 arg2=5 arg3=6 message=7 cpu=8",
  Aggregate: "ingress_flow_count=1 egress_flow_count=2 unknown_direction_flow_count=3",
  NodeStatusEvent: "state_change=1 node_names=2 message=3",
  ServerStatusResponse:
    "num_flows=1 max_flows=2 seen_flows=3 uptime_ns=4 num_connected_nodes=5 num_unavailable_nodes=6 unavailable_nodes=7 version=8 flows_rate=9",
  GetFlowsRequest:
    "number=1 first=9 follow=3 blacklist=5 whitelist=6 since=7 until=8 field_mask=10 experimental=999 extensions=150000",
  GetFlowsResponse: "flow=1 node_status=2 lost_events=3 node_name=1000 time=1001",
  GetAgentEventsRequest: "number=1 first=9 follow=2 since=7 until=8",
  GetAgentEventsResponse: "agent_event=1 node_name=1000 time=1001",
  GetDebugEventsRequest: "number=1 first=9 follow=2 since=7 until=8",
  GetDebugEventsResponse: "debug_event=1 node_name=1000 time=1001",
  GetNodesResponse: "nodes=1",
  Node: "name=1 version=2 address=3 state=4 tls=5 uptime_ns=6 num_flows=7 max_flows=8 seen_flows=9",
  TLS: "enabled=1 server_name=2",
  GetNamespacesResponse: "namespaces=1",
  Namespace: "cluster=1 namespace=2",
  ExportEvent: "flow=1 node_status=2 lost_events=3 agent_event=4 debug_event=5 node_name=1000 time=1001",
};

/** Numbers that older versions used. */
export const RESERVED_NUMBERS: Readonly<Record<string, readonly number[]>> = {
  Flow: [7, 12, 17, 18],
  GetFlowsRequest: [2],
  "GetFlowsRequest.Experimental": [1],
};
