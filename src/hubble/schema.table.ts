/*
 * The messages of Hubble 1.20 that are printed, filtered by or read from recordings, in the order of their declaration, which is the order in which
 * they are printed. A field is `name:type`, with `*` when repeated and `|group` when it is one of a oneof.
 * Upstream: api/v1/flow/flow.proto, api/v1/observer/observer.proto, api/v1/relay/relay.proto.
 */

export const MESSAGE_FIELDS: Readonly<Record<string, string>> = {
  GetFlowsResponse:
    "flow:Flow|response_types node_status:NodeStatusEvent|response_types lost_events:LostEvent|response_types node_name:string time:Timestamp",
  Flow: "time:Timestamp uuid:string emitter:Emitter verdict:Verdict drop_reason:uint32 auth_type:AuthType ethernet:Ethernet IP:IP l4:Layer4 tunnel:Tunnel source:Endpoint destination:Endpoint Type:FlowType node_name:string node_labels:string* source_names:string* destination_names:string* l7:Layer7 reply:bool event_type:CiliumEventType source_service:Service destination_service:Service traffic_direction:TrafficDirection policy_match_type:uint32 trace_observation_point:TraceObservationPoint trace_reason:TraceReason file:FileInfo ip_trace_id:IPTraceID drop_reason_desc:DropReason is_reply:BoolValue debug_capture_point:DebugCapturePoint interface:NetworkInterface proxy_port:uint32 trace_context:TraceContext sock_xlate_point:SocketTranslationPoint socket_cookie:uint64 cgroup_id:uint64 Summary:string extensions:Any egress_allowed_by:Policy* ingress_allowed_by:Policy* egress_denied_by:Policy* ingress_denied_by:Policy* policy_log:string* aggregate:Aggregate",
  Emitter: "name:string version:string",
  Ethernet: "source:string destination:string",
  IP: "source:string source_xlated:string destination:string ipVersion:IPVersion encrypted:bool",
  Layer4:
    "TCP:TCP|protocol UDP:UDP|protocol ICMPv4:ICMPv4|protocol ICMPv6:ICMPv6|protocol SCTP:SCTP|protocol VRRP:VRRP|protocol IGMP:IGMP|protocol",
  TCP: "source_port:uint32 destination_port:uint32 flags:TCPFlags",
  TCPFlags: "FIN:bool SYN:bool RST:bool PSH:bool ACK:bool URG:bool ECE:bool CWR:bool NS:bool",
  UDP: "source_port:uint32 destination_port:uint32",
  ICMPv4: "type:uint32 code:uint32",
  ICMPv6: "type:uint32 code:uint32",
  SCTP: "source_port:uint32 destination_port:uint32 chunk_type:SCTPChunkType",
  VRRP: "type:uint32 vrid:uint32 priority:uint32",
  IGMP: "type:uint32 group_address:string",
  Tunnel: "protocol:Tunnel.Protocol IP:IP l4:Layer4 vni:uint32",
  Endpoint:
    "ID:uint32 identity:uint32 cluster_name:string namespace:string labels:string* pod_name:string workloads:Workload*",
  Workload: "name:string kind:string",
  Layer7: "type:L7FlowType latency_ns:uint64 dns:DNS|record http:HTTP|record kafka:Kafka|record",
  DNS: "query:string ips:string* ttl:uint32 cnames:string* observation_source:string rcode:uint32 qtypes:string* rrtypes:string*",
  HTTP: "code:uint32 method:string url:string protocol:string headers:HTTPHeader*",
  HTTPHeader: "key:string value:string",
  Kafka: "error_code:int32 api_version:int32 api_key:string correlation_id:int32 topic:string",
  CiliumEventType: "type:int32 sub_type:int32",
  Service: "name:string namespace:string",
  FileInfo: "name:string line:uint32",
  IPTraceID: "trace_id:uint64 ip_option_type:uint32",
  NetworkInterface: "index:uint32 name:string",
  TraceContext: "parent:TraceParent",
  TraceParent: "trace_id:string",
  Policy: "name:string namespace:string labels:string* revision:uint64 kind:string",
  Aggregate: "ingress_flow_count:uint32 egress_flow_count:uint32 unknown_direction_flow_count:uint32",
  NodeStatusEvent: "state_change:NodeState node_names:string* message:string",
  LostEvent: "source:LostEventSource num_events_lost:uint64 cpu:Int32Value first:Timestamp last:Timestamp",
  GetFlowsRequest:
    "number:uint64 first:bool follow:bool blacklist:FlowFilter* whitelist:FlowFilter* since:Timestamp until:Timestamp field_mask:FieldMask extensions:Any",
  FlowFilter:
    "uuid:string* source_ip:string* source_ip_xlated:string* source_pod:string* source_fqdn:string* source_label:string* source_service:string* source_workload:Workload* source_cluster_name:string* destination_ip:string* destination_pod:string* destination_fqdn:string* destination_label:string* destination_service:string* destination_workload:Workload* destination_cluster_name:string* traffic_direction:TrafficDirection* verdict:Verdict* drop_reason_desc:DropReason* interface:NetworkInterface* event_type:EventTypeFilter* http_status_code:string* protocol:string* source_port:string* destination_port:string* reply:bool* dns_query:string* source_identity:uint32* destination_identity:uint32* http_method:string* http_path:string* http_url:string* http_header:HTTPHeader* tcp_flags:TCPFlags* node_name:string* node_labels:string* ip_version:IPVersion* trace_id:string* ip_trace_id:uint64* encrypted:bool* experimental:FlowFilter.Experimental",
  EventTypeFilter: "type:int32 match_sub_type:bool sub_type:int32",
  "FlowFilter.Experimental": "cel_expression:string*",
  GetAgentEventsResponse: "agent_event:AgentEvent node_name:string time:Timestamp",
  AgentEvent:
    "type:AgentEventType unknown:AgentEventUnknown|notification agent_start:TimeNotification|notification policy_update:PolicyUpdateNotification|notification endpoint_regenerate:EndpointRegenNotification|notification endpoint_update:EndpointUpdateNotification|notification ipcache_update:IPCacheNotification|notification service_upsert:ServiceUpsertNotification|notification service_delete:ServiceDeleteNotification|notification",
  AgentEventUnknown: "type:string notification:string",
  TimeNotification: "time:Timestamp",
  PolicyUpdateNotification: "labels:string* revision:uint64 rule_count:int64",
  EndpointRegenNotification: "id:uint64 labels:string* error:string",
  EndpointUpdateNotification: "id:uint64 labels:string* error:string pod_name:string namespace:string",
  IPCacheNotification:
    "cidr:string identity:uint32 old_identity:UInt32Value host_ip:string old_host_ip:string encrypt_key:uint32 namespace:string pod_name:string",
  ServiceUpsertNotification:
    "id:uint32 frontend_address:ServiceUpsertNotificationAddr backend_addresses:ServiceUpsertNotificationAddr* type:string traffic_policy:string name:string namespace:string ext_traffic_policy:string int_traffic_policy:string",
  ServiceUpsertNotificationAddr: "ip:string port:uint32",
  ServiceDeleteNotification: "id:uint32",
  GetDebugEventsResponse: "debug_event:DebugEvent node_name:string time:Timestamp",
  DebugEvent:
    "type:DebugEventType source:Endpoint hash:UInt32Value arg1:UInt32Value arg2:UInt32Value arg3:UInt32Value message:string cpu:Int32Value",
  ServerStatusResponse:
    "num_flows:uint64 max_flows:uint64 seen_flows:uint64 uptime_ns:uint64 num_connected_nodes:UInt32Value num_unavailable_nodes:UInt32Value unavailable_nodes:string* version:string flows_rate:double",
  GetNodesResponse: "nodes:Node*",
  Node: "name:string version:string address:string state:NodeState tls:TLS uptime_ns:uint64 num_flows:uint64 max_flows:uint64 seen_flows:uint64",
  TLS: "enabled:bool server_name:string",
  GetNamespacesResponse: "namespaces:Namespace*",
  Namespace: "cluster:string namespace:string",
  HealthCheckRequest: "service:string",
  HealthCheckResponse: "status:ServingStatus",
};

