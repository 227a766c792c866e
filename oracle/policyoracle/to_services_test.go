package policyoracle

import "testing"

const clientService = `{"kind":"Service","metadata":{"name":"client","namespace":"b","labels":{"expose":"yes"}},"spec":{"selector":{"app":"client"}}}`

// outside is a service without selector whose backends are addresses.
const outside = `{"kind":"Service","metadata":{"name":"outside","namespace":"b"},"spec":{}}`

const outsideSlice = `{"kind":"EndpointSlice","metadata":{"name":"outside-1","namespace":"b","labels":{"kubernetes.io/service-name":"outside"}},"endpoints":[` +
	`{"addresses":["9.9.9.1"]},{"addresses":["9.9.9.2"],"conditions":{"ready":false}},{"addresses":["9.9.9.3"],"conditions":{"ready":false,"serving":true}}]}`

func toServices(reference string) *sketch {
	return cluster().object(clientService).object(outside).object(outsideSlice).cnp("server", `"egress":[{"toServices":[`+reference+`]}]`)
}

func TestAServiceWithSelectorIsItsPods(t *testing.T) {
	c := toServices(`{"k8sService":{"serviceName":"client","namespace":"b"}}`)
	c.expect(t, `{"from":"a/server","to":"b/client","port":80}`, "allowed")
	c.expect(t, `{"from":"a/server","to":"a/client","port":80}`, "denied")
}

func TestAServiceByLabels(t *testing.T) {
	c := toServices(`{"k8sServiceSelector":{"selector":{"matchLabels":{"expose":"yes"}}}}`)
	c.expect(t, `{"from":"a/server","to":"b/client","port":80}`, "allowed")
	c.expect(t, `{"from":"a/server","to":"9.9.9.1","port":80}`, "denied")
	c = toServices(`{"k8sServiceSelector":{"selector":{"matchLabels":{"expose":"yes"}},"namespace":"a"}}`)
	c.expect(t, `{"from":"a/server","to":"a/client","port":80}`, "denied") // it means no service
}

func TestAServiceWithoutSelectorIsItsBackends(t *testing.T) {
	c := toServices(`{"k8sService":{"serviceName":"outside"}}`)
	c.expect(t, `{"from":"a/server","to":"9.9.9.1","port":80}`, "allowed")
	c.expect(t, `{"from":"a/server","to":"9.9.9.2","port":80}`, "denied")  // not ready
	c.expect(t, `{"from":"a/server","to":"9.9.9.3","port":80}`, "allowed") // serves while it goes
	c.expect(t, `{"from":"a/server","to":"b/client","port":80}`, "denied")
}