/** The values of enums, by number. */
export const ENUM_VALUES: Readonly<Record<string, string>> = {
  Verdict: "VERDICT_UNKNOWN=0 FORWARDED=1 DROPPED=2 ERROR=3 AUDIT=4 REDIRECTED=5 TRACED=6 TRANSLATED=7",
  AuthType: "DISABLED=0 SPIRE=1 TEST_ALWAYS_FAIL=2",
  IPVersion: "IP_NOT_USED=0 IPv4=1 IPv6=2",
  SCTPChunkType: "UNSUPPORTED=0 INIT=1 INIT_ACK=2 SHUTDOWN=3 SHUTDOWN_ACK=4 SHUTDOWN_COMPLETE=5 ABORT=6",
  "Tunnel.Protocol": "UNKNOWN=0 VXLAN=1 GENEVE=2",
  FlowType: "UNKNOWN_TYPE=0 L3_L4=1 L7=2 SOCK=3",
  L7FlowType: "UNKNOWN_L7_TYPE=0 REQUEST=1 RESPONSE=2 SAMPLE=3",
  TrafficDirection: "TRAFFIC_DIRECTION_UNKNOWN=0 INGRESS=1 EGRESS=2",
  TraceObservationPoint:
    "UNKNOWN_POINT=0 TO_PROXY=1 TO_HOST=2 TO_STACK=3 TO_OVERLAY=4 TO_ENDPOINT=101 FROM_ENDPOINT=5 FROM_PROXY=6 FROM_HOST=7 FROM_STACK=8 FROM_OVERLAY=9 FROM_NETWORK=10 TO_NETWORK=11 FROM_CRYPTO=12 TO_CRYPTO=13",
  TraceReason:
    "TRACE_REASON_UNKNOWN=0 NEW=1 ESTABLISHED=2 REPLY=3 RELATED=4 REOPENED=5 SRV6_ENCAP=6 SRV6_DECAP=7 ENCRYPT_OVERLAY=8",
  DropReason:
    "DROP_REASON_UNKNOWN=0 INVALID_SOURCE_MAC=130 INVALID_DESTINATION_MAC=131 INVALID_SOURCE_IP=132 POLICY_DENIED=133 INVALID_PACKET_DROPPED=134 CT_TRUNCATED_OR_INVALID_HEADER=135 CT_MISSING_TCP_ACK_FLAG=136 CT_UNKNOWN_L4_PROTOCOL=137 CT_CANNOT_CREATE_ENTRY_FROM_PACKET=138 UNSUPPORTED_L3_PROTOCOL=139 MISSED_TAIL_CALL=140 ERROR_WRITING_TO_PACKET=141 UNKNOWN_L4_PROTOCOL=142 UNKNOWN_ICMPV4_CODE=143 UNKNOWN_ICMPV4_TYPE=144 UNKNOWN_ICMPV6_CODE=145 UNKNOWN_ICMPV6_TYPE=146 ERROR_RETRIEVING_TUNNEL_KEY=147 ERROR_RETRIEVING_TUNNEL_OPTIONS=148 INVALID_GENEVE_OPTION=149 UNKNOWN_L3_TARGET_ADDRESS=150 STALE_OR_UNROUTABLE_IP=151 NO_MATCHING_LOCAL_CONTAINER_FOUND=152 ERROR_WHILE_CORRECTING_L3_CHECKSUM=153 ERROR_WHILE_CORRECTING_L4_CHECKSUM=154 CT_MAP_INSERTION_FAILED=155 INVALID_IPV6_EXTENSION_HEADER=156 IP_FRAGMENTATION_NOT_SUPPORTED=157 SERVICE_BACKEND_NOT_FOUND=158 NO_TUNNEL_OR_ENCAPSULATION_ENDPOINT=160 FAILED_TO_INSERT_INTO_PROXYMAP=161 REACHED_EDT_RATE_LIMITING_DROP_HORIZON=162 UNKNOWN_CONNECTION_TRACKING_STATE=163 LOCAL_HOST_IS_UNREACHABLE=164 NO_CONFIGURATION_AVAILABLE_TO_PERFORM_POLICY_DECISION=165 UNSUPPORTED_L2_PROTOCOL=166 NO_MAPPING_FOR_NAT_MASQUERADE=167 UNSUPPORTED_PROTOCOL_FOR_NAT_MASQUERADE=168 FIB_LOOKUP_FAILED=169 ENCAPSULATION_TRAFFIC_IS_PROHIBITED=170 INVALID_IDENTITY=171 UNKNOWN_SENDER=172 NAT_NOT_NEEDED=173 IS_A_CLUSTERIP=174 FIRST_LOGICAL_DATAGRAM_FRAGMENT_NOT_FOUND=175 FORBIDDEN_ICMPV6_MESSAGE=176 DENIED_BY_LB_SRC_RANGE_CHECK=177 SOCKET_LOOKUP_FAILED=178 SOCKET_ASSIGN_FAILED=179 PROXY_REDIRECTION_NOT_SUPPORTED_FOR_PROTOCOL=180 POLICY_DENY=181 VLAN_FILTERED=182 INVALID_VNI=183 INVALID_TC_BUFFER=184 NO_SID=185 MISSING_SRV6_STATE=186 NAT46=187 NAT64=188 AUTH_REQUIRED=189 CT_NO_MAP_FOUND=190 SNAT_NO_MAP_FOUND=191 INVALID_CLUSTER_ID=192 UNSUPPORTED_PROTOCOL_FOR_DSR_ENCAP=193 NO_EGRESS_GATEWAY=194 UNENCRYPTED_TRAFFIC=195 TTL_EXCEEDED=196 NO_NODE_ID=197 DROP_RATE_LIMITED=198 IGMP_HANDLED=199 IGMP_SUBSCRIBED=200 MULTICAST_HANDLED=201 DROP_HOST_NOT_READY=202 DROP_EP_NOT_READY=203 DROP_NO_EGRESS_IP=204 DROP_PUNT_PROXY=205 DROP_FRAG_NOT_FOUND_WORLD=207",
  DebugCapturePoint:
    "DBG_CAPTURE_POINT_UNKNOWN=0 DBG_CAPTURE_DELIVERY=4 DBG_CAPTURE_FROM_LB=5 DBG_CAPTURE_AFTER_V46=6 DBG_CAPTURE_AFTER_V64=7 DBG_CAPTURE_PROXY_PRE=8 DBG_CAPTURE_PROXY_POST=9 DBG_CAPTURE_SNAT_PRE=10 DBG_CAPTURE_SNAT_POST=11",
  SocketTranslationPoint:
    "SOCK_XLATE_POINT_UNKNOWN=0 SOCK_XLATE_POINT_PRE_DIRECTION_FWD=1 SOCK_XLATE_POINT_POST_DIRECTION_FWD=2 SOCK_XLATE_POINT_PRE_DIRECTION_REV=3 SOCK_XLATE_POINT_POST_DIRECTION_REV=4",
  ServingStatus: "UNKNOWN=0 SERVING=1 NOT_SERVING=2 SERVICE_UNKNOWN=3",
  NodeState: "UNKNOWN_NODE_STATE=0 NODE_CONNECTED=1 NODE_UNAVAILABLE=2 NODE_GONE=3 NODE_ERROR=4",
  LostEventSource: "UNKNOWN_LOST_EVENT_SOURCE=0 PERF_EVENT_RING_BUFFER=1 OBSERVER_EVENTS_QUEUE=2 HUBBLE_RING_BUFFER=3",
  AgentEventType:
    "AGENT_EVENT_UNKNOWN=0 AGENT_STARTED=2 POLICY_UPDATED=3 POLICY_DELETED=4 ENDPOINT_REGENERATE_SUCCESS=5 ENDPOINT_REGENERATE_FAILURE=6 ENDPOINT_CREATED=7 ENDPOINT_DELETED=8 IPCACHE_UPSERTED=9 IPCACHE_DELETED=10 SERVICE_UPSERTED=11 SERVICE_DELETED=12",
  DebugEventType:
    "DBG_EVENT_UNKNOWN=0 DBG_GENERIC=1 DBG_LOCAL_DELIVERY=2 DBG_ENCAP=3 DBG_LXC_FOUND=4 DBG_POLICY_DENIED=5 DBG_CT_LOOKUP=6 DBG_CT_LOOKUP_REV=7 DBG_CT_MATCH=8 DBG_CT_CREATED=9 DBG_CT_CREATED2=10 DBG_ICMP6_HANDLE=11 DBG_ICMP6_REQUEST=12 DBG_ICMP6_NS=13 DBG_ICMP6_TIME_EXCEEDED=14 DBG_CT_VERDICT=15 DBG_DECAP=16 DBG_PORT_MAP=17 DBG_ERROR_RET=18 DBG_TO_HOST=19 DBG_TO_STACK=20 DBG_PKT_HASH=21 DBG_LB6_LOOKUP_FRONTEND=22 DBG_LB6_LOOKUP_FRONTEND_FAIL=23 DBG_LB6_LOOKUP_BACKEND_SLOT=24 DBG_LB6_LOOKUP_BACKEND_SLOT_SUCCESS=25 DBG_LB6_LOOKUP_BACKEND_SLOT_V2_FAIL=26 DBG_LB6_LOOKUP_BACKEND_FAIL=27 DBG_LB6_REVERSE_NAT_LOOKUP=28 DBG_LB6_REVERSE_NAT=29 DBG_LB4_LOOKUP_FRONTEND=30 DBG_LB4_LOOKUP_FRONTEND_FAIL=31 DBG_LB4_LOOKUP_BACKEND_SLOT=32 DBG_LB4_LOOKUP_BACKEND_SLOT_SUCCESS=33 DBG_LB4_LOOKUP_BACKEND_SLOT_V2_FAIL=34 DBG_LB4_LOOKUP_BACKEND_FAIL=35 DBG_LB4_REVERSE_NAT_LOOKUP=36 DBG_LB4_REVERSE_NAT=37 DBG_LB4_LOOPBACK_SNAT=38 DBG_LB4_LOOPBACK_SNAT_REV=39 DBG_CT_LOOKUP4=40 DBG_RR_BACKEND_SLOT_SEL=41 DBG_REV_PROXY_LOOKUP=42 DBG_REV_PROXY_FOUND=43 DBG_REV_PROXY_UPDATE=44 DBG_L4_POLICY=45 DBG_NETDEV_IN_CLUSTER=46 DBG_NETDEV_ENCAP4=47 DBG_CT_LOOKUP4_1=48 DBG_CT_LOOKUP4_2=49 DBG_CT_CREATED4=50 DBG_CT_LOOKUP6_1=51 DBG_CT_LOOKUP6_2=52 DBG_CT_CREATED6=53 DBG_SKIP_PROXY=54 DBG_L4_CREATE=55 DBG_IP_ID_MAP_FAILED4=56 DBG_IP_ID_MAP_FAILED6=57 DBG_IP_ID_MAP_SUCCEED4=58 DBG_IP_ID_MAP_SUCCEED6=59 DBG_LB_STALE_CT=60 DBG_INHERIT_IDENTITY=61 DBG_SK_LOOKUP4=62 DBG_SK_LOOKUP6=63 DBG_SK_ASSIGN=64 DBG_L7_LB=65 DBG_SKIP_POLICY=66 DBG_LB6_LOOPBACK_SNAT=67 DBG_LB6_LOOPBACK_SNAT_REV=68",
};
